"""Working time against a reference that walks minute by minute on the wall clock."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmdesk.clocks.calendar import Calendar, WorkClock, calendar_from_definition, open_spans
from helmdesk.errors import InputError

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Chatham",
    "UTC",
]
# Zones that changed their rules: half an hour back, half an hour forward, no more summer time, a
# day that never was.
RULES = [
    ("Asia/Pyongyang", date(2015, 8, 15)),
    ("Asia/Pyongyang", date(2018, 5, 5)),
    ("America/Caracas", date(2016, 5, 1)),
    ("Europe/Istanbul", date(2016, 9, 8)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kathmandu", date(1986, 1, 1)),
]
# Clocks that change at midnight, or that show the hour around it twice: days that begin at one,
# days of 25 hours.
MIDNIGHTS = [
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("America/Havana", date(2025, 11, 2)),
    ("Atlantic/Azores", date(2026, 10, 25)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/Santiago", date(2026, 4, 5)),
]
OFFICE = tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(5))
# Both changes of the clocks in both hemispheres, a leap day, a year's end.
CENTRES = [
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 3, 8),
    date(2026, 4, 5),
    date(2028, 2, 29),
    date(2026, 12, 31),
]


def is_open(calendar: Calendar, local: datetime) -> bool:
    """Whether a wall-clock minute is open, straight from the calendar's words."""
    minute, day = local.hour * 60 + local.minute, local.date()
    if day in calendar.exceptions:
        return any(start <= minute < end for start, end in calendar.exceptions[day])
    of_week = day.weekday() * 1440 + minute
    if any(
        start <= moment < end
        for start, end in calendar.weekly
        for moment in (of_week, of_week + 7 * 1440)
    ):
        return True
    return any(
        start <= minute + back * 1440 < end
        for back in range(1, 8)
        for start, end in calendar.exceptions.get(day - timedelta(days=back), ())
    )


def reference(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Count open minutes by walking UTC minutes and reading the wall clock at each."""
    zone, minute, found = ZoneInfo(calendar.time_zone), start, 0
    while minute < end:
        found += is_open(calendar, minute.astimezone(zone).replace(tzinfo=None))
        minute += timedelta(minutes=1)
    return found * 60


def clock(calendar: Calendar, around: date) -> WorkClock:
    return WorkClock(open_spans(calendar, around - timedelta(days=12), around + timedelta(days=40)))


hours = st.tuples(st.integers(0, 7 * 48 - 1), st.integers(1, 60)).map(
    lambda pair: (pair[0] * 30, pair[0] * 30 + pair[1] * 30)
)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(CENTRES),
    st.lists(hours, min_size=1, max_size=8),
    st.dictionaries(
        st.integers(-2, 2),
        st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=2),
        max_size=2,
    ),
    st.integers(-3 * 1440, 1440),
    st.integers(1, 3 * 1440),
)
def test_working_time_equals_the_walk(
    zone: str,
    centre: date,
    weekly: list[tuple[int, int]],
    special: dict[int, list[tuple[int, int]]],
    offset: int,
    length: int,
) -> None:
    exceptions = {
        centre + timedelta(days=day): tuple((s * 60, (s + n) * 60) for s, n in spans)
        for day, spans in special.items()
    }
    calendar = Calendar("c", zone, tuple(weekly), exceptions)
    start = datetime(centre.year, centre.month, centre.day, tzinfo=UTC) + timedelta(minutes=offset)
    end = start + timedelta(minutes=length)
    assert clock(calendar, centre).between(start, end) == reference(calendar, start, end)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(RULES),
    st.lists(hours, min_size=1, max_size=6),
    st.integers(-3 * 1440, 1440),
    st.integers(1, 3 * 1440),
)
def test_working_time_where_zones_change_their_rules(
    rule: tuple[str, date], weekly: list[tuple[int, int]], offset: int, length: int
) -> None:
    zone, centre = rule
    calendar = Calendar("c", zone, tuple(weekly), {})
    start = datetime(centre.year, centre.month, centre.day, tzinfo=UTC) + timedelta(minutes=offset)
    end = start + timedelta(minutes=length)
    assert clock(calendar, centre).between(start, end) == reference(calendar, start, end)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*MIDNIGHTS, *((zone, day) for zone in ZONES[:5] for day in CENTRES[:4])]),
    st.integers(-1, 1),
    st.sampled_from([(), ((0, 150),), ((90, 1440),), ((1320, 1560),)]),
    st.integers(0, 47),
    st.integers(1, 60),
)
def test_a_special_day_around_a_change_of_the_clocks(
    at: tuple[str, date], shift: int, special: tuple[tuple[int, int], ...], start: int, length: int
) -> None:
    """Round the clock, and a span at any half-hour of every day, over three days of which one is
    special.
    """
    zone, centre = at
    every_day = tuple(
        (day * 1440 + start * 30, day * 1440 + start * 30 + length * 30) for day in range(7)
    )
    begin = datetime(centre.year, centre.month, centre.day, tzinfo=UTC) - timedelta(days=2)
    for weekly in (((0, 10_080),), ((1440, 1440 + 10_080),), every_day):
        calendar = Calendar("c", zone, weekly, {centre + timedelta(days=shift): special})
        end = begin + timedelta(days=5)
        assert clock(calendar, centre).between(begin, end) == reference(calendar, begin, end)


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize(
    "weekly",
    [
        ((0, 10_080),),
        ((6 * 1440, 13 * 1440),),
        tuple((day * 1440, day * 1440 + 1440) for day in range(7)),
    ],
)
def test_a_holiday_closes_its_own_day_of_an_always_open_week(
    weekly: tuple[tuple[int, int], ...], weekday: int
) -> None:
    holiday = date(2026, 4, 6) + timedelta(days=weekday)
    work = clock(Calendar("c", "UTC", weekly, {holiday: ()}), holiday)
    midnight = datetime(holiday.year, holiday.month, holiday.day, tzinfo=UTC)
    assert [
        work.between(midnight + timedelta(days=day), midnight + timedelta(days=day + 1))
        for day in (-2, -1, 0, 1, 2)
    ] == [
        86_400,
        86_400,
        0,
        86_400,
        86_400,
    ]


def test_a_holiday_takes_its_own_hours_of_two_night_shifts() -> None:
    """22:00 to 06:00 every night, closed on Monday 6 April: Sunday's shift ends at midnight,
    Monday's begins at midnight.
    """
    nights = tuple((day * 1440 + 1320, day * 1440 + 1800) for day in range(7))
    spans = open_spans(
        Calendar("c", "UTC", nights, {date(2026, 4, 6): ()}), date(2026, 4, 5), date(2026, 4, 7)
    )
    assert [(span.start.day, span.start.hour, span.end.day, span.end.hour) for span in spans] == [
        (5, 0, 5, 6),
        (5, 22, 6, 0),
        (7, 0, 7, 6),
        (7, 22, 8, 0),
    ]


def test_special_hours_past_midnight_run_on_into_an_ordinary_day_only() -> None:
    late = {date(2026, 4, 6): ((1200, 1560),)}
    ordinary = open_spans(Calendar("c", "UTC", OFFICE, late), date(2026, 4, 6), date(2026, 4, 7))
    assert [(span.start.hour, span.end.hour) for span in ordinary] == [(20, 2), (9, 17)]
    closed = open_spans(
        Calendar("c", "UTC", OFFICE, {**late, date(2026, 4, 7): ()}),
        date(2026, 4, 6),
        date(2026, 4, 7),
    )
    assert [(span.start.hour, span.end.hour) for span in closed] == [(20, 0)]


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    """Open until 02:30 on the night of 25 October in Berlin: the wall shows 02:00 to 02:30
    twice.
    """
    work = clock(
        Calendar("c", "Europe/Berlin", ((6 * 1440, 6 * 1440 + 150),), {}), date(2026, 10, 25)
    )
    assert (
        work.between(datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC))
        == 3 * 3600
    )


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.lists(st.integers(0, 20 * 86_400), min_size=3, max_size=3))
def test_additive_and_monotone(zone: str, offsets: list[int]) -> None:
    work = clock(Calendar("c", zone, OFFICE, {}), CENTRES[0])
    a, b, c = (
        datetime(2026, 3, 20, tzinfo=UTC) + timedelta(seconds=offset) for offset in sorted(offsets)
    )
    assert work.between(a, b) + work.between(b, c) == work.between(a, c)
    assert 0 <= work.between(a, b) <= (b - a).total_seconds()


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 15 * 86_400), st.integers(0, 60 * 3600))
def test_after_is_the_inverse(zone: str, offset: int, seconds: int) -> None:
    work = clock(Calendar("c", zone, OFFICE, {}), CENTRES[0])
    start = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(seconds=offset)
    reached = work.after(start, seconds)
    assert reached >= start
    assert work.between(start, reached) == seconds
    if seconds:
        assert work.between(start, reached - timedelta(seconds=1)) < seconds


def test_an_hour_is_lost_and_gained() -> None:
    always = Calendar("c", "Europe/Berlin", ((0, 7 * 1440),), {})
    spring = clock(always, date(2026, 3, 29)).between(
        datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)
    )
    autumn = clock(always, date(2026, 10, 25)).between(
        datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    )
    assert (spring / 3600, autumn / 3600) == (23, 25)


def test_a_gap_shortens_the_morning_shift() -> None:
    night = Calendar(
        "c", "Europe/Berlin", ((6 * 1440 + 60, 6 * 1440 + 240),), {}
    )  # Sunday 01:00 to 04:00
    work = clock(night, date(2026, 3, 29))
    assert (
        work.between(datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC))
        == 2 * 3600
    )


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [(120, 240, 3600), (60, 150, 3600), (130, 170, 0), (150, 210, 1800)],
)
def test_hours_inside_a_gap_do_not_pass(start: int, end: int, seconds: int) -> None:
    """On 2026-03-29 in Berlin 02:00 to 03:00 does not exist: what begins or ends in it begins or
    ends at its end.
    """
    sunday = 6 * 1440
    work = clock(
        Calendar("c", "Europe/Berlin", ((sunday + start, sunday + end),), {}), date(2026, 3, 29)
    )
    assert (
        work.between(datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC))
        == seconds
    )


@pytest.mark.parametrize(
    ("zone", "weekly", "message"),
    [
        ("Mars/Base", OFFICE, "unknown time zone"),
        ("UTC", (), "no opening hours"),
        ("UTC", ((600, 500),), "impossible opening hours"),
    ],
)
def test_impossible_calendars_are_errors(
    zone: str, weekly: tuple[tuple[int, int], ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Calendar("c", zone, weekly, {})


def test_definition_round_trip() -> None:
    text = json.dumps(
        {"weekly": [[540, 1020]], "exceptions": {"2026-12-25": [], "2026-12-24": [[540, 720]]}}
    )
    calendar = calendar_from_definition("c", "UTC", text)
    assert calendar.exceptions == {date(2026, 12, 25): (), date(2026, 12, 24): ((540, 720),)}
    for broken in ("[]", "{}", '{"weekly": [[1]]}', "nonsense"):
        with pytest.raises(InputError, match="calendar c"):
            calendar_from_definition("c", "UTC", broken)


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, second, tzinfo=UTC)


def test_limits_to_the_second() -> None:
    """Monday and Tuesday 09:00 to 17:00 UTC, from the first span on."""
    two_days = Calendar("c", "UTC", ((540, 1020), (1980, 2460)), {})
    spans = open_spans(two_days, date(2026, 1, 5), date(2026, 1, 6))
    assert [(span.start, span.end, span.seconds_before) for span in spans] == [
        (at(5, 9), at(5, 17), 0),
        (at(6, 9), at(6, 17), 28_800),
    ]
    work = WorkClock(spans)
    assert (
        work.worked(at(5, 8)),
        work.worked(at(5, 9)),
        work.worked(at(5, 9, 0, 1)),
        work.worked(at(5, 23)),
        work.worked(at(9, 9)),
    ) == (
        0,
        0,
        1,
        28_800,
        57_600,
    )
    assert (
        work.is_open(at(5, 8, 59, 59)),
        work.is_open(at(5, 9)),
        work.is_open(at(5, 16, 59, 59)),
        work.is_open(at(5, 17)),
    ) == (
        False,
        True,
        True,
        False,
    )
    assert work.after(at(5, 8), 0) == at(5, 8)  # nothing has to pass
    assert work.after(at(5, 8), 1) == at(5, 9, 0, 1)
    assert work.after(at(5, 9), 28_800) == at(
        5, 17
    )  # not the next morning, when as much has passed
    assert work.after(at(5, 9), 28_801) == at(6, 9, 0, 1)
    assert work.after(at(5, 18), 28_800) == at(6, 17)
    with pytest.raises(InputError, match="the calendar ends at 2026-01-06 17:00:00"):
        work.after(at(5, 9), 57_601)


def test_spans_that_touch_are_one_and_an_exception_cuts_what_began_before() -> None:
    touching = Calendar("c", "UTC", ((540, 720), (720, 1020)), {})
    assert [
        (span.start, span.end) for span in open_spans(touching, date(2026, 1, 5), date(2026, 1, 5))
    ] == [(at(5, 9), at(5, 17))]
    # Monday 22:00 to Wednesday 02:00; Tuesday is closed, Wednesday is not.
    long = Calendar("c", "UTC", ((1320, 1320 + 28 * 60),), {date(2026, 1, 6): ()})
    assert [
        (span.start, span.end) for span in open_spans(long, date(2026, 1, 5), date(2026, 1, 7))
    ] == [
        (at(5, 22), at(6, 0)),
        (at(7, 0), at(7, 2)),
    ]


@pytest.mark.parametrize(
    "hours", [(7 * 1440, 7 * 1440 + 60), (-1, 60), (600, 600), (0, 7 * 1440 + 1)]
)
def test_impossible_hours(hours: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="impossible opening hours"):
        Calendar("c", "UTC", (hours,), {})
    Calendar("c", "UTC", ((7 * 1440 - 1, 7 * 1440), (0, 7 * 1440)), {})


def test_a_definition_without_exceptions_keeps_its_name() -> None:
    calendar = calendar_from_definition("night", "UTC", '{"weekly": [[0, 60]]}')
    assert (calendar.calendar_id, calendar.exceptions) == ("night", {})


def test_closed_forever_and_out_of_range() -> None:
    with pytest.raises(InputError, match="without open time"):
        WorkClock([])
    with pytest.raises(InputError, match="ends at"):
        clock(Calendar("c", "UTC", OFFICE, {}), CENTRES[0]).after(
            datetime(2026, 3, 29, tzinfo=UTC), 10_000_000
        )
