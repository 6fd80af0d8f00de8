"""Business calendars into open spans in UTC, each with the working seconds before it.

Working time between two instants is then the difference of two look-ups, exact across daylight saving
and holidays. Pure: no database, no clock of its own.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helmdesk.errors import InputError

MINUTES_A_DAY = 24 * 60
WEEK_MINUTES = 7 * MINUTES_A_DAY


@dataclass(frozen=True)
class Calendar:
    """Weekly opening hours in one zone, with dated exceptions.

    Attributes:
        calendar_id: identity.
        time_zone: IANA zone of the wall clock.
        weekly: (start, end) in minutes since Monday 00:00 local; end may pass midnight, even Sunday's.
        exceptions: local date -> (start, end) pairs in minutes since midnight; empty = closed all day.
            An exception replaces what begins on that date.
    """

    calendar_id: str
    time_zone: str
    weekly: tuple[tuple[int, int], ...]
    exceptions: Mapping[date, tuple[tuple[int, int], ...]]

    def __post_init__(self) -> None:
        """Refuse calendars under which no working time could ever pass.

        Raises:
            InputError: unknown zone, empty or reversed intervals.
        """
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InputError(f"calendar {self.calendar_id}: unknown time zone '{self.time_zone}'") from error
        if not self.weekly:
            raise InputError(f"calendar {self.calendar_id}: no opening hours; working time would always be zero")
        for start, end in self.weekly:
            if not 0 <= start < WEEK_MINUTES or not start < end <= start + WEEK_MINUTES:
                raise InputError(f"calendar {self.calendar_id}: impossible opening hours {start}-{end} (minutes of the week)")


@dataclass(frozen=True)
class OpenSpan:
    """A stretch of open time.

    Attributes:
        start, end: UTC, half-open.
        seconds_before: working seconds from the calendar's first span to `start`.
    """

    start: datetime
    end: datetime
    seconds_before: int


def calendar_from_definition(calendar_id: str, time_zone: str, definition: str) -> Calendar:
    """Read the JSON of a calendar entity.

    ``{"weekly": [[start, end], ...], "exceptions": {"2026-12-25": [], "2026-12-24": [[540, 720]]}}``

    Raises:
        InputError: not that shape.
    """
    try:
        content: dict[str, Any] = json.loads(definition)
        weekly = tuple((int(start), int(end)) for start, end in content["weekly"])
        exceptions = {
            date.fromisoformat(day): tuple((int(start), int(end)) for start, end in spans)
            for day, spans in content.get("exceptions", {}).items()
        }
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"calendar {calendar_id}: definition not readable ({error})") from error
    return Calendar(calendar_id, time_zone, weekly, exceptions)


def open_spans(calendar: Calendar, first: date, last: date) -> list[OpenSpan]:
    """Return merged open spans for every local date from `first` to `last`, both included."""
    zone = ZoneInfo(calendar.time_zone)
    spans = sorted(_spans(calendar, zone, first, last))
    merged: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    found, total = [], 0
    for start, end in merged:
        found.append(OpenSpan(start, end, total))
        total += int((end - start).total_seconds())
    return found


def _spans(calendar: Calendar, zone: ZoneInfo, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    day = first
    while day <= last:
        hours: Sequence[tuple[int, int]]
        if day in calendar.exceptions:
            hours = calendar.exceptions[day]
        else:
            monday = day.weekday() * MINUTES_A_DAY
            hours = [(start - monday, end - monday) for start, end in calendar.weekly if monday <= start < monday + MINUTES_A_DAY]
        for start, end in hours:
            # A span past midnight ends where an exception closes a following day.
            yield from _within_exceptions(calendar, zone, day, start, end)
        day += timedelta(days=1)


def _within_exceptions(calendar: Calendar, zone: ZoneInfo, day: date, start: int, end: int) -> Iterator[tuple[datetime, datetime]]:
    piece = start
    while piece < end:
        days_on, _ = divmod(piece, MINUTES_A_DAY)
        midnight = (days_on + 1) * MINUTES_A_DAY
        stop = min(end, midnight)
        if days_on == 0 or day + timedelta(days=days_on) not in calendar.exceptions:
            yield _utc(zone, day, piece), _utc(zone, day, stop)
        piece = stop


def _utc(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    """UTC of a wall-clock minute; one inside a spring gap is moved to the gap's end."""
    days_on, minute = divmod(minutes, MINUTES_A_DAY)
    midnight = datetime.combine(day + timedelta(days=days_on), datetime.min.time())
    wall = midnight + timedelta(minutes=minute)
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    is_in_gap = instant.astimezone(zone).replace(tzinfo=None) != wall
    return _gap_end(zone, wall) if is_in_gap else instant


def _gap_end(zone: ZoneInfo, wall: datetime) -> datetime:
    """First instant after the gap that swallows `wall`."""
    before = wall.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    after = wall.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    # Under PEP 495, fold 0 in a gap applies the offset before the change, fold 1 the offset after it.
    lower = (wall - max(before, after)).replace(tzinfo=UTC)
    upper = (wall - min(before, after)).replace(tzinfo=UTC)
    while upper - lower > timedelta(seconds=1):
        middle = lower + (upper - lower) / 2
        middle = middle.replace(microsecond=0)
        if middle in (lower, upper):
            break
        if (middle.astimezone(zone).utcoffset() or timedelta()) == max(before, after):
            upper = middle
        else:
            lower = middle
    return upper


class WorkClock:
    """Look-ups in the open spans of one calendar; instants are aware UTC datetimes."""

    def __init__(self, spans: Sequence[OpenSpan]) -> None:
        if not spans:
            raise InputError("a calendar without open time: no working time can pass")
        self._spans = tuple(spans)
        self._starts = [span.start for span in spans]
        self._before = [span.seconds_before for span in spans]

    def worked(self, instant: datetime) -> int:
        """Return working seconds from the first span to `instant`."""
        place = bisect.bisect_right(self._starts, instant) - 1
        if place < 0:
            return 0
        span = self._spans[place]
        return span.seconds_before + int((min(instant, span.end) - span.start).total_seconds())

    def between(self, start: datetime, end: datetime) -> int:
        """Return working seconds between two instants."""
        return self.worked(end) - self.worked(start)

    def is_open(self, instant: datetime) -> bool:
        """Whether `instant` lies in open time."""
        place = bisect.bisect_right(self._starts, instant) - 1
        return place >= 0 and instant < self._spans[place].end

    def after(self, start: datetime, seconds: int) -> datetime:
        """Return the first instant by which `seconds` of working time have passed since `start`; `start` itself for none.

        Raises:
            InputError: the calendar's spans end before that.
        """
        if seconds == 0:
            return start
        target = self.worked(start) + seconds
        # The last span that begins before the target is reached: at a span's very end the earlier instant counts.
        span = self._spans[bisect.bisect_left(self._before, target) - 1]
        reached = span.start + timedelta(seconds=target - span.seconds_before)
        if reached > span.end:
            raise InputError(f"the calendar ends at {self._spans[-1].end} before {seconds} s of working time have passed")
        return reached
