"""When something recurs: at a local time of a zone, whatever its clocks do, or every so many
minutes.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helmdesk.errors import UsageError
from helmdesk.zones import offset_change

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY = re.compile(r"every (\d{1,4}) minutes?", re.ASCII)
LOCAL = re.compile(
    r"(daily|monthly"
    r" ([1-9]|[12]\d|3[01])|(?:mon|tue|wed|thu|fri|sat|sun)(?:,(?:mon|tue|wed|thu|fri|sat|sun))*)"
    r" (\d\d):(\d\d)",
    re.ASCII,
)
MOST_MINUTES = 1440
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A month and a day: as far as two ticks of any rhythm lie apart, and a zone that left out a day.
REACH = 33


@dataclass(frozen=True)
class Rhythm:
    """When something recurs; see `read_rhythm` for the spellings.

    Attributes:
        minutes: so many lie between two ticks; None where a local time is said.
        at: local time.
        weekdays: 0 for Monday; empty for every day.
        month_day: day of the month, or its last day where it is shorter; None for any.
    """

    minutes: int | None = None
    at: time = time(0)
    weekdays: frozenset[int] = frozenset()
    month_day: int | None = None

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the first tick later than `instant`."""
        if self.minutes is not None:
            return self._floor(instant, self.minutes) + timedelta(minutes=self.minutes)
        first = instant.astimezone(zone).date() - timedelta(days=1)
        ticks = (
            tick for day in range(REACH) for tick in self._on(first + timedelta(days=day), zone)
        )
        return next(tick for tick in ticks if tick > instant)

    def latest(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the last tick that is not later than `now`."""
        if self.minutes is not None:
            return self._floor(now, self.minutes)
        last = now.astimezone(zone).date() + timedelta(days=1)
        ticks = (
            tick for day in range(REACH) for tick in self._on(last - timedelta(days=day), zone)
        )
        return next(tick for tick in ticks if tick <= now)

    @staticmethod
    def _floor(instant: datetime, minutes: int) -> datetime:
        size = timedelta(minutes=minutes)
        return EPOCH + (instant - EPOCH) // size * size

    def _on(self, day: date, zone: ZoneInfo) -> list[datetime]:
        if self.weekdays and day.weekday() not in self.weekdays:
            return []
        if self.month_day and day.day != min(
            self.month_day, calendar.monthrange(day.year, day.month)[1]
        ):
            return []
        return [local_instant(day, self.at, zone)]


def read_rhythm(text: str) -> Rhythm:
    """Read "every 15 minutes", "daily 07:00", "mon,thu 07:00" or "monthly 31 07:00".

    Raises:
        UsageError: it is none of these.
    """
    if (found := EVERY.fullmatch(text)) and 1 <= int(found[1]) <= MOST_MINUTES:
        return Rhythm(minutes=int(found[1]))
    if (found := LOCAL.fullmatch(text)) and int(found[3]) < 24 and int(found[4]) < 60:
        at = time(int(found[3]), int(found[4]))
        if found[2]:
            return Rhythm(at=at, month_day=int(found[2]))
        days = (
            frozenset()
            if found[1] == "daily"
            else frozenset(WEEKDAYS.index(day) for day in found[1].split(","))
        )
        return Rhythm(at=at, weekdays=days)
    raise UsageError(
        f"{text!r} is no rhythm; write one such as 'every 15 minutes' (1 to {MOST_MINUTES}), 'daily"
        " 07:00', 'mon,thu 07:00' or 'monthly 31 07:00'"
    )


def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return when it is `at` on a local day: the first time where it is so twice, the moment after
    the gap where it is so never.
    """
    local = datetime.combine(day, at, tzinfo=zone)
    early, late = sorted(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return early
    if late.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return late
    # Clocks go forward between the two.
    change = offset_change(zone, early.replace(tzinfo=None), late.replace(tzinfo=None))
    return change.replace(tzinfo=UTC)
