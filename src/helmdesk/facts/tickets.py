"""One row a ticket: its instants, durations on both clocks, counts and dimensions.

An instant that has not come is the sentinel `forever()`; its duration is null. Durations are whole
seconds. Columns ending in ``_business_seconds`` use the ticket's calendar and are null without one.
Attributes are read as of the event they belong to.
"""

from helmdesk.facts.fact import TICKET_DIMENSIONS, Fact

fact = Fact(
    name="tickets",
    grain="one ticket",
    depends=("ticket_clocks", "ticket_working_times"),
    dimensions=TICKET_DIMENSIONS,
    sql="""
    with opened as (
        select ticket_id, arg_min(source, occurred_at) as source, arg_min(channel, occurred_at) as channel,
            arg_min(subject, occurred_at) as subject, arg_min(severity, occurred_at) as severity,
            arg_min(issue_type, occurred_at) as first_issue_type, arg_min(customer_id, occurred_at) as customer_id,
            arg_min(account_id, occurred_at) as own_account_id, arg_min(region, occurred_at) as own_region, min(fidelity) as fidelity
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
            arg_max(value, occurred_at) filter (where type = 'field_changed' and field = 'issue_type') as issue_type
        from ticket_records
        where type <> 'created'
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
        join ticket_clocks k on k.ticket_id = o.ticket_id
        left join customer_versions c on c.entity_id = o.customer_id and k.created_at >= c.valid_from and k.created_at < c.valid_to
    )
    select k.ticket_id, o.source, o.subject, o.channel, o.severity, o.customer_id, o.fidelity, p.priority, p.status,
        coalesce(h.issue_type, o.first_issue_type) as issue_type,
        w.account_id, coalesce(a.name, w.account_id) as account, a.tier, coalesce(a.region, o.own_region) as region,
        coalesce(g.name, v.agent_id) as agent, coalesce(e.name, v.team_id) as team, v.agent_id, v.team_id,
        k.* exclude (ticket_id, solver_agent_id, solver_team_id),
        p.first_assigned_at, p.transfers, p.team_changes, coalesce(h.escalations, 0) as escalations,
        p.open_seconds, p.agent_work_seconds, p.requester_wait_seconds, p.on_hold_seconds,
        case when n.has_transfers then coalesce(r.transfers, 0) end as reported_transfers,
        case when n.has_reopens then coalesce(r.reopens, 0) end as reported_reopens,
        coalesce(h.is_spam, false) as is_spam, coalesce(h.is_merged, false) as is_merged,
        coalesce(h.is_split, false) as is_split, coalesce(h.is_deleted, false) as is_deleted,
        not (coalesce(h.is_spam, false) or coalesce(h.is_merged, false) or coalesce(h.is_deleted, false)) as is_counted,
        seconds(k.clock_started_at, nullif(k.first_reply_at, forever())) as first_reply_seconds,
        seconds(k.created_at, nullif(k.first_reply_at, forever())) as first_reply_from_created_seconds,
        seconds(p.first_assigned_at, nullif(k.first_reply_at, forever())) as first_reply_from_assignment_seconds,
        seconds(k.created_at, nullif(k.first_any_reply_at, forever())) as first_any_reply_seconds,
        seconds(k.created_at, nullif(k.first_solved_at, forever())) as first_solve_seconds,
        seconds(k.created_at, nullif(k.last_solved_at, forever())) as resolution_seconds,
        b.first_reply_business_seconds, b.first_reply_from_created_business_seconds,
        b.first_solve_business_seconds, b.resolution_business_seconds,
        -- For survival: how long it has been watched, solved or not, as of the data.
        seconds(k.created_at, least(k.first_solved_at, z.as_of)) as watched_seconds,
        k.first_solved_at + days(z.reopen_days) <= z.as_of as is_reopen_mature
    from ticket_clocks k
    cross join horizon z
    join opened o on o.ticket_id = k.ticket_id
    join paths p on p.ticket_id = k.ticket_id
    join owners w on w.ticket_id = k.ticket_id
    left join happened h on h.ticket_id = k.ticket_id
    left join reported r on r.ticket_id = k.ticket_id
    left join counting n on n.source = o.source
    left join ticket_working_times b on b.ticket_id = k.ticket_id
    left join account_versions a on a.entity_id = w.account_id and k.created_at >= a.valid_from and k.created_at < a.valid_to
    cross join lateral (select case when k.last_solved_at < forever() then k.solver_agent_id else nullif(p.present_agent_id, '') end as agent_id,
        case when k.last_solved_at < forever() then k.solver_team_id else nullif(p.present_team_id, '') end as team_id) v
    left join latest_agents g on g.entity_id = v.agent_id
    left join latest_teams e on e.entity_id = v.team_id
    """,
)
