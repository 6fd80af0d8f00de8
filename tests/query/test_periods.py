"""Periods on the local clock."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

import pytest

from helmdesk.errors import UsageError
from helmdesk.query.periods import local_midnight, parse_boundary, period_start, periods


def test_days_of_23_and_25_hours() -> None:
    spring, autumn = (
        periods(datetime(2026, m, d), datetime(2026, m, d + 1), "day", "Europe/Berlin", "monday")
        for m, d in ((3, 29), (10, 25))
    )
    assert [
        (p.end - p.start) // timedelta(hours=1) for p in spring if p.label == date(2026, 3, 29)
    ] == [23]
    assert [
        (p.end - p.start) // timedelta(hours=1) for p in autumn if p.label == date(2026, 10, 25)
    ] == [25]


def test_a_day_that_begins_in_a_gap() -> None:
    """In Santiago clocks went from 24:00 to 01:00 on 2019-09-08: the day begins at 01:00."""
    assert local_midnight(date(2019, 9, 8), "America/Santiago") == datetime(2019, 9, 8, 4)


def test_week_start() -> None:
    wednesday = date(2026, 1, 7)
    assert period_start(wednesday, "week", "monday") == date(2026, 1, 5)
    assert period_start(wednesday, "week", "sunday") == date(2026, 1, 4)
    assert period_start(wednesday, "week", "thursday") == date(2026, 1, 1)
    assert period_start(wednesday, "quarter", "monday") == date(2026, 1, 1)


def test_periods_tile() -> None:
    for grain in ("day", "week", "month", "quarter", "year"):
        found = periods(
            datetime(2025, 2, 3), datetime(2027, 1, 1), grain, "America/New_York", "sunday"
        )
        assert all(a.end == b.start for a, b in itertools.pairwise(found))
        assert found[0].start <= datetime(2025, 2, 3) < found[0].end


def test_too_many_periods() -> None:
    with pytest.raises(UsageError, match="coarser"):
        periods(datetime(1900, 1, 1), datetime(2026, 1, 1), "day", "UTC", "monday")


def test_boundaries() -> None:
    assert parse_boundary("2026-07-01", "Europe/Berlin", "start") == datetime(2026, 6, 30, 22)
    assert parse_boundary("2026-07-01T08:30", "Europe/Berlin", "start") == datetime(
        2026, 7, 1, 6, 30
    )
    assert parse_boundary("2026-07-01T08:30+00:00", "Europe/Berlin", "start") == datetime(
        2026, 7, 1, 8, 30
    )
