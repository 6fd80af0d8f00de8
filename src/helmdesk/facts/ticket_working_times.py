"""Durations of a ticket on its business calendar: differences of look-ups in cumulative working time."""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="ticket_working_times",
    grain="one ticket with a calendar",
    depends=("ticket_clocks",),
    sql="""
    with instants as (
        select ticket_id, calendar_id,
            unnest(['created', 'started', 'replied', 'first_solved', 'last_solved']) as moment,
            unnest([created_at, clock_started_at, first_reply_at, first_solved_at, last_solved_at]) as instant
        from ticket_clocks
        where calendar_id in (select calendar_id from working_time)
    ),
    worked as (
        select i.ticket_id, i.moment,
            case when i.instant = forever() then null
                else coalesce(w.seconds_before + seconds(w.start_at, least(i.instant, w.end_at)), 0) end as worked_seconds
        from instants i
        asof left join working_time w on w.calendar_id = i.calendar_id and w.start_at <= i.instant
    ),
    together as (
        select ticket_id,
            max(case when moment = 'created' then worked_seconds end) as created,
            max(case when moment = 'started' then worked_seconds end) as started,
            max(case when moment = 'replied' then worked_seconds end) as replied,
            max(case when moment = 'first_solved' then worked_seconds end) as first_solved,
            max(case when moment = 'last_solved' then worked_seconds end) as last_solved
        from worked
        group by ticket_id
    )
    select ticket_id, replied - started as first_reply_business_seconds,
        replied - created as first_reply_from_created_business_seconds,
        first_solved - created as first_solve_business_seconds,
        last_solved - created as resolution_business_seconds
    from together
    """,
)
