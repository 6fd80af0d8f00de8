"""Opening hours as dbt_zendesk has them: whole weeks from Sunday in UTC, each with one offset and
without touched holidays.

A change of the clocks takes effect on the Sunday of its week, and opening hours that touch a
holiday are dropped for that week. Pure; used only to recognise the package's output, never for our
own numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helmdesk.clocks.calendar import MINUTES_A_DAY, WEEK_MINUTES, Calendar
from helmdesk.zones import utc_offset

WEEK = timedelta(days=7)


def weekly_spans(calendar: Calendar, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """Return open spans (naive UTC, ordered, touching ones merged) of all weeks that hold a date
    from `first` to `last`.
    """
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(_spans(calendar, first, last)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _spans(calendar: Calendar, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(calendar.time_zone)
    sunday = datetime.combine(first - timedelta(days=(first.weekday() + 1) % 7), time())
    closed = {day for day, hours in calendar.exceptions.items() if not hours}
    while sunday.date() <= last:
        offset = utc_offset(zone, sunday + WEEK - timedelta(minutes=1))
        for start, end in calendar.weekly:
            # Our weeks begin on Monday.
            begin = (start + MINUTES_A_DAY) % WEEK_MINUTES
            finish = begin + end - start
            days = range(begin // MINUTES_A_DAY, (finish - 1) // MINUTES_A_DAY + 1)
            if not any(sunday.date() + timedelta(days=day) in closed for day in days):
                opens, closes = (
                    sunday + timedelta(minutes=minute) - offset for minute in (begin, finish)
                )
                opens, closes = max(opens, sunday), min(closes, sunday + WEEK)
                if opens < closes:
                    yield opens, closes
        sunday += WEEK
