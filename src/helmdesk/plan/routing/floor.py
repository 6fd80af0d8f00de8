"""Stays meet people, one event after the other: given out as people do it, or as routing would.

The same kernel for both; only who gets what, and when, differs. Pure.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from helmdesk.act.routing.assign import decide
from helmdesk.act.routing.rules import Rules
from helmdesk.act.routing.snapshot import Agent, Contact, Snapshot
from helmdesk.plan.routing.duty import Duty

UNITS = 2.0
"""Of one case; calls take everything."""
TICK = 60.0
LOOKS_AGAIN = 900.0
"""Seconds after which those left over are looked at again though nothing happened."""
LOAD, FREED, BEGINS, COMES, LOOK = range(5)


@dataclass(frozen=True)
class Case:
    """One stay to be given out.

    Attributes:
        number: its place among the stays. contact: as routing sees it.
        ready_at: when people would take it at the earliest. work: seconds on duty of whoever has
        it, until it leaves them.
    """

    number: int
    contact: Contact
    ready_at: float
    work: float


@dataclass(frozen=True)
class Crowd:
    """Everybody who may take something.

    Attributes:
        people: by id; owed, used and the like are filled in as it goes.
        duty: when each is there. load: steps of what each has in hand beside the cases to be given
        out, as (instant, units more or less).
    """

    people: Mapping[str, Agent]
    duty: Mapping[str, Duty]
    load: Sequence[tuple[float, str, float]] = ()
    is_shift_known: bool = True


@dataclass
class Outcome:
    """What became of the cases: by their number, who had it, from when, until when."""

    agent: dict[int, str] = field(default_factory=dict)
    taken_at: dict[int, float] = field(default_factory=dict)
    left_at: dict[int, float] = field(default_factory=dict)


class Floor:
    """Everybody there and everything waiting, at one moment.

    Args:
        until: nothing later is lived through.
    """

    def __init__(self, cases: Sequence[Case], crowd: Crowd, until: float) -> None:
        self.crowd, self.until = crowd, until
        self.used = dict.fromkeys(crowd.people, 0.0)
        self.idle_since = dict.fromkeys(crowd.people, -math.inf)
        self.outcome = Outcome()
        self.cases = {case.number: case for case in cases}
        self.events: list[tuple[float, int, str, float]] = [
            (instant, LOAD, person, units)
            for instant, person, units in crowd.load
            if person in self.used
        ]
        for person, duty in crowd.duty.items():
            if person in self.used:
                self.events += [(start, BEGINS, person, 0.0) for start, _ in duty.spans]
        heapq.heapify(self.events)

    def step(self, event: tuple[float, int, str, float]) -> None:
        """Take note of what happens to people."""
        now, kind, person, units = event
        if kind in (LOAD, FREED):
            self.used[person] = max(0.0, self.used[person] + units)
            if self.used[person] <= 0:
                self.idle_since[person] = now

    def has_room(self, person: str) -> bool:
        """Whether somebody can take one more."""
        return self.used[person] + UNITS <= self.crowd.people[person].capacity + 1e-9

    def is_there(self, person: str, now: float) -> bool:
        """Whether somebody is at work."""
        return self.crowd.duty[person].span_at(now) is not None

    def take(self, number: int, person: str, now: float, begins_at: float) -> None:
        """Give a case to somebody, who begins with it at a moment, or later."""
        case, duty = self.cases[number], self.crowd.duty[person]
        left = duty.after(max(now, begins_at), case.work)
        self.outcome.agent[number] = person
        self.outcome.taken_at[number] = now
        self.outcome.left_at[number] = left
        self.used[person] += UNITS
        if left < math.inf:
            heapq.heappush(self.events, (left, FREED, person, -UNITS))


def as_people_do(cases: Sequence[Case], crowd: Crowd, until: float) -> Outcome:
    """Return what becomes of cases: from when people would take it on, the oldest first, by whoever
    has the fewest in hand, and of these by who has had nothing for longest; by somebody who is
    there, or else looks in, as it happens.
    """
    floor = Floor(cases, crowd, until)
    for case in cases:
        heapq.heappush(floor.events, (case.ready_at, COMES, "", float(case.number)))
    serving: dict[str, list[str]] = {}
    for person, known in sorted(crowd.people.items()):
        for queue in known.queues:
            serving.setdefault(queue, []).append(person)
    lines: dict[str, list[int]] = {}
    while floor.events:
        event = heapq.heappop(floor.events)
        if event[0] > until:
            break
        touched = _queues_of(event, floor, lines)
        for queue in touched:
            _serve(queue, lines, serving, floor, event[0])
    return floor.outcome


def _queues_of(
    event: tuple[float, int, str, float], floor: Floor, lines: dict[str, list[int]]
) -> Sequence[str]:
    _, kind, person, value = event
    if kind == COMES:
        queue = floor.cases[int(value)].contact.queue
        lines.setdefault(queue, []).append(int(value))
        return (queue,)
    floor.step(event)
    return floor.crowd.people[person].queues


def _serve(
    queue: str, lines: dict[str, list[int]], serving: dict[str, list[str]], floor: Floor, now: float
) -> None:
    line = lines.get(queue)
    while line:
        room = [each for each in serving.get(queue, ()) if floor.has_room(each)]
        if not room:
            return
        free = [each for each in room if floor.is_there(each, now)] or room
        person = min(free, key=lambda each: (floor.used[each], floor.idle_since[each], each))
        floor.take(line.pop(0), person, now, now)


class _Router:
    """Routing as it would run: a look a minute, wherever something happened."""

    def __init__(self, cases: Sequence[Case], crowd: Crowd, rules: Rules, late: bool) -> None:
        self.rules, self.late = rules, late
        self.waiting: dict[int, Case] = {}
        self.owed = dict.fromkeys(crowd.people, 0.0)
        self.leaves = crowd.is_shift_known

    def look(self, floor: Floor, now: float) -> None:
        """Decide once."""
        spans = {person: duty.span_at(now) for person, duty in floor.crowd.duty.items()}
        people = tuple(
            replace(
                known,
                used=floor.used[person],
                owed=self.owed[person],
                since=span[0],
                until=floor.crowd.duty[person].leaves_at(now) if self.leaves else None,
            )
            for person, known in floor.crowd.people.items()
            if (span := spans.get(person)) is not None
        )
        if not people:
            return
        by_id = {case.contact.id: case for case in self.waiting.values()}
        waiting = tuple(case.contact for case in by_id.values())
        tick = decide(Snapshot(now, waiting, people), self.rules, now)
        self.owed.update(tick.owed)
        for decision in tick.decisions:
            if decision.agent:
                case = by_id[decision.contact]
                begins = case.ready_at if self.late else now
                floor.take(case.number, decision.agent, now, begins)
                del self.waiting[case.number]


def as_routed(
    cases: Sequence[Case], crowd: Crowd, until: float, rules: Rules, *, begins_late: bool
) -> Outcome:
    """Return what becomes of cases that routing gives out.

    Args:
        begins_late: whether people begin with what they are given no sooner than they would have
            taken it by themselves.
    """
    floor = Floor(cases, crowd, until)
    router = _Router(cases, crowd, rules, begins_late)
    for case in cases:
        heapq.heappush(floor.events, (case.contact.arrived_at, COMES, "", float(case.number)))
    next_look = math.inf
    while True:
        now = min(next_look, floor.events[0][0] if floor.events else math.inf)
        if now > until or now == math.inf:
            return floor.outcome
        if now == next_look:
            router.look(floor, now)
            next_look = now + LOOKS_AGAIN if router.waiting else math.inf
            continue
        event = heapq.heappop(floor.events)
        if event[1] == COMES:
            case = floor.cases[int(event[3])]
            router.waiting[case.number] = case
        else:
            floor.step(event)
        if router.waiting:
            next_look = min(next_look, (now // TICK + 1) * TICK)
