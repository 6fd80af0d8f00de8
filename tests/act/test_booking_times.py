"""Which times can be booked, worked out by hand and against a slow reading of the same words."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmdesk.act.booking.times import (
    Host,
    Span,
    Terms,
    cover_of,
    inside,
    instant_of,
    joined,
    piece_of,
    slots,
    touched,
)

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
DAY = datetime(2027, 3, 1, tzinfo=UTC)  # a Monday; Berlin is an hour ahead


def at(clock: str, day: int = 0) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return DAY + timedelta(days=day, hours=hour, minutes=minute)


def there(*spans: tuple[str, str]) -> frozenset[int]:
    return frozenset(inside(Span(at(start), at(end)) for start, end in spans))


def starts(terms: Terms, hosts: list[Host], *, now: str = "00:00", floor: int = 0) -> list[str]:
    found = slots(terms, hosts, cover_of(hosts, floor), BERLIN, at(now))
    return [f"{slot.start:%H:%M}" for slot in found]


def test_a_shift_with_a_break_gives_the_times_between() -> None:
    ada = Host("ada", there(("08:00", "10:00"), ("10:30", "12:00")))
    terms = Terms(minutes=30, step_minutes=30, buffer_minutes=0, notice_minutes=0)
    assert starts(terms, [ada]) == ["08:00", "08:30", "09:00", "09:30", "10:30", "11:00", "11:30"]
    longer = Terms(minutes=60, step_minutes=30, buffer_minutes=0, notice_minutes=0)
    assert starts(longer, [ada]) == ["08:00", "08:30", "09:00", "10:30", "11:00"]


def test_notice_and_days_ahead_bound_what_is_offered() -> None:
    ada = Host("ada", there(("08:00", "12:00")))
    terms = Terms(minutes=30, buffer_minutes=0, notice_minutes=90, days_ahead=1)
    assert starts(terms, [ada], now="08:31") == ["10:30", "11:00", "11:30"]
    late = Host("ada", frozenset(inside([Span(at("08:00", 2), at("12:00", 2))])))
    assert starts(terms, [late]) == []


def test_a_rest_after_a_call_is_free_of_calls_on_both_sides() -> None:
    taken = frozenset(range(piece_of(at("09:00")), piece_of(at("09:40"))))  # 30 minutes and 10
    ada = Host("ada", there(("08:00", "11:00")), taken)
    terms = Terms(minutes=30, step_minutes=10, buffer_minutes=10, notice_minutes=0)
    # From 08:20 on its own rest would reach into the call at nine; 09:40 is the first after it.
    assert starts(terms, [ada]) == [
        *("08:00", "08:10", "08:20"),
        *("09:40", "09:50", "10:00", "10:10", "10:20", "10:30"),
    ]


def test_the_daily_limit_counts_days_of_the_team() -> None:
    day = DAY.date()
    busy = Host("ada", there(("08:00", "09:00")), calls={day: 2})
    terms = Terms(minutes=30, buffer_minutes=0, notice_minutes=0, daily_limit=2)
    assert starts(terms, [busy]) == []
    # Half past eleven at night in UTC is the next day in Berlin.
    night = Host("ada", there(("22:00", "24:00")), calls={day: 2})
    assert starts(terms, [night]) == ["23:00", "23:30"]


def test_skills_and_unknown_calendars_keep_people_out() -> None:
    ada = Host("ada", there(("08:00", "09:00")), skills=frozenset({"refunds"}))
    bob = Host("bob", there(("08:00", "09:00")), is_known=False)
    terms = Terms(minutes=30, buffer_minutes=0, notice_minutes=0)
    asked = frozenset({"refunds"})
    found = slots(terms, [ada, bob], cover_of([ada, bob]), BERLIN, at("00:00"), asked)
    assert [slot.agents for slot in found] == [("ada",), ("ada",)]
    assert slots(terms, [bob], cover_of([bob]), BERLIN, at("00:00")) == []


def test_calls_never_take_people_the_team_needs() -> None:
    hosts = [
        Host("ada", there(("08:00", "10:00"))),
        Host("bob", there(("08:00", "09:00"))),
        Host("cyd", there(("08:00", "10:00")), is_known=False),  # at work, but not to be booked
    ]
    terms = Terms(minutes=30, buffer_minutes=0, notice_minutes=0)
    assert starts(terms, hosts, floor=1) == ["08:00", "08:30", "09:00", "09:30"]
    assert starts(terms, hosts, floor=2) == ["08:00", "08:30"]
    assert starts(terms, hosts, floor=3) == []


def test_the_need_of_staffing_counts_piece_by_piece() -> None:
    hosts = [Host(name, there(("08:00", "10:00"))) for name in ("ada", "bob")]
    need = dict.fromkeys(inside([Span(at("08:30"), at("09:00"))]), 2)
    terms = Terms(minutes=30, step_minutes=15, buffer_minutes=0, notice_minutes=0)
    found = slots(terms, hosts, cover_of(hosts, 1, need), BERLIN, at("00:00"))
    # A call from 08:15 would reach into the half-hour in which both are needed.
    assert [f"{slot.start:%H:%M}" for slot in found] == [
        *("08:00", "09:00", "09:15", "09:30"),
    ]


def test_the_rest_after_the_last_call_of_a_shift_needs_no_cover() -> None:
    hosts = [Host(name, there(("08:00", "09:00"))) for name in ("ada", "bob")]
    terms = Terms(minutes=30, buffer_minutes=10, notice_minutes=0)
    assert starts(terms, hosts, floor=1) == ["08:00", "08:30"]


def test_starts_follow_the_local_clock_in_zones_off_by_quarters() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")  # +05:45
    ada = Host("ada", there(("03:00", "05:00")))
    terms = Terms(minutes=30, step_minutes=60, buffer_minutes=0, notice_minutes=0)
    found = slots(terms, [ada], cover_of([ada]), kathmandu, at("00:00"))
    assert [f"{slot.start.astimezone(kathmandu):%H:%M}" for slot in found] == ["09:00", "10:00"]


@pytest.mark.parametrize(
    ("given_terms", "said"),
    [
        ({"minutes": 0}, "minutes of the call: a whole number from 5 to 240"),
        ({"minutes": 22}, "minutes of the call: a multiple of 5"),
        ({"step_minutes": 7}, "a multiple of 5"),
        ({"daily_limit": 0}, "calls of one person a day"),
        ({"floor": -1}, "people who are never taken away"),
    ],
)
def test_terms_say_what_is_wrong_with_them(given_terms: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Terms(**given_terms)


spans = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 90)).map(
        lambda pair: Span(DAY + pair[0] * MINUTE, DAY + (pair[0] + pair[1]) * MINUTE)
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(spans)
def test_pieces_inside_and_touched_are_what_minutes_say(given_spans: list[Span]) -> None:
    minutes = {
        minute
        for minute in range(0, 400)
        for span in given_spans
        if span.start <= DAY + minute * MINUTE < span.end
    }
    first = piece_of(DAY)
    whole = {n + first for n in range(80) if all(5 * n + m in minutes for m in range(5))}
    some = {n + first for n in range(80) if any(5 * n + m in minutes for m in range(5))}
    assert inside(given_spans) == whole
    assert touched(given_spans) == some
    assert all(a.end < b.start for a, b in itertools.pairwise(joined(given_spans)))


@settings(max_examples=60, deadline=None)
@given(
    shifts=st.lists(spans, min_size=1, max_size=4),
    taken=spans,
    floor=st.integers(0, 2),
    minutes=st.sampled_from([15, 30, 45]),
    buffer=st.sampled_from([0, 5, 15]),
)
def test_what_is_offered_is_what_the_words_say(
    shifts: list[list[Span]], taken: list[Span], floor: int, minutes: int, buffer: int
) -> None:
    hosts = [Host(f"h{n}", frozenset(inside(each))) for n, each in enumerate(shifts)]
    hosts[0] = Host("h0", hosts[0].there, frozenset(touched(taken)))
    terms = Terms(
        minutes=minutes, step_minutes=15, buffer_minutes=buffer, notice_minutes=0, days_ahead=1
    )
    expected = []
    for minute in range(0, 480, 15):
        start = DAY + minute * MINUTE
        whole = [piece_of(start + step * MINUTE) for step in range(0, minutes + buffer, 5)]
        call = whole[: minutes // 5]
        able = [
            host.agent for host in hosts if set(call) <= host.there and not set(whole) & host.taken
        ]
        left = [sum(p in h.there and p not in h.taken for h in hosts) for p in whole]
        covered = all(
            count - 1 >= floor for place, count in enumerate(left) if place < len(call) or count > 0
        )
        if able and covered:
            expected.append((start, tuple(able)))
    found = slots(terms, hosts, cover_of(hosts, floor), BERLIN, DAY)
    assert [(slot.start, slot.agents) for slot in found] == expected


def test_pieces_and_instants_are_one_another() -> None:
    assert instant_of(piece_of(at("08:05"))) == at("08:05")
    assert instant_of(piece_of(at("08:09"))) == at("08:05")
