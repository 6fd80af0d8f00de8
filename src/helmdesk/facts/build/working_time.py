"""The tables of cumulative working seconds, from the calendars that the lake holds.

``working_time`` has one clock per calendar, stitched from the versions in force at each moment, and
for a calendar whose hours changed one clock per version besides, for spans that keep the calendar
of their start. ``working_days`` is the same, cut at midnights (UTC): the last span begun at or
before an instant is found by equality of calendar and day and two comparisons, which costs a fifth
of a search for the nearest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from helmdesk.clocks.calendar import OpenSpan, calendar_from_definition, open_spans
from helmdesk.engines.engine import Engine
from helmdesk.errors import InputError
from helmdesk.facts.build.rows import put_rows

BEFORE, BEYOND = timedelta(days=8), timedelta(days=400)
"""Due times lie ahead of the data: the table reaches more than a year further."""

COLUMNS = {
    "working_time": {
        "calendar_id": "text",
        "start_at": "instant",
        "end_at": "instant",
        "seconds_before": "integer",
    },
    "working_days": {
        "calendar_id": "text",
        "day_at": "instant",
        "from_at": "instant",
        "until_at": "instant",
        "start_at": "instant",
        "end_at": "instant",
        "seconds_before": "integer",
    },
    "calendar_clocks": {
        "calendar_id": "text",
        "clock_id": "text",
        "valid_from": "instant",
        "valid_to": "instant",
        "is_versioned": "flag",
    },
}

Row = tuple[str, datetime, datetime, int]


def create_working_time(engine: Engine, first: datetime | None, last: datetime | None) -> list[str]:
    """Create ``working_time`` and ``calendar_clocks``; return the calendar ids.

    Args:
        first, last: naive UTC instants that the table must enclose; None for a lake without events.

    Raises:
        InputError: a calendar that is never open: working time would silently be zero.
    """
    versions = engine.ask(
        "select entity_id, time_zone, definition, valid_from, valid_to from calendar_versions order"
        " by entity_id, valid_from"
    )
    if last is None or not versions:
        for table, columns in COLUMNS.items():
            put_rows(engine, table, columns, [])
        return []
    start, end = ((first or last) - BEFORE).date(), min((last + BEYOND).date(), date(2199, 1, 1))
    rows: list[Row] = []
    clocks: list[tuple[str, str, datetime, datetime, bool]] = []
    by_calendar: dict[str, list[tuple[list[OpenSpan], datetime, datetime]]] = defaultdict(list)
    for calendar_id, time_zone, definition, valid_from, valid_to in versions:
        spans = _spans(calendar_id, time_zone, definition, start, end)
        by_calendar[calendar_id].append((spans, valid_from, valid_to))
    for calendar_id, parts in by_calendar.items():
        is_versioned = len(parts) > 1
        stitched = list(
            _cumulated(
                calendar_id,
                [piece for spans, since, until in parts for piece in _within(spans, since, until)],
            )
        )
        if not stitched:
            raise InputError(
                f"calendar {calendar_id} is never open between {start} and {end}: working time"
                " would always be zero"
            )
        rows += stitched
        for number, (spans, since, until) in enumerate(parts, 1):
            clock_id = f"{calendar_id}@{number}" if is_versioned else calendar_id
            clocks.append((calendar_id, clock_id, since, until, is_versioned))
            if is_versioned:
                rows += _cumulated(
                    clock_id,
                    [
                        (span.start.replace(tzinfo=None), span.end.replace(tzinfo=None))
                        for span in spans
                    ],
                )
    put_rows(engine, "working_time", COLUMNS["working_time"], rows)
    put_rows(
        engine,
        "working_days",
        COLUMNS["working_days"],
        list(_by_day(rows, datetime.combine(start, time()), datetime.combine(end, time()))),
    )
    put_rows(engine, "calendar_clocks", COLUMNS["calendar_clocks"], clocks)
    return list(by_calendar)


@lru_cache(maxsize=16)
def _spans(
    calendar_id: str, time_zone: str, definition: str, start: date, end: date
) -> list[OpenSpan]:
    """Return when a calendar is open; most loads move neither the calendars nor the first and the
    last day.
    """
    return open_spans(calendar_from_definition(calendar_id, time_zone, definition), start, end)


def _within(
    spans: Sequence[OpenSpan], since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    for span in spans:
        start, end = (
            max(span.start.replace(tzinfo=None), since),
            min(span.end.astimezone(UTC).replace(tzinfo=None), until),
        )
        if start < end:
            yield start, end


def _cumulated(clock_id: str, spans: Sequence[tuple[datetime, datetime]]) -> Iterator[Row]:
    total = 0
    for start, end in spans:
        yield clock_id, start, end, total
        total += int((end - start).total_seconds())


def _by_day(rows: Sequence[Row], start: datetime, end: datetime) -> Iterator[tuple[object, ...]]:
    """Cut time from `start` to `end` where a span begins and at midnights; each piece names the
    last span begun.
    """
    by_clock: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_clock[row[0]].append(row)
    for clock_id, spans in by_clock.items():
        last: tuple[datetime | None, datetime | None, int | None] = (None, None, None)
        position = start
        for _, span_start, span_end, seconds_before in [*spans, ("", end, end, 0)]:
            while position < min(span_start, end):
                midnight = datetime.combine(position.date(), time())
                until = min(midnight + timedelta(days=1), span_start, end)
                yield clock_id, midnight, position, until, *last
                position = until
            last = (span_start, span_end, seconds_before)
