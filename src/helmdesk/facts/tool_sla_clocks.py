"""SLA clocks under the names by which dbt_zendesk tells them apart: ticket, metric, and when it was
applied.

A first-reply promise applies from the ticket's creation there, whenever it was made, and only the
newest counts; any other from the moment it was set. Further turns under one promise have no row of
their own.
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, Fact, View

fact = Fact(
    name="tool_sla_clocks",
    grain="one SLA clock of one ticket, measured by us",
    refresh=View(),
    families=(),
    depends=("sla_clocks", "tickets"),
    is_rare=True,
    dimensions=TICKET_DIMENSIONS,
    sql="""
    with named as (
        select c.*, c.ticket_id || '|' || c.clock || '|' || cast(date_trunc('second',
                case when c.clock = 'first_response' then t.created_at
                    else c.applied_at end) as varchar) as event_name
        from sla_clocks c
        join tickets t on t.ticket_id = c.ticket_id
        where c.basis = 'measured'
    ),
    numbered as (
        select *, row_number() over (partition by event_name order by case when state = 'cancelled'
            then 1 else 0 end, applied_at desc, started_at) as place
        from named
    )
    select n.* exclude (place, event_name), case when n.place = 1 then n.event_name
        else n.event_name || '|' || cast(n.place as varchar) end as event_id,
        n.place = 1 and n.clock in ('first_response', 'next_response', 'agent_work',
            'requester_wait') as is_dbt_clock,
        n.due_at > h.as_of as is_due_later
    from numbered n
    cross join watermark h
    """,
)
