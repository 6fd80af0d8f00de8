"""What routing needs of a helpdesk: its open tickets, one as it is now, and a write that fails
where somebody was quicker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class State:
    """A ticket as the helpdesk has it now.

    Attributes:
        ticket: its id. queue: name of the team it is with. assignee: who has it; empty: nobody.
        is_open: whether it is unsolved. stamp: changes with every change of the ticket, be it a
        person's, a customer's or ours.
        is_settled: whether any later change will have another stamp; where stamps are whole
        seconds, one of this very second may not.
        created_at: seconds since 1970 UTC. priority: 1, the most urgent, to 4.
        is_waiting: whether it waits for the customer or for somebody outside: it is in nobody's
        hands, and wants nobody.
        changed_at: when anything about it was changed last, seconds since 1970 UTC; infinite where
        the helpdesk does not say: nobody is then taken for silent.
    """

    ticket: str
    queue: str
    assignee: str
    is_open: bool
    stamp: str
    is_settled: bool = True
    created_at: float = 0.0
    priority: int = 3
    is_waiting: bool = False
    changed_at: float = math.inf


class Helpdesk(Protocol):
    """A helpdesk that routing reads and writes."""

    writes_per_minute: float
    """Changes of tickets that the account allows in a minute, people's own among them."""

    def open_tickets(self, queue: str) -> Sequence[State]:
        """Return the open tickets that are with a team, whoever has them."""

    def read(self, ticket: str) -> State | None:
        """Return a ticket as it is now; None: there is none."""

    def write_if_unchanged(
        self, ticket: str, stamp: str, *, assignee: str = "", note: str = ""
    ) -> bool:
        """Give a ticket to somebody, or add an internal note, if its stamp is still this one.

        Returns:
            whether it was written; False: the ticket was changed meanwhile, and nothing was.
        """
