"""Names to shifts: who works which, so that no rule is broken, little changes and nobody has all
the late ones. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helmdesk.errors import UsageError
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.shifts.cover import Program, Slot, Wanted, cover_days
from helmdesk.plan.shifts.rules import DAY, Breach, Pattern, Person, Rules, breaches, pattern_of
from helmdesk.plan.simulation.people import Shift, at_work

# What it costs: a shift that nobody works, another begin than planned, an hour of that, a day that
# was free, a late shift or a weekend more than others had.
NOBODY, MOVED, HOUR, NEW_DAY, UNFAIR = 100.0, 1.0, 0.25, 2.0, 0.3
LATE, WEEKEND = 12 * 60, (5, 6)
SECONDS = 20.0


@dataclass(frozen=True, eq=False)
class Roster:
    """A plan of a week.

    Attributes:
        shifts: who works when.
        unfilled: shifts that would be wanted and nobody may work, by day and begin.
        need, people: (days × intervals) needed, and at work by this plan.
        breaches: rules that it breaks; a plan made here breaks none.
    """

    shifts: tuple[Shift, ...]
    unfilled: Mapping[tuple[int, int], int]
    need: Array
    people: Array
    interval_minutes: int
    breaches: tuple[Breach, ...] = ()

    @property
    def short_hours(self) -> float:
        """Hours of people missing."""
        short = np.maximum(self.need - np.floor(self.people + 1e-6), 0)
        return float(short.sum() * self.interval_minutes / 60)


def make_roster(
    need: Array,
    minutes: int,
    people: Sequence[Person],
    rules: Rules,
    *,
    current: Sequence[Shift] = (),
    pattern: Pattern | None = None,
    first_weekday: int = 0,
    queues: tuple[int, ...] = (0,),
    seconds: float = SECONDS,
) -> Roster:
    """Return a plan for the days of a need.

    Args:
        need: (days × intervals) people needed.
        current: the plan there is; what need not change stays.
        pattern: what shifts look like; as most of the current ones where left out.
        first_weekday: weekday of the first day, 0 = Monday.

    Raises:
        UsageError: nobody is there to be planned, or no shift fits into the hours of the day.
    """
    if not people:
        raise UsageError("nobody to plan", "load a roster or name people")
    shape = pattern or pattern_of(current)
    if shape.minutes > rules.latest - rules.earliest:
        raise UsageError(
            f"shifts of {shape.minutes / 60:g} hours in a day of"
            f" {(rules.latest - rules.earliest) / 60:g}",
            "let shifts begin earlier or end later",
        )
    days = need.shape[0]
    available = [sum(day not in person.off for person in people) for day in range(days)]
    by_hours = int(rules.hours_a_week / max(shape.paid_hours, 1e-9))
    if by_hours < 1:
        raise UsageError(
            f"no shift of {shape.paid_hours:g} paid hours fits into {rules.hours_a_week:g} a week",
            "allow more hours a week, or plan shorter shifts",
        )
    most = sum(
        min(person.days, by_hours, sum(day not in person.off for day in range(days)))
        for person in people
    )
    kept = [
        Slot(each.day, each.start, each.meals[0][0] - each.start if each.meals else 0)
        for each in current
    ]
    wanted = cover_days(
        Wanted(need, minutes, shape, rules, available, min(len(kept), most), most, kept),
        seconds / 2,
    )
    shifts, unfilled = _named(
        wanted, people, rules, shape, current, first_weekday, days, queues, seconds / 2
    )
    known = {person.name: person for person in people}
    return Roster(
        tuple(shifts),
        unfilled,
        need,
        at_work(shifts, days, minutes),
        minutes,
        tuple(breaches(shifts, rules, known)),
    )


def _named(
    wanted: Mapping[Slot, int],
    people: Sequence[Person],
    rules: Rules,
    pattern: Pattern,
    current: Sequence[Shift],
    first_weekday: int,
    days: int,
    queues: tuple[int, ...],
    seconds: float,
) -> tuple[list[Shift], dict[tuple[int, int], int]]:
    counts: dict[tuple[int, int], int] = defaultdict(int)
    meals: dict[tuple[int, int], list[int]] = defaultdict(list)
    for slot, count in sorted(wanted.items(), key=lambda item: item[0].meal):
        counts[slot.day, slot.start] += count
        meals[slot.day, slot.start] += [slot.meal] * count
    groups = sorted(counts)
    if not groups:
        return [], {}
    before = {(shift.person, shift.day): shift for shift in current}
    chosen = _assign(groups, counts, people, rules, pattern, before, first_weekday, days, seconds)
    shifts, left = [], dict(counts)
    by_group: dict[tuple[int, int], list[Person]] = defaultdict(list)
    for person, group in chosen:
        by_group[group].append(person)
        left[group] -= 1
    for group, some in by_group.items():
        day, start = group

        def had(person: Person, day: int = day, start: int = start) -> int:
            shift = before.get((person.name, day))
            return shift.meals[0][0] - start if shift and shift.meals else 0

        own = sorted(some, key=lambda person: (had(person), person.name))
        for person, meal in zip(own, meals[group], strict=False):
            made = pattern.shift(person.name, day, start, meal, queues)
            shifts.append(_like(before.get((person.name, day)), made))
    unfilled = {group: count for group, count in left.items() if count > 0}
    return sorted(shifts, key=lambda s: (s.day, s.start, s.person)), unfilled


def _like(had: Shift | None, made: Shift) -> Shift:
    """Return a new shift with the pauses of the one before, where it begins at the same time and
    they do not meet its meal.
    """
    if had is None or (had.start, had.end) != (made.start, made.end):
        return made
    free = tuple(
        (a, b) for a, b in had.breaks if all(b <= start or a >= end for start, end in made.meals)
    )
    return replace(had, meals=made.meals, breaks=free)


def _assign(
    groups: Sequence[tuple[int, int]],
    counts: Mapping[tuple[int, int], int],
    people: Sequence[Person],
    rules: Rules,
    pattern: Pattern,
    before: Mapping[tuple[str, int], Shift],
    first_weekday: int,
    days: int,
    seconds: float,
) -> list[tuple[Person, tuple[int, int]]]:
    """Return who works which group of shifts, by a whole-number program."""
    pairs = [
        (p, g) for p, person in enumerate(people) for g, (day, _) in enumerate(groups)
        if day not in person.off
    ]  # fmt: skip
    place = {pair: n for n, pair in enumerate(pairs)}
    program = Program(len(pairs) + len(groups))
    program.whole[:], program.upper[:] = 1, 1
    for g, group in enumerate(groups):
        terms = {place[p, g]: 1.0 for p in range(len(people)) if (p, g) in place}
        program.rule({**terms, len(pairs) + g: 1.0}, counts[group], counts[group])
        program.upper[len(pairs) + g] = counts[group]
        program.cost[len(pairs) + g] = NOBODY
    for (p, g), n in place.items():
        program.cost[n] = _price(people[p], groups[g], before, first_weekday)
    most_days = int(rules.hours_a_week / pattern.paid_hours)
    for p, person in enumerate(people):
        mine = [(groups[g], n) for (q, g), n in place.items() if q == p]
        program.rule({n: 1.0 for _, n in mine}, 0, min(person.days, most_days))
        for day in range(days):
            _day(program, mine, day, days, rules, pattern)
    found = program.solve(seconds, 0.005)
    if found is None:
        return []
    return [(people[p], groups[g]) for (p, g), n in place.items() if found[n] > 0.5]


def _day(
    program: Program,
    mine: Sequence[tuple[tuple[int, int], int]],
    day: int,
    days: int,
    rules: Rules,
    pattern: Pattern,
) -> None:
    """Hold one person to the rules around a day: one shift, rest before the next, days in a row."""
    today = [(start, n) for (each, start), n in mine if each == day]
    tomorrow = [(start, n) for (each, start), n in mine if each == day + 1]
    program.rule({n: 1.0 for _, n in today}, 0, 1)
    for start, n in today:
        begins = start + pattern.minutes + round(60 * rules.rest_hours) - DAY
        too_early = {m: 1.0 for other, m in tomorrow if other < begins}
        if too_early:
            program.rule({n: float(len(too_early)), **too_early}, 0, len(too_early))
    if day + rules.days_in_a_row < days:
        window = range(day, day + rules.days_in_a_row + 1)
        terms = {n: 1.0 for (each, _), n in mine if each in window}
        program.rule(terms, 0, rules.days_in_a_row)


def _price(
    person: Person,
    group: tuple[int, int],
    before: Mapping[tuple[str, int], Shift],
    first_weekday: int,
) -> float:
    day, start = group
    had = before.get((person.name, day))
    price = NEW_DAY if had is None else 0.0
    if had is not None and had.start != start:
        price += MOVED + HOUR * abs(had.start - start) / 60
    if start >= LATE:
        price += UNFAIR * person.lates
    if (first_weekday + day) % 7 in WEEKEND:
        price += UNFAIR * person.weekends
    return price


def why_short(
    roster: Roster, people: Sequence[Person], rules: Rules, pattern: Pattern, day: int, minute: int
) -> str:
    """Return why nobody more is there at a moment, or who could be, as a sentence."""
    if not rules.earliest <= minute < rules.latest:
        return "No shift may be worked at that time."
    at_it = {shift.person for shift in roster.shifts if shift.day == day}
    idle = [p for p in people if p.name not in at_it and day not in p.off]
    away = sum(day in person.off for person in people)
    if not idle:
        gone = f", {away} away" if away else ""
        return f"Everybody who is available works that day ({len(at_it)} people{gone})."
    known = {person.name: person for person in people}
    reasons: dict[str, int] = defaultdict(int)
    starts = range(max(rules.earliest, minute - pattern.minutes + 30), minute + 1, 30)
    for person in idle:
        broken = ""
        for start in starts:
            tried = pattern.shift(person.name, day, start, pattern.meals[0], (0,))
            own = [shift for shift in roster.shifts if shift.person == person.name]
            found = breaches([*own, tried], rules, known)
            if not found:
                return f"One more shift from {start // 60}:{start % 60:02d} would help."
            broken = broken or found[0].rule
        reasons[broken] += 1
    rule, number = max(reasons.items(), key=lambda item: item[1])
    if number == 1:
        return f"One more is free that day, and would break a rule: {rule}."
    return f"{number} more are free that day, and each would break a rule: one {rule}."
