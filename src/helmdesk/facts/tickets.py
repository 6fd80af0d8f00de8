"""One row a ticket: its instants, durations on both clocks, counts and dimensions.

An instant that has not come is the sentinel `forever()`; its duration is null. Durations are whole
seconds. Columns ending in ``_business_seconds`` use the ticket's calendar and are null without one.
Attributes are read as of the event they belong to.
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, ByTicket, Fact

# What becomes true by waiting alone: a refresh sets these for all tickets, not only for those that
# changed.
MATURITIES = {
    "is_fcr_mature": "last_solved_at + days(greatest(z.repeat_days, z.reopen_days)) <= z.as_of",
    "is_reopen_mature": "first_solved_at + days(z.reopen_days) <= z.as_of",
}
# By its own records, or by how it ended.
SPAM, MERGED, DELETED = (
    f"(o.is_{word} or coalesce(k.outcome = '{word}', false))"
    for word in ("spam", "merged", "deleted")
)
# Whose it was when it was solved, or whose it is. Said in place: a lateral join takes the planner
# as long as all the rest.
AGENT, TEAM = (
    f"case when k.last_solved_at < forever() then k.solver_{who}_id else nullif(p.present_{who}_id,"
    " '') end"
    for who in ("agent", "team")
)

fact = Fact(
    name="tickets",
    grain="one ticket",
    dated="created_at",
    refresh=ByTicket(),
    families=("fallback", "work"),
    refers={"agent": "customer_id", "account": "account_id"},
    key="ticket_id",
    depends=(
        "messages",
        "reply_turns",
        "ticket_states",
        "ticket_clocks",
        "ticket_working_times",
        "ticket_openings",
        "ticket_repeats",
        "legs",
        "merges",
        "source_habits",
        "ticket_themes",
    ),
    dimensions=TICKET_DIMENSIONS,
    sql=f"""
    with paths as (
        select m.ticket_id, count_if(m.is_transfer) as transfers,
            count_if(m.is_team_change) as team_changes,
            min(case when m.agent_id <> '' then m.started_at end) as first_assigned_at,
            arg_max(m.agent_id, m.started_at) as present_agent_id,
            arg_max(m.team_id, m.started_at) as present_team_id,
            arg_min(m.team_id, m.started_at) filter (where m.team_id <> '') as first_team_id,
            count_if(m.status = 'solved' and m.is_status_change) as solves,
            count_if(m.status = 'closed' and m.is_status_change) as closes,
            cast(sum(case when m.status = 'waiting_customer'
                then seconds(m.started_at, least(m.ended_at, h.as_of))
                else 0 end) as bigint) as pending_seconds,
            arg_max(m.priority, m.started_at) as priority,
            arg_max(m.status, m.started_at) as status,
            cast(sum(case when m.is_unsolved then seconds(m.started_at, least(m.ended_at, h.as_of))
                else 0 end) as bigint) as open_seconds,
            cast(sum(case when m.status in ('new', 'open')
                then seconds(m.started_at, least(m.ended_at, h.as_of))
                else 0 end) as bigint) as agent_work_seconds,
            cast(sum(case when m.status in ('new', 'open', 'waiting_third_party')
                then seconds(m.started_at, least(m.ended_at, h.as_of))
                else 0 end) as bigint) as requester_wait_seconds,
            cast(sum(case when m.status = 'waiting_third_party'
                then seconds(m.started_at, least(m.ended_at, h.as_of))
                else 0 end) as bigint) as on_hold_seconds
        from ticket_states m
        cross join watermark h
        group by m.ticket_id
    ),
    reported as (
        select ticket_id,
            arg_max(number, (occurred_at, coalesce(seq,
                0))) filter (where metric = 'transfers') as transfers,
            arg_max(number, (occurred_at, coalesce(seq,
                0))) filter (where metric = 'reopens') as reopens
        from fallback_records
        where type = 'asserted_value'
        group by ticket_id
    ),
    rounds as (
        select ticket_id, count_if(is_human_reply
            and (is_first or was_customer or actor_id is distinct
            from last_actor_id)) as human_rounds
        from (
            select ticket_id, is_human_reply, actor_id,
                lag(is_customer, 1, false) over w as was_customer,
                row_number() over w = 1 as is_first, lag(actor_id) over w as last_actor_id
            from messages
            where is_customer or is_human_reply
            window w as (partition by ticket_id order by sent_at, seq, message_id)
        )
        group by ticket_id
    ),
    contacted as (
        select l.ticket_id, arg_min(coalesce(q.name, l.queue_id), l.offered_at) as first_queue,
            sum(l.handle_seconds) as handle_seconds
        from legs l
        left join queue_versions q on q.entity_id = l.queue_id and q.is_latest
        where l.ticket_id is not null
        group by l.ticket_id
    ),
    -- Who waits for us: the last turn, if nothing ended it and nothing solved the ticket.
    waiting as (
        select ticket_id, max(sent_at) as asked_at from reply_turns where ended_at = forever()
            group by ticket_id
    ),
    -- Work lasts until its end, or until the next begins: but not the night between two days,
    -- should nobody have ended it.
    logged as (
        select w.ticket_id, sum(case when w.type = 'work_started'
            then least(seconds(w.occurred_at, w.next_at),
            case when w.next_type = 'work_started'
                then z.longest_state_hours * 3600 end) * coalesce(w.weight, 1) end) as work_seconds
        from (select *, lead(occurred_at) over u as next_at, lead(type) over u as next_type
            from work_records
            window u as (partition by ticket_id, agent_id order by occurred_at, coalesce(seq, 0),
                type_order)) w
        cross join watermark z
        group by w.ticket_id
    ),
    -- What was done on a ticket that was merged was done for its survivor.
    handled as (
        select ticket_id, cast(sum(handle_seconds) as bigint) as handle_seconds
        from (
            select coalesce(g.survivor_id, d.ticket_id) as ticket_id,
                coalesce(d.work_seconds, d.contact_seconds) as handle_seconds
            from (
                select coalesce(j.ticket_id, f.ticket_id) as ticket_id, j.work_seconds,
                    f.handle_seconds as contact_seconds
                from logged j
                full join contacted f on f.ticket_id = j.ticket_id
            ) d
            left join merges g on g.ticket_id = d.ticket_id
        )
        group by ticket_id
    )
    select k.ticket_id, o.source, o.subject, o.channel, o.severity, o.customer_id, o.fidelity,
        o.custom, p.priority, p.status, o.issue_type, h.theme,
        o.account_id, coalesce(a.name, o.account_id) as account, a.tier,
        coalesce(a.region, o.own_region) as region, a.contract_value,
        ct.entity_id as contract_id, ct.policy_id as contract_policy_id,
        coalesce(f.first_queue, pt.name, nullif(p.first_team_id, '')) as first_queue,
        tenure(gt.tenure_start, k.created_at) as tenure,
        coalesce(g.name, {AGENT}) as agent, coalesce(e.name, {TEAM}) as team, {AGENT} as agent_id,
        {TEAM} as team_id,
        k.* exclude (ticket_id, solver_agent_id, solver_team_id),
        case when k.last_solved_at = forever() then w.asked_at end as waiting_since,
        p.first_assigned_at, p.transfers, p.team_changes, o.escalations,
        o.escalated_at,
        coalesce(x.human_rounds, 0) as human_rounds,
        p.open_seconds, p.agent_work_seconds, p.requester_wait_seconds, p.on_hold_seconds,
        p.pending_seconds,
        p.solves, p.closes, d.handle_seconds,
        case when n.keeps_transfers then coalesce(r.transfers, 0) end as reported_transfers,
        case when n.keeps_reopens then coalesce(r.reopens, 0) end as reported_reopens,
        {SPAM} as is_spam, {MERGED} as is_merged, o.is_split, {DELETED} as is_deleted,
        coalesce(gm.survivor_id, gm.merged_into) as survivor_ticket_id,
        o.assignee_stations, o.group_stations, o.has_old_hold, o.is_requester_known, o.is_typed,
        not ({SPAM} or {MERGED} or {DELETED}) as is_counted,
        y.repeat_ticket_id, y.repeat_ticket_id is not null as is_repeated,
        k.{MATURITIES["is_fcr_mature"]} as is_fcr_mature, z.fcr_escalation_fails,
        seconds(k.clock_started_at, nullif(k.first_reply_at, forever())) as first_reply_seconds,
        seconds(k.created_at, nullif(k.first_reply_at,
            forever())) as first_reply_from_created_seconds,
        -- No wait is negative: who replied before the ticket was theirs, or before it was there,
        -- did not wait.
        case when k.first_reply_at >= p.first_assigned_at
            then seconds(p.first_assigned_at, nullif(k.first_reply_at, forever()))
            end as first_reply_from_assignment_seconds,
        case when k.first_any_reply_at >= k.created_at
            then seconds(k.created_at, nullif(k.first_any_reply_at, forever()))
            end as first_any_reply_seconds,
        case when k.first_bot_reply_at >= k.created_at
            then seconds(k.created_at, nullif(k.first_bot_reply_at, forever()))
            end as first_bot_reply_seconds,
        seconds(k.created_at, nullif(k.first_solved_at, forever())) as first_solve_seconds,
        seconds(k.created_at, nullif(k.last_solved_at, forever())) as resolution_seconds,
        b.* exclude (ticket_id, first_reply_from_assignment_business_seconds),
        case when k.first_reply_at >= p.first_assigned_at
            then b.first_reply_from_assignment_business_seconds
            end as first_reply_from_assignment_business_seconds,
        -- For survival: how long it has been watched, solved or not, as of the data.
        case when k.first_solved_at is not null
            then seconds(k.created_at, least(k.first_solved_at, z.as_of)) end as watched_seconds,
        k.{MATURITIES["is_reopen_mature"]} as is_reopen_mature
    from ticket_clocks k
    cross join watermark z
    join ticket_openings o on o.ticket_id = k.ticket_id
    join paths p on p.ticket_id = k.ticket_id
    left join rounds x on x.ticket_id = k.ticket_id
    left join waiting w on w.ticket_id = k.ticket_id
    left join contacted f on f.ticket_id = k.ticket_id
    left join handled d on d.ticket_id = k.ticket_id
    left join merges gm on gm.ticket_id = k.ticket_id
    left join ticket_repeats y on y.ticket_id = k.ticket_id
    left join reported r on r.ticket_id = k.ticket_id
    -- A counter is zero until its source says otherwise, where the source keeps that counter at
    -- all.
    left join source_habits n on n.source = o.source
    left join ticket_themes h on h.ticket_id = k.ticket_id
    left join ticket_working_times b on b.ticket_id = k.ticket_id
    left join account_versions a on a.entity_id = o.account_id and k.created_at >= a.valid_from
        and k.created_at < a.valid_to
    left join contract_versions ct on ct.account_id = o.account_id and k.created_at >= ct.valid_from
        and k.created_at < ct.valid_to
    left join latest_teams pt on pt.entity_id = p.first_team_id
    left join latest_agents g on g.entity_id = {AGENT}
    left join agent_versions gt on gt.entity_id = {AGENT} and k.created_at >= gt.valid_from
        and k.created_at < gt.valid_to
    left join latest_teams e on e.entity_id = {TEAM}
    """,
)
