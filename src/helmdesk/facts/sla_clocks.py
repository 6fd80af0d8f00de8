"""SLA clocks. For now those the source judged itself: its last verdict per ticket and clock."""

from helmdesk.facts.fact import TICKET_DIMENSIONS, Dimension, Fact

fact = Fact(
    name="sla_clocks",
    grain="one SLA clock of one ticket",
    depends=("sla_verdicts", "tickets"),
    is_view=True,
    dimensions=(*TICKET_DIMENSIONS, Dimension("clock", "clock", "what the clock measures")),
    sql="""
    select v.ticket_id, v.clock, case when v.is_met then 'met' else 'breached' end as state,
        case when t.last_solved_at < forever() then t.last_solved_at else v.judged_at end as stopped_at,
        v.judged_at,
        t.channel, t.team, t.agent, t.priority, t.severity, t.issue_type, t.customer_id, t.account, t.tier, t.region,
        t.source, t.is_counted, v.fidelity
    from sla_verdicts v
    join tickets t on t.ticket_id = v.ticket_id
    """,
)
