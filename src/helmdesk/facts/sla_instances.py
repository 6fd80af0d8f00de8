"""Every run of an SLA clock from what starts it to what stops it, before time is taken.

Where another promise takes its place, a clock stops: it stays broken if it was late by then, else
it is cancelled.
"""

from helmdesk.facts.build.fact import ByTicket, Fact
from helmdesk.facts.ticket_life import SETTLING

fact = Fact(
    name="sla_instances",
    grain=(
        "one clock of one ticket: one first response, one customer turn, one resolution, one update"
    ),
    refresh=ByTicket(),
    families=(),
    key="ticket_id",
    only_if="select 1 from sla_applications",
    depends=("tickets", "sla_applications", "replies", "episodes", "messages", "ticket_clocks"),
    sql=f"""
    with updates as (
        select m.ticket_id, m.sent_at, e.ended_at,
            lead(m.sent_at) over (partition by m.ticket_id order by m.sent_at, m.seq,
                m.message_id) as next_at
        from messages m
        join episodes e on e.ticket_id = m.ticket_id and m.sent_at >= e.started_at
            and m.sent_at < e.ended_at
        where m.is_human_reply and exists (select 1 from sla_applications
            where kind = 'periodic_update')
    ),
    spans as (
        select a.*, k.clock_started_at as started_at,
            least(k.first_reply_at, k.first_solved_at) as stopped_at
        from sla_applications a
        join ticket_clocks k on k.ticket_id = a.ticket_id
        where a.kind = 'first_response' and k.first_solved_at is not null
            and k.clock_started_at < forever()
            and k.clock_started_at <= least(k.first_reply_at, k.first_solved_at)
        union all
        select a.*, r.asked_at, r.ended_at
        from sla_applications a
        join ticket_clocks k on k.ticket_id = a.ticket_id
        join replies r on r.ticket_id = a.ticket_id and r.asked_at > k.first_reply_at
        -- No clock runs for what bots answered, nor for words on a solved ticket that did not bring
        -- it back.
        join (select distinct r.ticket_id, r.asked_at
            from replies r
            join episodes e on e.ticket_id = r.ticket_id and r.asked_at < e.ended_at
                and r.ended_at > e.started_at) o
            on o.ticket_id = r.ticket_id and o.asked_at = r.asked_at
        where a.kind = 'next_response' and (a.due_at is null
            or r.asked_at < a.applied_at + {SETTLING}) and coalesce(r.ended_by, '') <> 'bot'
        union all
        select a.*, case when a.reopen = 'resume' then k.created_at else e.started_at end,
            case when a.reopen = 'resume' then k.last_solved_at else e.ended_at end
        from sla_applications a
        join ticket_clocks k on k.ticket_id = a.ticket_id
        join (select *, lead(episode) over (partition by ticket_id
            order by episode) is null as is_last from episodes) e on e.ticket_id = a.ticket_id
            and case a.reopen when 'resume' then e.episode = 1 when 'restart' then e.is_last
                else true end
        where a.kind = 'resolution' and e.ended_at is not null
        union all
        select a.*, u.sent_at, least(coalesce(u.next_at, forever()), u.ended_at)
        from sla_applications a
        join updates u on u.ticket_id = a.ticket_id
        where a.kind = 'periodic_update' and (a.due_at is null
            or u.sent_at < a.applied_at + {SETTLING})
    )
    select s.ticket_id || ':' || s.clock || ':' || s.policy_id || ':' || s.applied_at || ':'
        || s.started_at as clock_id,
        s.* exclude (stopped_at, target_seconds),
        case when s.ended_at < s.stopped_at and s.ended_at <= z.as_of then s.ended_at
            else s.stopped_at end as stopped_at,
        -- A time at which it is due is so much after the clock's start; nothing pauses it.
        case when s.due_at is null then s.target_seconds else seconds(s.started_at, s.due_at)
            end as target_seconds,
        s.ended_at < s.stopped_at and s.ended_at <= z.as_of as is_superseded, t.is_spam
            or t.is_merged or t.is_deleted as is_cancelled
    from spans s
    cross join watermark z
    join tickets t on t.ticket_id = s.ticket_id
    -- What is promised as the answer is given promises nothing.
    where (s.applied_at < s.stopped_at or s.applied_at <= s.started_at)
        and s.ended_at > s.started_at
    """,
)
