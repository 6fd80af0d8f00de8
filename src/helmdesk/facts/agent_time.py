"""What each agent was planned to do against what the agent did, second by second, cut at
quarter-hours.

Quarter-hours because every zone's hours and days begin on one. At one instant leave counts,
whatever else was planned; else the most specific plan (the shortest; a break inside a shift).
Adherence leaves out time in a system outage. Time in a state whose end had to be assumed is
``derived``.
"""

from helmdesk.facts.build.fact import TIME_DIMENSIONS, Dimension, Fact, Whole

fact = Fact(
    name="agent_time",
    grain="one stretch of one agent's quarter-hour with one planned activity and one actual state",
    dated="started_at",
    is_planned_ahead=True,
    refresh=Whole(with_time="agent_states"),
    families=("workforce",),
    refers={"agent": "agent_id"},
    only_if="select 1 from workforce_records",
    depends=("shifts", "agent_states"),
    dimensions=(
        Dimension("agent", "agent", "whose time it is", is_person=True),
        Dimension("team", "team", "agent's team at that time"),
        Dimension("activity", "activity", "what was planned; none: nothing was"),
        Dimension("state", "state", "what the agent did; none: nothing is known"),
        Dimension("tenure", "tenure", "how long the agent had been there"),
        Dimension("source", "source", "system the record came from"),
        *TIME_DIMENSIONS,
    ),
    sql="""
    with plan_days as (
        select *, unnest(generate_series(date_trunc('day', start_at), end_at,
            interval 1 day)) as day_at
        from shifts
    ),
    present as (select * from agent_states where end_at > start_at),
    edges as (
        select agent_id, start_at as edge_at from shifts union select agent_id, end_at from shifts
        union select agent_id, start_at from present union select agent_id, end_at from present
    ),
    pieces as (
        select agent_id, edge_at as start_at,
            lead(edge_at) over (partition by agent_id order by edge_at) as end_at from edges
    ),
    stated as (
        select p.agent_id, p.start_at, p.end_at, case when p.start_at < s.end_at then s.state
            end as state,
            case when p.start_at < s.end_at then s.source end as source, p.start_at < s.end_at
                and s.is_end_assumed as is_end_assumed
        from pieces p
        asof left join present s on s.agent_id = p.agent_id and s.start_at <= p.start_at
        where p.end_at is not null
    ),
    planned as (
        select p.agent_id, p.start_at, arg_min(l.activity, (l.activity <> 'time_off',
            l.end_at - l.start_at, l.record_id)) as activity, min(l.source) as source
        from pieces p
        join plan_days l on l.agent_id = p.agent_id and l.day_at = date_trunc('day', p.start_at)
            and l.start_at < p.end_at and l.end_at > p.start_at
        where p.end_at is not null
        group by p.agent_id, p.start_at
    ),
    together as (
        select s.agent_id, s.start_at, s.end_at, n.activity, s.state,
            coalesce(s.source, n.source) as source,
            coalesce(s.is_end_assumed, false) as is_end_assumed
        from stated s
        left join planned n on n.agent_id = s.agent_id and n.start_at = s.start_at
        where n.activity is not null or coalesce(s.state, 'offline') <> 'offline'
    ),
    quarters as (
        select t.*, unnest(generate_series(time_bucket(interval 15 minute, t.start_at),
            t.end_at - interval 1 microsecond, interval 15 minute)) as quarter_at
        from together t
    ),
    cut as (
        select agent_id, activity, state, source, is_end_assumed,
            greatest(start_at, quarter_at) as started_at,
            least(end_at, quarter_at + interval 15 minute) as ended_at
        from quarters
    ),
    measured as (
        select *, seconds(started_at, ended_at) as seconds,
            coalesce(state in ('handling', 'wrap'), false) as is_handling,
            coalesce(state = 'available', false) as is_available,
            coalesce(state not in ('offline', 'meal'), false) as is_present,
            coalesce(activity not in ('meal', 'time_off'), false) as is_paid,
            coalesce(activity <> 'time_off' and state is distinct from 'outage',
                false) as is_judged,
            coalesce(case activity when 'work' then state in ('handling', 'wrap', 'available')
                when 'break' then state in ('break', 'meal')
                when 'meal' then state in ('meal', 'break') when 'time_off' then false
                    else state = activity end, false) as is_adherent
        from cut
        where ended_at > started_at
    )
    select m.agent_id || ':' || m.started_at as stretch_id, m.agent_id, m.started_at, m.ended_at,
        m.activity, m.state, m.seconds,
        m.agent_id || ':' || cast(m.started_at as date) as agent_day,
        case when m.is_handling then m.seconds else 0 end as handling_seconds,
        case when m.is_available then m.seconds else 0 end as available_seconds,
        case when m.state not in ('offline', 'meal') then m.seconds else 0 end as logged_in_seconds,
        case when m.is_paid then m.seconds else 0 end as paid_seconds,
        case when m.is_judged then m.seconds else 0 end as judged_seconds,
        case when m.is_judged and m.is_adherent then m.seconds else 0 end as adherent_seconds,
        case when m.activity = 'work' then m.seconds else 0 end as planned_work_seconds,
        case when m.is_handling or m.is_available then m.seconds else 0 end as worked_seconds,
        coalesce(n.name, m.agent_id) as agent, coalesce(e.name, g.team_id) as team,
        tenure(g.tenure_start, m.started_at) as tenure, m.source,
        case when m.is_end_assumed then 'derived' else 'native' end as fidelity
    from measured m
    left join latest_agents n on n.entity_id = m.agent_id
    left join agent_versions g on g.entity_id = m.agent_id and m.started_at >= g.valid_from
        and m.started_at < g.valid_to
    left join latest_teams e on e.entity_id = g.team_id
    """,
)
