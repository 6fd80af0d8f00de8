"""The early warning: open tickets by their chance to end badly, why, and one thing to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helmdesk.predict.cases import NUMBERS, Cases
from helmdesk.predict.model import Model

HOURS = NUMBERS.index("unanswered_hours")
REPLIES = NUMBERS.index("replies")
CHANGES = NUMBERS.index("team_changes")
SOLVES = NUMBERS.index("solves")
BAD = NUMBERS.index("earlier_bad_answers")
OF_OTHERS = frozenset({"earlier_tickets", "earlier_bad_answers", "load"})
"""Features that count tickets beside the one they speak of."""


@dataclass(frozen=True)
class Warned:
    """One ticket.

    Attributes:
        chance: that it ends badly. reasons: what raises the chance most, in words. act: the one
        thing to do. row: the ticket as its reader may see it.
    """

    ticket_id: str
    chance: float
    reasons: tuple[str, ...]
    act: str
    row: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "ticket_id": self.ticket_id,
            "chance": round(self.chance, 4),
            "reasons": list(self.reasons),
            "act": self.act,
        }


def warned(
    model: Model, cases: Cases, rows: Sequence[Mapping[str, Any]], *, is_whole: bool
) -> tuple[Warned, ...]:
    """Return the tickets of `rows` by their chance, the largest first.

    Args:
        rows: the open tickets that a reader may see.
        is_whole: whether that reader may see all: else what other teams' tickets of the same
        customer say is no reason that is told.
    """
    known = {str(row["ticket_id"]): row for row in rows if row.get("ticket_id")}
    mine = cases.taken(
        np.array([place for place, key in enumerate(cases.tickets) if key in known], dtype=int)
    )
    if not len(mine):
        return ()
    chances, reasons = model.chances(mine), model.reasons(mine)
    found = [
        Warned(
            str(mine.tickets[place]),
            float(chances[place]),
            tuple(
                each.words for each in reasons[place] if is_whole or each.feature not in OF_OTHERS
            ),
            act_for(mine.numbers[place]),
            known[str(mine.tickets[place])],
        )
        for place in range(len(mine))
    ]
    return tuple(sorted(found, key=lambda each: (-each.chance, each.ticket_id)))


def act_for(numbers: np.ndarray) -> str:
    """Return the one thing to do about a ticket, by what is known of it."""
    if numbers[REPLIES] == 0:
        return "Send the first reply now"
    if numbers[CHANGES] >= 2:
        return "Give it to one person who keeps it to the end"
    if numbers[HOURS] > 0:
        return "Answer, and say when the next word comes"
    if numbers[SOLVES] > 0 or numbers[BAD] > 0:
        return "Call the customer before it is solved again"
    return "Look at it before the end of the day"
