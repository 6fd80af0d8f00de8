"""What was decided about one contact, why, and who else could have had it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Cause(StrEnum):
    """Why a contact wants a person."""

    NOBODY = "nobody"
    """Nobody has it."""
    SILENT = "silent"
    """The person who has it gave no sign for too long."""
    REOPENED = "reopened"
    """It came back, and the person who had it is not there."""


class Bar(StrEnum):
    """Why somebody cannot have a contact; of several the first."""

    OTHER_QUEUE = "other_queue"
    AWAY = "away"
    SHIFT_ENDS = "shift_ends"
    SILENT = "silent"
    """This person has it now and gave no sign."""
    SKILL = "skill"
    FULL = "full"
    FOR_CALLS = "for_calls"
    """Kept free for calls."""


@dataclass(frozen=True)
class Candidate:
    """Somebody who could have had a contact.

    Attributes:
        agent: whom. points: in all; parts: what each reason gave. Millionths of a weight, so that
            sums are exact and the same on every machine.
    """

    agent: str
    points: int
    parts: Mapping[str, int]


@dataclass(frozen=True)
class Decision:
    """What was decided about one contact.

    Attributes:
        agent: who should take it; empty: nobody can now.
        candidates: the best of those who could have had it, the best first, and the chosen one.
        possible: how many could have had it.
        barred: how many could not, by why.
        relaxed: skills that were not asked for any more.
        assignee: who had it before; empty: nobody. version: what the helpdesk called its state.
    """

    contact: str
    queue: str
    cause: Cause
    agent: str
    candidates: tuple[Candidate, ...]
    possible: int
    barred: Mapping[str, int]
    relaxed: tuple[str, ...] = ()
    assignee: str = ""
    version: str = ""

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that was chosen; None where nobody was."""
        return next((each for each in self.candidates if each.agent == self.agent), None)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "cause": self.cause.value}


def read_decision(said: Mapping[str, Any]) -> Decision:
    """Return a decision from plain values; the inverse of `Decision.as_dict`."""
    return Decision(
        **{
            **said,
            "cause": Cause(said["cause"]),
            "candidates": tuple(Candidate(**each) for each in said["candidates"]),
            "relaxed": tuple(said["relaxed"]),
        }
    )


@dataclass(frozen=True)
class Tick:
    """What one look decided.

    Attributes:
        decisions: one for each contact that wanted somebody, in the order of their ids.
        owed: contacts due to each person afterwards.
    """

    decisions: tuple[Decision, ...]
    owed: Mapping[str, float]
