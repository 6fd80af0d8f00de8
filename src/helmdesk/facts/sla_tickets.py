"""Tickets by whether every one of their judged SLA clocks was met."""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, Fact, View

fact = Fact(
    name="sla_tickets",
    grain="one ticket with at least one judged SLA clock",
    refresh=View(),
    families=(),
    depends=("sla_clocks", "tickets"),
    is_rare=True,
    dimensions=TICKET_DIMENSIONS,
    sql="""
    with judged as (
        select ticket_id, max(judged_at) as judged_at, bool_and(state = 'met') as is_met,
            count(*) as clocks, count_if(state <> 'met') as breaches,
            min(fidelity) as fidelity
        from sla_clocks
        where not is_doubled and state in ('met', 'breached', 'overdue')
        group by ticket_id
    )
    select j.*, t.channel, t.team, t.agent, t.priority, t.severity, t.issue_type, t.customer_id,
        t.account_id, t.account, t.tier, t.region, t.source,
        t.is_counted
    from judged j
    join tickets t on t.ticket_id = j.ticket_id
    """,
)
