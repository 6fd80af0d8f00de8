"""Every ticket's life cut into stretches of one status, assignee, team and priority; they
tile it.
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, Dimension, Fact, View

AGE = """case when seconds(created_at, instant) < 86400 then '0-24 h'
    when seconds(created_at, instant) < 172800 then '24-48 h'
    when seconds(created_at, instant) < 604800 then '2-7 d' else 'over 7 d' end"""
OWN = {
    "team": Dimension("team", "team", "team at that time"),
    "agent": Dimension("agent", "agent", "assignee at that time", is_person=True),
    "priority": Dimension("priority", "priority", "priority at that time"),
}

fact = Fact(
    name="intervals",
    grain=(
        "one stretch of a ticket's life during which status, assignee, team and priority did not"
        " change"
    ),
    refresh=View(),
    families=(),
    depends=("ticket_states", "tickets", "waits"),
    dimensions=(
        *(OWN.get(dimension.name, dimension) for dimension in TICKET_DIMENSIONS),
        Dimension("status", "status", "canonical status at that time"),
        Dimension("age", AGE, "how long ago the ticket was created, at the instant"),
    ),
    at_instant={"waited_seconds": "seconds(waiting_since, instant)"},
    beside=("waits", ("waiting_since",)),
    sql="""
    select s.* exclude (missing_calendar_id), coalesce(a.name, nullif(s.agent_id, '')) as agent,
        coalesce(e.name, nullif(s.team_id, '')) as team, t.created_at, t.last_customer_message_at,
        t.channel, t.severity, t.issue_type, t.customer_id, t.account_id, t.account,
        t.tier, t.region, t.source, t.is_counted, t.fidelity
    from ticket_states s
    join tickets t on t.ticket_id = s.ticket_id
    left join latest_agents a on a.entity_id = s.agent_id
    left join latest_teams e on e.entity_id = s.team_id
    """,
)
