"""The instants at which a ticket's clocks start and stop, before durations are taken.

Human clocks start at creation; at the hand-off when a bot took the ticket first, or, where no
hand-off is recorded, at the first message that no bot answered; at the customer's first message
when the team reached out, or greeted first.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="ticket_clocks",
    grain="one ticket",
    refresh=ByTicket(),
    families=("handoff",),
    is_internal=True,
    key="ticket_id",
    depends=("ticket_states", "episodes", "messages", "ticket_openings", "reply_turns", "merges"),
    sql="""
    with bots as (
        select ticket_id, min(case when type = 'bot_started'
            then occurred_at end) as bot_started_at,
            min(case when type = 'bot_handoff' then occurred_at end) as handoff_at
        from handoff_records
        group by ticket_id
    ),
    solves as (
        select ticket_id,
            min(case when episode = 1 then ended_at end) as first_solved_at,
            max(ended_at) as last_solved_at,
            nullif(arg_max(coalesce(outcome, ''), episode), '') as outcome,
            max(case when episode = 1 then outcome end) as first_outcome,
            arg_max(solver_agent_id, episode) as solver_agent_id,
            arg_max(solver_team_id, episode) as solver_team_id,
            count_if(episode > 1 and not is_thank_you) as reopens,
            count_if(is_thank_you) as thank_you_reopens,
            min(case when episode > 1 and not is_thank_you then started_at end) as reopened_at
        from episodes
        group by ticket_id
    ),
    first_words as (
        select ticket_id, min(case when is_customer then sent_at end) as first_customer_message_at,
            coalesce(min(case when is_human_reply and not is_opening then sent_at end),
                forever()) as first_word_of_ours_at
        from messages
        group by ticket_id
    ),
    -- The first turn that no bot answered, on tickets where bots answered until then.
    left_over as (
        select r.ticket_id, min(r.sent_at) as asked_at
        from reply_turns r
        join (select ticket_id, min(ended_at) as answered_at from reply_turns where ended_by = 'bot'
            group by ticket_id) b
            on b.ticket_id = r.ticket_id and r.sent_at >= b.answered_at
        where coalesce(r.ended_by, '') <> 'bot'
        group by r.ticket_id
    ),
    started as (
        select o.ticket_id, o.created_at, o.is_outbound,
            case when b.bot_started_at is not null then coalesce(b.handoff_at, forever())
                when o.is_outbound then coalesce(f.first_customer_message_at, forever())
                when l.asked_at < f.first_word_of_ours_at then l.asked_at
                when o.is_greeted and f.first_customer_message_at < f.first_word_of_ours_at
                    then f.first_customer_message_at
                else o.created_at end as clock_started_at,
            b.bot_started_at, b.handoff_at
        from ticket_openings o
        left join bots b on b.ticket_id = o.ticket_id
        left join first_words f on f.ticket_id = o.ticket_id
        left join left_over l on l.ticket_id = o.ticket_id
    ),
    words as (
        select m.ticket_id,
            min(case when m.is_human_reply and not m.is_opening and m.sent_at >= s.clock_started_at
                then m.sent_at end) as first_reply_at,
            min(case when m.direction = 'outbound' and m.is_public and not m.is_opening
                then m.sent_at end) as first_any_reply_at,
            min(case when m.actor_kind in ('bot', 'ai_agent') and m.direction = 'outbound'
                and m.is_public then m.sent_at end) as first_bot_reply_at,
            max(case when m.is_customer then m.sent_at end) as last_customer_message_at,
            count_if(m.is_human_reply) as human_replies,
            count_if(m.actor_kind = 'human' and m.direction = 'outbound'
                and not m.is_automated) as touches
        from messages m
        join started s on s.ticket_id = m.ticket_id
        group by m.ticket_id
    ),
    -- What was said on a ticket that was merged was said for its survivor.
    gained as (
        select g.survivor_id as ticket_id, sum(w.human_replies) as human_replies,
            sum(w.touches) as touches
        from merges g
        join words w on w.ticket_id = g.ticket_id
        where g.survivor_id is not null
        group by g.survivor_id
    ),
    people as (
        select ticket_id, count(actor_id) as people_replying
        from (select distinct coalesce(g.survivor_id, m.ticket_id) as ticket_id, m.actor_id
            from messages m left join merges g on g.ticket_id = m.ticket_id where m.is_human_reply)
        group by ticket_id
    )
    select s.ticket_id, s.created_at, s.is_outbound, s.clock_started_at, s.bot_started_at,
        s.handoff_at,
        coalesce(x.first_reply_at, forever()) as first_reply_at,
        coalesce(x.first_any_reply_at, forever()) as first_any_reply_at,
        coalesce(x.first_bot_reply_at, forever()) as first_bot_reply_at,
        x.last_customer_message_at, cast(coalesce(x.human_replies, 0) + coalesce(y.human_replies,
            0) as bigint) as human_replies,
        cast(coalesce(x.touches, 0) + coalesce(y.touches, 0) as bigint) as touches,
        coalesce(n.people_replying, 0) as people_replying,
        q.first_solved_at, q.last_solved_at, q.outcome, q.first_outcome,
        coalesce(q.outcome = 'auto_closed', false) as is_auto_closed,
        coalesce(q.first_outcome = 'auto_closed', false) as is_first_auto_closed, q.reopens,
        q.thank_you_reopens,
        coalesce(q.reopened_at, forever()) as reopened_at,
        coalesce(q.reopened_at < q.first_solved_at + days(z.reopen_days),
            false) as is_reopened_in_time,
        nullif(q.solver_agent_id, '') as solver_agent_id,
        nullif(q.solver_team_id, '') as solver_team_id
    from started s
    cross join watermark z
    join solves q on q.ticket_id = s.ticket_id
    left join words x on x.ticket_id = s.ticket_id
    left join gained y on y.ticket_id = s.ticket_id
    left join people n on n.ticket_id = s.ticket_id
    """,
)
