"""Business calendars into open spans in UTC, each with the working seconds before it.

Working time between two instants is then the difference of two look-ups, exact across daylight
saving and holidays. Pure: no database, no clock of its own.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helmdesk.errors import InputError
from helmdesk.zones import offset_change, utc_offset

MINUTES_A_DAY = 24 * 60
WEEK_MINUTES = 7 * MINUTES_A_DAY


class UnusableCalendar(InputError):
    """No working time could ever pass under a calendar.

    Attributes:
        part: of its definition, as a person writes it: time_zone or hours.
    """

    def __init__(self, what: str, part: str) -> None:
        super().__init__(what)
        self.part = part


@dataclass(frozen=True)
class Calendar:
    """Weekly opening hours in one zone, with dated exceptions.

    Attributes:
        calendar_id: identity.
        time_zone: IANA zone of the wall clock.
        weekly: (start, end) in minutes since Monday 00:00 local; end may pass midnight, even
        Sunday's. exceptions: local date -> (start, end) pairs in minutes since midnight; empty =
        closed all day.
            An exception replaces what falls on that date, from its midnight to the next, and
            nothing else: of a night shift it takes the hours of that date, whenever the shift
            began.
    """

    calendar_id: str
    time_zone: str
    weekly: tuple[tuple[int, int], ...]
    exceptions: Mapping[date, tuple[tuple[int, int], ...]]

    def __post_init__(self) -> None:
        """Refuse calendars under which no working time could ever pass.

        Raises:
            UnusableCalendar: unknown zone, empty or reversed intervals.
        """
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UnusableCalendar(
                f"calendar {self.calendar_id}: unknown time zone '{self.time_zone}'", "time_zone"
            ) from error
        if not self.weekly:
            raise UnusableCalendar(
                f"calendar {self.calendar_id}: no opening hours; working time would always be zero",
                "hours",
            )
        for start, end in self.weekly:
            if not 0 <= start < WEEK_MINUTES or not start < end <= start + WEEK_MINUTES:
                raise UnusableCalendar(
                    f"calendar {self.calendar_id}: impossible opening hours {start}-{end} (minutes"
                    " of the week)",
                    "hours",
                )


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

    ``{"weekly": [[start, end], ...], "exceptions": {"2026-12-25": [], "2026-12-24": [[540,
    720]]}}``

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
    """Return merged open spans within every local date from `first` to `last`, both included."""
    found, total = [], 0
    for start, end in _merged(_spans(calendar, first, last)):
        found.append(OpenSpan(start, end, total))
        total += int((end - start).total_seconds())
    return found


def _spans(calendar: Calendar, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Give open time in order: wherever the wall clock shows an open minute, be it for the second
    time that day.
    """
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    hours = _merged(
        (_midnight(day) + timedelta(minutes=start), _midnight(day) + timedelta(minutes=end))
        for day in days
        for start, end in _hours_on(calendar, day)
    )
    ends = [end for _, end in hours]
    for since, until, offset in _steady_offsets(ZoneInfo(calendar.time_zone), first, last):
        # Between two changes of the clocks the wall runs like UTC; what it skips is in no such
        # stretch, what it repeats in two.
        for start, end in hours[bisect.bisect_right(ends, since + offset) :]:
            if start >= until + offset:
                break
            yield (
                max(start - offset, since).replace(tzinfo=UTC),
                min(end - offset, until).replace(tzinfo=UTC),
            )


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return spans that came ordered by their start, those that touch as one."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _hours_on(calendar: Calendar, day: date) -> list[tuple[int, int]]:
    """Return what is open on one local date, in order, in minutes since its midnight."""
    if day in calendar.exceptions:
        found = list(calendar.exceptions[day])
    else:
        monday = day.weekday() * MINUTES_A_DAY
        found = [
            (start - monday + week, end - monday + week)
            for start, end in calendar.weekly
            for week in (0, -WEEK_MINUTES)
        ]
        # Special hours past midnight run on into an ordinary day.
        for number in range(1, 8):
            earlier = calendar.exceptions.get(day - timedelta(days=number), ())
            found += [
                (start - number * MINUTES_A_DAY, end - number * MINUTES_A_DAY)
                for start, end in earlier
            ]
    return sorted(
        (max(start, 0), min(end, MINUTES_A_DAY))
        for start, end in found
        if start < MINUTES_A_DAY and end > 0
    )


def _steady_offsets(
    zone: ZoneInfo, first: date, last: date
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Give stretches of naive UTC with one offset each, which together cover the local dates."""
    position, end = _midnight(first) - timedelta(days=1), _midnight(last) + timedelta(days=2)
    since, offset = position, utc_offset(zone, position)
    while position < end:
        following = position + timedelta(days=1)
        if (after := utc_offset(zone, following)) != offset:
            change = offset_change(zone, position, following)
            yield since, change, offset
            since, offset = change, after
        position = following
    yield since, end, offset


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
        """Return the first instant by which `seconds` of working time have passed since `start`;
        `start` itself for none.

        Raises:
            InputError: the calendar's spans end before that.
        """
        if seconds == 0:
            return start
        target = self.worked(start) + seconds
        # The last span that begins before the target is reached: at a span's very end the earlier
        # instant counts.
        span = self._spans[bisect.bisect_left(self._before, target) - 1]
        reached = span.start + timedelta(seconds=target - span.seconds_before)
        if reached > span.end:
            raise InputError(
                f"the calendar ends at {self._spans[-1].end} before {seconds} s of working time"
                " have passed"
            )
        return reached
