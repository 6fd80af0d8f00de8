"""What each ticket cost: every recorded cost shared out over the tickets it paid for, by handle
time.

A cost is for a period and a scope: ``channel:phone``, ``team:Tier 1``, or everything. Its tickets
are those created, solved or in contact during the period within the scope. Each takes a share by
its handle time; one without a measured time takes the average of those that have one. A cost that
finds no ticket stays as a row of its own, so that the money always adds up.
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, Fact, Whole

fact = Fact(
    name="ticket_costs",
    grain="one ticket's share of one recorded cost",
    dated="handled_at",
    refresh=Whole(with_tickets=True),
    families=("money",),
    only_if="select 1 from money_records",
    depends=("tickets", "legs", "merges"),
    dimensions=TICKET_DIMENSIONS,
    sql="""
    with costs as (
        select record_id as cost_id, category, coalesce(amount, 0) as amount, currency, start_at,
            end_at, source, fidelity,
            case when scope like 'channel:%' then substr(scope, 9) end as scope_channel,
            coalesce(case when scope like 'team:%' then substr(scope, 6) end, team_id) as scope_team
        from money_records
        where type = 'cost_recorded'
    ),
    periods as (select distinct start_at, end_at from costs),
    contact_counts as (
        select l.ticket_id, p.start_at, p.end_at, count(*) as contacts,
            min(l.answered_at) as first_at
        from (select coalesce(g.survivor_id, c.ticket_id) as ticket_id, c.answered_at
            from legs c left join merges g on g.ticket_id = c.ticket_id) l
        join periods p on l.answered_at >= p.start_at and l.answered_at < p.end_at
        where l.ticket_id is not null
        group by l.ticket_id, p.start_at, p.end_at
    ),
    work as (
        select t.ticket_id, p.start_at, p.end_at, t.handle_seconds, t.channel, t.team, t.team_id,
            t.created_at >= p.start_at and t.created_at < p.end_at as is_handled,
            t.last_solved_at >= p.start_at and t.last_solved_at < p.end_at
                and t.outcome = 'solved' as is_resolved, coalesce(c.contacts, 0) as contacts,
            case when t.created_at >= p.start_at and t.created_at < p.end_at then t.created_at
                when c.first_at is not null then c.first_at else t.last_solved_at end as handled_at
        from tickets t
        join periods p on (t.created_at >= p.start_at and t.created_at < p.end_at)
            or (t.last_solved_at >= p.start_at and t.last_solved_at < p.end_at)
        left join contact_counts c on c.ticket_id = t.ticket_id and c.start_at = p.start_at
            and c.end_at = p.end_at
        where t.is_counted
    ),
    pools as (
        select c.cost_id, w.ticket_id, w.is_handled, w.is_resolved, w.contacts, w.handled_at,
            case when w.handle_seconds is not null then greatest(w.handle_seconds, 1)
                end as measured, greatest(coalesce(avg(w.handle_seconds)
                    over (partition by c.cost_id), 1), 1) as typical
        from costs c
        join work w on w.start_at = c.start_at and w.end_at = c.end_at
            and (c.scope_channel is null or c.scope_channel = w.channel)
            and (c.scope_team is null or c.scope_team in (w.team_id, w.team))
    ),
    shares as (
        -- Only one row of a ticket and period counts it, however many costs it shares.
        -- Whole seconds and a count add up exactly, in whatever order.
        select *, coalesce(measured, typical) / (coalesce(sum(measured) over same,
            0) + typical * count_if(measured is null) over same) as share,
            row_number() over (partition by ticket_id, handled_at
                order by cost_id) = 1 as is_first_share
        from pools
        window same as (partition by cost_id)
    )
    select c.cost_id, s.ticket_id, c.category, c.currency,
        coalesce(s.handled_at, c.start_at) as handled_at,
        coalesce(c.amount * s.share, c.amount) as amount,
        case when s.is_first_share and s.is_handled then 1 else 0 end as handled,
        case when s.is_first_share and s.is_resolved then 1 else 0 end as resolved,
        case when s.is_first_share then s.contacts else 0 end as contacts,
        coalesce(t.channel, c.scope_channel) as channel, coalesce(t.team, c.scope_team) as team,
        t.agent, t.priority, t.severity, t.issue_type,
        t.customer_id, t.account, t.tier, t.region, c.source, 'derived' as fidelity
    from costs c
    left join shares s on s.cost_id = c.cost_id
    left join tickets t on t.ticket_id = s.ticket_id
    """,
)
