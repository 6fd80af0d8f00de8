"""An episode runs from creation, or a reopen, to the next solve; the last one may still be open.

``ended_at`` is null for a ticket that is closed since nobody knows when: comparisons with it are
neither true nor false, so it is in no duration, not pending and not in the backlog.

``outcome`` says how it ended: solved, or in one of the ways in which nobody solved it. A status
that means one of those ("Cancelled") goes before the resolution or close code in force then, and
both before a rule that closed it.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="episodes",
    grain="one run of a ticket from creation or reopen to solve",
    refresh=ByTicket(),
    families=("ticket",),
    key="ticket_id",
    depends=("ticket_life", "messages"),
    sql="""
    -- Only where a ticket is solved or comes back; in between nothing begins or ends.
    with turns as (
        select ticket_id, started_at, was_unsolved, is_unsolved, agent_id, team_id,
            lead(started_at) over w as next_at,
            lead(agent_id) over w as next_agent_id, lead(team_id) over w as next_team_id,
            sum(case when was_unsolved is null or is_unsolved then 1 else 0 end)
                over (partition by ticket_id order by started_at rows between unbounded preceding
                    and current row) as episode
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
    -- Solved in the instant of its creation, or at a time that nobody knows: not told, or before
    -- the ticket was there.
    born_solved as (
        select distinct s.ticket_id
        from ticket_records s
        join runs r on r.ticket_id = s.ticket_id and r.is_born_solved
        where s.type = 'status_changed' and s.fidelity is distinct from 'asserted'
            and s.occurred_at > r.started_at - interval 1 second
    ),
    -- Solved by a rule, not by anybody: it leaves the backlog, but nobody resolved it. Of several
    -- rows of one instant
    -- the first did it; the others repeat it.
    automatic as (
        select ticket_id, occurred_at
        from ticket_records
        where type = 'status_changed' and status in ('solved', 'closed')
        group by ticket_id, occurred_at
        having arg_min(coalesce(actor_kind in ('automation', 'system'), false)
            or coalesce(cause = 'automation', false),
            (coalesce(seq, 0), record_id))
    ),
    said as (
        select ticket_id, occurred_at, coalesce(seq, 0) as seq, record_id, case
            when type = 'status_changed' then outcome end as by_status,
            case type when 'seen' then outcome when 'field_changed' then value end as by_word
        from ticket_records
        where (type in ('status_changed', 'seen') and outcome is not null)
            or (type = 'field_changed' and field = 'outcome')
    ),
    -- A resolution left over from an earlier end says nothing of this one.
    ended_as as (
        select r.ticket_id, r.episode, arg_max(s.by_status, (s.occurred_at, s.seq,
            s.record_id)) filter (where s.by_status is not null) as by_status,
            arg_max(s.by_word, (s.occurred_at, s.seq,
                s.record_id)) filter (where s.by_word is not null) as by_word
        from (select ticket_id, episode, started_at,
            lead(started_at, 1, forever()) over (partition by ticket_id order by episode) as next_at
            from runs) r
        join said s on s.ticket_id = r.ticket_id and s.occurred_at < r.next_at
            and (s.occurred_at >= r.started_at or r.episode = 1)
        group by r.ticket_id, r.episode
    ),
    -- What a row says of how its ticket ended, without saying when, holds for its last end.
    told as (
        select c.ticket_id, c.outcome, n.episode
        from (select ticket_id, arg_min(outcome, occurred_at) as outcome from ticket_records
            where type = 'created' and outcome is not null group by ticket_id) c
        join (select ticket_id, max(episode) as episode from runs group by ticket_id) n
            on n.ticket_id = c.ticket_id
    ),
    words as (
        select r.ticket_id, r.episode,
            count_if(m.is_human_reply
                and m.sent_at between r.started_at and r.ended_at) as human_replies,
            count_if(m.is_customer and m.sent_at >= r.started_at - interval 1 minute
                and m.sent_at <= r.ended_at) as customer_messages
        from runs r
        join messages m on m.ticket_id = r.ticket_id
        where r.episode > 1
        group by r.ticket_id, r.episode
    )
    select r.ticket_id, cast(r.episode as bigint) as episode, r.started_at,
        case when not r.is_born_solved or b.ticket_id is not null then r.ended_at end as ended_at,
            r.solver_agent_id, r.solver_team_id,
        case when r.ended_at = forever() then null
            else coalesce(nullif(e.by_status, 'solved'),
            nullif(nullif(coalesce(e.by_word, t.outcome), 'solved'), ''),
            case when a.ticket_id is not null then 'auto_closed' else 'solved' end) end as outcome,
        r.episode > 1 and r.ended_at < forever() and coalesce(w.customer_messages, 0) > 0
            and coalesce(w.human_replies, 0) = 0 as is_thank_you
    from runs r
    left join automatic a on a.ticket_id = r.ticket_id and a.occurred_at = r.ended_at
    left join ended_as e on e.ticket_id = r.ticket_id and e.episode = r.episode
    left join told t on t.ticket_id = r.ticket_id and t.episode = r.episode
    left join born_solved b on b.ticket_id = r.ticket_id
    left join words w on w.ticket_id = r.ticket_id and w.episode = r.episode
    """,
)
