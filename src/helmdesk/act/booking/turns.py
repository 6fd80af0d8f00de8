"""Whose turn it is, who is chosen late, and what becomes of bookings whose person is not there.

Fairness is by accrual: whenever a call is given to somebody, one unit is split among all who could
have taken it at that moment, and whoever is owed the most gets it and pays one. So nobody owes for
times at which they were not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
NEAR = 1e-9


def turn(due: Mapping[str, float], able: Sequence[str], seed: str = "") -> str:
    """Return who of those able is owed the most; among equals by chance, the same at every try.

    Args:
        due: what each is owed; who is missing is owed nothing.
        seed: names the call.

    Raises:
        ValueError: nobody is able.
    """
    if not able:
        raise ValueError("nobody is able to take it")
    most = max(due.get(agent, 0.0) for agent in able)
    equal = [agent for agent in able if due.get(agent, 0.0) >= most - NEAR]
    return min(equal, key=lambda agent: hashlib.sha256(f"{seed} {agent}".encode()).digest())


def accrue(
    due: Mapping[str, float], able: Sequence[str], seed: str = ""
) -> tuple[str, dict[str, float]]:
    """Give a call to somebody.

    Returns:
        who takes it, and what those able are owed from now on. What all are owed together stays.
    """
    chosen = turn(due, able, seed)
    return chosen, give(due, able, chosen)


def give(due: Mapping[str, float], able: Sequence[str], chosen: str) -> dict[str, float]:
    """Return what those able, and who is chosen, are owed when a call is given to the latter."""
    owed = {agent: due.get(agent, 0.0) + 1 / len(able) for agent in able}
    owed[chosen] = owed.get(chosen, due.get(chosen, 0.0)) - 1
    return owed


def take_back(due: Mapping[str, float], able: Sequence[str], chosen: str) -> dict[str, float]:
    """Return what those are owed among whom a call was split, when it is not theirs any more."""
    owed = {agent: due.get(agent, 0.0) - 1 / len(able) for agent in able}
    owed[chosen] = owed.get(chosen, due.get(chosen, 0.0)) + 1
    return owed


@dataclass(frozen=True)
class Call(Generic[Key]):
    """A booked call, as it matters to who takes it.

    Attributes:
        able: who is qualified and at work for all of it, whatever else they have to do.
        pieces: of the call and the rest after it.
        is_movable: whether another person may take it still.
    """

    key: Key
    able: frozenset[str]
    pieces: frozenset[int]
    is_movable: bool = True


@dataclass(frozen=True)
class _Step(Generic[Key]):
    """A call given to somebody, who gives their own to the next."""

    call: Call[Key]
    agent: str
    before: _Step[Key] | None = None

    @property
    def asked(self) -> frozenset[str]:
        """Who was asked on the way here."""
        return frozenset({self.agent}) | (self.before.asked if self.before else frozenset())

    @property
    def changes(self) -> dict[Key, str]:
        """What changes by it, and on the way here."""
        return {**(self.before.changes if self.before else {}), self.call.key: self.agent}


@dataclass
class Board(Generic[Key]):
    """Who takes which call.

    Attributes:
        held: agent by call.
    """

    calls: dict[Key, Call[Key]]
    held: dict[Key, str] = field(default_factory=dict)

    @classmethod
    def of(cls, calls: Iterable[Call[Key]], held: Mapping[Key, str]) -> Board[Key]:
        """Return a board."""
        return cls({call.key: call for call in calls}, dict(held))

    def against(self, agent: str, call: Call[Key]) -> list[Call[Key]]:
        """Return the calls of somebody that overlap another one."""
        return [
            self.calls[key]
            for key, holder in self.held.items()
            if holder == agent and key != call.key and self.calls[key].pieces & call.pieces
        ]

    def place(self, key: Key, order: Sequence[str] = ()) -> dict[Key, str] | None:
        """Give a call to somebody with as few other changes as can be; return all that changes,
        None where nobody qualified can take it. Nothing is changed yet.

        Args:
            order: whom to ask first.
        """
        first = self.calls[key]
        rank = {agent: place for place, agent in enumerate(order)}
        agents = sorted(first.able, key=lambda agent: (rank.get(agent, len(rank)), agent))
        steps = [_Step(first, agent) for agent in agents]
        seen = {(key, agent) for agent in agents}
        for step in steps:  # grows while it is walked: the fewest changes come first
            against = self.against(step.agent, step.call)
            if not against:
                return step.changes
            if len(against) > 1 or not against[0].is_movable:
                continue
            other = against[0]
            for agent in sorted(other.able - step.asked):
                if (other.key, agent) not in seen:
                    seen.add((other.key, agent))
                    steps.append(_Step(other, agent, step))
        return None

    def settle(self, orders: Mapping[Key, Sequence[str]] | None = None) -> list[Key]:
        """Give every call whose person cannot take it any more to somebody else, the earliest
        first; return those that nobody can take, which nobody holds from now on.
        """
        lost = [key for key, call in self.calls.items() if self.held.get(key) not in call.able]
        for key in lost:
            self.held.pop(key, None)
        left = []
        for key in sorted(lost, key=lambda each: (min(self.calls[each].pieces), str(each))):
            changes = self.place(key, (orders or {}).get(key, ()))
            if changes is None:
                left.append(key)
            else:
                self.held.update(changes)
        return left
