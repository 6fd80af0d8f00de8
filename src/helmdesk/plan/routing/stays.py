"""Tickets cut into stays: from when one comes to a queue until it leaves the person who took it.

Pure. Instants are seconds since 1970 UTC; "for ever" is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from helmdesk.clocks.sla import WAITING

ASLEEP = frozenset(WAITING)
"""A ticket that waits for the customer, or for somebody outside, is in nobody's hands."""
_WORDS = {
    "urgent": 1,
    "critical": 1,
    "blocker": 1,
    "highest": 1,
    "high": 2,
    "normal": 3,
    "medium": 3,
    "moderate": 3,
    "low": 4,
    "lowest": 4,
}
USUAL = 3


@dataclass(frozen=True)
class Stretch:
    """A time during which status, assignee, team and priority of a ticket did not change.

    Attributes:
        ticket: its id. start, end. status: canonical. is_unsolved: whether it is open work.
        agent: who has it; empty: nobody. queue: the team; empty: none. priority: as it is called.
        channel, topic, customer, tier: of the ticket; empty where unknown.
    """

    ticket: str
    start: float
    end: float
    status: str
    is_unsolved: bool
    agent: str
    queue: str
    priority: str = ""
    channel: str = ""
    topic: str = ""
    customer: str = ""
    tier: str = ""


@dataclass(frozen=True)
class Stay:
    """One ticket in one queue, with the person who took it.

    Attributes:
        entered_at: when it came there. taken_at: when somebody had it first; infinite: nobody did
        before it left. left_at: when it was solved, or left that person; infinite: not yet.
        hold: stretches in that person's hands, without those that wait for somebody else.
        agent: who took it; empty: nobody. waited: whether it came without a person, so that it is
        one that routing would give out. was_handed_on: whether it left unsolved, to somebody else.
        priority: 1, the most urgent, to 4. is_first: the ticket's first.
    """

    ticket: str
    queue: str
    channel: str
    topic: str
    customer: str
    tier: str
    priority: int
    entered_at: float
    taken_at: float
    left_at: float
    agent: str
    hold: tuple[tuple[float, float], ...]
    waited: bool
    was_handed_on: bool
    is_first: bool


def priority_of(word: str) -> int:
    """Return a priority as 1, the most urgent, to 4; what is not understood is 3."""
    first = word.strip()[:1]
    if first.isdigit():
        return min(max(int(first), 1), 4)
    return _WORDS.get(word.strip().casefold(), USUAL)


def stays_of(stretches: Iterable[Stretch]) -> list[Stay]:
    """Return the stays of tickets, by when they came.

    Args:
        stretches: by ticket, and in their order within each.
    """
    found: list[Stay] = []
    for _, own in groupby(stretches, key=lambda each: each.ticket):
        found.extend(_of_ticket([each for each in own if each.end > each.start]))
    return sorted(found, key=lambda each: (each.entered_at, each.ticket))


def _of_ticket(own: Sequence[Stretch]) -> Iterator[Stay]:
    at, first = 0, True
    while at < len(own):
        if not own[at].is_unsolved or not own[at].queue:
            at += 1
            continue
        end = _end_of(own, at)
        yield replace(_stay(own, at, end), is_first=first)
        at, first = end, False


def _end_of(own: Sequence[Stretch], at: int) -> int:
    """Return the place after a stay that begins at a place: solved, another queue or person."""
    queue, agent = own[at].queue, own[at].agent
    end = at + 1
    while end < len(own) and own[end].is_unsolved and own[end].queue == queue:
        if agent and own[end].agent != agent:
            break
        agent = agent or own[end].agent
        end += 1
    return end


def _stay(own: Sequence[Stretch], at: int, end: int) -> Stay:
    mine, first = own[at:end], own[at]
    held = [each for each in mine if each.agent]
    after = own[end] if end < len(own) else None
    left = mine[-1].end if after is not None or mine[-1].end < math.inf else math.inf
    return Stay(
        ticket=first.ticket,
        queue=first.queue,
        channel=first.channel,
        topic=first.topic,
        customer=first.customer,
        tier=first.tier,
        priority=priority_of(first.priority),
        entered_at=first.start,
        taken_at=held[0].start if held else math.inf,
        left_at=left,
        agent=held[0].agent if held else "",
        hold=tuple((each.start, each.end) for each in held if each.status not in ASLEEP),
        waited=not first.agent,
        was_handed_on=bool(held and after and after.is_unsolved and after.agent != held[0].agent),
        is_first=True,
    )
