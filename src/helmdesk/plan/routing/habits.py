"""How a desk works, learned from weeks before the ones looked at: how much people have in hand, how
late they take something on, what they know, how often work is handed on. Pure.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helmdesk.act.routing.snapshot import Agent
from helmdesk.plan.routing.duty import Duty
from helmdesk.plan.routing.floor import UNITS
from helmdesk.plan.routing.stays import Stay

MOST_IN_HAND = 0.9
LEAST_TAKEN = 3
NEAR, LEAST_SAME = 40, 10
"""So many cases that came at about the same time of day are like one."""
DAY = 86_400.0
WEEK, THURSDAY, FRIDAY = 7 * DAY, 3 * DAY, 4
EXPERIENCE = (1, 5, 20, 60)
"""Cases of a topic from which on somebody's rank in it is 2, 3, 4, 5."""
SHRINK = 20.0


@dataclass(frozen=True, eq=False)
class Waits:
    """How long cases waited, by when in the day they came, the earliest first.

    Attributes:
        second: of the day. wait: seconds. tier: of the customer.
    """

    second: np.ndarray
    wait: np.ndarray
    tier: np.ndarray

    def near(self, second: float, tier: str, draw: np.random.Generator) -> float:
        """Return the wait of one of those that came at about the same time of day; of customers of
        the same tier, where there are some.
        """
        size = len(self.second)
        place = int(np.searchsorted(self.second, second)) - NEAR // 2
        place = min(max(place, 0), max(0, size - NEAR))
        wait, same = self.wait[place : place + NEAR], self.tier[place : place + NEAR] == tier
        return float(draw.choice(wait[same] if same.sum() >= LEAST_SAME else wait))


@dataclass(frozen=True, eq=False)
class Habits:
    """What was learned.

    Attributes:
        people: who works on which queues, how much each has in hand, what each knows.
        teams: when anybody of a queue is there.
        delays: waits of cases, by queue, kind of day, channel.
        handed_on: share of cases that were handed on, by queue, topic and rank of who took it.
        median_wait: seconds until somebody had a case, by queue.
    """

    people: Mapping[str, Agent]
    teams: Mapping[str, Duty]
    delays: Mapping[tuple[str, ...], Waits]
    handed_on: Callable[[Stay, int], float]
    median_wait: Mapping[str, float]

    def delay(self, stay: Stay, draw: np.random.Generator) -> float:
        """Return after how many seconds a case like this is taken on, drawn from those that came at
        about the same time.
        """
        for key in _keys(stay):
            if key in self.delays:
                return self.delays[key].near(stay.entered_at % DAY, stay.tier, draw)
        return 0.0

    def rank(self, agent: str, topic: str) -> int:
        """Return how well somebody knows a topic, 1 to 5."""
        known = self.people.get(agent)
        return known.skills.get(topic, 1) if known else 1


def habits_of(before: Sequence[Stay], during: Sequence[Stay], duty: Mapping[str, Duty]) -> Habits:
    """Return how a desk worked.

    Args:
        before: stays to learn from. during: those to be given out; only who works on which queue is
        taken from them, so that somebody new is not left out.
    """
    queues = _queues(before, during, duty)
    experience: dict[str, Counter[str]] = defaultdict(Counter)
    for stay in before:
        if stay.agent:
            experience[stay.agent][stay.topic] += 1
    in_hand = _in_hand(before)
    everybody = sorted({agent for agents in queues.values() for agent in agents})
    people = {
        agent: Agent(
            agent,
            tuple(sorted(queue for queue, agents in queues.items() if agent in agents)),
            {topic: _rank(count) for topic, count in experience[agent].items()},
            capacity=UNITS
            * max(in_hand.get(queue, 1) for queue, agents in queues.items() if agent in agents),
        )
        for agent in everybody
    }
    waited = [stay for stay in before if stay.waited and stay.taken_at < math.inf]
    return Habits(
        people,
        {
            queue: Duty(span for agent in agents for span in duty[agent].spans)
            for queue, agents in queues.items()
        },
        _delays(waited),
        _handed_on(before, experience),
        _medians(waited),
    )


def _rank(count: int) -> int:
    return 1 + sum(count >= least for least in EXPERIENCE)


def _queues(
    before: Sequence[Stay], during: Sequence[Stay], duty: Mapping[str, Duty]
) -> dict[str, set[str]]:
    taken = Counter(
        (stay.queue, stay.agent) for stay in (*before, *during) if stay.agent and stay.waited
    )
    found: dict[str, set[str]] = defaultdict(set)
    for (queue, agent), count in taken.items():
        if count >= LEAST_TAKEN and agent in duty and duty[agent].spans:
            found[queue].add(agent)
    return dict(found)


def _in_hand(stays: Sequence[Stay]) -> dict[str, int]:
    """Return how many cases people of a queue had in hand when they took one more, mostly."""
    steps: dict[str, list[tuple[float, int, str]]] = defaultdict(list)
    for stay in stays:
        for place, (start, end) in enumerate(stay.hold):
            steps[stay.agent].append((start, 1, stay.queue if not place else ""))
            steps[stay.agent].append((end, -1, ""))
    seen: dict[str, list[int]] = defaultdict(list)
    for own in steps.values():
        held = 0
        for _, change, queue in sorted(own):
            held += change
            if change > 0 and queue:
                seen[queue].append(held)
    return {
        queue: max(1, math.ceil(float(np.quantile(counts, MOST_IN_HAND))))
        for queue, counts in seen.items()
    }


def _keys(stay: Stay) -> tuple[tuple[str, ...], ...]:
    """Return the groups a case belongs to, the narrowest first; a Monday is like a Thursday."""
    weekday = int((stay.entered_at + THURSDAY) % WEEK // DAY)
    day = str(weekday) if weekday >= FRIDAY else "week"
    return (stay.queue, day, stay.channel), (stay.queue, day), (stay.queue,)


def _delays(waited: Sequence[Stay]) -> dict[tuple[str, ...], Waits]:
    cells: dict[tuple[str, ...], list[tuple[float, float, str]]] = defaultdict(list)
    for stay in waited:
        for key in _keys(stay):
            cells[key].append((stay.entered_at % DAY, stay.taken_at - stay.entered_at, stay.tier))
    found = {}
    for key, values in cells.items():
        if len(key) == 1 or len(values) >= NEAR:
            second, wait, tier = zip(*sorted(values), strict=True)
            found[key] = Waits(np.array(second), np.array(wait), np.array(tier))
    return found


def _medians(waited: Sequence[Stay]) -> dict[str, float]:
    waits: dict[str, list[float]] = defaultdict(list)
    for stay in waited:
        waits[stay.queue].append(stay.taken_at - stay.entered_at)
    return {queue: float(np.median(values)) for queue, values in waits.items()}


def _handed_on(
    before: Sequence[Stay], experience: Mapping[str, Counter[str]]
) -> Callable[[Stay, int], float]:
    """Return the chance that a case is handed on: by queue, topic and rank, drawn to the queue's
    own where there are few.
    """
    counts: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for stay in before:
        if not stay.agent:
            continue
        rank = _rank(experience[stay.agent][stay.topic])
        for key in ((stay.queue,), (stay.queue, stay.topic), (stay.queue, stay.topic, str(rank))):
            counts[key][0] += stay.was_handed_on
            counts[key][1] += 1

    def chance(stay: Stay, rank: int) -> float:
        found = 0.0
        for key in ((stay.queue,), (stay.queue, stay.topic), (stay.queue, stay.topic, str(rank))):
            bad, all_ = counts.get(key, (0.0, 0.0))
            found = (
                bad / all_ if len(key) == 1 and all_ else (bad + SHRINK * found) / (all_ + SHRINK)
            )
        return found

    return chance
