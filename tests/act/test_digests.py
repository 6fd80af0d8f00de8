"""When digests are due, against instants worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from helmdesk.act.digests import due_at

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def utc(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        # Berlin's clocks go forward on 29 March 2026, New York's went on the 8th.
        ("Europe/Berlin", utc(23, 6), utc(30, 5)),
        ("America/New_York", utc(23, 11), utc(30, 11)),
        ("America/Los_Angeles", utc(23, 14), utc(30, 14)),
        ("Asia/Kolkata", utc(23, 1, 30), utc(30, 1, 30)),
        # Seven on Monday in Auckland is Sunday evening in Berlin: the week is not over.
        ("Pacific/Auckland", utc(22, 23), utc(29, 22)),
    ],
)
def test_it_is_monday_morning_where_the_reader_is(
    zone: str, before: datetime, after: datetime
) -> None:
    own = ZoneInfo(zone)
    # Weeks of a desk in Berlin, which end at 23:00 and at 22:00 UTC.
    assert due_at(utc(22, 23), date(2026, 3, 22), LONG_AGO, own) == before
    assert due_at(utc(29, 22), date(2026, 3, 29), LONG_AGO, own) == after


def test_weeks_that_begin_on_sunday_are_told_on_monday_too() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert due_at(utc(21, 23), date(2026, 3, 21), LONG_AGO, berlin) == utc(23, 6)


def test_who_asks_later_waits_for_the_next_monday() -> None:
    berlin, week = ZoneInfo("Europe/Berlin"), (utc(22, 23), date(2026, 3, 22))
    assert due_at(*week, utc(23, 5, 59), berlin) == utc(23, 6)
    assert due_at(*week, utc(23, 6), berlin) == utc(23, 6)
    assert due_at(*week, utc(23, 6, 1), berlin) == utc(30, 5)
    assert due_at(*week, utc(29, 22), berlin) == utc(30, 5)


@pytest.mark.parametrize("zone", ["Europe/London", "America/Santiago", "Pacific/Kiritimati"])
def test_a_year_of_weeks_is_told_one_by_one(zone: str) -> None:
    own, end = ZoneInfo(zone), datetime(2026, 1, 5, tzinfo=ZoneInfo("Europe/Berlin"))
    told = []
    for _ in range(52):
        over = end.astimezone(UTC)
        told.append(due_at(over, (end - timedelta(hours=12)).date(), LONG_AGO, own))
        assert over <= told[-1] < over + timedelta(days=1, hours=12)
        assert told[-1].astimezone(own).weekday() == 0
        end += timedelta(days=7)  # by the clocks on the wall
    assert told == sorted(set(told))
