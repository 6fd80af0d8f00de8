"""What the source said last about each SLA clock of each ticket."""

from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="sla_verdicts",
    grain="one SLA clock of one ticket, as its source judged it last",
    refresh=ByTicket(),
    families=("sla",),
    key="ticket_id",
    only_if="select 1 from sla_records where type = 'source_verdict'",
    sql="""
    with verdicts as (
        select ticket_id, clock, is_met, occurred_at as judged_at, fidelity,
            lead(occurred_at) over (partition by ticket_id, clock order by occurred_at,
                coalesce(seq, 0), record_id) as later
        from sla_records
        where type = 'source_verdict'
    )
    select ticket_id, clock, is_met, judged_at, fidelity
    from verdicts
    where later is null
    """,
)
