"""One window everywhere: presets, the window before, parts against parts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.errors import UsageError
from helmdesk.query.window import (
    CALENDAR,
    COMPARISONS,
    TICK,
    days_words,
    find_window,
    last_complete_week,
    plain,
    wall,
)

BERLIN = "Europe/Berlin"


def days(
    as_of: str, zone: str = BERLIN, week_start: str = "monday", **asked: str
) -> tuple[str, str, str, str]:
    """Return first and last local day of both windows."""
    found = find_window(datetime.fromisoformat(as_of), zone, week_start, **asked)
    starts, ends = (found.start, found.previous_start), (found.end, found.previous_end)
    first, second = zip(starts, ends, strict=True)
    return (
        *(wall(at, zone).date().isoformat() for at in (first[0], first[1] - TICK)),
        *(wall(at, zone).date().isoformat() for at in (second[0], second[1] - TICK)),
    )  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-06-03", "2026-06-30", "3–30 June 2026"),
        ("2026-06-03", "2026-06-03", "3 June 2026"),
        ("2026-05-04", "2026-06-28", "4 May – 28 June 2026"),
        ("2025-12-29", "2026-01-04", "29 December 2025 – 4 January 2026"),
    ],
)
def test_what_days_share_is_said_once(first: str, last: str, said: str) -> None:
    assert days_words(date.fromisoformat(first), date.fromisoformat(last)) == said


@pytest.mark.parametrize(
    ("as_of", "asked", "expected"),
    [
        # Nothing asked: the last 28 complete days; the window before adjoins.
        ("2026-11-12T10:00", {}, ("2026-10-15", "2026-11-11", "2026-09-17", "2026-10-14")),
        # 30 days against the 30 days before, not against weekdays five weeks back.
        (
            "2026-11-12T10:00",
            {"start": "2026-10-01", "end": "2026-10-31"},
            ("2026-10-01", "2026-10-30", "2026-09-01", "2026-09-30"),
        ),
        (
            "2026-11-12T10:00",
            {"name": "7-days"},
            ("2026-11-05", "2026-11-11", "2026-10-29", "2026-11-04"),
        ),
        (
            "2026-11-12T10:00",
            {"name": "last-week"},
            ("2026-11-02", "2026-11-08", "2026-10-26", "2026-11-01"),
        ),
        (
            "2026-11-12T10:00",
            {"name": "this-week"},
            ("2026-11-09", "2026-11-11", "2026-11-02", "2026-11-04"),
        ),
        (
            "2026-11-12T10:00",
            {"name": "this-month"},
            ("2026-11-01", "2026-11-11", "2026-10-01", "2026-10-11"),
        ),
        (
            "2026-11-12T10:00",
            {"name": "last-month"},
            ("2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30"),
        ),
        (
            "2026-11-12T10:00",
            {"name": "this-quarter"},
            ("2026-10-01", "2026-11-11", "2026-07-01", "2026-08-11"),
        ),
        (
            "2026-11-12T10:00",
            {"name": "last-quarter"},
            ("2026-07-01", "2026-09-30", "2026-04-01", "2026-06-30"),
        ),
        (
            "2026-11-12T10:00",
            {"name": "this-month", "compare": "year-dates"},
            ("2026-11-01", "2026-11-11", "2025-11-01", "2025-11-11"),
        ),
        # The 30th has no day to stand against in a shorter month: the whole of it.
        (
            "2026-03-31T20:30",
            {"name": "this-month"},
            ("2026-03-01", "2026-03-30", "2026-02-01", "2026-02-28"),
        ),
        (
            "2026-01-01T09:00",
            {"name": "last-month"},
            ("2025-12-01", "2025-12-31", "2025-11-01", "2025-11-30"),
        ),
        (
            "2028-03-05T09:00",
            {"name": "last-month"},
            ("2028-02-01", "2028-02-29", "2028-01-01", "2028-01-31"),
        ),
        (
            "2028-03-05T09:00",
            {"name": "last-month", "compare": "year-dates"},
            ("2028-02-01", "2028-02-29", "2027-02-01", "2027-02-28"),
        ),
        (
            "2028-03-05T09:00",
            {"start": "2028-02-29", "end": "2028-03-01", "compare": "year-dates"},
            ("2028-02-29", "2028-02-29", "2027-02-28", "2027-02-28"),
        ),
        # Weekday alignment is a choice with a name.
        (
            "2026-11-12T10:00",
            {"start": "2026-10-01", "end": "2026-10-31", "compare": "same-weekdays"},
            ("2026-10-01", "2026-10-30", "2026-08-27", "2026-09-25"),
        ),
        (
            "2026-11-12T10:00",
            {"compare": "year"},
            ("2026-10-15", "2026-11-11", "2025-10-16", "2025-11-12"),
        ),
        # Both ends on local midnights although the clocks change in between.
        ("2026-04-10T15:00", {}, ("2026-03-13", "2026-04-09", "2026-02-13", "2026-03-12")),
    ],
)
def test_windows(as_of: str, asked: dict[str, str], expected: tuple[str, ...]) -> None:
    assert days(as_of, **asked) == expected


def test_local_midnights_stay_midnights() -> None:
    window = find_window(datetime(2026, 4, 10, 15), BERLIN, "monday")
    assert (window.end, window.start, window.previous_start) == (
        datetime(2026, 4, 9, 22),
        datetime(2026, 3, 12, 23),
        datetime(2026, 2, 12, 23),
    )
    assert window.previous_end == window.start


def test_a_morning_is_compared_with_the_hours_before_and_across_a_clock_change() -> None:
    found = find_window(
        datetime(2026, 5, 1), BERLIN, "monday", start="2026-03-30T08:00", end="2026-03-30T12:00"
    )
    assert found.previous_end == found.start and found.start - found.previous_start == timedelta(
        hours=4
    )
    # The same wall-clock time on the days before, an hour apart in UTC.
    same = find_window(
        datetime(2026, 5, 1),
        BERLIN,
        "monday",
        start="2026-03-30T08:00",
        end="2026-03-30T12:00",
        compare="same-weekdays",
    )
    assert (same.previous_start, same.previous_end) == (
        datetime(2026, 3, 23, 7),
        datetime(2026, 3, 23, 11),
    )


def test_what_is_not_over_is_compared_over_equal_time() -> None:
    window = find_window(
        datetime(2026, 11, 11, 15), "UTC", "monday", start="2026-11-01", end="2026-12-01"
    )
    assert (window.end, window.until) == (
        datetime(2026, 12, 1),
        datetime(2026, 11, 11, 15, 0, 0, 1),
    )
    assert (window.previous_start, window.previous_end) == (
        datetime(2026, 10, 2),
        datetime(2026, 10, 12, 15, 0, 0, 1),
    )
    assert (
        window.is_unfinished
        and "the data end 11 November 2026 at 15:00" in window.words("UTC")
        and "as far into it" in window.previous_words("UTC")
    )
    # The data's last day may be a whole one: the window before is whole too, and where the data end
    # is said.
    last_day = find_window(
        datetime(2026, 11, 11, 15), "UTC", "monday", start="2026-11-01", end="2026-11-12"
    )
    assert last_day.previous_end == last_day.start and "the data end" in last_day.words("UTC")
    # On its first day a month has no complete day: the hours that have passed.
    first = find_window(datetime(2026, 11, 1, 9), "UTC", "monday", name="this-month")
    assert (first.previous_start, first.previous_end) == (
        datetime(2026, 10, 1),
        datetime(2026, 10, 1, 9, 0, 0, 1),
    )


def test_unequal_lengths_are_said() -> None:
    found = find_window(datetime(2026, 11, 12, 10), BERLIN, "monday", name="last-month")
    assert "30 days against 31" in found.previous_words(BERLIN)
    found = find_window(datetime(2026, 11, 12, 10), BERLIN, "monday", name="this-month")
    assert "this month so far" in found.words(BERLIN) and "against" not in found.previous_words(
        BERLIN
    )


@pytest.mark.parametrize("week_start", ["monday", "sunday", "saturday"])
def test_last_week_is_one_week(week_start: str) -> None:
    instant = datetime(2026, 11, 12, 10)
    window = find_window(instant, BERLIN, week_start, name="last-week")
    assert (window.start, window.end) == last_complete_week(instant, BERLIN, week_start)
    assert window.end - window.start == timedelta(days=7) and window.end <= instant


def test_every_named_window_at_every_hour() -> None:
    """Never empty, never overlapping, the earlier one never longer than a whole period before."""
    instant = datetime(2027, 12, 25, 23)
    for _ in range(400):
        instant += timedelta(hours=13, minutes=37)
        for name in (*CALENDAR, "7-days", "31-days"):
            for compare in COMPARISONS:
                for zone in (BERLIN, "America/New_York", "Pacific/Auckland"):
                    found = find_window(instant, zone, "sunday", name=name, compare=compare)
                    assert found.previous_start < found.previous_end, (instant, name, compare, zone)
                    assert found.start < found.end
                    assert found.previous_start < found.start
                    if compare == "previous":
                        assert found.previous_end <= found.start


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"compare": "decade"}, "unknown comparison"),
        ({"start": "2026-05-01", "end": "2026-04-01"}, "the window is empty"),
        ({"name": "last-month", "start": "2026-05-01"}, "not both"),
        ({"name": "last-moth"}, "did you mean 'last-month'"),
        ({"name": "0-days"}, "a number of days"),
        ({"name": "99999-days"}, "a number of days"),
    ],
)
def test_impossible_windows(asked: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        find_window(datetime(2026, 6, 10), "UTC", "monday", **asked)


@pytest.fixture
def november(tmp_path: Path) -> Desk:
    """One ticket a day in September, two a day in October, three a day up to 11 November, half past
    ten.
    """
    desk = make_desk(tmp_path / "desk", name="November", time_zone="UTC")
    events: list[dict[str, Any]] = []
    day = datetime(2026, 9, 1)
    while day < datetime(2026, 11, 12):
        for number in range(day.month - 8):
            events += ticket(
                f"{day:%m%d}-{number}", f"{day:%Y-%m-%d}T0{number + 7}:30", f"{day:%Y-%m-%d}T10:30"
            )
        day += timedelta(days=1)
    load_events(desk, events)
    return desk


def test_the_same_window_in_every_question(november: Desk) -> None:
    card = november.scorecard(window="this-month", keys=["ticket_volume"]).cards[0]
    assert (card.now.n, card.before.n) == (30, 20)  # 1-10 November against 1-10 October
    assert november.measure("ticket_volume", window="this-month")[0].n == 30
    assert november.drill("ticket_volume", window="this-month").num_rows == 30
    assert november.rows("ticket_volume", window="last-month").total == 62
    assert november.scorecard(window="last-month", keys=["ticket_volume"]).cards[0].before.n == 30
    assert november.measure("ticket_volume", window="last-week")[0].n == 21
    assert november.brief().start == november.window(window="last-week").start.date()
    found = november.explain("ticket_volume", window="last-month")
    assert (found.now.start, found.now.end, found.before.start) == (
        datetime(2026, 10, 1),
        datetime(2026, 11, 1),
        datetime(2026, 9, 1),
    )


def test_parts_are_marked(november: Desk) -> None:
    rows = list(
        november.measure("ticket_volume", grain="month", start="2026-09-10", end="2026-12-01")
    )
    assert [row.is_partial for row in rows] == [True, False, True]
    assert november.measure("ticket_volume", start="2026-11-01", end="2026-12-01")[0].is_partial
    assert not november.measure("ticket_volume", start="2026-10-01", end="2026-11-01")[0].is_partial
    # Trends begin with a whole period: no part of one stands at their head unmarked.
    trend = (
        november.scorecard(window="last-month", keys=["ticket_volume"], trend="week").cards[0].trend
    )
    assert [m.is_partial for m in trend] == [
        m.period_start is not None and str(m.period_start) in ("2026-08-31", "2026-10-26")
        for m in trend
    ]


def test_the_command_line_says_what_is_compared(november: Desk, helmdesk: Any) -> None:
    said = helmdesk("scorecard", "--window", "this-month", "--desk", november.path).stdout
    assert (
        "1–10 November 2026 (this month so far), against 1–10 October 2026"
        " (as far into it); UTC" in said
    )
    rows = json.loads(
        helmdesk(
            "scorecard", "--window", "this-month", "--format", "json", "--desk", november.path
        ).stdout
    )
    assert {(row["start"], row["previous_end"], row["is_unfinished"]) for row in rows} == {
        ("2026-11-01T00:00:00Z", "2026-10-11T00:00:00Z", True)
    }
    assert (
        "not both"
        in helmdesk(
            "measure",
            "csat",
            "--window",
            "last-week",
            "--start",
            "2026-11-01",
            "--desk",
            november.path,
            code=2,
        ).stderr
    )


def test_an_instant_is_written_in_one_way() -> None:
    at = datetime(2026, 1, 5, 9)
    assert (
        plain(at)
        == plain(at.replace(tzinfo=UTC))
        == plain(at, "UTC")
        == plain(at, "Europe/London")
        == "2026-01-05T09:00:00Z"
    )
    assert plain(at, "America/New_York") == "2026-01-05T04:00:00-05:00"
    assert plain(wall(at, "Asia/Kolkata")) == "2026-01-05T14:30:00+05:30"
    assert plain(at.date()) == "2026-01-05"
