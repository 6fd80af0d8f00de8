"""A customer's turn (one or more messages in a row) and the first public reply by a person to it."""

from helmdesk.facts.fact import TICKET_DIMENSIONS, Dimension, Fact

fact = Fact(
    name="replies",
    grain="one customer turn on a ticket, answered or still waiting",
    only_if="select 1 from messages",
    depends=("messages", "tickets", "ticket_states"),
    dimensions=tuple(
        Dimension("agent", "agent", "who wrote the reply", is_person=True) if dimension.name == "agent" else dimension
        for dimension in TICKET_DIMENSIONS
    ),
    sql="""
    with spoken as (
        select ticket_id, message_id, sent_at, is_customer, fidelity,
            lag(is_customer) over w as was_customer,
            min(case when is_human_reply then sent_at end) over following_messages as replied_at,
            first_value(case when is_human_reply then actor_id end ignore nulls) over following_messages as agent_id
        from messages
        where is_customer or is_human_reply
        window w as (partition by ticket_id order by sent_at, seq, message_id),
            following_messages as (partition by ticket_id order by sent_at, seq, message_id
                rows between 1 following and unbounded following)
    ),
    turns as (select * from spoken where is_customer and not coalesce(was_customer, false))
    select s.ticket_id, s.message_id, s.sent_at as asked_at, coalesce(s.replied_at, forever()) as replied_at,
        seconds(s.sent_at, s.replied_at) as reply_seconds,
        (r.calendar_offset + coalesce(rw.seconds_before + seconds(rw.start_at, least(s.replied_at, rw.end_at)), 0))
            - (q.calendar_offset + coalesce(qw.seconds_before + seconds(qw.start_at, least(s.sent_at, qw.end_at)), 0)) as reply_business_seconds,
        coalesce(a.name, s.agent_id) as agent, t.channel, t.team, t.priority, t.severity, t.issue_type, t.customer_id,
        t.account, t.tier, t.region, t.source, t.is_counted, t.last_solved_at = forever() as is_waiting, s.fidelity
    from turns s
    join tickets t on t.ticket_id = s.ticket_id
    left join latest_agents a on a.entity_id = s.agent_id
    asof left join ticket_states q on q.ticket_id = s.ticket_id and q.started_at <= s.sent_at
    asof left join working_time qw on qw.calendar_id = q.calendar_id and qw.start_at <= s.sent_at
    asof left join ticket_states r on r.ticket_id = s.ticket_id and r.started_at <= s.replied_at
    asof left join working_time rw on rw.calendar_id = r.calendar_id and rw.start_at <= s.replied_at
    """,
)
