"""Coverage in words and cells: the one place where a grid of numbers becomes what a planner
reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from helmdesk.plan.coverage import Coverage
from helmdesk.plan.queues.waiting import Array

# Cells darker than this many people short or spare are not told apart by colour.
DEEPEST = 3
MOST_SPANS = 5


@dataclass(frozen=True)
class Cell:
    """One interval of one day in the grid."""

    tone: str
    text: str
    said: str


@dataclass(frozen=True)
class Span:
    """Intervals of one day that follow each other and are short.

    Attributes:
        people: the most that are missing at once. hours: of people missing altogether.
    """

    day: date
    start: int
    end: int
    people: int
    hours: float

    @property
    def said(self) -> str:
        """When, as it is read."""
        return f"{show_day(self.day)}, {show_minute(self.start)} to {show_minute(self.end)}"


def show_day(day: date) -> str:
    """Return a day as "Mon 29"."""
    return f"{day:%a} {day.day}"


def show_days(first: date, last: date) -> str:
    """Return days as "29 June – 5 July", the last one included."""
    if first == last:
        return f"{first:%-d %B}"
    if first.month == last.month:
        return f"{first.day}–{last:%-d %B}"
    return f"{first:%-d %B} – {last:%-d %B}"


def show_minute(minute: int) -> str:
    """Return a minute of the day as "8:30"."""
    return f"{minute // 60}:{minute % 60:02d}"


def show_hours(hours: float) -> str:
    """Return hours of people; halves up to a hundred, whole ones beyond."""
    return f"{hours:,.0f} h" if hours >= 100 else f"{hours:,.1f}".removesuffix(".0") + " h"


def days_of(found: Coverage) -> list[date]:
    """Return the days of a coverage."""
    made = found.plan.forecast
    return [made.first_day + timedelta(days=i) for i in range(made.days)]


def rows_of(found: Coverage) -> list[tuple[str, list[Cell]]]:
    """Return the grid: times down, days across, from the first to the last interval in use."""
    used = found.opening.any(axis=0).nonzero()[0]
    if not used.size:
        return []
    minutes = found.plan.forecast.interval_minutes
    spare, need = found.spare, found.plan.agents
    rows = []
    for i in range(int(used[0]), int(used[-1]) + 1):
        cells = [
            _cell(
                bool(found.opening[d, i]),
                None if spare is None else int(spare[d, i]),
                int(need[d, i]),
            )
            for d in range(need.shape[0])
        ]
        rows.append((show_minute(i * minutes), cells))
    return rows


def _cell(is_open: bool, spare: int | None, need: int) -> Cell:
    if not is_open:
        return Cell("shut", "", "nobody is needed")
    if spare is None:
        return Cell(f"p{min(DEEPEST, max(1, need))}", str(need), f"{need} needed")
    if spare < 0:
        return Cell(f"s{min(DEEPEST, -spare)}", f"−{-spare}", f"{-spare} short of {need} needed")
    if spare > 0:
        return Cell(f"p{min(DEEPEST, spare)}", f"+{spare}", f"{spare} spare beside {need} needed")
    return Cell("", "·", f"enough: {need} needed")


def short_spans(found: Coverage) -> list[Span]:
    """Return when people are short, the longest hours first."""
    spare = found.spare
    if spare is None:
        return []
    spans = []
    for d, day in enumerate(days_of(found)):
        spans += _spans(day, spare[d], found.plan.forecast.interval_minutes)
    return sorted(spans, key=lambda span: (-span.hours, span.day, span.start))


def _spans(day: date, spare: Array, minutes: int) -> list[Span]:
    spans: list[Span] = []
    for i in np.flatnonzero(spare < 0):
        missing = int(-spare[i])
        start, hours = int(i) * minutes, missing * minutes / 60
        if spans and spans[-1].end == start:
            last = spans.pop()
            start, hours = last.start, hours + last.hours
            missing = max(missing, last.people)
        spans.append(Span(day, start, (int(i) + 1) * minutes, missing, hours))
    return spans


def times_of(marked: NDArray[np.bool_], opening: NDArray[np.bool_], minutes: int) -> str:
    """Return at which times of day most open days are marked: "12:00 to 13:30 and 16:30 to 18:00";
    empty where no time is.
    """
    days = np.maximum(opening.sum(axis=0), 1)
    often = (marked.sum(axis=0) * 2 >= days) & marked.any(axis=0)
    ranges: list[tuple[int, int]] = []
    for i in np.flatnonzero(often):
        if ranges and ranges[-1][1] == i:
            ranges[-1] = (ranges[-1][0], int(i) + 1)
        else:
            ranges.append((int(i), int(i) + 1))
    said = [f"{show_minute(a * minutes)} to {show_minute(b * minutes)}" for a, b in ranges]
    return join(said[:3])


def join(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentence(found: Coverage) -> str:
    """Return what the page says first."""
    spare = found.spare
    if not found.opening.any():
        return "Nothing is expected on these days, and nobody is planned."
    most = int(found.plan.agents.max())
    hours = show_hours(found.plan.agent_hours)
    if spare is None:
        return f"Up to {most} people are needed at once, {hours} in all. No shifts are planned yet."
    if not found.short_intervals:
        return "Enough people in every interval."
    minutes = found.plan.forecast.interval_minutes
    when = times_of(spare < 0, found.opening, minutes)
    where = f"short {'from ' + when if when else 'here and there'}"
    if found.spare_hours >= found.short_hours:
        return f"Enough people, at the wrong hours: {where}, spare at others."
    return f"Too few people: {where}."
