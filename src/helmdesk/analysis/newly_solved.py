"""Tickets that were solved in a stretch of time, with whom they were for: the very rows that the
resolution time counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from helmdesk.errors import NotPermittedError
from helmdesk.query.policy import Policy
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request
from helmdesk.quoting import text

METRIC = "resolution_time"
SHOWN = ("ticket_id", "last_solved_at", "subject", "customer_id", "account_id", "account", "custom")


@dataclass(frozen=True)
class Solved:
    """One ticket that somebody solved.

    Attributes:
        solved_at: its last solve, naive UTC.
        subject, customer_id, account_id, account: empty where the source does not tell.
        fields: what the source kept besides, by its own names; empty texts are left out.
    """

    ticket_id: str
    solved_at: datetime
    subject: str
    customer_id: str
    account_id: str
    account: str
    fields: Mapping[str, str]


def newly_solved(
    reader: Reader, request: Request, start: datetime, end: datetime
) -> tuple[Solved, ...]:
    """Return the tickets whose last solve lies in a stretch of time, in its order.

    Spam, merged and deleted tickets, and those that nobody solved, are not among them.

    Args:
        request: filter and policy.
        start, end: naive UTC, half-open.

    Raises:
        NotPermittedError: the reader may not know who the customers are.
        FilterError, NotFoundError: the filter asks by something that tickets do not have.
    """
    if request.policy.names is not None:
        raise NotPermittedError("whom tickets were for is not yours to see")
    answer = reader.answer(replace(request, key=METRIC, start=start, end=end))
    if not answer.measurements[0].n:
        return ()
    # What is not listed may be counted by; the rows stay those that the policy lets through.
    rows = replace(answer.request, policy=Policy("surveys", answer.request.policy.predicate))
    sql = reader.answer(rows).drill_sql
    found = reader.engine.run(
        f"select {', '.join(f't.{name}' for name in SHOWN)} from tickets t"
        f" where t.ticket_id in (select q.ticket_id from ({sql}) q where q.role = 'case')"
        " order by t.last_solved_at, t.ticket_id"
    )
    return tuple(
        Solved(ticket, at, subject or "", customer or "", own or "", name or "", _fields(custom))
        for ticket, at, subject, customer, own, name, custom in found
    )


def reopened(reader: Reader, request: Request, tickets: Mapping[str, datetime]) -> frozenset[str]:
    """Return which of several tickets are not solved any more, or were solved anew, or are gone.

    Args:
        request: policy.
        tickets: the last solve that is known of each, naive UTC.

    Raises:
        NotPermittedError: the reader may not see all tickets.
    """
    if request.policy.predicate is not None:
        raise NotPermittedError("whether tickets came back is told of the whole desk alone")
    if not tickets:
        return frozenset()
    listed = ", ".join(map(text, sorted(tickets)))
    now = dict(
        reader.engine.run(
            f"select ticket_id, last_solved_at from tickets where ticket_id in ({listed})"
            " and is_counted"
        )
    )
    return frozenset(ticket for ticket, at in tickets.items() if now.get(ticket) != at)


def _fields(custom: str | None) -> dict[str, str]:
    known = json.loads(custom) if custom else {}
    return {name: str(value).strip() for name, value in known.items() if value not in (None, "")}
