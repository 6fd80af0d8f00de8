"""Which columns a list of rows shows: a few that tell who needs attention, the others by choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.metric import Metric
from helmdesk.web.labels import column_words
from helmdesk.web.request import DeskRequest

TICKETS = "tickets"
"""The fact whose rows are tickets: all that is known of one can be listed."""
TICKET_COLUMNS = (
    "subject",
    "customer_id",
    "account",
    "agent",
    "team",
    "channel",
    "issue_type",
    "priority",
    "severity",
    "status",
    "tier",
    "region",
    "created_at",
    "first_reply_at",
    "last_solved_at",
    "first_reply_seconds",
    "resolution_seconds",
    "human_replies",
    "reopens",
    "transfers",
    "escalations",
)
FIRST = ("ticket_id", "subject", "account", "agent", "priority", "status", "created_at")
"""What a list of tickets shows when nobody chose."""
LEFT = "time_left"
"""The promise that runs out first: of open tickets only, and not one of their columns."""


@dataclass(frozen=True)
class Column:
    """One column of a list: whether it is shown, and whether rows can be sorted by it."""

    name: str
    label: str
    is_shown: bool
    is_sorted: bool


def also_of(found: Metric) -> tuple[str, ...]:
    """Return which columns can be listed beside those of a metric's definition."""
    return TICKET_COLUMNS if found.fact == TICKETS else ()


def columns_of(
    names: Sequence[str], found: Metric, chosen: str, is_all: bool, has_promises: bool
) -> tuple[Column, ...]:
    """Return the columns of a list, those that are shown first.

    Args:
        names: what the rows have, for this reader.
        chosen: names with commas, as somebody chose; empty for what is usual.
        is_all: whether it lists tickets, and not the rows of a number.
        has_promises: whether a promise runs for any ticket.
    """
    known = [*names, *([LEFT] if has_promises and "ticket_id" in names else [])]
    usual = [*FIRST, LEFT] if is_all else ["ticket_id", "subject", *found.evidence]
    wanted = [name for name in chosen.split(",") if name in known] or [
        name for name in dict.fromkeys(usual) if name in known
    ]
    rest = [name for name in known if name not in wanted]
    return tuple(
        Column(name, column_words(name), place < len(wanted), name != LEFT)
        for place, name in enumerate([*wanted, *rest])
    )


def least_left(request: DeskRequest) -> dict[str, dict[str, Any]]:
    """Return for every open ticket with a promise the clock that runs out first."""
    found: dict[str, dict[str, Any]] = {}
    for clock in request.desk.sla_at():
        found.setdefault(clock["ticket_id"], clock)
    return found
