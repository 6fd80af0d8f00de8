"""A few tickets of a load as they will stand: they tell its owner whether a file was understood."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from helmdesk.quoting import name
from helmdesk.records.staging import Staging

SHOWN = 10
DONE = "('solved', 'closed')"
# What a ticket had last, by the columns that a file may have.
LAST = ("status", "outcome", "channel", "team_id", "agent_id", "priority", "issue_type")


def example_tickets(staging: Staging, time_zone: str) -> list[dict[str, Any]]:
    """Return up to ten tickets of a staging area, the newest that are done before others.

    Args:
        time_zone: in which times are told.

    Returns:
        For each ticket its id, what it had last, and local times (``2026-01-05 09:00``) of its
        creation, its first public answer by a person, and its end; None where nothing tells.
    """
    if "ticket" not in staging.families:
        return []
    columns = staging.families["ticket"]
    run = staging.connection.execute
    known = [column for column in LAST if column in columns]
    status = "status" if "status" in columns else "null::varchar"
    last = "".join(
        f", arg_max({name(column)}, occurred_at) filter (where {name(column)} is not null)"
        f" as {name(column)}"
        for column in known
    )
    found = run(
        f"""select ticket_id, (min(occurred_at) filter (where type = 'created'))::timestamp
            as created_at,
            (max(occurred_at) filter (where {status} in {DONE}))::timestamp as done_at{last}
        from staged_ticket
        group by ticket_id
        having created_at is not null
        order by done_at is null, created_at desc, ticket_id
        limit {SHOWN}"""
    )
    names = [column[0] for column in found.description or ()]
    tickets = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    answered = _first_answers(staging, [ticket["ticket_id"] for ticket in tickets])
    zone = ZoneInfo(time_zone)

    def local(moment: datetime | None) -> str | None:
        if moment is None:
            return None
        return f"{moment.replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M}"

    return [
        {
            "ticket": ticket["ticket_id"],
            "created": local(ticket["created_at"]),
            "answered": local(answered.get(ticket["ticket_id"])),
            # What was opened again has no end.
            "done": local(ticket["done_at"])
            if ticket.get("status") in ("solved", "closed")
            else None,
            **{column.removesuffix("_id"): ticket[column] for column in known},
        }
        for ticket in tickets
    ]


def _first_answers(staging: Staging, tickets: list[str]) -> dict[str, Any]:
    """Return when a person first answered in public, by ticket."""
    columns = staging.families.get("message", set())
    if not {"direction", "visibility", "actor_kind"} <= columns:
        return {}
    return dict(
        staging.connection.execute(
            "select ticket_id, min(occurred_at)::timestamp from staged_message"
            " where list_contains(?, ticket_id) and direction = 'outbound'"
            " and visibility = 'public' and actor_kind = 'human' group by ticket_id",
            [tickets],
        ).fetchall()
    )
