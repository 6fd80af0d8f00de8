"""Routing on a past that has been: first the past itself by the same kernel, then what would have
been. Where the first is off, the second is not to be believed, and that is said. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from helmdesk.act.routing.rules import Rules
from helmdesk.act.routing.snapshot import Contact, Need
from helmdesk.errors import NotFoundError
from helmdesk.plan.routing.duty import Duty, Known
from helmdesk.plan.routing.floor import UNITS, Case, Crowd, Outcome, as_people_do, as_routed
from helmdesk.plan.routing.habits import Habits, habits_of
from helmdesk.plan.routing.stays import Stay
from helmdesk.plan.simulation.what_if import Moved, moved_between

DAY, WEEK = 86_400.0, 7 * 86_400.0
LEARNED_WEEKS = CHECKED_WEEKS = 8
DRAWS = 5
TOLERANCE, SHARE_WITHIN, LEAST_WEEKS, LEAST_CASES = 0.03, 0.8, 4, 30
"""As the what-if's back-test: four of five weeks within three points, at least four weeks."""
MOST_KNOWN = 2
KNOWN_SECONDS = 90 * DAY
LEAST_WORK = 60.0


@dataclass(frozen=True)
class Promise:
    """When the first reply of a ticket was due, and when it came; infinite: not yet."""

    due_at: float
    replied_at: float
    was_missed: bool


@dataclass(frozen=True, eq=False)
class History:
    """A desk's past.

    Attributes:
        stays: of every queue, by when they came. duty: when people were there. known: where that is
        known from, by person. calls: (start, end, person) in which somebody could take nothing.
        promises: by ticket. first, last: between which everything is known. names: of people.
        told_until: end of the data. acts: when somebody last wrote about a ticket, by ticket and
        person.
    """

    stays: Sequence[Stay]
    duty: Mapping[str, Duty]
    known: Mapping[str, Known]
    calls: Sequence[tuple[float, float, str]]
    promises: Mapping[str, Promise]
    first: float
    last: float
    names: Mapping[str, str] = field(default_factory=dict)
    told_until: float = math.inf
    acts: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def name(self, person: str) -> str:
        """Return what a person is called."""
        return self.names.get(person, person)


@dataclass(frozen=True)
class Checked:
    """One week that has been: the share of cases taken within their queue's usual wait, and the
    share whose first reply was late; not a number where nothing was promised.
    """

    start: float
    cases: int
    predicted: float
    actual: float
    predicted_missed: float = math.nan
    actual_missed: float = math.nan

    @property
    def off(self) -> float:
        """How far off, in parts of one."""
        return abs(self.predicted - self.actual)

    @property
    def by_chance(self) -> float:
        """How far off a right model is on 19 of 20 weeks of so few cases: by the chance in them, in
        what it draws, and in what it learned from.
        """
        share = min(max(self.predicted, 0.05), 0.95)
        more = 1 + 1 / DRAWS + 1 / LEARNED_WEEKS
        return 1.96 * math.sqrt(more * share * (1 - share) / max(1, self.cases))


@dataclass(frozen=True)
class Check:
    """How well the kernel gives the past again."""

    weeks: tuple[Checked, ...]

    @property
    def mean_off(self) -> float:
        """Mean distance, in parts of one; not a number without weeks."""
        return float(np.mean([week.off for week in self.weeks])) if self.weeks else math.nan

    @property
    def bias(self) -> float:
        """Mean of predicted less actual, by cases; above 0: it sees waits shorter than they are."""
        cases = sum(week.cases for week in self.weeks)
        told = sum(week.cases * (week.predicted - week.actual) for week in self.weeks)
        return told / cases if cases else math.nan

    @property
    def is_enough(self) -> bool:
        """Whether there were enough weeks to check it."""
        return len(self.weeks) >= LEAST_WEEKS

    @property
    def is_reliable(self) -> bool:
        """Whether what would have been may be believed: neither single weeks nor all together are
        further off than three points, or than chance explains.
        """
        if not self.is_enough:
            return False
        within = sum(week.off <= max(TOLERANCE, week.by_chance) for week in self.weeks)
        return within / len(self.weeks) >= SHARE_WITHIN and self._is_near(self.bias, 0.5)

    @property
    def missed_bias(self) -> float:
        """Mean of late first replies predicted less those that were, by cases; not a number where
        nothing was promised.
        """
        told = [week for week in self.weeks if not math.isnan(week.actual_missed)]
        cases = sum(week.cases for week in told)
        off = sum(week.cases * (week.predicted_missed - week.actual_missed) for week in told)
        return off / cases if cases else math.nan

    @property
    def is_missed_reliable(self) -> bool:
        """Whether what is said of late first replies may be believed."""
        return self.is_reliable and self._is_near(self.missed_bias, 0.1)

    def _is_near(self, bias: float, share: float) -> bool:
        cases = sum(week.cases for week in self.weeks)
        # What was learned varies by chance about as much as what it is compared with.
        chance = 1.96 * math.sqrt(2 * share * (1 - share) / max(1, cases))
        return abs(bias) <= max(TOLERANCE, chance)


@dataclass(frozen=True)
class Replayed:
    """What would have been.

    Attributes:
        queues: names. cases: that came without a person. people: who were there. known: where it is
        known from when, with how many people each. check: how well the past is given again.
        moved: numbers by name: as the kernel has people do it, as routing would, the change. The
        careful ones, "late", hold where people begin no sooner with what they are given.
        measured: the same numbers as they really were. left: cases that routing could give to
        nobody by the end. agreed: share of cases that went to the same person.
    """

    queues: tuple[str, ...]
    cases: int
    people: int
    known: Mapping[Known, int]
    check: Check
    moved: Mapping[str, Moved] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    promised: int = 0
    in_hand: Mapping[str, int] = field(default_factory=dict)
    left: int = 0
    agreed: float = math.nan


def replay(
    history: History,
    start: float,
    end: float,
    rules: Rules,
    queues: Sequence[str] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Replayed:
    """Return what routing would have done to the cases that came between two instants.

    Raises:
        NotFoundError: no case came without a person then.
    """
    learned = max(history.first, start - LEARNED_WEEKS * WEEK)
    mine = _cases_in(history, start, end, queues)
    if not mine:
        raise NotFoundError(
            "no case came without a person in this time",
            "routing gives out what nobody has yet: choose other days or queues",
        )
    check = _checked(history, start, queues, tell)
    tell("learning how people worked in the weeks before")
    before = history.stays if learned >= start else _between(history, learned, start)
    habits = habits_of(before, _between(history, start, end), history.duty)
    scene = _Scene(history, habits, start, end, rules)
    mine = [number for number in mine if history.stays[number].queue in habits.teams]
    return scene.replayed(mine, queues, check, tell)


def _between(history: History, start: float, end: float) -> list[Stay]:
    return [stay for stay in history.stays if start <= stay.entered_at < end]


def _cases_in(history: History, start: float, end: float, queues: Sequence[str]) -> list[int]:
    return [
        number
        for number, stay in enumerate(history.stays)
        if start <= stay.entered_at < end
        and stay.waited
        and stay.taken_at < math.inf
        and (not queues or stay.queue in queues)
    ]


def _checked(
    history: History, start: float, queues: Sequence[str], tell: Callable[[str], None]
) -> Check:
    """Give the weeks before again, each with habits from the weeks before it."""
    weeks = int(min(CHECKED_WEEKS, (start - history.first) // WEEK - LEAST_WEEKS))
    if weeks < 1:
        return Check(())
    found = []
    for back in range(weeks, 0, -1):
        tell(f"giving the past again: {weeks - back + 1} of {weeks} weeks")
        week = _checked_week(history, start - back * WEEK, queues)
        if week is not None:
            found.append(week)
    return Check(tuple(found))


def _checked_week(history: History, begin: float, queues: Sequence[str]) -> Checked | None:
    """Give one week again; None where too little came."""
    end = begin + WEEK
    learned = max(history.first, begin - LEARNED_WEEKS * WEEK)
    habits = habits_of(
        _between(history, learned, begin), _between(history, begin, end), history.duty
    )
    some = [
        number
        for number in _cases_in(history, begin, end, queues)
        if history.stays[number].queue in habits.median_wait
        and history.stays[number].queue in habits.teams
    ]
    if len(some) < LEAST_CASES:
        return None
    scene = _Scene(history, habits, begin, end, Rules())
    drawn = [scene.as_people(seed) for seed in range(DRAWS)]
    quick = [scene.is_quick(n, out.taken_at.get(n, math.inf)) for out in drawn for n in some]
    return Checked(
        begin,
        len(some),
        float(np.mean(quick)),
        float(np.mean([scene.is_quick(n, history.stays[n].taken_at) for n in some])),
        float(np.mean([scene.numbers_of(out, some)["missed"] for out in drawn])),
        scene.missed_measured(some),
    )


class _Scene:
    """The cases of some days, and everybody who was there."""

    def __init__(
        self, history: History, habits: Habits, start: float, end: float, rules: Rules
    ) -> None:
        self.history, self.habits, self.start, self.end = history, habits, start, end
        self.rules = replace(rules, units={}, other_units=UNITS)
        self.numbers = [
            number
            for number in _cases_in(history, start, end, ())
            if history.stays[number].queue in habits.teams
        ]
        self.until = max((end, *(s.left_at for s in self._own() if s.left_at < math.inf))) + WEEK
        given_out = set(self.numbers)
        load = [
            (instant, stay.agent, units)
            for number, stay in enumerate(history.stays)
            if number not in given_out and stay.agent
            for begin, stop in stay.hold
            if stop > start
            for instant, units in ((begin, UNITS), (min(stop, self.until), -UNITS))
        ]
        for begin, stop, person in history.calls:
            if stop > start:
                load += [(begin, person, 1e6), (stop, person, -1e6)]
        known = {history.known[person] for person in habits.people}
        self.crowd = Crowd(
            habits.people,
            {person: history.duty[person] for person in habits.people},
            sorted(load),
            is_shift_known=known <= {Known.LOG, Known.PLAN},
        )
        self.known_by = known_by(history.stays, self.numbers)

    def _own(self) -> list[Stay]:
        return [self.history.stays[number] for number in self.numbers]

    def cases(self, seed: int) -> list[Case]:
        """Return the cases, each with how late people would take it on, drawn."""
        draw = np.random.default_rng([seed, int(self.start)])
        found = []
        for number, stay in zip(self.numbers, self._own(), strict=True):
            ready = stay.entered_at + self.habits.delay(stay, draw)
            found.append(Case(number, self._contact(number, stay), ready, self._work(stay)))
        return found

    def _contact(self, number: int, stay: Stay) -> Contact:
        promise = self.history.promises.get(stay.ticket)
        due = promise.due_at if promise and stay.is_first else math.inf
        usual = self.habits.median_wait.get(stay.queue, 3600.0)
        target = due - stay.entered_at if math.isfinite(due) else 4 * usual
        return Contact(
            id=f"{number:07}",
            queue=stay.queue,
            channel="case",
            arrived_at=stay.entered_at,
            target_seconds=max(60.0, target),
            priority=stay.priority,
            needs=(Need(stay.topic, 0, can_wait=False),) if stay.topic else (),
            known_by=self.known_by.get(number, ()),
        )

    def _work(self, stay: Stay) -> float:
        duty = self.history.duty.get(stay.agent)
        if duty is None:
            return LEAST_WORK
        spans = (duty.between(begin, min(stop, self.until)) for begin, stop in stay.hold)
        return max(LEAST_WORK, sum(spans))

    def as_people(self, seed: int) -> Outcome:
        """Return what people do with them by the kernel."""
        return as_people_do(self.cases(seed), self.crowd, self.until)

    def as_it_was(self) -> Outcome:
        """Return what people really did with them."""
        own = list(zip(self.numbers, self._own(), strict=True))
        return Outcome(
            {number: stay.agent for number, stay in own},
            {number: stay.taken_at for number, stay in own},
            {number: stay.left_at for number, stay in own},
        )

    def is_quick(self, number: int, taken_at: float) -> bool:
        """Whether a case was taken within what is usual in its queue."""
        stay = self.history.stays[number]
        return taken_at - stay.entered_at <= self.habits.median_wait.get(stay.queue, 0.0)

    def numbers_of(
        self, out: Outcome, some: Sequence[int], ready: Mapping[int, float] | None = None
    ) -> dict[str, float]:
        """Return what an outcome comes to, over some of the cases.

        Args:
            ready: before when people do not begin with a case.
        """
        stays = [self.history.stays[number] for number in some]
        taken = [out.taken_at.get(number, self.until) for number in some]
        waits = [at - stay.entered_at for at, stay in zip(taken, stays, strict=True)]
        agents = [out.agent.get(number, "") for number in some]
        missed = [
            late
            for number, stay in zip(some, stays, strict=True)
            if (late := self._is_missed(out, number, stay, ready)) is not None
        ]
        return {
            "wait": float(np.median(waits)) if waits else math.nan,
            "long_wait": float(np.quantile(waits, 0.9)) if waits else math.nan,
            "missed": float(np.mean(missed)) if missed else math.nan,
            "known": float(
                np.mean([a in self.known_by.get(n, ()) for a, n in zip(agents, some, strict=True)])
            ),
            "handed_on": float(
                np.mean(
                    [
                        self.habits.handed_on(stay, self.habits.rank(agent, stay.topic))
                        for agent, stay in zip(agents, stays, strict=True)
                    ]
                )
            ),
        }

    def _is_missed(
        self, out: Outcome, number: int, stay: Stay, ready: Mapping[int, float] | None
    ) -> bool | None:
        """Return whether the first reply is late; None: nothing with a date was promised."""
        promise = self.history.promises.get(stay.ticket)
        if promise is None or not stay.is_first:
            return None
        if not stay.taken_at <= promise.replied_at <= stay.left_at:
            return promise.was_missed  # whoever took it did not send the first reply
        team = self.habits.teams[stay.queue]
        if number not in out.agent:
            return True
        begins = max(out.taken_at[number], ready.get(number, 0.0) if ready else 0.0)
        # As many hours in which the team is there as it took from being taken to the reply.
        gap = team.between(stay.taken_at, promise.replied_at)
        return team.after(begins, gap) > promise.due_at

    def replayed(
        self, mine: list[int], queues: Sequence[str], check: Check, tell: Callable[[str], None]
    ) -> Replayed:
        """Live through it in every way, and compare block by block."""
        tell("living through it as people do it")
        drawn = [self.cases(seed) for seed in range(DRAWS)]
        people = [as_people_do(cases, self.crowd, self.until) for cases in drawn]
        tell("living through it as routing would")
        routed = as_routed(drawn[0], self.crowd, self.until, self.rules, begins_late=False)
        tell("the same with people who begin as late as they do now")
        ready = [{case.number: case.ready_at for case in cases} for cases in drawn]
        late = as_routed(drawn[0], self.crowd, self.until, self.rules, begins_late=True)
        blocks = self._blocks(mine)
        now = [_mean([self.numbers_of(out, some) for out in people]) for some in blocks]
        then = [self.numbers_of(routed, some) for some in blocks]
        late_now = [self.numbers_of(people[0], some) for some in blocks]
        late_then = [self.numbers_of(late, some, ready[0]) for some in blocks]
        moved = {key: _moved(key, now, then) for key in now[0]}
        moved["missed_late"] = _moved("missed", late_now, late_then)
        agents = {self.history.stays[n].agent for n in mine} | set(self.habits.people)
        known = [self.history.known[each] for each in agents if each in self.history.known]
        return Replayed(
            queues=tuple(queues) or tuple(sorted({self.history.stays[n].queue for n in mine})),
            cases=len(mine),
            people=len({self.history.stays[n].agent for n in mine}),
            known={kind: known.count(kind) for kind in Known if known.count(kind)},
            check=check,
            moved=moved,
            measured={
                **self.numbers_of(self.as_it_was(), mine),
                "handed_on": float(np.mean([self.history.stays[n].was_handed_on for n in mine])),
                "missed": self.missed_measured(mine),
            },
            promised=sum(
                self.history.stays[n].ticket in self.history.promises
                and self.history.stays[n].is_first
                for n in mine
            ),
            in_hand=self._in_hand(mine),
            left=sum(number not in routed.agent for number in mine),
            agreed=float(
                np.mean([routed.agent.get(n) == self.history.stays[n].agent for n in mine])
            ),
        )

    def _in_hand(self, mine: Sequence[int]) -> dict[str, int]:
        """Return how many cases people of each queue have in hand at once, at most."""
        return {
            queue: round(
                max(each.capacity for each in self.habits.people.values() if queue in each.queues)
                / UNITS
            )
            for queue in sorted({self.history.stays[number].queue for number in mine})
        }

    def missed_measured(self, mine: Sequence[int]) -> float:
        """Return the share of first replies that really were late; not a number where nothing was
        promised.
        """
        stays = [self.history.stays[number] for number in mine]
        found = [
            self.history.promises[stay.ticket].was_missed
            for stay in stays
            if stay.is_first and stay.ticket in self.history.promises
        ]
        return float(np.mean(found)) if found else math.nan

    def _blocks(self, mine: Sequence[int]) -> list[list[int]]:
        """Return the cases by week, or by day where there are few weeks."""
        size = WEEK if self.end - self.start >= 4 * WEEK else DAY
        blocks: dict[int, list[int]] = {}
        for number in mine:
            place = int((self.history.stays[number].entered_at - self.start) // size)
            blocks.setdefault(place, []).append(number)
        return [blocks[place] for place in sorted(blocks)]


def _mean(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([each[key] for each in found])) for key in found[0]}


def _moved(
    key: str, now: Sequence[Mapping[str, float]], then: Sequence[Mapping[str, float]]
) -> Moved:
    return moved_between(
        key, np.array([each[key] for each in now]), np.array([each[key] for each in then])
    )


def known_by(stays: Sequence[Stay], numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return who knew a customer when a case came: who had taken another of theirs in the last
    three months, the latest first. What was taken later is not known yet.
    """
    wanted, last = set(numbers), dict[str, list[Stay]]()
    found = {}
    for number, stay in enumerate(stays):
        if not stay.customer:
            continue
        seen = last.setdefault(stay.customer, [])
        if number in wanted:
            recent = sorted(
                (each.taken_at, each.agent)
                for each in seen
                if stay.entered_at - KNOWN_SECONDS <= each.taken_at <= stay.entered_at
            )
            found[number] = tuple(dict.fromkeys(a for _, a in reversed(recent)))[:MOST_KNOWN]
        if stay.agent:
            seen.append(stay)
    return {number: agents for number, agents in found.items() if agents}
