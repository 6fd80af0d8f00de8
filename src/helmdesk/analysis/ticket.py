"""One ticket's story: who waited for whom, what was said when, and how its clocks ran."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlglot import exp

from helmdesk.engines.engine import Engine
from helmdesk.errors import NotFoundError
from helmdesk.facts.build.fact import load_facts
from helmdesk.query.bounds import Bounds
from helmdesk.query.dimensions import conditions, dimensions_of
from helmdesk.query.house import house
from helmdesk.query.request import Request
from helmdesk.query.ticket_numbers import means_ticket, meant_ticket, shown_numbers
from helmdesk.quoting import text

Row = dict[str, Any]
FOREVER_YEAR = 9999
SHOWN = (
    "ticket_id",
    "subject",
    "status",
    "channel",
    "priority",
    "severity",
    "issue_type",
    "theme",
    "team",
    "agent",
    "account",
    "tier",
    "region",
    "source",
    "created_at",
    "first_reply_at",
    "first_solved_at",
    "last_solved_at",
    "first_reply_seconds",
    "resolution_seconds",
    "transfers",
    "reopens",
    "escalations",
    "human_replies",
    "handle_seconds",
    "is_counted",
    "is_spam",
    "is_merged",
    "is_deleted",
    "survivor_ticket_id",
)


class Waits(StrEnum):
    """Who waits for whom."""

    FOR_US = "the customer waits for us"
    FOR_CUSTOMER = "we wait for the customer"
    FOR_THIRD_PARTY = "everybody waits for a third party"
    SOLVED = "solved"
    CLOSED = "closed"


# Who is being waited for in each status.
WAITS = {
    "new": Waits.FOR_US,
    "open": Waits.FOR_US,
    "waiting_customer": Waits.FOR_CUSTOMER,
    "waiting_third_party": Waits.FOR_THIRD_PARTY,
    "solved": Waits.SOLVED,
    "closed": Waits.CLOSED,
}


@dataclass(frozen=True)
class Story:
    """All that the facts know of one ticket; instants naive UTC, None where the end has not come.

    Attributes:
        ticket: its attributes.
        states: consecutive stretches with status, team, agent, and `waits`: who waits for whom.
        messages: who wrote when.
        clocks: SLA clocks with target, elapsed and left seconds, state; each with its `runs`.
        contacts: calls and chats.
        answers: answers to surveys.
        as_of: end of the data.
        id: the ticket's id among the records; `ticket` has the number that people know it by.
        customer_id: who asked, as the records have it; None where nobody says, or the reader may
            not know.
    """

    ticket: Row
    states: tuple[Row, ...]
    messages: tuple[Row, ...]
    clocks: tuple[Row, ...]
    contacts: tuple[Row, ...]
    answers: tuple[Row, ...]
    as_of: datetime
    id: str
    customer_id: str | None


def ticket_story(engine: Engine, ticket_id: str, request: Request, bounds: Bounds) -> Story:
    """Return a ticket's story.

    Args:
        ticket_id: its id, its number, or its number with its account.

    Raises:
        NotFoundError: there is no such ticket among those that the request's policy lets its reader
        see.
    """
    known = dimensions_of(load_facts()["tickets"], "created_at", request, bounds)
    query = exp.select(*SHOWN, "customer_id").from_("tickets").where(house(means_ticket(ticket_id)))
    for condition in conditions(request, known):
        query = query.where(condition)
    found = {row["ticket_id"]: row for row in _rows(engine, engine.translate(query))}
    meant = meant_ticket(ticket_id, tuple(found))
    if meant is None:
        raise NotFoundError(f"there is no ticket '{ticket_id}' that you may see")
    policy = request.policy

    def rows(sql: str) -> tuple[Row, ...]:
        listed = _rows(engine, engine.translate(sql.replace("?", text(meant))))
        return tuple({name: row[name] for name in policy.shown(row)} for row in listed)

    states = rows(
        "select s.started_at, s.ended_at, s.status, coalesce(a.name, s.agent_id) as agent,"
        " coalesce(t.name, s.team_id) as team, s.priority, s.is_transfer, s.business_seconds from"
        " ticket_states s left join latest_agents a on a.entity_id = s.agent_id left join"
        " latest_teams t on t.entity_id = s.team_id where s.ticket_id = ? order by s.started_at,"
        " s.ended_at"
    )
    messages = rows(
        "select m.sent_at, m.actor_kind, m.is_public, m.direction, m.is_automated, case when"
        " m.is_customer then null else coalesce(a.name, m.actor_id) end as agent from messages m"
        " left join latest_agents a on a.entity_id = m.actor_id where m.ticket_id = ? order by"
        " m.sent_at, m.seq"
    )
    clocks = rows(
        "select clock_id, clock, policy_id, target_seconds, clock_calendar_id, started_at,"
        " stopped_at, due_at, elapsed_seconds, time_left_seconds, state from sla_measured where"
        " ticket_id = ? order by started_at, clock"
    )
    runs = rows(
        "select r.clock_id, r.started_at, r.ended_at, r.run_seconds from sla_runs r join"
        " sla_measured m on m.clock_id = r.clock_id where m.ticket_id = ? order by r.started_at"
    )
    contacts = rows(
        "select leg_id, channel, queue, outcome, offered_at, answered_at, ended_at, wait_seconds,"
        " talk_seconds, hold_seconds, wrap_seconds, agent from contacts where ticket_id = ? order"
        " by offered_at"
    )
    answers = rows(
        "select responded_at, instrument_kind, answer, score, comment, is_positive from responses"
        " where ticket_id = ? order by responded_at"
    )
    for state in states:
        state["waits"] = WAITS.get(state["status"], state["status"])
    for clock in clocks:
        clock["runs"] = [run for run in runs if run["clock_id"] == clock["clock_id"]]
    ticket = found[meant]
    customer = ticket.pop("customer_id")
    if not policy.may_see("customer_id"):
        customer = None
    numbers = shown_numbers(engine, (meant, ticket["survivor_ticket_id"]))
    ticket |= {
        name: numbers.get(ticket[name], ticket[name])
        for name in ("ticket_id", "survivor_ticket_id")
    }
    ticket = {name: ticket[name] for name in policy.shown(ticket)}
    return Story(ticket, states, messages, clocks, contacts, answers, bounds.as_of, meant, customer)


def _rows(engine: Engine, sql: str) -> list[Row]:
    """Run SQL; an end that has not come is None."""
    names, found = engine.fetch(sql)
    return [
        {
            name: None if isinstance(cell, datetime) and cell.year == FOREVER_YEAR else cell
            for name, cell in zip(names, row, strict=True)
        }
        for row in found
    ]
