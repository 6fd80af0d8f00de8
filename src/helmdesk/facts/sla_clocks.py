"""SLA clocks. For now those the source judged itself: its last verdict per ticket and clock."""

from helmdesk.facts.fact import TICKET_DIMENSIONS, Dimension, Fact

fact = Fact(
    name="sla_clocks",
    grain="one SLA clock of one ticket",
    depends=("tickets",),
    dimensions=(*TICKET_DIMENSIONS, Dimension("clock", "clock", "what the clock measures")),
    sql="""
    with verdicts as (
        select *, row_number() over (partition by ticket_id, clock
            order by occurred_at desc, coalesce(seq, 0) desc, record_id desc) as from_last
        from sla_records
        where type = 'source_verdict'
    )
    select v.ticket_id, v.clock, case when v.is_met then 'met' else 'breached' end as state,
        case when t.last_solved_at < forever() then t.last_solved_at else v.occurred_at end as stopped_at,
        v.occurred_at as judged_at,
        t.channel, t.team, t.agent, t.priority, t.severity, t.issue_type, t.customer_id, t.account, t.tier, t.region,
        t.source, t.is_counted, v.fidelity
    from verdicts v
    join tickets t on t.ticket_id = v.ticket_id
    where v.from_last = 1
    """,
)
