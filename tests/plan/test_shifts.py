"""Shifts: nobody's rules are broken, whatever is needed; what can be covered is; what cannot is
said.
"""

from __future__ import annotations

import numpy as np
import pytest

from helmdesk.errors import UsageError
from helmdesk.plan.shifts.roster import make_roster, why_short
from helmdesk.plan.shifts.rules import Pattern, Person, Rules, breaches, pattern_of
from helmdesk.plan.simulation.people import Shift

EIGHT = Pattern(480, 30, (180, 210, 240, 270))


def need_of(*spans: tuple[int, int, int], days: int = 5) -> np.ndarray:
    """People needed from minute to minute, the same every day."""
    need = np.zeros((days, 48))
    for start, end, people in spans:
        need[:, start // 30 : end // 30] += people
    return need


def team(number: int, days: int = 5, **more: object) -> list[Person]:
    return [Person(f"p{n}", days, **more) for n in range(number)]  # type: ignore[arg-type]


def shift(person: str, day: int, start: int = 540, minutes: int = 480) -> Shift:
    return EIGHT.shift(person, day, start, 210, (0,)) if minutes == 480 else Shift(
        person, day, start, start + minutes
    )  # fmt: skip


def test_every_rule_that_is_broken_is_named() -> None:
    rules = Rules(rest_hours=11, days_in_a_row=3, hours_a_week=30, earliest=480, latest=1200)
    worked = [
        shift("a", 0, 720),  # ends 20:00, next begins 6:00: ten hours, and before eight
        shift("a", 1, 360),
        shift("a", 2),
        shift("a", 3),
        shift("b", 0),
        shift("b", 0, 600),
        shift("c", 2),
    ]
    told = {
        (b.person, b.day, b.rule)
        for b in breaches(worked, rules, {"c": Person("c", off=frozenset({2}))})
    }
    assert told == {
        ("a", 1, "rests 10 hours; 11 are needed"),
        ("a", 1, "works outside the hours of the day"),
        ("a", 3, "works 4 days in a row; 3 at most"),
        ("b", 0, "works two shifts at once, or on one day"),
        ("c", 2, "is not available"),
    }
    assert breaches([shift("a", d) for d in range(5)], Rules(hours_a_week=37)) == [
        b for b in breaches([shift("a", d) for d in range(5)], Rules(hours_a_week=37))
        if b.rule == "works 37.5 hours; 37 at most"
    ]  # fmt: skip


def test_what_one_shift_covers_is_covered_by_one() -> None:
    """One person needed 9:00 to 17:00 but over a meal: a single shift, every day of five."""
    made = make_roster(need_of((540, 1020, 1)), 30, team(1), Rules(), pattern=EIGHT)
    assert [(s.day, s.start, s.end) for s in made.shifts] == [(d, 540, 1020) for d in range(5)]
    assert made.short_hours == 2.5 and not made.unfilled and not made.breaches


def test_meals_are_spread_so_that_somebody_is_there() -> None:
    made = make_roster(need_of((540, 1020, 2)), 30, team(3), Rules(), pattern=EIGHT)
    assert made.short_hours == 0 and len(made.shifts) == 15
    assert len({s.meals for s in made.shifts if s.day == 0}) == 3


@pytest.mark.parametrize("seed", range(6))
def test_no_rule_is_broken_whatever_is_needed(seed: int) -> None:
    draw = np.random.default_rng(seed)
    need = np.zeros((7, 48))
    need[:, 12:46] = draw.integers(0, 5, (7, 34))
    people = [
        Person(f"p{n}", int(draw.integers(2, 6)), frozenset(draw.integers(0, 7, 2).tolist()))
        for n in range(6)
    ]
    rules = Rules(rest_hours=12, days_in_a_row=3, hours_a_week=33)
    made = make_roster(need, 30, people, rules, pattern=EIGHT, seconds=4)
    assert made.breaches == () and made.shifts
    # Nobody is planned who is away, and nobody more often than agreed.
    for person in people:
        days = [s.day for s in made.shifts if s.person == person.name]
        assert len(days) == len(set(days)) <= min(person.days, 4)
        assert not person.off & set(days)


def test_what_need_not_change_stays() -> None:
    current = [shift(f"p{n}", d, 540) for n in range(3) for d in range(5)]
    made = make_roster(need_of((540, 1020, 2)), 30, team(3), Rules(), current=current)
    assert {(s.person, s.day, s.start) for s in made.shifts} == {
        (s.person, s.day, s.start) for s in current
    }
    # Nobody loses a shift because fewer would do.
    few = make_roster(need_of((540, 1020, 1)), 30, team(3), Rules(), current=current)
    assert len(few.shifts) == 15


def test_after_an_absence_others_fill_the_gap_and_little_changes() -> None:
    """Four people take turns so that two are there; one is away on Wednesday."""
    current = [shift(f"p{n}", d) for n in range(4) for d in range(5) if d != n]
    people = [Person("p0", 4, frozenset({2})), *team(4, 4)[1:]]
    made = make_roster(need_of((540, 1020, 2)), 30, people, Rules(), current=current)
    assert not made.breaches
    before = {(s.person, s.day) for s in current}
    after = {(s.person, s.day) for s in made.shifts}
    assert ("p0", 2) not in after and len(before - after) <= 2


def test_late_shifts_go_to_who_had_fewer() -> None:
    need = need_of((480, 960, 1), (780, 1260, 1))
    people = [Person("often", 5, lates=5), Person("never", 5, lates=0)]
    made = make_roster(need, 30, people, Rules(), pattern=EIGHT)
    late = {s.person for s in made.shifts if s.start >= 720}
    assert late == {"never"}


def test_why_a_gap_stays_is_said() -> None:
    rules = Rules(earliest=480, latest=1080)
    people = [Person("a", 1), Person("b", 5, frozenset({0}))]
    made = make_roster(need_of((540, 1020, 2)), 30, people, rules, pattern=EIGHT)

    def said(day: int, minute: int) -> str:
        return why_short(made, people, rules, EIGHT, day, minute)

    assert said(0, 1200) == "No shift may be worked at that time."
    day = next(
        d for d in range(1, 5) if not any(s.person == "a" and s.day == d for s in made.shifts)
    )
    assert said(day, 600) == (
        "One more is free that day, and would break a rule: works 2 days; 1 at most."
    )
    on = next(s.day for s in made.shifts if s.person == "a")
    assert "Everybody who is available works that day" in said(on, 600)


@pytest.mark.parametrize(
    ("people", "rules", "problem"),
    [
        ([], Rules(), "nobody to plan"),
        (team(1), Rules(earliest=600, latest=900), "shifts of 8 hours in a day of 5"),
        (team(1), Rules(hours_a_week=5), "no shift of 7.5 paid hours fits into 5"),
    ],
)
def test_an_impossible_rule_is_named(people: list[Person], rules: Rules, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        make_roster(need_of((540, 1020, 1)), 30, people, rules, pattern=EIGHT)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"rest_hours": 24.0}, "hours of rest"),
        ({"days_in_a_row": 8}, "days in a row"),
        ({"days_a_week": 0}, "days a week"),
        ({"hours_a_week": 0.0}, "hours a week"),
        ({"earliest": 600, "latest": 600}, "end before they begin"),
    ],
)
def test_rules_that_are_none(said: dict[str, float], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        Rules(**said)  # type: ignore[arg-type]


def test_nothing_needed_needs_nobody() -> None:
    made = make_roster(np.zeros((5, 48)), 30, team(2), Rules(), pattern=EIGHT)
    assert made.shifts == () and made.short_hours == 0


def test_a_shift_looks_like_most_of_them() -> None:
    usual = [Shift("a", d, 540, 1050, ((645, 660),), (0,), ((720, 765),)) for d in range(3)]
    pattern = pattern_of([*usual, Shift("b", 0, 600, 840)])
    assert (pattern.minutes, pattern.meal, pattern.pauses) == (510, 45, ((105, 120),))
    assert pattern_of([]) == Pattern()
