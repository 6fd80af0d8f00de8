"""What the pages of planning are asked: all of it in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from helmdesk.errors import UsageError
from helmdesk.plan.crews import Crew
from helmdesk.plan.planner import Conditions
from helmdesk.plan.staffing import Target

# name: what it is called, lowest, highest, how many of one it is written in.
NUMBERS: dict[str, tuple[str, float, float, float]] = {
    "level": ("answered in time", 1, 99.9, 100),
    "within": ("within", 0, 86_400, 1),
    "handle": ("handle time", 1, 86_400, 1),
    "patience": ("patience", 1, 86_400, 1),
    "away": ("away from work", 0, 90, 100),
}
WEEK = timedelta(days=7)
WEEKS_AHEAD = 8


@dataclass(frozen=True)
class Asked:
    """One view of planning.

    Attributes:
        team: name; empty takes the busiest.
        start: the first day looked at; None takes the next whole week.
        file: identity of a file of totals that stands instead of the desk; 0: the desk.
        level, within: share to be answered, within seconds; None: as the queues say.
        handle, patience: seconds; None: as recorded.
        away: share of planned time that people are away from contacts.
        holidays: country whose public holidays are days of their own.
    """

    team: str = ""
    start: date | None = None
    file: int = 0
    level: float = 0.8
    within: float | None = None
    handle: float | None = None
    patience: float | None = None
    away: float = 0.0
    holidays: str = ""
    given: Mapping[str, str] = field(default_factory=dict, hash=False)

    def target(self, crew: Crew) -> Target:
        """Return what is to be promised."""
        promise = crew.promise
        within = promise.within_seconds if self.within is None else self.within
        return replace(promise, service_level=self.level, within_seconds=within)

    @property
    def conditions(self) -> Conditions:
        """What is known beside the data."""
        return Conditions(self.handle, self.patience, self.away)

    @property
    def with_numbers(self) -> Asked:
        """What of it a coverage depends on, beside team, days and file."""
        return replace(self, team="", start=None, file=0, holidays="", given={})

    def query(self, **changes: Any) -> str:
        """Return the address of this view with changes; None or empty takes a part out."""
        kept = {**self.given, **{name: str(value or "") for name, value in changes.items()}}
        said = {name: value for name, value in kept.items() if value}
        return f"?{urlencode(said)}" if said else "?"


NAMES = ("team", "start", "file", "holidays", *NUMBERS)


def asked_of(given: QueryDict | Mapping[str, str]) -> Asked:
    """Return what an address asks.

    Raises:
        UsageError: a number or a date that is none; says which.
    """
    said = {name: (given.get(name) or "").strip() for name in NAMES}
    numbers = {name: _number(name, said[name]) for name in NUMBERS if said[name]}
    file = said["file"]
    if file and not file.isdecimal():
        raise UsageError(f"no file '{file[:20]}'; choose one of yours")
    return Asked(
        team=said["team"],
        start=_day(said["start"]) if said["start"] else None,
        file=int(file or 0),
        holidays=said["holidays"],
        given={name: text for name, text in said.items() if text},
        **numbers,
    )


def _number(name: str, text: str) -> float:
    words, low, high, parts = NUMBERS[name]
    try:
        value = float(text.replace(",", ".").rstrip("% s"))
    except ValueError as error:
        raise UsageError(f"{words}: '{text[:20]}' is no number") from error
    if not low <= value <= high:
        raise UsageError(f"{words}: give a number from {low:g} to {high:g}")
    return value / parts


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text[:20]}' is no date") from error


@dataclass(frozen=True)
class Week:
    """Days looked at together: a whole week, or what is left of the present one."""

    start: date
    days: int
    name: str


def weeks(first: date, week_start: int) -> list[Week]:
    """Return the weeks that can be planned: what is left of the present one, and those after it.

    Args:
        first: the first day after the data.
        week_start: weekday a week begins on, 0 = Monday.
    """
    behind = (first.weekday() - week_start) % 7
    found = [Week(first, 7 - behind, "the rest of this week")] if behind else []
    start = first + timedelta(days=(7 - behind) % 7)
    names = ["next week" if behind else "this week", *[""] * (WEEKS_AHEAD - 1)]
    return found + [Week(start + i * WEEK, 7, name) for i, name in enumerate(names)]


def week_of(asked: Asked, known: list[Week]) -> int:
    """Return which of the weeks is looked at; UsageError where the day is in none of them."""
    if asked.start is None:
        return next(i for i, week in enumerate(known) if week.days == 7)
    for i, week in enumerate(known):
        if week.start <= asked.start < week.start + timedelta(days=week.days):
            return i
    last = known[-1]
    raise UsageError(
        f"{asked.start:%-d %B %Y} cannot be planned here; choose a day from"
        f" {known[0].start:%-d %B %Y} to {last.start + timedelta(days=last.days - 1):%-d %B %Y}"
    )
