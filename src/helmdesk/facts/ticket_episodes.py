"""Episodes with the first reply of each and everything a ticket can be sliced by."""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, Fact, View

fact = Fact(
    name="ticket_episodes",
    grain="one run of a ticket from creation or reopen to solve",
    refresh=View(),
    families=(),
    depends=("episodes", "tickets", "messages"),
    is_rare=True,
    dimensions=TICKET_DIMENSIONS,
    sql="""
    with begun as (
        select e.*, case when e.episode = 1 then t.clock_started_at else e.started_at
            end as clock_started_at
        from episodes e
        join tickets t on t.ticket_id = e.ticket_id
    ),
    replied as (
        select b.ticket_id, b.episode, min(m.sent_at) as replied_at
        from begun b
        join messages m on m.ticket_id = b.ticket_id and m.is_human_reply and not m.is_opening
            and m.sent_at >= b.clock_started_at and m.sent_at <= b.ended_at
        group by b.ticket_id, b.episode
    )
    select b.ticket_id, b.episode, b.started_at, b.ended_at,
        coalesce(r.replied_at, forever()) as episode_replied_at,
        seconds(b.clock_started_at, r.replied_at) as episode_reply_seconds,
        t.channel, t.team, t.agent, t.priority, t.severity, t.issue_type, t.customer_id,
        t.account_id, t.account, t.tier, t.region, t.source,
        t.is_counted, t.fidelity
    from begun b
    join tickets t on t.ticket_id = b.ticket_id
    left join replied r on r.ticket_id = b.ticket_id and r.episode = b.episode
    """,
)
