"""What routing needs of a helpdesk: the state of a ticket, and a write that fails where somebody
was quicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class State:
    """A ticket as the helpdesk has it now.

    Attributes:
        ticket: its id. assignee: who has it; empty: nobody. team: whose queue it is in.
        is_open: whether it is unsolved. stamp: changes with every change of the ticket.
    """

    ticket: str
    assignee: str
    team: str
    is_open: bool
    stamp: str


class Helpdesk(Protocol):
    """A helpdesk that routing reads and writes."""

    per_minute: float
    """Writes that the account allows in a minute, people's own among them."""

    def read(self, ticket: str) -> State | None:
        """Return a ticket as it is now; None: there is none."""
        ...

    def write_if_unchanged(
        self, ticket: str, stamp: str, *, assignee: str = "", note: str = ""
    ) -> bool:
        """Give a ticket to somebody, or write an internal note, if its stamp is still this one.

        Returns:
            whether it was written; False: somebody changed the ticket meanwhile.
        """
        ...
