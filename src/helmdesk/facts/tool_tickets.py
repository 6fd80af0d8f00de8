"""Tickets under the rules of other tools, beside ours: what presets compare, computed only when
asked.

``dbt_*`` columns follow the documented decisions of the dbt_zendesk package: who counts as a
replier is decided by role, so bots with an agent's account do; minutes of statuses are boundaries
crossed; a reopen is a solve beyond the first.
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, Fact, View

_SIDES = (
    "is_public and not is_automated and (direction = 'inbound' or actor_kind in ('human', 'bot',"
    " 'ai_agent'))"
)


def _dbt_reply(who: str) -> str:
    """Return SQL of the first reply under the package's rule, agents being those for whom `who`
    holds.

    It is the first public comment of an agent strictly after the first public comment; if that one
    is an agent's own, it counts only when a private note came before it.
    """
    return f"""
        select ticket_id,
            case when bool_or(is_first and {who} and noted_at < sent_at)
                then min(case when is_first then sent_at end)
                else min(case when {who} and sent_at > first_at then sent_at end) end as replied_at
        from spoken
        group by ticket_id"""


fact = Fact(
    name="tool_tickets",
    grain="one ticket",
    refresh=View(),
    families=(),
    depends=("tickets", "messages", "ticket_states"),
    is_rare=True,
    dimensions=TICKET_DIMENSIONS,
    sql=f"""
    with notes as (
        select ticket_id, min(sent_at) as noted_at from messages where not is_public
            and actor_kind in ('human', 'bot', 'ai_agent') group by ticket_id
    ),
    spoken as (
        select m.ticket_id, m.sent_at, m.direction, m.actor_kind,
            coalesce(n.noted_at, forever()) as noted_at,
            row_number() over w = 1 as is_first,
            min(m.sent_at) over (partition by m.ticket_id) as first_at
        from messages m
        left join notes n on n.ticket_id = m.ticket_id
        where {_SIDES}
        window w as (partition by m.ticket_id order by m.sent_at, m.seq, m.message_id)
    ),
    by_people as ({_dbt_reply("actor_kind = 'human' and direction = 'outbound'")}),
    by_role as ({_dbt_reply("direction = 'outbound'")}),
    dbt_worked as (
        select x.ticket_id, x.who,
            s.calendar_offset + coalesce(w.seconds_before + seconds(w.start_at,
            least(x.replied_at, w.end_at)), 0) as worked_seconds
        from (select ticket_id, replied_at, 'people' as who from by_people
            where replied_at is not null
            union all select ticket_id, replied_at, 'role' from by_role
                where replied_at is not null) x
        join ticket_states s on s.ticket_id = x.ticket_id and s.started_at <= x.replied_at
            and s.ended_at > x.replied_at
        left join working_days w on w.calendar_id = s.calendar_id
            and w.day_at = date_trunc('day', x.replied_at) and w.from_at <= x.replied_at
            and w.until_at > x.replied_at
    ),
    comments as (
        select ticket_id, count_if(direction = 'outbound' and is_public
            and actor_kind in ('human', 'bot', 'ai_agent') and not is_automated) as agent_comments,
            min(case when direction = 'outbound' and actor_kind = 'human' and not is_automated
                then sent_at end) as first_note_or_reply_at
        from messages
        group by ticket_id
    ),
    spans as (
        select s.ticket_id,
            cast(sum(case when s.status in ('new', 'open', 'waiting_third_party')
                then date_diff('minute', s.started_at, least(s.ended_at, h.as_of))
                else 0 end) as bigint) as requester_wait,
            cast(sum(case when s.status in ('new', 'open')
                then date_diff('minute', s.started_at, least(s.ended_at, h.as_of))
                else 0 end) as bigint) as agent_work,
            cast(sum(case when s.status = 'waiting_customer'
                then date_diff('minute', s.started_at, least(s.ended_at, h.as_of))
                else 0 end) as bigint) as agent_wait,
            cast(sum(case when s.status = 'waiting_third_party'
                then date_diff('minute', s.started_at, least(s.ended_at, h.as_of))
                else 0 end) as bigint) as on_hold,
            min(case when s.status = 'solved' then s.started_at end) as solved_first_at,
            max(case when s.status = 'solved' and s.is_status_change
                then s.started_at end) as solved_last_at,
            min(case when s.status = 'closed' then s.started_at end) as closed_at,
            cast(coalesce(sum(case when s.agent_id = '' and s.ended_at < forever()
                then date_diff('minute', s.started_at, s.ended_at) end),
                0) as bigint) as unassigned_minutes
        from ticket_states s
        cross join watermark h
        group by s.ticket_id
    )
    select t.*, coalesce(c.agent_comments, 0) as agent_comments, c.first_note_or_reply_at,
        seconds(t.created_at, p.replied_at) as dbt_reply_by_people_seconds,
        seconds(t.created_at, r.replied_at) as dbt_reply_seconds,
        bp.worked_seconds as dbt_reply_by_people_business_seconds,
        br.worked_seconds as dbt_reply_business_seconds,
        s.requester_wait, s.agent_work, s.agent_wait, s.on_hold, s.unassigned_minutes,
        coalesce(s.solved_first_at, s.closed_at) as dbt_first_resolution_at,
        coalesce(s.solved_last_at, s.closed_at) as dbt_last_resolution_at,
        greatest(t.solves - 1, 0) as dbt_reopens, t.last_solved_at < forever() as is_solved,
        -- Deleted is a status of its own there.
        t.last_solved_at < forever() and not t.is_deleted as is_dbt_solved
    from tickets t
    left join comments c on c.ticket_id = t.ticket_id
    left join by_people p on p.ticket_id = t.ticket_id
    left join by_role r on r.ticket_id = t.ticket_id
    left join dbt_worked bp on bp.ticket_id = t.ticket_id and bp.who = 'people'
    left join dbt_worked br on br.ticket_id = t.ticket_id and br.who = 'role'
    left join spans s on s.ticket_id = t.ticket_id
    """,
)
