"""The stretches during which an SLA clock really ran; between them it was paused."""

from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="sla_runs",
    grain="one stretch during which one SLA clock ran",
    refresh=ByTicket(),
    families=(),
    key="ticket_id",
    only_if="select 1 from sla_applications",
    depends=("sla_applications", "sla_instances", "ticket_states"),
    sql="""
    with stretches as (
        select i.ticket_id, i.clock_id, i.clock_calendar_id,
            greatest(i.started_at, s.started_at) as started_at,
            least(i.stopped_at, s.ended_at) as ended_at
        from sla_instances i
        join ticket_states s on s.ticket_id = i.ticket_id and s.started_at < i.stopped_at
            and s.ended_at > i.started_at
        where s.is_unsolved and not list_contains(i.pausing, s.status)
            and i.kind in ('resolution', 'periodic_update') and i.due_at is null
            and not i.is_cancelled and i.clock_calendar_id is not null
        union all
        select ticket_id, clock_id, clock_calendar_id, started_at, stopped_at
        from sla_instances
        where (kind in ('first_response', 'next_response') or due_at is not null)
            and not is_cancelled and clock_calendar_id is not null
    ),
    timed as (
        select r.ticket_id, r.clock_id, r.clock_calendar_id, r.started_at, r.ended_at,
            case when r.clock_calendar_id = 'always'
                then seconds(timestamp '1970-01-01 00:00:00', r.started_at)
                else coalesce(a.seconds_before + seconds(a.start_at, least(r.started_at, a.end_at)),
                    0) end as at_start,
            case when r.clock_calendar_id = 'always'
                then seconds(timestamp '1970-01-01 00:00:00', r.until_at)
                else coalesce(b.seconds_before + seconds(b.start_at, least(r.until_at, b.end_at)),
                    0) end as at_end
        from (select s.*, least(s.ended_at, z.as_of) as until_at from stretches s cross
            join watermark z) r
        left join working_days a on a.calendar_id = r.clock_calendar_id
            and a.day_at = date_trunc('day', r.started_at) and a.from_at <= r.started_at
            and a.until_at > r.started_at
        left join working_days b on b.calendar_id = r.clock_calendar_id
            and b.day_at = date_trunc('day', r.until_at) and b.from_at <= r.until_at
            and b.until_at > r.until_at
    )
    select *, at_end - at_start as run_seconds,
        coalesce(cast(sum(at_end - at_start) over (partition by clock_id order by started_at
            rows between unbounded preceding and 1 preceding) as bigint), 0) as elapsed_before,
        lead(started_at) over (partition by clock_id order by started_at) is null as is_last
    from timed
    """,
)
