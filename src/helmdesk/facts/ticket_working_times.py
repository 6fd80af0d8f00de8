"""Durations of a ticket in business time, under both named modes.

``*_business`` adds up the calendars in force at each moment (`as_scheduled`); ``*_anchor`` applies
to the whole span the one calendar, and its one version, in force where the clock starts
(`at_anchor`).
"""

from helmdesk.facts.build.fact import ByTicket, Fact

# Stretches that each wait adds up: unknown, not less, where a part of them has no calendar.
_WAITS = {
    "open_seconds": "s.is_unsolved",
    "agent_work_seconds": "s.status in ('new', 'open')",
    "requester_wait_seconds": "s.status in ('new', 'open', 'waiting_third_party')",
    "on_hold_seconds": "s.status = 'waiting_third_party'",
    "pending_seconds": "s.status = 'waiting_customer'",
}
_SUMS = ",\n            ".join(
    f"case when count_if({which} and s.calendar_id is null) = 0 then cast(coalesce(sum(case when"
    f" {which} then s.business_seconds end), 0) as bigint) end as {wait}"
    for wait, which in _WAITS.items()
)

fact = Fact(
    name="ticket_working_times",
    grain="one ticket with a calendar",
    refresh=ByTicket(),
    families=(),
    is_internal=True,
    key="ticket_id",
    only_if="select 1 from working_time",
    depends=("ticket_clocks", "ticket_states"),
    sql=f"""
    -- A clock that starts with the ticket has worked nothing then: only later starts are looked up.
    with moments as (
        select ticket_id, 'started' as moment, clock_started_at as instant from ticket_clocks
        where clock_started_at > created_at and clock_started_at < forever()
        union all
        select ticket_id, 'replied', first_reply_at from ticket_clocks
            where first_reply_at < forever()
    ),
    worked as (
        select m.ticket_id, m.moment, s.calendar_id,
            s.calendar_offset + coalesce(w.seconds_before + seconds(w.start_at,
                least(m.instant, w.end_at)), 0) as worked_seconds
        from moments m
        join ticket_states s on s.ticket_id = m.ticket_id and s.started_at <= m.instant
            and s.ended_at > m.instant
        left join working_days w on w.calendar_id = s.calendar_id
            and w.day_at = date_trunc('day', m.instant) and w.from_at <= m.instant
            and w.until_at > m.instant
    ),
    replied as (select ticket_id, worked_seconds from worked where moment = 'replied'),
    started as (select ticket_id, worked_seconds, calendar_id from worked where moment = 'started'),
    states as (
        select s.ticket_id,
            max(case when s.started_at = k.first_solved_at
                then s.worked_before end) as first_solved,
            max(case when s.started_at = k.last_solved_at then s.worked_before end) as last_solved,
            arg_min(case when s.agent_id <> '' then s.worked_before end, s.started_at) as assigned,
            arg_min(s.calendar_id, s.started_at) as first_calendar_id,
            max(case when s.started_at = k.created_at
                then s.calendar_id end) as opening_calendar_id,
            min(s.calendar_id) <> max(s.calendar_id) as is_mixed,
            {_SUMS}
        from ticket_states s
        join ticket_clocks k on k.ticket_id = s.ticket_id
        group by s.ticket_id
        having count(s.calendar_id) > 0
    ),
    replies_worked as (
        select s.ticket_id, r.worked_seconds as replied,
            case when k.clock_started_at > k.created_at then b.worked_seconds
                when k.clock_started_at = k.created_at and s.opening_calendar_id is not null then 0
                end as started,
            case when k.clock_started_at > k.created_at then b.calendar_id
                when k.clock_started_at = k.created_at then s.opening_calendar_id
                end as start_calendar_id
        from states s
        join ticket_clocks k on k.ticket_id = s.ticket_id
        left join replied r on r.ticket_id = s.ticket_id
        left join started b on b.ticket_id = s.ticket_id
    ),
    -- Only where the two modes can differ: several calendars, or hours that changed.
    anchored as (
        select s.ticket_id, k.created_at, k.clock_started_at, k.first_reply_at, k.first_solved_at,
            k.last_solved_at,
            a.clock_id as created_clock_id, b.clock_id as started_clock_id
        from states s
        join ticket_clocks k on k.ticket_id = s.ticket_id
        left join replies_worked r on r.ticket_id = s.ticket_id
        left join calendar_clocks a on a.calendar_id = s.first_calendar_id
            and k.created_at >= a.valid_from and k.created_at < a.valid_to
        left join calendar_clocks b on b.calendar_id = r.start_calendar_id
            and k.clock_started_at >= b.valid_from and k.clock_started_at < b.valid_to
        where s.is_mixed or a.is_versioned or b.is_versioned
    ),
    anchor_moments as (
        select ticket_id, 'created' as moment, created_at as instant, created_clock_id as clock_id
            from anchored
        union all select ticket_id, 'first_solved', first_solved_at, created_clock_id from anchored
        union all select ticket_id, 'last_solved', last_solved_at, created_clock_id from anchored
        union all select ticket_id, 'started', clock_started_at, started_clock_id from anchored
        union all select ticket_id, 'replied', first_reply_at, started_clock_id from anchored
    ),
    anchor_worked as (
        select m.ticket_id, m.moment, coalesce(w.seconds_before + seconds(w.start_at,
            least(m.instant, w.end_at)), 0) as worked_seconds
        from anchor_moments m
        left join working_days w on w.calendar_id = m.clock_id
            and w.day_at = date_trunc('day', m.instant) and w.from_at <= m.instant
            and w.until_at > m.instant
        where m.instant < forever() and m.clock_id is not null
    ),
    anchors as (
        select ticket_id, max(case when moment = 'created' then worked_seconds end) as created,
            max(case when moment = 'first_solved' then worked_seconds end) as first_solved,
            max(case when moment = 'last_solved' then worked_seconds end) as last_solved,
            max(case when moment = 'started' then worked_seconds end) as started,
            max(case when moment = 'replied' then worked_seconds end) as replied
        from anchor_worked
        group by ticket_id
    )
    select s.ticket_id, r.replied - r.started as first_reply_business_seconds,
        r.replied as first_reply_from_created_business_seconds,
        r.replied - s.assigned as first_reply_from_assignment_business_seconds,
        s.first_solved as first_solve_business_seconds,
        s.last_solved as resolution_business_seconds,
        s.open_seconds as open_business_seconds,
        s.agent_work_seconds as agent_work_business_seconds,
        s.requester_wait_seconds as requester_wait_business_seconds,
        s.on_hold_seconds as on_hold_business_seconds,
        s.pending_seconds as pending_business_seconds,
        case when a.ticket_id is null then r.replied - r.started else a.replied - a.started
            end as first_reply_business_at_anchor_seconds,
        case when a.ticket_id is null then s.first_solved else a.first_solved - a.created
            end as first_solve_business_at_anchor_seconds,
        case when a.ticket_id is null then s.last_solved else a.last_solved - a.created
            end as resolution_business_at_anchor_seconds
    from states s
    left join replies_worked r on r.ticket_id = s.ticket_id
    left join anchors a on a.ticket_id = s.ticket_id
    """,
)
