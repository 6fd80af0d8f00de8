"""Weeks lived through: right beside exact formulas, the same on the same tape, levers that do what
they say.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from helmdesk.errors import UsageError
from helmdesk.plan.queues import erlang_a, erlang_c
from helmdesk.plan.simulation.back_test import BackTest, Week, of_weeks
from helmdesk.plan.simulation.kernel import live_through
from helmdesk.plan.simulation.kpis import kpi
from helmdesk.plan.simulation.people import (
    Shift,
    add_people,
    at_work,
    from_pieces,
    move_days,
    move_starts,
    stagger_meals,
    without_people,
)
from helmdesk.plan.simulation.scenario import Scenario, scenario_of
from helmdesk.plan.simulation.tape import Habits, Tape, at_volume, draw_tapes
from helmdesk.plan.simulation.what_if import Ground, try_out

MONDAY = date(2026, 7, 6)


def exponential(mean: float, size: int = 20_000) -> np.ndarray:
    """Quantiles of an exponential distribution: its mean to a thousandth, without chance."""
    return -mean * np.log1p(-(np.arange(size) + 0.5) / size)


def contacts(*rows: tuple[float, float, float], queue: int = 0) -> Tape:
    """Contacts by (second they come, work, patience)."""
    at, work, patience = (np.array(column, float) for column in zip(*rows, strict=True))
    return Tape(
        at,
        np.full(at.size, queue, np.int64),
        work,
        patience,
        np.zeros(at.size),
        np.zeros(at.size),
    )


@pytest.mark.parametrize(
    ("people", "a_minute", "patience"),
    [(5, 4.0, 120.0), (10, 10.0, 60.0), (14, 12.0, math.inf), (8, 9.0, 180.0)],
)
def test_it_is_erlang_a_where_that_is_exact(people: int, a_minute: float, patience: float) -> None:
    """Twelve days without a break; each figure within its own chance of the exact one."""
    habit = Habits("calls", exponential(60), patience, 20, 0)
    rates = np.full((12, 1, 1, 48), a_minute * 30)
    shifts = [Shift(str(n), 0, 0, 1440) for n in range(people)]
    lived = [live_through(at_volume(t, 1), shifts) for t in draw_tapes(rates, [habit], 30)]
    lost = np.array([1 - week.is_answered.mean() for week in lived])
    level = np.array([(week.is_answered & (week.wait <= 20)).mean() for week in lived])
    rate = a_minute / 60
    exact = (
        erlang_a(people, rate, 60, patience, 20)
        if math.isfinite(patience)
        else erlang_c(people, rate, 60, 20)
    )
    for seen, true in ((lost, exact.abandon_probability), (level, exact.answered_within)):
        error = 4 * seen.std(ddof=1) / math.sqrt(seen.size) + 0.004
        assert abs(seen.mean() - float(true)) < error


def test_a_day_by_hand() -> None:
    """One person, 0:01 to 0:10. Worked out with a pencil."""
    tape = contacts(
        (0, 100, 500),  # waits for the shift to begin: answered at 60
        (10, 100, 40),  # leaves at 50
        (70, 100, 200),  # answered at 160, when the first is done
        (80, 100, 150),  # would leave at 230: gone when it could be answered, at 260
        (90, 400, 500),  # answered at 260, done at 660: past the end of the shift, at 600
        (300, 10, 1000),  # nobody is there any more
    )
    lived = live_through(tape, [Shift("a", 0, 1, 10)])
    assert lived.is_answered.tolist() == [True, False, True, False, True, False]
    assert lived.wait.tolist() == [60, 40, 90, 150, 170, 1000]
    assert lived.busy_seconds == 600 and lived.there_seconds == 540


def test_nobody_waits_past_midnight() -> None:
    late = contacts((86_300, 10, math.inf))
    lived = live_through(late, [Shift("a", 1, 0, 60)])
    assert not lived.is_answered[0] and lived.wait[0] == 100


def test_breaks_and_meals_are_kept() -> None:
    shift = Shift("a", 0, 0, 60, breaks=((10, 15),), meals=((30, 45),))
    assert shift.spans == [(0, 10), (15, 30), (45, 60)] and shift.paid_minutes == 45
    tape = contacts((11 * 60, 10, 600), (31 * 60, 10, 600), (32 * 60, 10, 1000))
    lived = live_through(tape, [shift])
    assert lived.wait.tolist() == [240, 600, 780]
    assert lived.is_answered.tolist() == [True, False, True]


def test_skills_and_contacts_in_hand_at_once() -> None:
    chats = contacts(*[(60.0 * n, 600, 5000) for n in range(4)], queue=1)
    both = [Shift("a", 0, 0, 60, queues=(1,)), Shift("b", 0, 0, 60, queues=(0,))]
    # Two at once: the third waits for the first, the fourth for the second.
    assert live_through(chats, both, (1, 2)).wait.tolist() == [0, 0, 480, 480]
    assert live_through(chats, both, (1, 1)).wait.tolist() == [0, 540, 1080, 1620]
    assert not live_through(chats, both[1:], (1, 2)).is_answered.any()


def day(number: int, people: int = 4) -> list[Shift]:
    return [Shift(f"p{n}", number, 540, 1020, meals=((720, 750),)) for n in range(people)]


def test_meals_are_spread_and_nobody_works_more() -> None:
    need = np.zeros((1, 48))
    need[0, 18:34] = 3
    before = at_work(day(0), 1, 30)
    assert before[0, 24] == 0 and before[0, 23] == 4
    moved = stagger_meals(day(0), need, 30, (690, 870))
    after = at_work(moved, 1, 30)
    assert (after[0, 18:34] >= 3).all()
    assert sum(s.paid_minutes for s in moved) == sum(s.paid_minutes for s in day(0))
    assert all(s.meals[0][0] >= 690 and s.meals[0][1] <= 870 for s in moved)
    assert stagger_meals(moved, need, 30, (690, 870)) == moved


def test_levers_on_people() -> None:
    week = [shift for number in range(5) for shift in day(number)]
    later = move_starts(week, 2, 630)
    assert Counter(s.start for s in later) == {540: 10, 630: 10}
    assert {s.meals[0] for s in later if s.start == 630} == {(810, 840)}
    only = move_starts(week, 1, 630, day=0)
    assert [s.day for s in only if s.start == 630] == [0]
    # Somebody who is free on Monday comes; nobody works twice on one day.
    free = [s for s in week if not (s.day == 0 and s.person == "p0")]
    moved = move_days(free, 1, 0, np.array([0, 1, 5, 1, 1.0]))
    assert len(moved) == len(free) and sum(s.day == 0 for s in moved) == 4
    assert sum(s.day == 2 for s in moved) == 3
    assert move_days(week, 1, 0, np.ones(5)) == sorted(
        week, key=lambda s: (s.day, s.start, s.person)
    )
    more = add_people(week, 2, (600, 840), range(5), (0,))
    assert len(more) == len(week) + 10 and more[-1].paid_minutes == 240
    away = without_people(week, 1)
    assert Counter(s.day for s in away) == dict.fromkeys(range(5), 3)
    assert len(without_people(week, 0)) == len(week) and not without_people(week, 9)


def test_pieces_become_shifts() -> None:
    pieces = [
        ("a", 0, 540, 720, "work"),
        ("a", 0, 720, 750, "meal"),
        ("a", 0, 750, 760, "work"),
        ("a", 0, 760, 1020, "work"),
        ("a", 1, 1320, 1440, "work"),
        ("a", 2, 0, 60, "work"),
    ]
    first, night = from_pieces(pieces, lambda _: (0,))
    assert (first.start, first.end, first.meals) == (540, 1020, ((720, 750),))
    assert first.spans == [(540, 720), (750, 1020)]
    assert (night.day, night.start, night.end) == (1, 1320, 1500)


def ground(weeks: int = 20, people: int = 4) -> Ground:
    rates = np.zeros((weeks, 1, 5, 48))
    rates[:, 0, :, 18:34] = 24
    need = np.where(rates[0, 0] > 0, 3, 0)
    shifts = [shift for number in range(5) for shift in day(number, people)]
    habit = Habits("calls", exponential(180), 300.0, 60.0, 10.0)
    return Ground(("Berlin",), MONDAY, 30, (habit,), rates, tuple(shifts), need).drawn()


def test_no_change_changes_nothing_at_all() -> None:
    answer = try_out(ground(4), Scenario())
    for moved in answer.moved.values():
        assert moved.change == moved.low == moved.high == 0 and moved.now == moved.then


def test_the_same_contacts_make_small_changes_clear() -> None:
    """Beside two independent draws the range of the difference is a fraction."""
    base = ground(20)
    answer = try_out(base, Scenario(more=1))
    level = answer.moved["service_level"]
    assert level.is_clear and level.change > 0 and answer.moved["paid_hours"].change == 20
    shifts = add_people(base.shifts, 1, (600, 840), range(5), (0,))
    habits = base.habits
    other = base.drawn(seed=1)
    now = [
        kpi("service_level", live_through(at_volume(t, 1), base.shifts), habits) for t in base.tapes
    ]
    then = [
        kpi("service_level", live_through(at_volume(t, 1), shifts), habits) for t in other.tapes
    ]
    unpaired = 2.09 * np.std(np.array(then) - np.array(now), ddof=1) / math.sqrt(20)
    assert (level.high - level.low) / 2 < unpaired


def test_more_work_is_worse_and_less_is_better() -> None:
    base = ground(6)

    def level(scenario: Scenario) -> float:
        return try_out(base, scenario).moved["service_level"].change

    assert level(Scenario(contacts=0.2)) < 0 < level(Scenario(contacts=-0.2))
    assert level(Scenario(handle=0.2)) < 0 < level(Scenario(handle=-0.2))
    assert level(Scenario(away=1)) < 0 < level(Scenario(meals=(690, 870)))
    closed = try_out(base, Scenario(open=(540, 720)))
    assert closed.moved["occupancy"].change < 0


def test_a_volume_is_the_same_contacts_and_some_more() -> None:
    tape = ground(1).tapes[0]
    some, most = (set(at_volume(tape, share).at.tolist()) for share in (1.0, 1.2))
    assert some < most
    assert len(most) == pytest.approx(1.2 * len(some), rel=0.1)
    with pytest.raises(UsageError, match="contacts"):
        at_volume(tape, 2.5)


@pytest.mark.parametrize(
    ("given", "lever"),
    [
        ({"more": "1", "meals": "11:00-14:00"}, "staffing"),
        ({"meals": "11:00-14:00"}, "scheduling"),
        ({"swap": "2", "contacts": "10"}, "scheduling"),
        ({"moved": "10", "moved_from": "a", "moved_to": "b"}, "routing"),
        ({"handle": "-10"}, ""),
    ],
)
def test_a_scenario_says_what_it_takes(given: dict[str, str], lever: str) -> None:
    assert scenario_of(given).lever == lever


def test_scenarios_are_written_and_read_back() -> None:
    said = {
        "meals": "11:30-14:30", "later": "2", "begin": "10:30", "later_on": "mon",
        "contacts": "-10", "handle": "5", "more": "1", "hours": "16:00-20:00",
        "pool": "Boston", "away": "1",
        "swap": "1", "swap_to": "fri", "open": "8:00-17:00",
        "moved": "30", "moved_from": "Phone", "moved_to": "Chat",
    }  # fmt: skip
    scenario = scenario_of(said)
    assert scenario.meals == (690, 870) and scenario.later_on == 0 and scenario.handle == 0.05
    assert scenario_of(scenario.as_query()) == scenario
    assert scenario.sentence.startswith(
        "What if meals are spread over 11:30 to 14:30, 2 shifts begin"
    )
    assert "on Mondays" in scenario.sentence and "10% fewer contacts come" in scenario.sentence
    assert scenario_of({}).is_nothing and scenario_of({"begin": "9:00"}).as_query() == {}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"meals": "noon"}, "write two times"),
        ({"meals": "14:00-12:00"}, "ends before it begins"),
        ({"begin": "25:00"}, "is no time"),
        ({"later": "two"}, "is no number"),
        ({"away": "-1"}, "from 0 to"),
        ({"contacts": "500"}, "from -90 to 100"),
        ({"swap_to": "someday"}, "no weekday"),
        ({"moved": "10"}, "from which queue"),
        ({"moved": "10", "moved_from": "a", "moved_to": "a"}, "to itself"),
    ],
)
def test_a_lever_that_is_none_is_named(said: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        scenario_of(said)


def test_queues_and_people_have_to_be_there() -> None:
    base = ground(1)
    with pytest.raises(UsageError, match="no queue 'Fax'"):
        try_out(base, Scenario(moved=0.1, moved_from="Fax", moved_to="calls"))
    from dataclasses import replace

    with pytest.raises(UsageError, match="no shifts of Berlin"):
        try_out(replace(base, shifts=()), Scenario())


def weeks(*off: float, contacts: int = 200) -> list[Week]:
    return [
        Week(MONDAY - timedelta(weeks=n), contacts, 0.8 + each, 0.8) for n, each in enumerate(off)
    ]


def test_a_model_that_was_off_is_vetoed() -> None:
    good = of_weeks(weeks(0.01, -0.02, 0.029, 0.0, 0.1))
    assert good.is_reliable and good.within == 0.8 and good.worst_off == pytest.approx(0.1)
    assert good.sentence.startswith("Checked against the last 5 weeks")
    bad = of_weeks(weeks(0.1, 0.08, 0.01, 0.02))
    assert not bad.is_reliable and "better than it was" in bad.sentence
    assert bad.sentence.startswith("Do not rely")
    few = of_weeks(weeks(0, 0, 0))
    assert not few.is_reliable and few.sentence.startswith("Not checked")
    # Weeks with hardly any contacts say nothing.
    assert of_weeks(weeks(0, 0, 0, 0, contacts=5)).weeks == ()
    assert math.isnan(BackTest(()).mean_off)
