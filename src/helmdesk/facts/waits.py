"""Customers waiting for us: every turn that nobody had answered, cut into the stretches of its
ticket's life.

A solved or closed ticket waits for nothing; so only stretches that are not solved are in it. A
customer waits on a ticket once, however many messages went unanswered: since the first of them
(``waiting_since``).
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, ByTicket, Dimension, Fact

WAITED = "seconds(waiting_since, instant)"
BAND = f"""case when {WAITED} < 3600 then '0-1 h' when {WAITED} < 14400 then '1-4 h'
    when {WAITED} < 86400 then '4-24 h'
    when {WAITED} < 259200 then '1-3 d' else 'over 3 d' end"""
OWN = {
    "team": Dimension("team", "team", "team at that time"),
    "agent": Dimension("agent", "agent", "assignee at that time", is_person=True),
    "priority": Dimension("priority", "priority", "priority at that time"),
}

fact = Fact(
    name="waits",
    grain="one stretch during which a customer waited for us on a ticket",
    refresh=ByTicket(),
    families=(),
    key="ticket_id",
    only_if="select 1 from customer_turns",
    depends=("customer_turns", "tickets", "ticket_states"),
    dimensions=(
        *(OWN.get(dimension.name, dimension) for dimension in TICKET_DIMENSIONS),
        Dimension("status", "status", "canonical status at that time"),
        Dimension("waited", BAND, "how long the customer had waited, at the instant"),
    ),
    at_instant={"waited_seconds": WAITED},
    sql="""
    select r.ticket_id, r.message_id, r.sent_at as waiting_since, r.worked_seconds,
        greatest(r.sent_at, s.started_at) as started_at,
        least(r.ended_at, s.ended_at) as ended_at, s.status, s.calendar_id, s.calendar_offset,
        coalesce(a.name, nullif(s.agent_id, '')) as agent,
        coalesce(e.name, nullif(s.team_id, '')) as team, s.priority,
        t.created_at, t.channel, t.severity, t.issue_type, t.customer_id, t.account_id, t.account,
        t.tier, t.region, t.source, t.is_counted,
        r.fidelity
    from customer_turns r
    join ticket_states s on s.ticket_id = r.ticket_id and s.is_unsolved
        and s.started_at < r.ended_at and s.ended_at > r.sent_at
    join tickets t on t.ticket_id = r.ticket_id
    left join latest_agents a on a.entity_id = s.agent_id
    left join latest_teams e on e.entity_id = s.team_id
    """,
)
