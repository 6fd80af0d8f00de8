"""The parts of a metric's page: its weeks, where it lies, how it is spread, when, which rows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from helmdesk.analysis.scorecard import TREND_WEEKS, Card
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.query.distribution import has_distribution
from helmdesk.query.filters import to_text
from helmdesk.query.measurement import Measurement
from helmdesk.query.periods import local_date, next_period
from helmdesk.query.window import Window, boundary
from helmdesk.query.words import show_measurement
from helmdesk.web.charts.bins import Spread, draw_bins
from helmdesk.web.charts.heat import Heat, draw_heat
from helmdesk.web.charts.lines import Drawn, Flag, Line, Stretch, draw_line
from helmdesk.web.charts.strips import Segments, draw_segments
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

LISTED = 5
HALF_A_YEAR, A_YEAR = TREND_WEEKS * 7, 54 * 7
COLUMNS = ("ticket_id", "subject", "account", "channel", "team", "agent")
"""What a short list of rows tells, before the value and when it happened."""


def default_grain(days: int) -> str:
    """Return by what a number of so many days is drawn: a day of few cases is noise."""
    return "week" if days <= A_YEAR else "month"


def measure(request: DeskRequest, key: str, **asked: Any) -> list[Measurement]:
    """Return measurements; nothing where the rows cannot be sliced so."""
    try:
        return list(request.desk.measure(key, **asked))
    except NotPermittedError:
        raise
    except NotFoundError:
        if "by" not in asked:
            raise
        return []


def rows_url(key: str, view: ViewState, **changes: str | None) -> str:
    """Return the address of the rows behind a number."""
    query = {"by": None, "grain": None, "compare": None, **changes, "metric": key}
    return f"{reverse('rows')}{view.query(**query)}"


@dataclass(frozen=True)
class Asked:
    """What a metric's page asks.

    Attributes:
        found: the metric in the form that is asked for.
        form: variant and clock, as the desk takes them.
        window: what is looked at and what it is compared with.
        days: how many they are.
    """

    request: DeskRequest
    key: str
    found: Metric
    view: ViewState
    form: dict[str, Any]
    window: Window
    days: int

    @property
    def zone(self) -> str:
        """The desk's."""
        return self.request.desk.settings.time_zone

    @property
    def whole(self) -> dict[str, Any]:
        """The arguments of every question about the window."""
        return {**self.view.question(self.request), **self.form}

    def between(self, start: str, end: str) -> dict[str, Any]:
        """Return the arguments of the same question about other days."""
        return {**self.form, "where": self.view.filter, "start": start, "end": end}


def trend_of(asked: Asked, card: Card, chosen: Measurement, flags: Sequence[Flag]) -> Drawn | None:
    """Return the course of a number: half a year of weeks with the days looked at, or the periods
    that were chosen beside those they are compared with.
    """
    view = asked.view
    grain = view.grain or default_grain(asked.days)
    is_default = view.clock == "calendar" and not view.variant
    is_compared = view.compare != "none"
    before: Sequence[Measurement] = ()
    stretches: tuple[Stretch, ...] = ()
    if not view.grain and asked.days < HALF_A_YEAR:
        points = card.trend if is_default else _weeks(asked, card.trend)
        stretches = _stretches(asked, card, chosen) if is_default and is_compared else ()
    else:
        points = measure(asked.request, asked.key, **asked.whole, grain=grain)
        if is_compared:
            before = _before(asked, grain)
    if not points:
        return None
    target = asked.request.desk.settings.targets.get(asked.key) if not view.variant else None
    links = {
        m.period_start: rows_url(
            asked.key,
            view,
            start=m.period_start.isoformat(),
            end=next_period(m.period_start, grain).isoformat(),
            window=None,
        )
        for m in points
        if m.period_start is not None
    }
    return draw_line(
        Line(
            asked.found.name,
            points,
            grain,
            before=before,
            before_words=asked.window.previous_words(asked.zone),
            band=card.normal if grain == "week" and is_default else None,
            target=(target,) if isinstance(target, float) else (target or ()),
            flags=flags,
            stretches=stretches,
            links=links,
        )
    )


def _weeks(asked: Asked, trend: Sequence[Measurement]) -> list[Measurement]:
    """Return the same weeks as on the card, in the form that is asked for."""
    if not trend or trend[0].period_start is None:
        return []
    end = boundary(asked.window.end, asked.zone)
    between = asked.between(trend[0].period_start.isoformat(), end)
    return measure(asked.request, asked.key, **between, grain="week")


def _before(asked: Asked, grain: str) -> list[Measurement]:
    zone = asked.zone
    start = boundary(asked.window.previous_start, zone)
    end = boundary(asked.window.previous_end, zone)
    if local_date(asked.window.previous_start, zone) < asked.request.desk.first_day:
        return []
    return measure(asked.request, asked.key, **asked.between(start, end), grain=grain)


def _stretches(asked: Asked, card: Card, chosen: Measurement) -> tuple[Stretch, ...]:
    """Return the values of the days looked at and of those compared with, where the weeks of the
    chart mean the same: a sum over four weeks is no height among weeks.
    """
    if asked.found.value.is_total or asked.days < 14:
        return ()
    window, zone = asked.window, asked.zone
    found = []
    for m, start, end in (
        (card.before, window.previous_start, window.previous_end),
        (chosen, window.start, window.end),
    ):
        if m.value is not None:
            days = local_date(start, zone), local_date(end, zone)
            found.append(Stretch(*days, m.value, show_measurement(m)[0]))
    return tuple(found)


def places_of(asked: Asked, by: str, chosen: Measurement) -> Segments | None:
    """Return the segments of one dimension, the worst first."""
    view, path = asked.view, asked.request.path
    measured = measure(asked.request, asked.key, **asked.whole, by=by)
    return draw_segments(
        measured,
        chosen,
        asked.found.direction,
        lambda m: f"{path}{view.segment(by, m.group[0][1])}",
    )


def spread_of(asked: Asked) -> Spread | None:
    """Return how the values of single rows are spread; None where there are none to spread."""
    if not has_distribution(asked.found):
        return None
    # Of too few people there is no distribution; the number above says why.
    with suppress(NotPermittedError):
        bins = asked.request.desk.distribution(asked.key, **asked.whole)
        return draw_bins(bins, asked.found.unit, "rows")
    return None


def heat_of(asked: Asked) -> Heat | None:
    """Return a number by weekday and hour; None where its rows happen at no hour."""
    if not asked.found.anchor:
        return None
    measured = measure(asked.request, asked.key, **asked.whole, by=("weekday", "hour"))
    view, key = asked.view, asked.key
    return draw_heat(
        measured, lambda m: rows_url(key, view, where=to_text(view.narrowed(*m.group)))
    )


@dataclass(frozen=True)
class Listed:
    """A few rows of a number.

    Attributes:
        title: which.
        columns: their names.
        rows: as the desk gives them.
        url: all of them in this order.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    url: str


def lists_of(asked: Asked) -> tuple[Listed, ...]:
    """Return the worst and the newest rows; nothing of what may not be listed."""
    found = []
    value = _judged_by(asked.found)
    is_low_bad = asked.found.direction == "higher"
    wanted = [("The worst", value, not is_low_bad)] if value and _has_worse(asked.found) else []
    if asked.found.anchor:
        wanted.append(("The newest", asked.found.anchor, True))
    with suppress(NotPermittedError, NotFoundError):
        for title, column, is_descending in wanted:
            page = asked.request.desk.rows(
                asked.key,
                **asked.whole,
                sort=column,
                is_descending=is_descending,
                limit=LISTED,
            )
            names = page.table.column_names
            shown = [name for name in COLUMNS if name in names][:4]
            shown += [name for name in (value, asked.found.anchor) if name and name in names]
            sort = f"-{column}" if is_descending else column
            found.append(
                Listed(
                    title,
                    tuple(dict.fromkeys(shown)),
                    tuple(page.table.to_pylist()),
                    rows_url(asked.key, asked.view, sort=sort),
                )
            )
    return tuple(each for each in found if each.rows)


def _has_worse(found: Metric) -> bool:
    return found.direction in ("higher", "lower")


def _judged_by(found: Metric) -> str:
    """Return the column by which a row is good or bad; empty where it is no single one."""
    name = found.value.row_value or found.value.row.get("hit", "")
    return name if name in found.evidence else ""


def last_whole(trend: Sequence[Measurement]) -> Measurement | None:
    """Return the last whole week of a trend; None without one."""
    return next((m for m in reversed(trend) if not m.is_partial and m.value is not None), None)


def week_words(m: Measurement) -> str:
    """Return the days of a week."""
    first = m.period_start or date.min
    return f"{first:%-d %b} – {first + timedelta(days=6):%-d %b}"
