"""One change tried on the same weeks as no change. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np

from helmdesk.errors import UsageError
from helmdesk.plan.crews import Crew
from helmdesk.plan.planner import without_rare
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.simulation.kernel import Lived, live_through
from helmdesk.plan.simulation.kpis import KPIS, kpi
from helmdesk.plan.simulation.people import (
    Shift,
    add_people,
    at_work,
    move_days,
    move_starts,
    stagger_meals,
    without_people,
)
from helmdesk.plan.simulation.scenario import Scenario
from helmdesk.plan.simulation.tape import DAY_SECONDS, Habits, Tape, at_volume, draw_tapes

WEEKS = 20
PAID = "paid_hours"
MOST_NEW = 200
SURE = 0.95


@dataclass(frozen=True, eq=False)
class Ground:
    """What all scenarios stand on.

    Attributes:
        names: of the teams whose work it is, the first the one asked for.
        first_day: local day on which the weeks begin.
        interval_minutes: of `rates` and `need`.
        habits: of each queue.
        rates: (weeks × queues × days × intervals) contacts expected in each future.
        shifts: who is there by plan; each serves queues by their number in `habits`.
        need: (days × intervals) people needed.
        away: share of planned days on which people are not there; who, is drawn for each week, the
            same with the change and without.
        assumptions: what was taken for granted, as sentences.
    """

    names: tuple[str, ...]
    first_day: date
    interval_minutes: int
    habits: tuple[Habits, ...]
    rates: Array
    shifts: tuple[Shift, ...]
    need: Array
    assumptions: tuple[str, ...] = ()
    away: float = 0.0
    tapes: tuple[Tape, ...] = field(default_factory=tuple)

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.need.shape[0])

    @cached_property
    def base(self) -> dict[str, Array]:
        """The numbers of every week without any change; lived through once for all scenarios."""
        weeks = range(len(self.tapes))
        return _numbers([_live(self, n, self.shifts, Scenario()) for n in weeks], self)

    def drawn(self, seed: int = 0) -> Ground:
        """Return the same with its tapes drawn."""
        tapes = draw_tapes(self.rates, self.habits, self.interval_minutes, seed)
        return replace(self, tapes=tuple(tapes))


@dataclass(frozen=True)
class Moved:
    """One number with and without the change.

    Attributes:
        key: of the metric; "paid_hours" is hours paid a week.
        now, then: means over the weeks; not a number where nothing was measured.
        change: then less now, week by week, with its 95% interval.
    """

    key: str
    now: float
    then: float
    change: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the change is beyond chance."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, eq=False)
class Answer:
    """What a change does.

    Attributes:
        moved: the numbers, by key.
        weeks: how many were lived through.
        before, after: (days × intervals) people at work.
    """

    scenario: Scenario
    moved: dict[str, Moved]
    weeks: int
    before: Array
    after: Array
    need: Array


def try_out(ground: Ground, scenario: Scenario) -> Answer:
    """Return what a change does, on the same contacts as without it.

    Raises:
        UsageError: nobody is there, or the change is of a queue that the team does not have.
    """
    if not ground.shifts:
        raise UsageError(
            f"no shifts of {ground.names[0]} are known",
            "load a roster, so that there are people to move",
        )
    people = changed_people(ground, scenario)
    now = ground.base
    then = [_live(ground, number, people, scenario) for number in range(len(ground.tapes))]
    changed = _numbers(then, ground)
    found = {key: moved_between(key, now[key], changed[key]) for key in (*KPIS, PAID)}
    return Answer(
        scenario,
        found,
        len(ground.tapes),
        at_work(ground.shifts, ground.days, ground.interval_minutes),
        at_work(people, ground.days, ground.interval_minutes),
        ground.need,
    )


def changed_people(ground: Ground, scenario: Scenario) -> list[Shift]:
    """Return who is there with the change."""
    people = list(ground.shifts)
    if scenario.pool:
        everything = tuple(range(len(ground.habits)))
        people = [replace(shift, queues=everything) for shift in people]
    weekday = ground.first_day.weekday()
    if scenario.later:
        day = None if scenario.later_on is None else (scenario.later_on - weekday) % 7
        people = move_starts(people, scenario.later, scenario.begin, day)
    if scenario.swap:
        spare = at_work(people, ground.days, ground.interval_minutes) - ground.need
        hours = spare.sum(axis=1) * ground.interval_minutes / 60
        people = move_days(people, scenario.swap, (scenario.swap_to - weekday) % 7, hours)
    if scenario.more:
        days = sorted({shift.day for shift in ground.shifts})
        everywhere = tuple(sorted({queue for shift in people for queue in shift.queues}))
        people = add_people(people, scenario.more, scenario.hours, days, everywhere)
    if scenario.away:
        people = without_people(people, scenario.away)
    if scenario.meals:
        people = stagger_meals(people, ground.need, ground.interval_minutes, scenario.meals)
    return people


def changed_tape(ground: Ground, tape: Tape, scenario: Scenario) -> Tape:
    """Return what comes with the change."""
    found = at_volume(tape, 1 + scenario.contacts)
    if scenario.moved:
        names = [habit.name for habit in ground.habits]
        missing = [q for q in (scenario.moved_from, scenario.moved_to) if q not in names]
        if missing:
            raise UsageError(f"no queue '{missing[0]}' here", f"there are: {', '.join(names)}")
        source, goal = names.index(scenario.moved_from), names.index(scenario.moved_to)
        ratio = float(ground.habits[goal].work.mean() / ground.habits[source].work.mean())
        goes = (found.queue == source) & (found.move < scenario.moved)
        found = replace(
            found,
            queue=np.where(goes, goal, found.queue),
            work=np.where(goes, found.work * ratio, found.work),
        )
    if scenario.open:
        minute = (found.at % DAY_SECONDS) / 60
        found = found.of((minute >= scenario.open[0]) & (minute < scenario.open[1]))
    return replace(found, work=found.work * (1 + scenario.handle)) if scenario.handle else found


def _live(ground: Ground, number: int, people: Sequence[Shift], scenario: Scenario) -> Lived:
    tape = changed_tape(ground, ground.tapes[number], scenario)
    lived = live_through(
        tape, present(ground, people, number), [habit.together for habit in ground.habits]
    )
    # Who is ill or on leave is paid all the same.
    return replace(lived, paid_seconds=60.0 * sum(shift.paid_minutes for shift in people))


def present(ground: Ground, people: Sequence[Shift], number: int) -> list[Shift]:
    """Return who of the planned is there in one of the weeks."""
    if not ground.away:
        return list(people)
    known = sorted({shift.person for shift in ground.shifts})
    new = sorted({shift.person for shift in people} - set(known))
    place = {name: i for i, name in enumerate([*known, *new])}
    draw = np.random.default_rng([1, number]).random((len(known) + MOST_NEW, max(7, ground.days)))
    return [
        shift
        for shift in people
        if draw[place[shift.person] % draw.shape[0], shift.day] >= ground.away
    ]


def _numbers(weeks: Sequence[Lived], ground: Ground) -> dict[str, Array]:
    """Return every number of weeks, week by week."""
    found = {key: np.array([kpi(key, lived, ground.habits) for lived in weeks]) for key in KPIS}
    return {**found, PAID: np.array([lived.paid_seconds / 3600 for lived in weeks])}


def moved_between(key: str, now: Array, then: Array) -> Moved:
    """Return a number with and without a change, from the same weeks (or days) of both, with the
    95% interval of its change; weeks in which either is not a number are left out.
    """
    from scipy.special import stdtrit

    both = ~np.isnan(now) & ~np.isnan(then)
    if not both.any():
        nothing = float("nan")
        return Moved(key, nothing, nothing, nothing, nothing, nothing)
    difference = (then - now)[both]
    middle, half = float(difference.mean()), 0.0
    if difference.size > 1:
        spread = float(difference.std(ddof=1)) / difference.size**0.5
        half = float(stdtrit(difference.size - 1, (1 + SURE) / 2)) * spread
    return Moved(
        key, float(now[both].mean()), float(then[both].mean()), middle, middle - half, middle + half
    )


def rates_of(crew: Crew, paths: Array, expected: Array, parts: Sequence[Array]) -> Array:
    """Return (weeks × queues × days × intervals) contacts: those expected of each queue, as much
    more or fewer as the whole team's are in each future.

    Args:
        paths: (weeks × days × intervals) of the team; expected: (days × intervals).
        parts: (days × intervals) expected of each queue.
    """
    share = np.divide(paths, expected[None], out=np.ones_like(paths), where=expected[None] > 0)
    return np.stack([share * without_rare(part)[None] for part in parts], axis=1)
