"""An episode runs from creation, or a reopen, to the next solve; the last one may still be open.

``ended_at`` is null for a ticket that is closed since nobody knows when: comparisons with it are neither true nor
false, so it is in no duration, not pending and not in the backlog.
"""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="episodes",
    grain="one run of a ticket from creation or reopen to solve",
    key="ticket_id",
    depends=("ticket_life", "messages"),
    sql="""
    -- Only where a ticket is solved or comes back; in between nothing begins or ends.
    with turns as (
        select ticket_id, started_at, was_unsolved, is_unsolved, agent_id, team_id, lead(started_at) over w as next_at,
            lead(agent_id) over w as next_agent_id, lead(team_id) over w as next_team_id,
            sum(case when was_unsolved is null or is_unsolved then 1 else 0 end)
                over (partition by ticket_id order by started_at rows between unbounded preceding and current row) as episode
        from ticket_life
        where was_unsolved is null or is_unsolved <> was_unsolved
        window w as (partition by ticket_id order by started_at)
    ),
    runs as (
        select ticket_id, episode, started_at, not is_unsolved as is_born_solved,
            case when is_unsolved then coalesce(next_at, forever()) else started_at end as ended_at,
            case when is_unsolved then next_agent_id else agent_id end as solver_agent_id,
            case when is_unsolved then next_team_id else team_id end as solver_team_id
        from turns
        where was_unsolved is null or is_unsolved
    ),
    -- Solved in the instant of its creation, or at a time that nobody knows: not told, or before the ticket was there.
    born_solved as (
        select distinct s.ticket_id
        from ticket_records s
        join runs r on r.ticket_id = s.ticket_id and r.is_born_solved
        where s.type = 'status_changed' and s.fidelity is distinct from 'asserted' and s.occurred_at > r.started_at - interval 1 second
    ),
    -- Solved by a rule, not by anybody: it leaves the backlog, but nobody resolved it. Of several rows of one instant
    -- the first did it; the others repeat it.
    automatic as (
        select ticket_id, occurred_at
        from ticket_records
        where type = 'status_changed' and status in ('solved', 'closed')
        group by ticket_id, occurred_at
        having arg_min(coalesce(actor_kind in ('automation', 'system'), false) or coalesce(cause = 'automation', false),
            (coalesce(seq, 0), record_id))
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
    select r.ticket_id, cast(r.episode as bigint) as episode, r.started_at,
        case when not r.is_born_solved or b.ticket_id is not null then r.ended_at end as ended_at, r.solver_agent_id, r.solver_team_id,
        r.episode > 1 and r.ended_at < forever() and coalesce(w.customer_messages, 0) > 0
            and coalesce(w.human_replies, 0) = 0 as is_thank_you,
        a.ticket_id is not null as is_auto_closed
    from runs r
    left join automatic a on a.ticket_id = r.ticket_id and a.occurred_at = r.ended_at
    left join born_solved b on b.ticket_id = r.ticket_id
    left join words w on w.ticket_id = r.ticket_id and w.episode = r.episode
    """,
)
