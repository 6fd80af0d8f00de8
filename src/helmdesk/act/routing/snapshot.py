"""Everything that one tick of routing looks at: contacts that want somebody, people, one moment.

All instants are seconds since 1970 UTC; all durations seconds. A snapshot goes to plain values and
back without loss, so that a decision can be made again from what was kept of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

VOICE = "phone"
"""The channel that takes a whole person."""


@dataclass(frozen=True)
class Need:
    """One skill that a contact asks for.

    Attributes:
        skill: its name.
        rank: the least rank that will do, 1 to 5; 0: anybody will do, rather of a better rank.
        can_wait: whether it is dropped when the contact has waited long enough.
    """

    skill: str
    rank: int = 1
    can_wait: bool = True


@dataclass(frozen=True)
class Contact:
    """One piece of work that wants a person.

    Attributes:
        id: of the ticket or contact. queue: of its name. channel: "phone" takes a whole person.
        arrived_at: since when it waits for somebody; kept when it comes back.
        target_seconds: within which somebody should have it; above 0.
        priority: 1, the most urgent, to 4.
        needs: skills, the first dropped last.
        known_by: people who know the customer, the best known first.
        risk: chance from 0 to 1 that its promise is missed, by a trained model; None: no model.
        assignee: who has it; empty: nobody.
        assigned_at: since when; None: unknown.
        acted_at: when that person did something with it last since then; None: nothing yet.
        is_reopened: whether it came back after it was solved.
        version: what the helpdesk calls its state: a write checks that it still stands.
    """

    id: str
    queue: str
    channel: str
    arrived_at: float
    target_seconds: float
    priority: int = 3
    needs: tuple[Need, ...] = ()
    known_by: tuple[str, ...] = ()
    risk: float | None = None
    assignee: str = ""
    assigned_at: float | None = None
    acted_at: float | None = None
    is_reopened: bool = False
    version: str = ""


@dataclass(frozen=True)
class Agent:
    """One person who may take contacts.

    Attributes:
        id: as the contacts name people. queues: that this person works on.
        skills: rank by skill, 1 to 5.
        capacity: units in hand at once. used: units in hand now.
        is_there: on shift and not on a break. since: when that began; None: unknown, long ago.
        until: when the shift ends; None: unknown.
        takes_calls: whether calls come to this person.
        weight: share of the work that is due to this person, beside others' 1.
        owed: contacts due by what was shared out before, less those that were given.
    """

    id: str
    queues: tuple[str, ...]
    skills: Mapping[str, int]
    capacity: float = 6.0
    used: float = 0.0
    is_there: bool = True
    since: float | None = None
    until: float | None = None
    takes_calls: bool = False
    weight: float = 1.0
    owed: float = 0.0


@dataclass(frozen=True)
class Snapshot:
    """One moment.

    Attributes:
        taken_at: when the state was read.
        contacts: all that are open in the queues that are routed, with and without a person.
        agents: all people of these queues.
    """

    taken_at: float
    contacts: tuple[Contact, ...]
    agents: tuple[Agent, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, in an order that does not depend on how it was read."""
        return {
            "taken_at": self.taken_at,
            "contacts": [asdict(each) for each in sorted(self.contacts, key=lambda it: it.id)],
            "agents": [asdict(each) for each in sorted(self.agents, key=lambda it: it.id)],
        }

    @property
    def id(self) -> str:
        """A name that is the same for the same content only."""
        said = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()[:24]


def read_snapshot(said: Mapping[str, Any]) -> Snapshot:
    """Return a snapshot from plain values; the inverse of `Snapshot.as_dict`."""
    return Snapshot(
        said["taken_at"],
        tuple(_contact(each) for each in said["contacts"]),
        tuple(Agent(**{**each, "queues": tuple(each["queues"])}) for each in said["agents"]),
    )


def _contact(said: Mapping[str, Any]) -> Contact:
    needs = tuple(Need(**each) for each in said["needs"])
    return Contact(**{**said, "needs": needs, "known_by": tuple(said["known_by"])})
