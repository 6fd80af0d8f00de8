"""When somebody is busy by a private calendar (.ics): from when until when, and nothing else.

Titles, places and guests are never looked at. Recurrences go no further than the days asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from helmdesk.act.booking.times import Span, joined
from helmdesk.errors import InputError

Event = Mapping[str, Any]
"""An appointment as the library `icalendar` reads it."""

MOST_BYTES = 10_000_000
MOST_EVENTS = 20_000
MOST_SECONDS = 20.0
"""So long a calendar is read at most."""
MOST_TURNS = 100_000
"""So many recurrences of one appointment are counted at most, the ones before the days asked for
among them; a calendar with more is refused rather than read in part."""
STALE = timedelta(hours=24)
DAY = timedelta(days=1)
_RARE = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYEASTER"})
FOLLOWED: Mapping[str, frozenset[str]] = {
    "HOURLY": _RARE | {"BYMONTH", "BYDAY", "BYHOUR"},
    "DAILY": _RARE,
    "WEEKLY": _RARE,
    "MONTHLY": frozenset(),
    "YEARLY": frozenset(),
}
"""Frequencies with what may not stand beside them: such a rule may recur never, and looking for
that takes for ever.
"""


def is_stale(fetched_at: datetime | None, now: datetime) -> bool:
    """Whether a calendar was read so long ago, or by a clock so far ahead, that it tells nothing:
    its owner is then not known to be free.
    """
    return fetched_at is None or not -DAY < now - fetched_at < STALE


def busy_times(content: bytes, start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
    """Return when the owner of a calendar is busy, aware UTC, in order, overlaps made one.

    Args:
        start, end: aware; nothing outside of them is returned.
        zone: of appointments that name none, and of whole days.

    Raises:
        InputError: it is no calendar, is too large, or has recurrences without measure.
    """
    if len(content) > MOST_BYTES:
        raise InputError(
            f"the calendar has more than {MOST_BYTES // 1_000_000} MB; share one that holds only"
            " what is to come"
        )
    events = _events(content)
    if len(events) > MOST_EVENTS:
        raise InputError(f"the calendar has more than {MOST_EVENTS:,} appointments")
    changed = {
        (str(event.get("UID", "")), _utc(event["RECURRENCE-ID"].dt, zone))
        for event in events
        if "RECURRENCE-ID" in event
    }
    found: list[Span] = []
    began = monotonic()
    for event in events:
        if not _is_busy(event):
            continue
        if monotonic() - began > MOST_SECONDS:
            raise InputError("the calendar takes too long to read; share one with fewer rules")
        found += _spans(event, changed, start, end, zone)
    return [
        Span(max(span.start, start), min(span.end, end))
        for span in joined(found)
        if span.end > start and span.start < end
    ]


def _events(content: bytes) -> list[Event]:
    from icalendar import Calendar

    try:
        calendars: list[Any] = Calendar.from_ical(content, multiple=True)
        return [event for each in calendars for event in each.walk("VEVENT") if "DTSTART" in event]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise InputError(
            "that is no calendar; give the address of an .ics file, which your calendar calls"
            " private or secret address"
        ) from error


def _is_busy(event: Event) -> bool:
    """Whether an appointment takes time: it is neither cancelled nor marked as free."""
    return (
        str(event.get("STATUS", "")).upper() != "CANCELLED"
        and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"
        and str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() != "FREE"
    )


def _spans(
    event: Event,
    changed: set[tuple[str, datetime]],
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
) -> Iterator[Span]:
    first = event["DTSTART"].dt
    is_single = "RECURRENCE-ID" in event
    uid = str(event.get("UID", ""))
    for turn in [first] if is_single else _turns(event, first, start, end, zone):
        begins = _utc(turn, zone)
        if not is_single and (uid, begins) in changed:
            continue  # another appointment of the same calendar stands in its place
        yield Span(begins, _end_of(event, first, turn, zone))


def _end_of(event: Event, first: Any, turn: Any, zone: ZoneInfo) -> datetime:
    """Return when a turn is over: after as much time as passed at first; whole days are days of the
    clock.
    """
    if "DURATION" in event:
        length: timedelta = event["DURATION"].dt
        if isinstance(turn, datetime):
            return _utc(turn, zone) + length
        return _utc(turn + length, zone)
    if "DTEND" in event:
        last = event["DTEND"].dt
        if isinstance(turn, datetime) and isinstance(last, datetime):
            return _utc(turn, zone) + (_utc(last, zone) - _utc(first, zone))
        if not isinstance(turn, datetime) and not isinstance(last, datetime):
            return _utc(turn + (last - first), zone)
    return _utc(turn, zone) if isinstance(turn, datetime) else _utc(turn + DAY, zone)


def _turns(
    event: Event, first: Any, start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[Any]:
    """Yield when an appointment begins, as it says it: local times stay local over the change of
    clocks.
    """
    left_out = {_utc(each, zone) for each in _dates(event, "EXDATE")}
    more = list(_dates(event, "RDATE"))
    length = _end_of(event, first, first, zone) - _utc(first, zone)
    seen: set[datetime] = set()
    for turn in [*_by_rule(event, first, start - length - DAY, end + DAY, zone), *more]:
        begins = _utc(turn, zone)
        if begins not in left_out and begins not in seen:
            seen.add(begins)
            yield turn


def _by_rule(
    event: Event, first: Any, start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[Any]:
    rules = event.get("RRULE")
    if rules is None:
        yield first
        return
    yield first
    own = _zone_of(first, zone)
    wall = _wall(first)
    low, high = (moment.astimezone(own).replace(tzinfo=None) for moment in (start, end))
    for rule in rules if isinstance(rules, list) else [rules]:
        for turn in _rule_turns(rule, wall, low, high, own):
            if isinstance(first, datetime):
                yield turn.replace(tzinfo=own)
            else:
                yield turn.date()


def _rule_turns(
    rule: Any, wall: datetime, low: datetime, high: datetime, own: tzinfo
) -> Iterator[datetime]:
    from dateutil.rrule import rrulestr

    said = {name.upper(): value for name, value in dict(rule).items()}
    frequency = str(said.get("FREQ", [""])[0]).upper()
    if frequency not in FOLLOWED or FOLLOWED[frequency] & set(said):
        raise InputError("an appointment of the calendar recurs in a way that is not followed")
    until = said.pop("UNTIL", None)
    text = type(rule)(said).to_ical().decode()
    last = high
    if until:
        last = min(high, _wall(_local(until[0], own)))
    try:
        turns = iter(rrulestr(text, dtstart=wall))
        for number, turn in enumerate(turns):
            if turn > last:
                return
            if number >= MOST_TURNS:
                raise InputError(
                    "an appointment of the calendar recurs too often to be followed; let it begin"
                    " later, or end"
                )
            if turn >= low:
                yield turn
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError("an appointment of the calendar recurs in a way nobody knows") from error


def _local(until: Any, own: tzinfo) -> datetime:
    """Return the last moment of a rule on the wall."""
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    return until.astimezone(own) if until.tzinfo else until


def _wall(moment: Any) -> datetime:
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return datetime.combine(moment, time())


def _zone_of(moment: Any, zone: ZoneInfo) -> tzinfo:
    own = moment.tzinfo if isinstance(moment, datetime) else None
    return own or zone


def _dates(event: Event, name: str) -> Sequence[Any]:
    given = event.get(name)
    if given is None:
        return []
    lists = given if isinstance(given, list) else [given]
    found = [each.dt for every in lists for each in every.dts]
    return [each[0] if isinstance(each, tuple) else each for each in found]


def _utc(moment: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), zone).astimezone(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
