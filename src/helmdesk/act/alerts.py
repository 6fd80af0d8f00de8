"""States of an alert: what an evaluation saw is folded into a state, and a change of it is told.

Entering and leaving have levels and patience of their own, so that a value that swings around one
level does not speak at every swing. What cannot be seen (no data, too few cases) has a patience of
its own too, is said once, and never ends an alert.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Sight(StrEnum):
    """What one evaluation saw."""

    BEYOND = "beyond"
    """At or past the level at which the alert begins."""
    BETWEEN = "between"
    """Neither there nor back at the level at which it ends."""
    WITHIN = "within"
    """Back at the level at which it ends, or better."""
    NOTHING = "nothing"
    """Nothing that could be judged."""


class State(StrEnum):
    """Where an alert stands."""

    OK = "ok"
    PENDING = "pending"
    """Beyond the level, but not yet for as long as the rule asks for."""
    FIRING = "firing"
    RECOVERING = "recovering"
    """Back within, but not yet for as long as the rule asks for."""
    UNKNOWN = "unknown"
    """Nothing was seen for as long as the rule bears it."""


class Change(StrEnum):
    """What is told of an evaluation; most of them change nothing."""

    BEGAN = "began"
    ENDED = "ended"
    BLIND = "blind"
    """It cannot be told any more."""
    SIGHTED = "sighted"
    """It can be told again, and stands as it did before."""


@dataclass(frozen=True)
class Levels:
    """When a value is beyond, and when it is back within.

    Attributes:
        enter, leave: in the unit of the value; between them nothing changes.
        is_above: beyond is above; False: below.

    Raises:
        ValueError: `leave` lies beyond `enter`.
    """

    enter: float
    leave: float
    is_above: bool

    def __post_init__(self) -> None:
        if (self.leave > self.enter) if self.is_above else (self.leave < self.enter):
            raise ValueError("the level at which an alert ends lies beyond that where it begins")

    def sight(self, value: float | None) -> Sight:
        """Return what a value shows; None shows nothing.

        A value at `enter` is beyond; one at `leave` is within where the two differ.
        """
        if value is None:
            return Sight.NOTHING
        sign = 1 if self.is_above else -1
        if sign * value >= sign * self.enter:
            return Sight.BEYOND
        return Sight.WITHIN if sign * value <= sign * self.leave else Sight.BETWEEN


@dataclass(frozen=True)
class Patience:
    """How many evaluations in a row it takes.

    Attributes:
        enter: beyond, until an alert begins.
        leave: within, until it ends.
        blind: with nothing seen, until that is said.
    """

    enter: int = 1
    leave: int = 1
    blind: int = 2


@dataclass(frozen=True)
class Memory:
    """What an alert knows of its past.

    Attributes:
        seen: evaluations in a row that speak for what is pending or recovering.
        unseen: evaluations in a row that saw nothing.
        is_open: whether it began and has not ended, whatever is seen now.
    """

    state: State = State.OK
    seen: int = 0
    unseen: int = 0
    is_open: bool = False


def step(memory: Memory, sight: Sight, patience: Patience) -> tuple[Memory, Change | None]:
    """Return what an alert knows after one more evaluation, and what is to be told of it."""
    if sight is Sight.NOTHING:
        return _unseen(memory, patience)
    was_blind = memory.state is State.UNKNOWN
    after, change = (_open if memory.is_open else _closed)(memory, sight, patience)
    return after, change or (Change.SIGHTED if was_blind else None)


def fold(
    sights: Iterable[Sight], patience: Patience, memory: Memory | None = None
) -> list[tuple[Memory, Change | None]]:
    """Return state and change after each of several evaluations."""
    now, found = memory or Memory(), []
    for sight in sights:
        now, change = step(now, sight, patience)
        found.append((now, change))
    return found


def _unseen(memory: Memory, patience: Patience) -> tuple[Memory, Change | None]:
    unseen = memory.unseen + 1
    if unseen < patience.blind or memory.state is State.UNKNOWN:
        return replace(memory, unseen=unseen), None
    return Memory(State.UNKNOWN, 0, unseen, memory.is_open), Change.BLIND


def _closed(memory: Memory, sight: Sight, patience: Patience) -> tuple[Memory, Change | None]:
    if sight is not Sight.BEYOND:
        return Memory(), None
    seen = memory.seen + 1
    if seen < patience.enter:
        return Memory(State.PENDING, seen), None
    return Memory(State.FIRING, is_open=True), Change.BEGAN


def _open(memory: Memory, sight: Sight, patience: Patience) -> tuple[Memory, Change | None]:
    if sight is not Sight.WITHIN:
        return Memory(State.FIRING, is_open=True), None
    seen = memory.seen + 1
    if seen < patience.leave:
        return Memory(State.RECOVERING, seen, is_open=True), None
    return Memory(), Change.ENDED
