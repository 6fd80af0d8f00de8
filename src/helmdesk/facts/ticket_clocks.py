"""The instants of a ticket and everything attached to it, before durations are taken.

Human clocks start at creation; at the hand-off when a bot took the ticket first; at the customer's
first message when the team opened it. Attributes are read as of the event they belong to.
"""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="ticket_clocks",
    grain="one ticket",
    depends=("ticket_states", "episodes", "messages"),
    sql="""
    with opened as (
        select ticket_id, min(occurred_at) as created_at, arg_min(source, occurred_at) as source,
            arg_min(channel, occurred_at) as channel, arg_min(subject, occurred_at) as subject,
            arg_min(severity, occurred_at) as severity, arg_min(issue_type, occurred_at) as first_issue_type,
            arg_min(customer_id, occurred_at) as customer_id, arg_min(account_id, occurred_at) as own_account_id,
            arg_min(region, occurred_at) as own_region, arg_min(calendar_id, occurred_at) as first_calendar_id,
            bool_or(coalesce(is_outbound, false) or coalesce(actor_kind = 'human', false)) as is_outbound,
            min(fidelity) as fidelity
        from ticket_records
        where type = 'created'
        group by ticket_id
    ),
    happened as (
        select ticket_id,
            count_if(type = 'escalated') as escalations,
            count_if(type = 'spam_marked') > 0 as is_spam,
            count_if(type = 'merged_into') > 0 as is_merged,
            count_if(type = 'split') > 0 as is_split,
            coalesce(arg_max(type, occurred_at) filter (where type in ('deleted', 'restored')) = 'deleted', false) as is_deleted,
            arg_max(value, occurred_at) filter (where type = 'field_changed' and field = 'issue_type') as issue_type,
            arg_max(value, occurred_at) filter (where type = 'field_changed' and field = 'calendar_id') as calendar_id
        from ticket_records
        where type <> 'created'
        group by ticket_id
    ),
    bots as (
        select ticket_id, min(case when type = 'bot_started' then occurred_at end) as bot_started_at,
            min(case when type = 'bot_handoff' then occurred_at end) as handoff_at
        from handoff_records
        group by ticket_id
    ),
    solves as (
        select ticket_id,
            coalesce(min(case when episode = 1 then ended_at end), forever()) as first_solved_at,
            max(ended_at) as last_solved_at,
            arg_max(solver_agent_id, episode) as solver_agent_id, arg_max(solver_team_id, episode) as solver_team_id,
            count_if(episode > 1 and not is_thank_you) as reopens,
            count_if(is_thank_you) as thank_you_reopens,
            min(case when episode > 1 and not is_thank_you then started_at end) as reopened_at
        from episodes
        group by ticket_id
    ),
    paths as (
        select m.ticket_id, count_if(m.is_transfer) as transfers, count_if(m.is_team_change) as team_changes,
            min(case when m.agent_id <> '' then m.started_at end) as first_assigned_at,
            arg_max(m.agent_id, m.started_at) as present_agent_id, arg_max(m.team_id, m.started_at) as present_team_id,
            arg_max(m.priority, m.started_at) as priority, arg_max(m.status, m.started_at) as status,
            sum(case when m.is_unsolved then seconds(m.started_at, least(m.ended_at, h.as_of)) else 0 end) as open_seconds,
            sum(case when m.status in ('new', 'open') then seconds(m.started_at, least(m.ended_at, h.as_of)) else 0 end) as agent_work_seconds,
            sum(case when m.status in ('new', 'open', 'waiting_third_party') then seconds(m.started_at, least(m.ended_at, h.as_of)) else 0 end) as requester_wait_seconds,
            sum(case when m.status = 'waiting_third_party' then seconds(m.started_at, least(m.ended_at, h.as_of)) else 0 end) as on_hold_seconds
        from ticket_states m
        cross join horizon h
        group by m.ticket_id
    ),
    first_words as (
        select ticket_id, min(case when is_customer then sent_at end) as first_customer_message_at
        from messages
        group by ticket_id
    ),
    started as (
        select o.ticket_id,
            case when b.bot_started_at is not null then coalesce(b.handoff_at, forever())
                when o.is_outbound then coalesce(f.first_customer_message_at, forever())
                else o.created_at end as clock_started_at,
            b.bot_started_at, b.handoff_at
        from opened o
        left join bots b on b.ticket_id = o.ticket_id
        left join first_words f on f.ticket_id = o.ticket_id
    ),
    words as (
        select m.ticket_id,
            min(case when m.is_human_reply and m.sent_at >= s.clock_started_at then m.sent_at end) as first_reply_at,
            min(case when m.direction = 'outbound' and m.is_public then m.sent_at end) as first_any_reply_at,
            max(case when m.is_customer then m.sent_at end) as last_customer_message_at,
            count_if(m.is_human_reply) as human_replies,
            count(distinct case when m.is_human_reply then m.actor_id end) as people_replying
        from messages m
        join started s on s.ticket_id = m.ticket_id
        group by m.ticket_id
    ),
    reported as (
        select ticket_id,
            arg_max(number, (occurred_at, coalesce(seq, 0))) filter (where metric = 'transfers') as transfers,
            arg_max(number, (occurred_at, coalesce(seq, 0))) filter (where metric = 'reopens') as reopens
        from fallback_records
        where type = 'asserted_value'
        group by ticket_id
    ),
    -- A counter is zero until its source says otherwise, where the source keeps that counter at all.
    counting as (
        select source, count_if(metric = 'transfers') > 0 as has_transfers, count_if(metric = 'reopens') > 0 as has_reopens
        from fallback_records
        where type = 'asserted_value'
        group by source
    ),
    owners as (
        select o.ticket_id, coalesce(o.own_account_id, c.account_id) as account_id
        from opened o
        left join customer_versions c on c.entity_id = o.customer_id and o.created_at >= c.valid_from and o.created_at < c.valid_to
    )
    select o.ticket_id, o.source, o.subject, o.channel, o.severity, o.customer_id, o.fidelity,
        p.priority, p.status,
        coalesce(h.issue_type, o.first_issue_type) as issue_type,
        w.account_id, coalesce(a.name, w.account_id) as account, a.tier, coalesce(a.region, o.own_region) as region,
        coalesce(g.name, v.agent_id) as agent, coalesce(e.name, v.team_id) as team, v.agent_id, v.team_id,
        coalesce(h.calendar_id, o.first_calendar_id, e.calendar_id, z.default_calendar) as calendar_id,
        o.created_at, s.clock_started_at, s.bot_started_at, s.handoff_at,
        coalesce(x.first_reply_at, forever()) as first_reply_at,
        coalesce(x.first_any_reply_at, forever()) as first_any_reply_at,
        x.last_customer_message_at, p.first_assigned_at,
        q.first_solved_at, q.last_solved_at,
        coalesce(q.reopened_at, forever()) as reopened_at, q.reopens, q.thank_you_reopens,
        coalesce(q.reopened_at < q.first_solved_at + days(z.reopen_days), false) as is_reopened_in_time,
        p.transfers, p.team_changes, coalesce(h.escalations, 0) as escalations,
        coalesce(x.human_replies, 0) as human_replies, coalesce(x.people_replying, 0) as people_replying,
        p.open_seconds, p.agent_work_seconds, p.requester_wait_seconds, p.on_hold_seconds,
        case when n.has_transfers then coalesce(r.transfers, 0) end as reported_transfers,
        case when n.has_reopens then coalesce(r.reopens, 0) end as reported_reopens,
        o.is_outbound, coalesce(h.is_spam, false) as is_spam, coalesce(h.is_merged, false) as is_merged,
        coalesce(h.is_split, false) as is_split, coalesce(h.is_deleted, false) as is_deleted,
        not (coalesce(h.is_spam, false) or coalesce(h.is_merged, false) or coalesce(h.is_deleted, false)) as is_counted
    from opened o
    cross join horizon z
    join started s on s.ticket_id = o.ticket_id
    join paths p on p.ticket_id = o.ticket_id
    join solves q on q.ticket_id = o.ticket_id
    join owners w on w.ticket_id = o.ticket_id
    left join happened h on h.ticket_id = o.ticket_id
    left join words x on x.ticket_id = o.ticket_id
    left join reported r on r.ticket_id = o.ticket_id
    left join counting n on n.source = o.source
    left join account_versions a on a.entity_id = w.account_id and o.created_at >= a.valid_from and o.created_at < a.valid_to
    cross join lateral (select nullif(case when q.last_solved_at < forever() then q.solver_agent_id else p.present_agent_id end, '') as agent_id,
        nullif(case when q.last_solved_at < forever() then q.solver_team_id else p.present_team_id end, '') as team_id) v
    left join latest_agents g on g.entity_id = v.agent_id
    left join latest_teams e on e.entity_id = v.team_id
    """,
)
