"""When something recurs, through a year of clocks that go forward and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmdesk.act.rhythm import local_instant, read_rhythm
from helmdesk.errors import UsageError

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily",
        "daily 7:00",
        "daily 24:00",
        "daily 07:60",
        "every 0 minutes",
        "every 1441 minutes",
        "every -5 minutes",
        "monthly 0 07:00",
        "monthly 32 07:00",
        "mon, tue 07:00",
        "Mon 07:00",
        "daily 07:00 ",
        "every ٣ minutes",
        "daily ٠٧:00",
    ],
)
def test_what_is_no_rhythm_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no rhythm; write one such as"):
        read_rhythm(text)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "expected"),
    [
        (
            "Europe/Berlin",
            date(2026, 3, 29),
            time(2, 30),
            "2026-03-29T03:00+02:00",
        ),  # skipped: right after
        ("Europe/Berlin", date(2026, 3, 29), time(2, 0), "2026-03-29T03:00+02:00"),
        (
            "Europe/Berlin",
            date(2026, 10, 25),
            time(2, 30),
            "2026-10-25T02:30+02:00",
        ),  # doubled: the first
        ("America/New_York", date(2026, 3, 8), time(2, 15), "2026-03-08T03:00-04:00"),
        (
            "Australia/Lord_Howe",
            date(2026, 10, 4),
            time(2, 10),
            "2026-10-04T02:30+11:00",
        ),  # half an hour
        (
            "Pacific/Apia",
            date(2011, 12, 30),
            time(7, 0),
            "2011-12-31T00:00+14:00",
        ),  # a day that never was
        ("Asia/Kathmandu", date(2026, 5, 1), time(7, 0), "2026-05-01T07:00+05:45"),
    ],
)
def test_skipped_and_doubled_hours(zone: str, day: date, hour: time, expected: str) -> None:
    assert local_instant(day, hour, ZoneInfo(zone)) == at(expected)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("daily 02:10", 365),
        ("daily 02:30", 365),
        ("sun 02:30", 52),
        ("mon,thu 23:59", 105),
        ("monthly 31 00:00", 12),
        ("every 720 minutes", 730),
    ],
)
def test_a_year_has_every_tick_once(zone: str, text: str, ticks: int) -> None:
    rhythm, where = read_rhythm(text), ZoneInfo(zone)
    moment = end = local_instant(date(2026, 1, 1), time(0), where) - timedelta(seconds=1)
    end += timedelta(days=365)
    found = []
    while (moment := rhythm.after(moment, where)) <= end:
        found.append(moment)
    assert len(found) == len(set(found)) == ticks or (
        text.startswith("mon") and len(found) in (104, 105)
    )
    if not text.startswith("every"):
        days = [tick.astimezone(where).date() for tick in found]
        assert days == sorted(set(days)), "one tick a day, in order"
    for tick in found:
        assert rhythm.latest(tick, where) == tick
        assert rhythm.latest(tick - timedelta(seconds=1), where) < tick


@settings(max_examples=40, deadline=None)
@given(
    instant=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
    text=st.sampled_from(["daily 02:15", "tue 02:30", "monthly 30 02:45", "every 7 minutes"]),
)
def test_nothing_lies_between_the_last_tick_and_the_next(
    instant: datetime, zone: str, text: str
) -> None:
    rhythm, where = read_rhythm(text), ZoneInfo(zone)
    last, following = rhythm.latest(instant, where), rhythm.after(instant, where)
    assert last <= instant < following
    assert rhythm.after(last, where) == following
    assert rhythm.latest(following, where) == following
