"""SLA clocks as measured here: due when the target's time has passed, met or breached to the
second.

A promise is at risk once three quarters of its time have passed on its own clock, nights and
weekends apart. A clock still running past its target is breached now ("overdue"), not when somebody
looks. The due time of a paused clock is unknown until it runs again. A clock whose place another
promise took was broken by then, or is cancelled.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="sla_measured",
    grain="one SLA clock of one ticket, measured by us",
    refresh=ByTicket(),
    families=(),
    key="ticket_id",
    only_if="select 1 from sla_applications",
    depends=("sla_applications", "sla_instances", "sla_runs"),
    sql="""
    -- One stretch at most reaches the target, and none after it is still short of it.
    with goals as (
        select clock_id, stopped_at, true as is_whole, target_seconds as goal_seconds
            from sla_instances
        union all
        select clock_id, stopped_at, false, target_seconds - target_seconds // 4 from sla_instances
    ),
    reaching as (
        select r.clock_id, r.clock_calendar_id, r.ended_at, r.is_last, r.elapsed_before,
            r.run_seconds, g.stopped_at, g.is_whole, g.goal_seconds,
            r.at_start + g.goal_seconds - r.elapsed_before as goal_worked
        from sla_runs r
        join goals g on g.clock_id = r.clock_id
        where r.elapsed_before < g.goal_seconds
            and (r.elapsed_before + r.run_seconds >= g.goal_seconds or r.is_last)
    ),
    reached as (
        select d.clock_id, d.is_whole,
            case when (d.elapsed_before + d.run_seconds >= d.goal_seconds or d.ended_at = forever()
                or d.ended_at = d.stopped_at)
                and w.seconds_before + seconds(w.start_at, w.end_at) >= d.goal_worked
                then later(w.start_at, d.goal_worked - w.seconds_before) else forever() end as at_
        from reaching d
        asof left join sla_time w on w.calendar_id = d.clock_calendar_id
            and w.seconds_before < d.goal_worked
    ),
    dues as (
        select clock_id, min(case when is_whole then at_ end) as due_at,
            min(case when not is_whole then at_ end) as at_risk_at
        from reached
        group by clock_id
    ),
    passed as (
        select clock_id, sum(run_seconds) as elapsed_seconds,
            bool_or(ended_at = forever()) as is_running
        from sla_runs
        group by clock_id
    )
    select i.clock_id, i.ticket_id, i.clock, i.policy_id, i.priority as target_priority,
        i.target_seconds, i.clock_calendar_id, i.applied_at,
        i.started_at, i.stopped_at, i.due_at is not null as is_stated,
        case when i.is_superseded and coalesce(p.elapsed_seconds, 0) <= i.target_seconds
            then forever()
            else coalesce(i.due_at, d.due_at, forever()) end as due_at, case when i.is_superseded
                and coalesce(p.elapsed_seconds, 0) <= i.target_seconds then forever()
            when i.due_at is not null then later(i.started_at, seconds(i.started_at,
                i.due_at) - seconds(i.started_at, i.due_at) // 4)
            else coalesce(d.at_risk_at, forever()) end as at_risk_at,
                cast(coalesce(p.elapsed_seconds, 0) as bigint) as elapsed_seconds,
        i.target_seconds - cast(coalesce(p.elapsed_seconds, 0) as bigint) as time_left_seconds,
        case when i.is_cancelled then 'cancelled'
            when i.clock_calendar_id is null then case when i.is_superseded then 'cancelled'
                else 'no_calendar' end
            when i.is_superseded and coalesce(p.elapsed_seconds, 0) <= i.target_seconds
                then 'cancelled'
            when i.stopped_at < forever() then case
                when coalesce(p.elapsed_seconds, 0) <= i.target_seconds then 'met'
                else 'breached' end
            when coalesce(p.elapsed_seconds, 0) > i.target_seconds then 'overdue'
            when coalesce(p.is_running, false) then 'running' else 'paused' end as state
    from sla_instances i
    left join dues d on d.clock_id = i.clock_id
    left join passed p on p.clock_id = i.clock_id
    """,
)
