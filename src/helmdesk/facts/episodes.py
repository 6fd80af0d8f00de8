"""An episode runs from creation, or a reopen, to the next solve; the last one may still be open."""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="episodes",
    grain="one run of a ticket from creation or reopen to solve",
    key="ticket_id",
    depends=("ticket_states", "messages"),
    sql="""
    with marked as (
        select *, lag(is_unsolved) over (partition by ticket_id order by started_at) as was_unsolved
        from ticket_states
    ),
    numbered as (
        select *, sum(case when was_unsolved is null or (is_unsolved and not was_unsolved) then 1 else 0 end)
            over (partition by ticket_id order by started_at rows between unbounded preceding and current row) as episode
        from marked
    ),
    runs as (
        select ticket_id, episode, min(started_at) as started_at,
            coalesce(min(case when not is_unsolved then started_at end), forever()) as ended_at,
            arg_min(case when not is_unsolved then agent_id end, started_at) as solver_agent_id,
            arg_min(case when not is_unsolved then team_id end, started_at) as solver_team_id
        from numbered
        group by ticket_id, episode
    ),
    -- Solved by a rule, not by anybody: it leaves the backlog, but nobody resolved it.
    automatic as (
        select distinct ticket_id, occurred_at
        from ticket_records
        where type = 'status_changed' and status in ('solved', 'closed') and (actor_kind in ('automation', 'system') or cause = 'automation')
    ),
    words as (
        select r.ticket_id, r.episode,
            count_if(m.is_human_reply and m.sent_at between r.started_at and r.ended_at) as human_replies,
            count_if(m.is_customer and m.sent_at >= r.started_at - interval 1 minute and m.sent_at <= r.ended_at) as customer_messages
        from runs r
        join messages m on m.ticket_id = r.ticket_id
        where r.episode > 1
        group by r.ticket_id, r.episode
    )
    select r.ticket_id, cast(r.episode as bigint) as episode, r.started_at, r.ended_at, r.solver_agent_id, r.solver_team_id,
        r.episode > 1 and r.ended_at < forever() and coalesce(w.customer_messages, 0) > 0
            and coalesce(w.human_replies, 0) = 0 as is_thank_you,
        a.ticket_id is not null as is_auto_closed
    from runs r
    left join automatic a on a.ticket_id = r.ticket_id and a.occurred_at = r.ended_at
    left join words w on w.ticket_id = r.ticket_id and w.episode = r.episode
    """,
)
