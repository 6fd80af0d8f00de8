"""What each agent did from when to when: every state of the log with its end.

A state lasts until the agent's next one. One that nobody ended (who goes home without logging off)
is not believed for ever; it is taken to have ended, and marked so,

* with the shift it began in, where the log says nothing more while the shift ends, at least four
  hours pass without a plan, and the next entry belongs to another shift; where the log says nothing
  more at all; or where more than `longest_state_hours` passed without a plan;
* after `longest_state_hours`, where no shift is near.

Overtime whose end was logged stays as it is. Plans with less than four hours between them are one
shift, and what happens outside of any belongs to the nearest.
"""

from helmdesk.facts.build.fact import Fact, Whole

fact = Fact(
    name="agent_states",
    grain="one state of one agent, from its entry in the log to its end",
    refresh=Whole(with_time="agent_states"),
    families=("workforce",),
    only_if="select 1 from workforce_records where type = 'state_changed'",
    depends=("shifts",),
    sql="""
    with joined as (
        select agent_id, start_at, end_at,
            coalesce(start_at > max(end_at) over (partition by agent_id order by start_at, end_at
                rows between unbounded preceding and 1 preceding) + interval 4 hour,
                true) as is_new
        from shifts
        where activity <> 'time_off'
    ),
    numbered as (
        select *, sum(case when is_new then 1 else 0 end) over (partition by agent_id
            order by start_at, end_at rows between unbounded preceding and current row) as duty
        from joined
    ),
    duties as (
        select agent_id, min(start_at) as start_at, max(end_at) as end_at from numbered
            group by agent_id, duty
        -- So that what comes before an agent's first shift finds a row to look ahead from.
        union all select distinct agent_id, timestamp '1970-01-01 00:00:00',
            timestamp '1970-01-01 00:00:00' from numbered
    ),
    following as (
        select *, lead(start_at) over w as next_start_at, lead(end_at) over w as next_end_at,
            lead(start_at, 2) over w as second_start_at
        from duties
        window w as (partition by agent_id order by start_at)
    ),
    logged as (
        select s.agent_id, s.state, s.occurred_at as start_at, s.source, s.record_id,
            z.longest_state_hours * 3600 as limit_seconds,
            lead(s.occurred_at) over (partition by s.agent_id order by s.occurred_at,
                coalesce(s.seq, 0), s.record_id) as next_at, z.as_of
        from workforce_records s
        cross join watermark z
        where s.type = 'state_changed'
    ),
    told as (
        select l.*, least(coalesce(l.next_at, l.as_of), l.as_of) as until_at,
            -- The nearer of the shift begun before and the one that comes.
            coalesce(f.next_start_at is not null and l.start_at > f.end_at
                and seconds(l.start_at, f.next_start_at) < seconds(f.end_at, l.start_at),
                false) as is_early,
            f.start_at as duty_start_at, f.end_at as duty_end_at, f.next_start_at, f.next_end_at,
            f.second_start_at
        from logged l
        asof left join following f on f.agent_id = l.agent_id and f.start_at <= l.start_at
    ),
    placed as (
        select agent_id, state, start_at, source, record_id, limit_seconds, next_at, until_at,
            case when is_early then next_end_at else duty_end_at end as shift_end_at,
            case when is_early then second_start_at else next_start_at end as other_start_at,
            coalesce(case when is_early then seconds(start_at, next_start_at)
                else seconds(duty_end_at, start_at) end <= limit_seconds, false) as is_near
        from told
        where until_at > start_at
    ),
    judged as (
        select *, greatest(seconds(case when is_near then greatest(start_at, shift_end_at)
            else start_at end, until_at), 0) as silent_seconds
        from placed
    ),
    decided as (
        select *, state <> 'offline' and case
            when is_near then silent_seconds > 0
                and (next_at is null or silent_seconds > limit_seconds
                or (silent_seconds >= 4 * 3600
                    and coalesce(seconds(next_at, other_start_at) < seconds(shift_end_at, next_at),
                    false)))
            else silent_seconds > limit_seconds end as is_end_assumed
        from judged
    )
    select agent_id, state, start_at, source, record_id, is_end_assumed, is_end_assumed
        and is_near as is_ended_by_shift, until_at as logged_until_at,
        case when not is_end_assumed then until_at when is_near
            then greatest(start_at, shift_end_at)
            else later(start_at, limit_seconds) end as end_at
    from decided
    """,
)
