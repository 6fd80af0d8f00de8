"""A customer's turn (one or more messages in a row) and the first public reply by a person to it.

What a bot answered, or a solve ended, has no reply and waits for none (``ended_by``).
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, ByTicket, Dimension, Fact

fact = Fact(
    name="replies",
    grain="one customer turn on a ticket, answered, ended otherwise or still waiting",
    refresh=ByTicket(),
    families=(),
    key="ticket_id",
    only_if="select 1 from customer_turns",
    depends=("customer_turns", "tickets", "ticket_states"),
    dimensions=tuple(
        (
            Dimension("agent", "agent", "who wrote the reply", is_person=True)
            if dimension.name == "agent"
            else dimension
        )
        for dimension in TICKET_DIMENSIONS
    ),
    sql="""
    select s.ticket_id, s.message_id, s.sent_at as asked_at,
        coalesce(s.replied_at, forever()) as replied_at,
        s.ended_at, s.ended_by,
        seconds(s.sent_at, s.replied_at) as reply_seconds,
        r.calendar_offset + coalesce(w.seconds_before + seconds(w.start_at,
            least(s.replied_at, w.end_at)), 0) - s.worked_seconds as reply_business_seconds,
        coalesce(a.name, s.agent_id) as agent, t.channel, t.team, t.priority, t.severity,
        t.issue_type, t.customer_id,
        t.account, t.tier, t.region, t.source, t.is_counted, s.ended_at = forever()
            and t.last_solved_at = forever() as is_waiting, s.fidelity
    from customer_turns s
    join tickets t on t.ticket_id = s.ticket_id
    left join latest_agents a on a.entity_id = s.agent_id
    left join ticket_states r on r.ticket_id = s.ticket_id and r.started_at <= s.replied_at
        and r.ended_at > s.replied_at
    left join working_days w on w.calendar_id = r.calendar_id
        and w.day_at = date_trunc('day', s.replied_at) and w.from_at <= s.replied_at
        and w.until_at > s.replied_at
    where s.message_id is not null
    """,
)
