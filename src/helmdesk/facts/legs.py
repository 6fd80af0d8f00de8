"""One call or chat attempt: who waited how long for whom, and what it took.

Times are whole seconds. Chats that one agent holds at once share that agent's time: an instant with
three chats counts a third for each (``handle_seconds``); ``elapsed_handle_seconds`` is undivided.
Calls are never divided.
"""

from helmdesk.facts.build.fact import BySteps, Fact

fact = Fact(
    name="legs",
    grain="one call or chat attempt",
    dated="offered_at",
    refresh=BySteps("a leg shares its agent's time with others, which are touched with it"),
    families=("leg",),
    refers={"agent": "agent_id", "account": "account_id"},
    key="leg_id",
    only_if="select 1 from leg_records",
    sql="""
    with told as (
        select leg_id, max(ticket_id) as ticket_id, max(channel) as channel,
            max(customer_id) as customer_id, max(account_id) as account_id,
            max(issue_type) as issue_type, max(direction) as direction, min(source) as source,
                min(fidelity) as fidelity,
            arg_min(queue_id, occurred_at) filter (where queue_id is not null) as queue_id,
            min(case when type = 'ivr_entered' then occurred_at end) as ivr_at,
            min(case when type = 'offered' then occurred_at end) as stated_offered_at,
            min(occurred_at) filter (where type <> 'ivr_entered') as first_at,
            min(case when type = 'answered' then occurred_at end) as answered_at,
            min(case when type = 'missed' then occurred_at end) as missed_at,
            min(case when type = 'abandoned' then occurred_at end) as abandoned_at,
            max(case when type = 'ended' then occurred_at end) as ended_at,
            max(case when type = 'wrap_ended' then occurred_at end) as wrap_ended_at,
            coalesce(arg_min(agent_id, occurred_at) filter (where type = 'answered'),
                arg_min(agent_id, occurred_at) filter (where type = 'missed')) as agent_id,
            -- Its source says that it happened, not when.
            coalesce(bool_or(type = 'answered' and fidelity = 'asserted'),
                false) as is_answer_undated,
            coalesce(bool_or(type in ('missed', 'abandoned') and fidelity = 'asserted'),
                false) as is_loss_undated,
            coalesce(bool_or(type = 'ended' and fidelity = 'asserted'),
                false) as is_handling_unknown,
            count_if(type = 'transferred') as transfers,
            bool_or(is_resolved) as is_declared_resolved
        from leg_records
        where leg_id is not null
        group by leg_id
    ),
    marks as (
        select leg_id, type, occurred_at, lead(occurred_at) over (partition by leg_id
            order by occurred_at, coalesce(seq, 0), type_order) as next_at
        from leg_records
        where type in ('held', 'resumed', 'transferred', 'ended')
    ),
    holds as (
        select leg_id, cast(sum(seconds(occurred_at, next_at)) as bigint) as hold_seconds
        from marks
        where type = 'held' and next_at is not null
        group by leg_id
    ),
    busy as (
        select leg_id, agent_id, answered_at, coalesce(wrap_ended_at, ended_at) as free_at
        from told
        where answered_at is not null and agent_id is not null and channel <> 'phone'
            and coalesce(wrap_ended_at, ended_at) > answered_at
    ),
    -- Concurrency of each agent over time, and the running integral of one over it.
    edges as (
        select agent_id, edge_at, sum(step) as step
        from (select agent_id, answered_at as edge_at, 1 as step from busy
            union all select agent_id, free_at, -1 from busy)
        group by agent_id, edge_at
    ),
    levels as (
        select agent_id, edge_at, cast(sum(step) over (partition by agent_id order by edge_at
            rows between unbounded preceding and current row) as bigint) as chats,
            lead(edge_at) over (partition by agent_id order by edge_at) as next_at
        from edges
    ),
    -- The integral begins anew whenever the agent was free: a chat's share depends on nothing
    -- before that.
    stretches as (
        select *, sum(case when was_free then 1 else 0 end) over (partition by agent_id
            order by edge_at rows between unbounded preceding and current row) as stretch
        from (select *, lag(chats, 1, 0) over (partition by agent_id
            order by edge_at) = 0 as was_free from levels)
    ),
    shared as (
        select agent_id, edge_at, coalesce(sum(case when chats > 0 then seconds(edge_at,
            next_at) / cast(chats as double) else 0 end)
            over (partition by agent_id, stretch order by edge_at rows between unbounded preceding
                and 1 preceding), 0) as share_before
        from stretches
    ),
    divided as (
        select b.leg_id, f.share_before - a.share_before as own_seconds
        from busy b
        join shared a on a.agent_id = b.agent_id and a.edge_at = b.answered_at
        join shared f on f.agent_id = b.agent_id and f.edge_at = b.free_at
    ),
    timed as (
        select t.*, coalesce(t.stated_offered_at, t.first_at) as offered_at,
            -- No wait is negative: what came in such an order, from files loaded one by one, is
            -- unknown.
            case when t.answered_at is not null then t.is_answer_undated
                or t.answered_at < coalesce(t.stated_offered_at, t.first_at)
                else t.is_loss_undated or coalesce(t.abandoned_at,
                    t.missed_at) < coalesce(t.stated_offered_at, t.first_at) end as is_wait_unknown,
            case when not t.is_handling_unknown
                and coalesce(t.wrap_ended_at, t.ended_at) >= t.answered_at
                then seconds(t.answered_at, coalesce(t.wrap_ended_at, t.ended_at))
                end as elapsed_handle_seconds,
            coalesce(h.hold_seconds, 0) as hold_seconds, case when t.wrap_ended_at >= t.ended_at
                then seconds(t.ended_at, t.wrap_ended_at) end as wrap_seconds, d.own_seconds
        from told t
        left join holds h on h.leg_id = t.leg_id
        left join divided d on d.leg_id = t.leg_id
    )
    select t.leg_id, t.ticket_id, t.channel, t.queue_id, t.customer_id, t.account_id, t.issue_type,
        t.direction, t.agent_id, t.source, t.fidelity,
        t.ivr_at, t.offered_at, coalesce(t.answered_at, forever()) as answered_at,
        coalesce(t.abandoned_at, t.missed_at, forever()) as lost_at, t.ended_at, t.wrap_ended_at,
        coalesce(t.wrap_ended_at, t.ended_at, forever()) as handled_at, t.transfers,
        t.is_declared_resolved, 1 as contacts,
        case when t.answered_at is not null then 'answered' when t.abandoned_at is not null
            then 'abandoned'
            when t.missed_at is not null then 'missed' else 'waiting' end as outcome,
        case when not t.is_wait_unknown then seconds(t.offered_at, coalesce(t.answered_at,
            t.abandoned_at, t.missed_at)) end as wait_seconds,
        case when not t.is_wait_unknown then seconds(least(coalesce(t.ivr_at, t.offered_at),
            t.offered_at), coalesce(t.answered_at, t.abandoned_at, t.missed_at))
            end as wait_with_ivr_seconds,
        case when t.answered_at is not null then t.hold_seconds end as hold_seconds, t.wrap_seconds,
        case when not t.is_handling_unknown and t.ended_at >= t.answered_at
            then greatest(seconds(t.answered_at, t.ended_at) - t.hold_seconds, 0)
            end as talk_seconds,
        t.elapsed_handle_seconds, coalesce(t.own_seconds,
            t.elapsed_handle_seconds) as handle_seconds
    from timed t
    union all
    -- A total somebody counted: it is demand, and no call of it can be looked at.
    select record_id, null, channel, queue_id, null, null, issue_type, direction, agent_id, source,
        fidelity,
        null, start_at, forever(), forever(), null, null, forever(), null, null, contacts,
        'total', null, null, null, null, null, null, null
    from leg_records
    where type = 'interval_total'
    """,
)
