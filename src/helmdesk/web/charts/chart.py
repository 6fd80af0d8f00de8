"""One chart, ready for a page, and what every specification is made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import altair as alt

from helmdesk.query.window import wall

Row = dict[str, Any]
# What `on_axis` gives is read as UTC, whatever the zone of the browser.
CLOCK = alt.Scale(type="utc")


@dataclass(frozen=True)
class Chart:
    """One chart, ready for a page.

    Attributes:
        name: unique on its page.
        spec: the Vega-Lite specification.
        summary: what it shows, in a sentence.
        columns, rows: the same as a table; a cell is a text, or a pair of text and address.
        height: pixels, reserved before the chart arrives.
    """

    name: str
    spec: Row
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    height: int


def on_axis(moment: date, zone: str = "UTC") -> str:
    """Return where a day or an instant stands on a time axis: what a clock of the zone shows, on a
    scale that calls it UTC.

    A scale in local time would be that of whoever looks: the same ticket would open at another hour
    in another country.
    """
    shown = (
        wall(moment, zone).replace(tzinfo=None)
        if isinstance(moment, datetime)
        else datetime(moment.year, moment.month, moment.day)
    )
    return shown.isoformat(timespec="seconds") + "Z"


def blank(table: str) -> alt.Chart:
    """Return a chart of a table that `filled` brings."""
    return alt.Chart(alt.NamedData(name=table))


def shape(chart: Any) -> Row:
    """Return a specification without its numbers, which most requests share: to build one costs
    more than to ask the numbers.
    """
    drawn = chart.properties(
        width="container", autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )
    # What we build is checked by tests against the schema; doing so for every page would only cost
    # time.
    found: Row = drawn.to_dict(validate=False)
    found.pop("config", None)
    return found


def filled(shape: Row, height: int, **tables: Sequence[Row]) -> Row:
    """Return a specification with its numbers."""
    return {**shape, "height": height, "datasets": tables}
