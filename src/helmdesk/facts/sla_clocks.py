"""SLA clocks. For now those the source judged itself: its last verdict per ticket and clock."""

from helmdesk.facts.fact import TICKET_DIMENSIONS, Dimension, Fact

fact = Fact(
    name="sla_clocks",
    grain="one SLA clock of one ticket",
    depends=("tickets",),
    dimensions=(*TICKET_DIMENSIONS, Dimension("clock", "clock", "what the clock measures")),
    sql="""
    with verdicts as (
        select ticket_id, clock, arg_max(is_met, (occurred_at, coalesce(seq, 0), record_id)) as is_met,
            max(occurred_at) as judged_at, min(fidelity) as fidelity
        from sla_records
        where type = 'source_verdict'
        group by ticket_id, clock
    )
    select v.ticket_id, v.clock, case when v.is_met then 'met' else 'breached' end as state,
        case when t.last_solved_at < forever() then t.last_solved_at else v.judged_at end as stopped_at,
        v.judged_at,
        t.channel, t.team, t.agent, t.priority, t.severity, t.issue_type, t.customer_id, t.account, t.tier, t.region,
        t.source, t.is_counted, v.fidelity
    from verdicts v
    join tickets t on t.ticket_id = v.ticket_id
    """,
)
