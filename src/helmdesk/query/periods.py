"""Reporting periods on the local clock: half-open, exact on days of 23 and 25 hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helmdesk.errors import UsageError
from helmdesk.settings import WEEKDAYS

GRAINS = ("day", "week", "month", "quarter", "year")
MAX_PERIODS = 20_000
FIRST_YEAR, LAST_YEAR = 1900, 2199
MOST_REPEATED = 60


@dataclass(frozen=True)
class Period:
    """One bucket.

    Attributes:
        label: local date on which it starts.
        start, end: naive UTC, half-open.
    """

    label: date
    start: datetime
    end: datetime


def local_midnight(day: date, zone: str) -> datetime:
    """Return the naive UTC instant at which a local date begins.

    Where midnight falls into a spring gap the day begins at the gap's end.
    """
    wall = datetime.combine(day, time(), ZoneInfo(zone))
    instant = wall.astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).date() < day:
        instant = wall.replace(fold=1).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).date() != day:
        raise UsageError(f"{day} does not exist in {zone}")
    return instant.replace(tzinfo=None)


def week_shift(week_start: str) -> int:
    """Return how many days after Monday a reporting week begins (0-6)."""
    return WEEKDAYS.index(week_start)


def period_start(day: date, grain: str, week_start: str) -> date:
    """Return the first local date of the period that holds `day`."""
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=(day.weekday() - week_shift(week_start)) % 7)
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    if grain == "year":
        return day.replace(month=1, day=1)
    raise UsageError(f"unknown grain '{grain}'; use one of {', '.join(GRAINS)}")


def next_period(day: date, grain: str) -> date:
    """Return the first local date of the period after the one that starts on `day`."""
    if grain in ("day", "week"):
        return day + timedelta(days=1 if grain == "day" else 7)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def previous_period(day: date, grain: str) -> date:
    """Return the first local date of the period before the one that starts on `day`."""
    before = day - timedelta(days=1)
    return before - timedelta(days=6) if grain == "week" else period_start(before, grain, "monday")


def periods(start: datetime, end: datetime, grain: str, zone: str, week_start: str) -> list[Period]:
    """Return every period that overlaps [start, end), naive UTC.

    Raises:
        UsageError: more than 20,000 periods.
    """
    found = list(_periods(start, end, grain, zone, week_start))
    if len(found) > MAX_PERIODS:
        raise UsageError(
            f"{len(found):,} periods of one {grain}; choose a coarser grain or a shorter window"
        )
    return found


def _periods(
    start: datetime, end: datetime, grain: str, zone: str, week_start: str
) -> Iterator[Period]:
    day = period_start(local_date(start, zone), grain, week_start)
    while True:
        following = next_period(day, grain)
        begins, finishes = local_midnight(day, zone), local_midnight(following, zone)
        if begins >= end:
            return
        if finishes > start:
            yield Period(day, begins, finishes)
        day = following


def local_date(instant: datetime, zone: str) -> date:
    """Return the local date of a naive UTC instant."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def day_start(instant: datetime, zone: str) -> datetime:
    """Return the local midnight before a naive UTC instant."""
    return local_midnight(local_date(instant, zone), zone)


def shortened(text: str) -> str:
    """Return a given text as an error may repeat it."""
    return text if len(text) <= MOST_REPEATED else f"{text[:MOST_REPEATED]}…"


def parse_boundary(text: str, zone: str, name: str) -> datetime:
    """Read ``2026-03-01`` (local midnight) or ``2026-03-01T08:00`` (local, or with an offset) as
    naive UTC.

    Raises:
        UsageError: neither form, or a year that no helpdesk has seen or will.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--{name} {shortened(text)!r} is not a date such as 2026-03-01 or 2026-03-01T08:00"
        ) from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise UsageError(f"--{name} {text!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
    if len(text) == 10:
        return local_midnight(moment.date(), zone)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC).replace(tzinfo=None)
