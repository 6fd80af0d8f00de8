"""The stretches during which an SLA clock really ran; between them it was paused."""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="sla_runs",
    grain="one stretch during which one SLA clock ran",
    only_if="select 1 from sla_applications",
    depends=("sla_instances", "ticket_states"),
    sql="""
    with stretches as (
        select i.clock_id, i.clock_calendar_id, greatest(i.started_at, s.started_at) as started_at, least(i.stopped_at, s.ended_at) as ended_at
        from sla_instances i
        join ticket_states s on s.ticket_id = i.ticket_id and s.started_at < i.stopped_at and s.ended_at > i.started_at
        where s.is_unsolved and not list_contains(i.pausing, s.status) and i.kind in ('resolution', 'periodic_update')
            and not i.is_cancelled and i.clock_calendar_id is not null
        union all
        select clock_id, clock_calendar_id, started_at, stopped_at
        from sla_instances
        where kind in ('first_response', 'next_response') and not is_cancelled and clock_calendar_id is not null
    ),
    timed as (
        select r.clock_id, r.clock_calendar_id, r.started_at, r.ended_at,
            coalesce(a.seconds_before + seconds(a.start_at, least(r.started_at, a.end_at)), 0) as at_start,
            coalesce(b.seconds_before + seconds(b.start_at, least(r.until_at, b.end_at)), 0) as at_end
        from (select s.*, least(s.ended_at, z.as_of) as until_at from stretches s cross join horizon z) r
        asof left join sla_time a on a.calendar_id = r.clock_calendar_id and a.start_at <= r.started_at
        asof left join sla_time b on b.calendar_id = r.clock_calendar_id and b.start_at <= r.until_at
    )
    select *, at_end - at_start as run_seconds,
        coalesce(cast(sum(at_end - at_start) over (partition by clock_id order by started_at
            rows between unbounded preceding and 1 preceding) as bigint), 0) as elapsed_before,
        lead(started_at) over (partition by clock_id order by started_at) is null as is_last
    from timed
    """,
)
