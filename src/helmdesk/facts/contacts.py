"""Calls and chats with everything they can be sliced by, the limits of their queue, and whether the
queue was open.
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, ByKey, Dimension, Fact

OWN = {
    "agent": Dimension("agent", "agent", "who answered, or did not take it", is_person=True),
    "team": Dimension("team", "team", "team of that agent, else of the ticket"),
    "tenure": Dimension("tenure", "tenure", "how long that agent had been there"),
}

fact = Fact(
    name="contacts",
    grain="one call or chat attempt, or one total somebody counted",
    refresh=ByKey("touched_contacts"),
    families=(),
    key="leg_id",
    only_if="select 1 from legs",
    depends=("legs", "tickets"),
    dimensions=(
        *(OWN.get(dimension.name, dimension) for dimension in TICKET_DIMENSIONS),
        Dimension("queue", "queue", "where it waited"),
    ),
    sql="""
    with opened as (
        select l.leg_id, w.start_at is not null and l.offered_at < w.end_at as is_open
        from (select x.leg_id, x.offered_at,
            coalesce(q.calendar_id, z.default_calendar) as calendar_id
            from legs x cross join watermark z left join queue_versions q
                on q.entity_id = x.queue_id
                and q.is_latest) l
        left join working_days w on w.calendar_id = l.calendar_id
            and w.day_at = date_trunc('day', l.offered_at) and w.from_at <= l.offered_at
            and w.until_at > l.offered_at
        where l.calendar_id in (select calendar_id from working_time)
    )
    select l.* exclude (account_id, customer_id, channel, issue_type),
        coalesce(l.channel, q.channel, t.channel) as channel,
        coalesce(q.name, l.queue_id) as queue, coalesce(o.is_open, true) as is_open,
        coalesce(q.threshold_seconds, z.service_level_seconds) as threshold_seconds,
        coalesce(q.short_abandon_seconds, z.short_abandon_seconds) as short_abandon_seconds,
        l.outcome = 'abandoned' and l.wait_seconds < coalesce(q.short_abandon_seconds,
            z.short_abandon_seconds) as is_short_abandon,
        coalesce(n.name, l.agent_id) as agent, coalesce(e.name, g.team_id, t.team) as team,
        t.priority, t.severity,
        coalesce(l.issue_type, t.issue_type) as issue_type,
        coalesce(l.customer_id, t.customer_id) as customer_id,
        coalesce(t.account_id, l.account_id, c.account_id) as account_id,
        coalesce(t.account, a.name, l.account_id, c.account_id) as account,
        coalesce(t.tier, a.tier) as tier, coalesce(t.region, a.region) as region,
        tenure(g.tenure_start, l.offered_at) as tenure,
        coalesce(not (t.is_spam or t.is_deleted), true) as is_counted
    from legs l
    cross join watermark z
    left join tickets t on t.ticket_id = l.ticket_id
    left join opened o on o.leg_id = l.leg_id
    left join queue_versions q on q.entity_id = l.queue_id and l.offered_at >= q.valid_from
        and l.offered_at < q.valid_to
    left join latest_agents n on n.entity_id = l.agent_id
    left join agent_versions g on g.entity_id = l.agent_id and l.offered_at >= g.valid_from
        and l.offered_at < g.valid_to
    left join latest_teams e on e.entity_id = g.team_id
    left join customer_versions c on c.entity_id = l.customer_id and l.offered_at >= c.valid_from
        and l.offered_at < c.valid_to
    left join account_versions a on a.entity_id = coalesce(l.account_id, c.account_id)
        and l.offered_at >= a.valid_from and l.offered_at < a.valid_to
    """,
)
