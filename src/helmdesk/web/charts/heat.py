"""A number by weekday and hour, as a table whose cells carry their value and a shade."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helmdesk.query.measurement import Measurement
from helmdesk.query.ticks import MINUTE, short
from helmdesk.query.words import DURATIONS, show_measurement
from helmdesk.web.labels import WEEKDAYS

SHADES = 6
# Cells are small: a value in them has no unit, which the caption names.
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
SCALES = ((2 * DAY, DAY, "days"), (2 * HOUR, HOUR, "hours"), (2 * MINUTE, MINUTE, "minutes"))


@dataclass(frozen=True)
class Cell:
    """One hour of one weekday; `url` leads to its rows; without a value it is empty."""

    text: str
    title: str
    shade: str
    url: str


@dataclass(frozen=True)
class Heat:
    """The table.

    Attributes:
        hours: heads of the columns.
        days: (weekday, cells).
        summary: when it is highest.
        unit: what the cells count.
    """

    hours: tuple[str, ...]
    days: tuple[tuple[str, tuple[Cell, ...]], ...]
    summary: str
    unit: str


def draw_heat(measured: Sequence[Measurement], link: Callable[[Measurement], str]) -> Heat | None:
    """Return a number by weekday and hour; None when no cell has a value."""
    known = {
        (int(place["weekday"]), int(place["hour"])): m
        for m in measured
        for place in [dict(m.group)]
        if m.value is not None and None not in place.values()
    }
    if not known:
        return None
    hours = range(min(hour for _, hour in known), max(hour for _, hour in known) + 1)
    days = range(1, max(5, *(day for day, _ in known)) + 1)
    values = sorted(m.value or 0.0 for m in known.values() if not m.is_small) or sorted(
        m.value or 0.0 for m in known.values()
    )
    low, high = values[0], values[-1]
    factor, unit = _scale(next(iter(known.values())).unit, high)
    enough = [m for m in known.values() if not m.is_small] or list(known.values())
    top = max(enough, key=lambda m: m.value or 0.0)
    where = dict(top.group)

    def cell(day: int, hour: int) -> Cell:
        m = known.get((day, hour))
        if m is None:
            return Cell("", "", "none", "")
        part = min(max(((m.value or 0.0) - low) / ((high - low) or 1), 0.0), 1.0)
        shade = int((SHADES - 1) * part + 0.5)
        return Cell(
            _text(m, factor),
            f"{WEEKDAYS[day - 1]} {hour:02d}:00: {show_measurement(m)[0]}, {m.n:,} cases",
            # A handful of cases says nothing about an hour: its value has no shade.
            "few" if m.is_small else f"h{shade}",
            link(m),
        )

    return Heat(
        tuple(str(hour) for hour in hours),
        tuple((WEEKDAYS[day - 1][:3], tuple(cell(day, hour) for hour in hours)) for day in days),
        f"Highest on {WEEKDAYS[int(where['weekday']) - 1]} at {int(where['hour']):02d}:00:"
        f" {show_measurement(top)[0]}.",
        unit,
    )


def _scale(unit: str, high: float) -> tuple[float, str]:
    if unit in DURATIONS:
        return next(
            ((1 / size, word) for least, size, word in SCALES if high >= least), (1.0, "seconds")
        )
    return (
        (100.0, "%") if unit == "share" else (100.0, "points") if unit == "net_share" else (1, "")
    )


def _text(m: Measurement, factor: float) -> str:
    value = (m.value or 0.0) * factor
    return short(f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}")
