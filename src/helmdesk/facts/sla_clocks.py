"""Every SLA clock: measured by us where policy and target are known, else as its source judged it.

``judged_at`` is when the verdict fell: the stop of a met clock, the due time of a breached or
overdue one. A source's verdict is asserted, never re-measured; it stands only where no clock of
ours measures the same.
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, ByTicket, Dimension, Fact

fact = Fact(
    name="sla_clocks",
    grain="one SLA clock of one ticket",
    refresh=ByTicket(),
    families=(),
    key="ticket_id",
    depends=("sla_measured", "sla_verdicts", "tickets"),
    dimensions=(
        *TICKET_DIMENSIONS,
        Dimension("clock", "clock", "what the clock measures"),
        Dimension("policy", "policy_id", "SLA policy, as of application"),
        Dimension("basis", "basis", "measured by us, or the source's own verdict"),
    ),
    sql="""
    with clocks as (
        select clock_id, ticket_id, clock, policy_id, target_seconds, applied_at, started_at,
            due_at, at_risk_at, stopped_at, elapsed_seconds,
            time_left_seconds, state, 'measured' as basis, 'derived' as fidelity,
            case when state = 'met' then stopped_at when state in ('breached', 'overdue')
                then due_at else forever() end as judged_at,
            null::boolean as source_is_met, is_stated
        from sla_measured
        union all
        select v.ticket_id || ':' || v.clock, v.ticket_id, v.clock, null, null, null, null,
            forever(), forever(),
            case when k.last_solved_at < forever() then k.last_solved_at else v.judged_at end, null,
                null,
            case when v.is_met then 'met' else 'breached' end, 'source', v.fidelity,
            case when k.last_solved_at < forever() then k.last_solved_at else v.judged_at end,
                v.is_met, false
        from sla_verdicts v
        join tickets k on k.ticket_id = v.ticket_id
    )
    select c.*, m.ticket_id is not null as is_doubled,
        t.channel, t.team, t.agent, t.priority, t.severity, t.issue_type, t.customer_id,
        t.account_id, t.account, t.tier, t.region,
        t.contract_value, t.source, t.is_counted
    from clocks c
    join tickets t on t.ticket_id = c.ticket_id
    left join (
        select ticket_id, clock from sla_measured
        -- A verdict on no clock in particular is that on the time at which the source itself said
        -- it was due.
        union select ticket_id, 'source' from sla_measured where is_stated
    ) m on c.basis = 'source' and m.ticket_id = c.ticket_id and m.clock = c.clock
    """,
)
