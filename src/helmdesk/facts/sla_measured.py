"""SLA clocks as measured here: due when the target's time has passed, met or breached to the second.

A clock still running past its target is breached now ("overdue"), not when somebody looks. The due time of a
paused clock is unknown until it runs again. A clock whose place another promise took was broken by then, or is cancelled.
"""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="sla_measured",
    grain="one SLA clock of one ticket, measured by us",
    key="ticket_id",
    only_if="select 1 from sla_applications",
    depends=("sla_applications", "sla_instances", "sla_runs"),
    sql="""
    -- One stretch at most reaches the target, and none after it is still short of it.
    with reaching as (
        select r.clock_id, r.clock_calendar_id, r.ended_at, r.is_last, r.elapsed_before, r.run_seconds, i.stopped_at, i.target_seconds,
            r.at_start + i.target_seconds - r.elapsed_before as due_worked
        from sla_runs r
        join sla_instances i on i.clock_id = r.clock_id
        where r.elapsed_before < i.target_seconds and (r.elapsed_before + r.run_seconds >= i.target_seconds or r.is_last)
    ),
    dues as (
        select d.clock_id,
            case when (d.elapsed_before + d.run_seconds >= d.target_seconds or d.ended_at = forever() or d.ended_at = d.stopped_at)
                and w.seconds_before + seconds(w.start_at, w.end_at) >= d.due_worked
                then later(w.start_at, d.due_worked - w.seconds_before) else forever() end as due_at
        from reaching d
        asof left join sla_time w on w.calendar_id = d.clock_calendar_id and w.seconds_before < d.due_worked
    ),
    passed as (
        select clock_id, sum(run_seconds) as elapsed_seconds, bool_or(ended_at = forever()) as is_running
        from sla_runs
        group by clock_id
    )
    select i.clock_id, i.ticket_id, i.clock, i.policy_id, i.priority as target_priority, i.target_seconds, i.clock_calendar_id, i.applied_at,
        i.started_at, i.stopped_at, i.due_at is not null as is_stated,
        case when i.is_superseded and coalesce(p.elapsed_seconds, 0) <= i.target_seconds then forever()
            else coalesce(i.due_at, d.due_at, forever()) end as due_at, cast(coalesce(p.elapsed_seconds, 0) as bigint) as elapsed_seconds,
        i.target_seconds - cast(coalesce(p.elapsed_seconds, 0) as bigint) as time_left_seconds,
        case when i.is_cancelled then 'cancelled'
            when i.clock_calendar_id is null then case when i.is_superseded then 'cancelled' else 'no_calendar' end
            when i.is_superseded and coalesce(p.elapsed_seconds, 0) <= i.target_seconds then 'cancelled'
            when i.stopped_at < forever() then case when coalesce(p.elapsed_seconds, 0) <= i.target_seconds then 'met' else 'breached' end
            when coalesce(p.elapsed_seconds, 0) > i.target_seconds then 'overdue'
            when coalesce(p.is_running, false) then 'running' else 'paused' end as state
    from sla_instances i
    left join dues d on d.clock_id = i.clock_id
    left join passed p on p.clock_id = i.clock_id
    """,
)
