"""How many shifts begin when, with their meals, so that people are short as little as can be.

A whole-number program solved by HiGHS (SciPy). Being short is priced, never forbidden: where nobody
can be, it is said and not hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.shifts.rules import Pattern, Rules
from helmdesk.plan.simulation.people import at_work

STEP = 30
# The first person short in an interval costs one, each further one two, one too many a little.
FIRST, FURTHER, SPARE, KEPT, OTHER_MEAL = 1.0, 2.0, 0.02, 0.3, 0.05
SECONDS, GAP = 15.0, 0.01


@dataclass(frozen=True)
class Slot:
    """Shifts of one day that begin at one time."""

    day: int
    start: int
    meal: int


def starts_of(need: Array, pattern: Pattern, rules: Rules, minutes: int) -> list[int]:
    """Return when shifts may begin: from when somebody is needed until one ends as the last is."""
    used = np.flatnonzero(need.sum(axis=0) > 0)
    if not used.size:
        return []
    first = max(rules.earliest, int(used[0]) * minutes)
    last = min(rules.latest, int(used[-1] + 1) * minutes) - pattern.minutes
    return list(range(first, max(first, last) + 1, STEP))


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is to be covered, with whom.

    Attributes:
        need: (days × intervals) people needed; minutes: length of an interval.
        available: by day, how many people there are at most.
        least, most: shifts of the whole week. Who is paid for a shift works it, needed or not.
        kept: shifts of the plan there is; others are preferred a little less.
    """

    need: Array
    minutes: int
    pattern: Pattern
    rules: Rules
    available: Sequence[int]
    least: int
    most: int
    kept: Sequence[Slot]

    @property
    def slots(self) -> list[Slot]:
        """Every shift that may be chosen."""
        known = {slot.start for slot in self.kept}
        starts = sorted({*starts_of(self.need, self.pattern, self.rules, self.minutes), *known})
        fitting = [
            start
            for start in starts
            if self.rules.earliest <= start and start + self.pattern.minutes <= self.rules.latest
        ]
        meals = sorted({*self.pattern.meals, *(slot.meal for slot in self.kept)})
        return [
            Slot(day, start, meal)
            for day in range(self.need.shape[0])
            if self.available[day] and (self.need[day].any() or day in {s.day for s in self.kept})
            for start in fitting
            for meal in meals
        ]


class Program:
    """A whole-number program as it is written down: rows of terms between bounds."""

    def __init__(self, size: int) -> None:
        self.cost, self.upper = np.zeros(size), np.full(size, np.inf)
        self.whole = np.zeros(size)
        self.rows: list[dict[int, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def rule(self, terms: dict[int, float], low: float, high: float) -> None:
        """Add a row."""
        self.rows.append(terms)
        self.low.append(low)
        self.high.append(high)

    def solve(self, seconds: float, gap: float) -> Array | None:
        """Return the best values found; None where there are none."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import coo_matrix

        row = [r for r, terms in enumerate(self.rows) for _ in terms]
        column = [c for terms in self.rows for c in terms]
        value = [v for terms in self.rows for v in terms.values()]
        shape = (len(self.rows), self.cost.size)
        found = milp(
            self.cost,
            constraints=LinearConstraint(
                coo_matrix((value, (row, column)), shape=shape).tocsr(), self.low, self.high
            ),
            integrality=self.whole,
            bounds=Bounds(np.zeros(self.cost.size), self.upper),
            options={"time_limit": seconds, "mip_rel_gap": gap},
        )
        return None if found.x is None else np.asarray(found.x)


def cover_days(wanted: Wanted, seconds: float = SECONDS) -> dict[Slot, int]:
    """Return how many shifts begin when.

    Args:
        seconds: how long the solver may look.
    """
    slots = wanted.slots
    if not slots:
        return {}
    days = sorted({slot.day for slot in slots})
    cells = [(day, i) for day in days for i in range(wanted.need.shape[1])]
    groups = sorted({(slot.day, slot.start) for slot in slots})
    size, count = len(slots) + 3 * len(cells) + len(groups), len(slots)
    program = Program(size)
    _meet_need(program, wanted, slots, cells)
    for day in days:
        terms = {n: 1.0 for n, slot in enumerate(slots) if slot.day == day}
        program.rule(terms, 0, wanted.available[day])
    least = min(wanted.least, wanted.most, sum(wanted.available[day] for day in days))
    program.rule(dict.fromkeys(range(count), 1.0), least, wanted.most)
    _keep(program, wanted, slots, groups, count + 3 * len(cells))
    program.whole[:count] = 1
    found = program.solve(seconds, GAP)
    if found is None:
        return {}
    return {slot: round(v) for slot, v in zip(slots, found[:count], strict=True) if round(v)}


def _meet_need(
    program: Program, wanted: Wanted, slots: Sequence[Slot], cells: Sequence[tuple[int, int]]
) -> None:
    """People at work, and those missing, less those too many, are those needed."""
    count, first = len(slots), len(slots)
    further, spare = first + len(cells), first + 2 * len(cells)
    number = {cell: n for n, cell in enumerate(cells)}
    terms: list[dict[int, float]] = [
        {first + n: 1.0, further + n: 1.0, spare + n: -1.0} for n in range(len(cells))
    ]
    there: dict[tuple[int, int], Array] = {}
    for n, slot in enumerate(slots[:count]):
        key = (slot.start, slot.meal)
        if key not in there:
            shift = wanted.pattern.shift("", 0, slot.start, slot.meal, (0,))
            there[key] = at_work([shift], 1, wanted.minutes)[0]
        for i in np.flatnonzero(there[key]):
            terms[number[slot.day, int(i)]][n] = float(there[key][i])
    for cell, each in zip(cells, terms, strict=True):
        needed = float(wanted.need[cell])
        program.rule(each, needed, needed)
    program.cost[first:further], program.cost[further:spare] = FIRST, FURTHER
    program.cost[spare : spare + len(cells)] = SPARE
    program.upper[first:further] = 1.0


def _keep(
    program: Program,
    wanted: Wanted,
    slots: Sequence[Slot],
    groups: Sequence[tuple[int, int]],
    begin: int,
) -> None:
    """A shift that begins when one begins now is worth a little, with its meal a little more."""
    kept = Counter((slot.day, slot.start) for slot in wanted.kept)
    meals = {(slot.day, slot.start, slot.meal) for slot in wanted.kept}
    for g, group in enumerate(groups):
        terms = {n: 1.0 for n, slot in enumerate(slots) if (slot.day, slot.start) == group}
        program.rule({**terms, begin + g: -1.0}, 0, np.inf)
        program.cost[begin + g] = -KEPT
        program.upper[begin + g] = float(kept[group])
    for n, slot in enumerate(slots):
        if wanted.kept and (slot.day, slot.start, slot.meal) not in meals:
            program.cost[n] += OTHER_MEAL
