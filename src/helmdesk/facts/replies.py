"""A customer's turn (one or more messages in a row) and the first public reply by a person to it."""

from helmdesk.facts.fact import TICKET_DIMENSIONS, Dimension, Fact

fact = Fact(
    name="replies",
    grain="one customer turn on a ticket, answered or still waiting",
    key="ticket_id",
    only_if="select 1 from messages",
    depends=("messages", "tickets", "ticket_states"),
    dimensions=tuple(
        Dimension("agent", "agent", "who wrote the reply", is_person=True) if dimension.name == "agent" else dimension
        for dimension in TICKET_DIMENSIONS
    ),
    sql="""
    with spoken as (
        select ticket_id, message_id, sent_at, seq, is_customer, actor_id, fidelity,
            lag(is_customer) over (partition by ticket_id order by sent_at, seq, message_id) as was_customer
        from messages
        where is_customer or is_human_reply
    ),
    -- Only where the speaker's side changes: what follows a customer's turn there is the first reply to it.
    turns as (
        select ticket_id, message_id, sent_at, is_customer, fidelity, lead(sent_at) over w as replied_at, lead(actor_id) over w as agent_id
        from spoken
        where is_customer is distinct from was_customer
        window w as (partition by ticket_id order by sent_at, seq, message_id)
    )
    select s.ticket_id, s.message_id, s.sent_at as asked_at, coalesce(s.replied_at, forever()) as replied_at,
        seconds(s.sent_at, s.replied_at) as reply_seconds,
        (r.calendar_offset + coalesce(rw.seconds_before + seconds(rw.start_at, least(s.replied_at, rw.end_at)), 0))
            - (q.calendar_offset + coalesce(qw.seconds_before + seconds(qw.start_at, least(s.sent_at, qw.end_at)), 0)) as reply_business_seconds,
        coalesce(a.name, s.agent_id) as agent, t.channel, t.team, t.priority, t.severity, t.issue_type, t.customer_id,
        t.account, t.tier, t.region, t.source, t.is_counted, t.last_solved_at = forever() as is_waiting, s.fidelity
    from (select * from turns where is_customer) s
    join tickets t on t.ticket_id = s.ticket_id
    left join latest_agents a on a.entity_id = s.agent_id
    left join ticket_states q on q.ticket_id = s.ticket_id and q.started_at <= s.sent_at and q.ended_at > s.sent_at
    left join working_days qw on qw.calendar_id = q.calendar_id and qw.day_at = date_trunc('day', s.sent_at) and qw.from_at <= s.sent_at and qw.until_at > s.sent_at
    left join ticket_states r on r.ticket_id = s.ticket_id and r.started_at <= s.replied_at and r.ended_at > s.replied_at
    left join working_days rw on rw.calendar_id = r.calendar_id and rw.day_at = date_trunc('day', s.replied_at) and rw.from_at <= s.replied_at and rw.until_at > s.replied_at
    """,
)
