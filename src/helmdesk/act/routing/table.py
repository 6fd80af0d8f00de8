"""Contacts by people as arrays: who may have what, and how much speaks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helmdesk.act.routing.decision import Bar, Cause
from helmdesk.act.routing.rules import Rules
from helmdesk.act.routing.snapshot import VOICE, Agent, Contact, Need, Snapshot

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
MICRO = 1_000_000.0
LATE = 3.0
"""Contacts as many times their target old count no more for getting older."""
OWED = 5.0
BEST_RANK = 5.0
LEAST_WARM = 1 / 3
PARTS = ("priority", "age", "risk", "rank", "continuity", "fairness", "room")
BARS = tuple(Bar)


def cause_of(
    contact: Contact, there: Mapping[str, Agent], rules: Rules, now: float
) -> Cause | None:
    """Return why a contact wants somebody; None where whoever has it keeps it."""
    if not contact.assignee:
        return Cause.NOBODY
    held = there.get(contact.assignee)
    is_there = held is not None and held.is_there
    if contact.is_reopened and not is_there:
        return Cause.REOPENED
    given = contact.assigned_at
    acted = contact.acted_at is not None and (given is None or contact.acted_at >= given)
    if rules.return_seconds and not acted and given is not None:
        return Cause.SILENT if now - given >= rules.return_seconds else None
    return None


def still_needed(contact: Contact, rules: Rules, now: float) -> tuple[Need, ...]:
    """Return the skills that are asked for after so long a wait."""
    if not rules.relax_seconds:
        return contact.needs
    drop = int(max(0.0, now - contact.arrived_at) // rules.relax_seconds)
    found = []
    for need in reversed(contact.needs):
        if drop and need.can_wait:
            drop -= 1
            continue
        found.append(need)
    return tuple(reversed(found))


def room_of(agent: Agent, rules: Rules, now: float) -> float:
    """Return the units a person can take now, with those in hand: all of them but after coming."""
    if agent.since is None or not rules.warm_up_seconds:
        return agent.capacity
    warm = min(1.0, max(0.0, now - agent.since) / rules.warm_up_seconds)
    return agent.capacity * (LEAST_WARM + (1.0 - LEAST_WARM) * warm)


@dataclass(frozen=True, eq=False)
class Table:
    """Contacts that want somebody (rows) by people (columns), both in the order of their ids.

    Attributes:
        bar: why not, by its number in `BARS`; -1: may. For what is full and what is kept for calls,
            see `assign`, since that changes while contacts are given out.
        own: points of the contact alone, (contacts, 3): priority, age, risk.
        pair: points of both together, (contacts, people, 2): rank and continuity.
        units: that each contact takes of each person. room: units that each person has left.
        relaxed: skills that each contact does not ask for any more.
    """

    contacts: tuple[Contact, ...]
    causes: tuple[Cause, ...]
    agents: tuple[Agent, ...]
    bar: NDArray[np.int8]
    own: Array
    pair: Array
    units: Array
    room: Array
    relaxed: tuple[tuple[str, ...], ...]

    @property
    def is_voice(self) -> Flags:
        """Which contacts are calls."""
        return np.array([each.channel == VOICE for each in self.contacts], bool)


def table_of(snapshot: Snapshot, rules: Rules, now: float) -> Table:
    """Return who may have what."""
    agents = tuple(sorted(snapshot.agents, key=lambda each: each.id))
    there = {each.id: each for each in agents}
    wanted = [
        (contact, cause)
        for contact in sorted(snapshot.contacts, key=lambda each: each.id)
        if (cause := cause_of(contact, there, rules, now)) is not None
    ]
    contacts = tuple(contact for contact, _ in wanted)
    needs = [still_needed(each, rules, now) for each in contacts]
    has, asks, counts = _skills(needs, agents)
    bar = _bars(contacts, agents, rules, now)
    lacks = (has[None, :, :] < asks[:, None, :]).any(axis=2)
    bar[(bar < 0) & lacks] = BARS.index(Bar.SKILL)
    return Table(
        contacts,
        tuple(cause for _, cause in wanted),
        agents,
        bar,
        _own(contacts, rules, now),
        np.stack([_rank(has, asks, counts), _known(contacts, agents)], axis=2)
        * np.array([rules.weights.rank, rules.weights.continuity]),
        _units(contacts, agents, rules),
        np.array([room_of(each, rules, now) - each.used for each in agents], float),
        tuple(
            tuple(need.skill for need in each.needs if need not in left)
            for each, left in zip(contacts, needs, strict=True)
        ),
    )


def _skills(
    needs: Sequence[tuple[Need, ...]], agents: Sequence[Agent]
) -> tuple[Array, Array, Array]:
    """Return ranks that people have and that contacts ask for, and how many each asks for."""
    names = sorted({need.skill for each in needs for need in each})
    place = {name: number for number, name in enumerate(names)}
    has = np.array([[each.skills.get(name, 0) for name in names] for each in agents], float)
    asks = np.full((len(needs), len(names)), -1.0)
    for row, each in enumerate(needs):
        for need in each:
            # Asked for twice, the higher rank counts.
            asks[row, place[need.skill]] = max(asks[row, place[need.skill]], need.rank)
    return has.reshape(len(agents), len(names)), asks, (asks >= 0).sum(axis=1).astype(float)


def _bars(
    contacts: Sequence[Contact], agents: Sequence[Agent], rules: Rules, now: float
) -> NDArray[np.int8]:
    bar = np.full((len(contacts), len(agents)), -1, np.int8)
    queues = sorted({each.queue for each in contacts})
    serves = np.array([[q in each.queues for each in agents] for q in queues], bool)
    of_queue = np.array([queues.index(each.queue) for each in contacts], int)
    ends = np.array([each.until is not None and each.until - now < rules.last_seconds
                     for each in agents], bool)  # fmt: skip
    away = np.array([not each.is_there or (each.until is not None and each.until <= now)
                     for each in agents], bool)  # fmt: skip
    number = {each.id: place for place, each in enumerate(agents)}
    for row, contact in enumerate(contacts):
        if contact.assignee in number:
            bar[row, number[contact.assignee]] = BARS.index(Bar.SILENT)
    bar[:, ends] = BARS.index(Bar.SHIFT_ENDS)
    bar[:, away] = BARS.index(Bar.AWAY)
    if contacts:
        bar[~serves[of_queue]] = BARS.index(Bar.OTHER_QUEUE)
    calls = np.array([each.channel == VOICE for each in contacts], bool)
    no_calls = np.array([not each.takes_calls for each in agents], bool)
    bar[np.ix_(calls, no_calls)] = BARS.index(Bar.OTHER_QUEUE)
    return bar


def _units(contacts: Sequence[Contact], agents: Sequence[Agent], rules: Rules) -> Array:
    by_channel = {
        channel: np.array([rules.units_of(channel, each.capacity) for each in agents], float)
        for channel in sorted({each.channel for each in contacts})
    }
    if not contacts:
        return np.zeros((0, len(agents)))
    return np.stack([by_channel[each.channel] for each in contacts])


def _own(contacts: Sequence[Contact], rules: Rules, now: float) -> Array:
    """Return what speaks for each contact to go first: priority, age, risk."""
    found = np.zeros((len(contacts), 3))
    for row, each in enumerate(contacts):
        age = max(0.0, now - each.arrived_at) / each.target_seconds
        priority = (4 - min(max(each.priority, 1), 4)) / 3
        risk = each.risk if each.risk is not None else min(1.0, age)
        found[row] = (priority, min(age, LATE) / LATE, min(max(risk, 0.0), 1.0))
    weights = rules.weights
    return np.asarray(found * np.array([weights.priority, weights.age, weights.risk]))


def _rank(has: Array, asks: Array, counts: Array) -> Array:
    """Return how good people are at what is asked, 0 to 1; a half where nothing is asked."""
    total = (asks >= 0).astype(float) @ has.T
    mean = np.divide(total, counts[:, None], out=np.full(total.shape, BEST_RANK / 2),
                     where=counts[:, None] > 0)  # fmt: skip
    return np.asarray(np.minimum(mean, BEST_RANK) / BEST_RANK)


def _known(contacts: Sequence[Contact], agents: Sequence[Agent]) -> Array:
    """Return 1 for who knows the customer best, a half for the second, and so on."""
    number = {each.id: place for place, each in enumerate(agents)}
    found = np.zeros((len(contacts), len(agents)))
    for row, contact in enumerate(contacts):
        for place, agent in enumerate(contact.known_by):
            if agent in number:
                found[row, number[agent]] = max(found[row, number[agent]], 1 / (place + 1))
    return found
