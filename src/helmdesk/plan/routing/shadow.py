"""Routing in shadow: what it would have said at the minute a case came, from what was recorded up
to then, and what people did after. It changes nothing. Pure.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from helmdesk.act.routing.assign import decide
from helmdesk.act.routing.decision import Decision
from helmdesk.act.routing.record import Kept, kept
from helmdesk.act.routing.rules import Rules
from helmdesk.act.routing.snapshot import Agent, Contact, Need, Snapshot
from helmdesk.plan.routing.duty import Known
from helmdesk.plan.routing.floor import LOOKS_AGAIN, TICK, UNITS
from helmdesk.plan.routing.habits import Habits
from helmdesk.plan.routing.replay import History, known_by
from helmdesk.plan.routing.stays import Stay


@dataclass(frozen=True)
class Shown:
    """One look that decided something.

    Attributes:
        at: instant. kept: what it can be made again from. decisions: those that name somebody.
        contacts: what was known of each, by its id.
    """

    at: float
    kept: Kept
    decisions: tuple[Decision, ...]
    contacts: Mapping[str, Contact]


@dataclass(frozen=True)
class After:
    """What people did with a case.

    Attributes:
        agent: who took it; empty: nobody yet. taken_at: infinite: not yet. handed_on: whether it
        went on to somebody else. was_late: whether the first reply was; None: nothing was promised,
        or it is not known yet.
    """

    agent: str
    taken_at: float
    handed_on: bool
    was_late: bool | None


def id_of(stay: Stay) -> str:
    """Return how a stay is called among contacts: its ticket, and when it came."""
    return f"{stay.ticket}@{stay.entered_at:.0f}"


def after(history: History) -> dict[str, After]:
    """Return what became of every stay."""
    found = {}
    for stay in history.stays:
        promise = history.promises.get(stay.ticket) if stay.is_first else None
        found[id_of(stay)] = After(
            stay.agent,
            stay.taken_at,
            stay.was_handed_on,
            None if promise is None else promise.was_missed,
        )
    return found


class Shadow:
    """One queue in shadow.

    Args:
        standing: whom routing named for cases that nobody had taken yet, by the id of the stay.
        owed: contacts due to each person so far.
        risks: chances by ticket, of a trained model, for what waits at the end.
    """

    def __init__(
        self,
        history: History,
        habits: Habits,
        queue: str,
        rules: Rules,
        standing: Mapping[str, str],
        owed: Mapping[str, float],
        risks: Mapping[str, float],
    ) -> None:
        self.history, self.habits, self.queue = history, habits, queue
        self.rules = replace(rules, units={}, other_units=UNITS)
        self.owed, self.risks = dict(owed), risks
        self.named = dict(standing)
        self.taken = {id_of(stay): stay.taken_at for stay in history.stays}
        numbers = [n for n, s in enumerate(history.stays) if s.queue == queue and s.waited]
        self.stays = {number: history.stays[number] for number in numbers}
        self.known_by = known_by(history.stays, numbers)
        self.hands = _Hands(history)
        self.people = {
            person: known for person, known in habits.people.items() if queue in known.queues
        }
        known = {history.known[person] for person in self.people}
        self.is_shift_known = known <= {Known.LOG, Known.PLAN}

    def looks(self, since: float, until: float) -> list[Shown]:
        """Return what routing says about the cases that came, or still waited, between two
        instants.
        """
        waiting: dict[int, Stay] = {
            number: stay
            for number, stay in self.stays.items()
            if stay.entered_at < since < stay.taken_at and id_of(stay) not in self.named
        }
        coming = [
            number for number, stay in self.stays.items()
            if since <= stay.entered_at < until and id_of(stay) not in self.named
        ]  # fmt: skip
        found, place = [], 0
        now = since if waiting else math.inf
        while place < len(coming) or waiting:
            if place < len(coming):
                comes = (self.stays[coming[place]].entered_at // TICK + 1) * TICK
                now = min(now, comes) if waiting else comes
            if now > until:
                break
            while place < len(coming) and self.stays[coming[place]].entered_at <= now:
                waiting[coming[place]] = self.stays[coming[place]]
                place += 1
            waiting = {n: stay for n, stay in waiting.items() if stay.taken_at > now}
            shown = self._look(waiting, now, until) if waiting else None
            if shown is not None:
                found.append(shown)
            now = (now // TICK) * TICK + LOOKS_AGAIN
        return found

    def _look(self, waiting: dict[int, Stay], now: float, until: float) -> Shown | None:
        agents = self._agents(now)
        if not agents:
            return None
        by_id = {id_of(stay): number for number, stay in waiting.items()}
        contacts = {
            id_of(stay): self._contact(number, stay, until) for number, stay in waiting.items()
        }
        snapshot = Snapshot(now, tuple(contacts.values()), agents)
        tick = decide(snapshot, self.rules, now)
        chosen = tuple(each for each in tick.decisions if each.agent)
        if not chosen:
            return None
        self.owed.update(tick.owed)
        for each in chosen:
            stay = waiting.pop(by_id[each.contact])
            self.named[id_of(stay)] = each.agent
        row = kept(snapshot, self.rules, now, tick)
        return Shown(now, row, chosen, contacts)

    def _agents(self, now: float) -> tuple[Agent, ...]:
        named: dict[str, int] = defaultdict(int)
        for stay, agent in self.named.items():
            if self.taken.get(stay, 0.0) > now:
                named[agent] += 1
        found = []
        for person, known in self.people.items():
            duty = self.history.duty[person]
            span = duty.span_at(now)
            if span is None:
                continue
            busy = self.hands.on_call(person, now)
            used = UNITS * (self.hands.held(person, now) + named[person])
            found.append(
                replace(
                    known,
                    used=known.capacity if busy else used,
                    since=span[0],
                    until=duty.leaves_at(now) if self.is_shift_known else None,
                    owed=self.owed.get(person, 0.0),
                )
            )
        return tuple(found)

    def _contact(self, number: int, stay: Stay, until: float) -> Contact:
        promise = self.history.promises.get(stay.ticket) if stay.is_first else None
        usual = self.habits.median_wait.get(stay.queue, 3600.0)
        due = promise.due_at if promise else math.inf
        target = due - stay.entered_at if math.isfinite(due) else 4 * usual
        return Contact(
            id=id_of(stay),
            queue=stay.queue,
            channel="case",
            arrived_at=stay.entered_at,
            target_seconds=max(60.0, target),
            priority=stay.priority,
            needs=(Need(stay.topic, 0, can_wait=False),) if stay.topic else (),
            known_by=self.known_by.get(number, ()),
            risk=self.risks.get(stay.ticket) if stay.taken_at > until else None,
        )


class _Hands:
    """How much people have in hand at an instant, from what was recorded."""

    def __init__(self, history: History) -> None:
        spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
        calls: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for stay in history.stays:
            spans[stay.agent] += stay.hold
        for start, end, person in history.calls:
            calls[person].append((start, end))
        self._held, self._calls = _edges(spans), _edges(calls)

    def held(self, person: str, now: float) -> int:
        """Return how many cases somebody has in hand."""
        return _count(self._held.get(person), now)

    def on_call(self, person: str, now: float) -> bool:
        """Whether somebody is on a call or chat."""
        return _count(self._calls.get(person), now) > 0


def _edges(
    spans: Mapping[str, Iterable[tuple[float, float]]],
) -> dict[str, tuple[list[float], list[float]]]:
    return {
        person: (sorted(s for s, _ in some), sorted(e for _, e in some))
        for person, some in ((name, list(each)) for name, each in spans.items())
    }


def _count(edges: tuple[Sequence[float], Sequence[float]] | None, now: float) -> int:
    if edges is None:
        return 0
    return bisect_right(edges[0], now) - bisect_right(edges[1], now)
