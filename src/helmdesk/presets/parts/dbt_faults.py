"""What dbt_zendesk gives for a ticket with one of its rules gone wrong, to recognise its output by.

``week_*``: changes of the clocks and holidays taken by whole weeks. ``outside_*``: a status wholly
outside opening hours counted in full. ``after_*``: what the present status, or a reply that never
came, gathers until the end that the package gives an unfinished schedule: 1,000 hours after its
run. Seconds, but ``late_minutes``: from our end of the data to the run.
"""

from __future__ import annotations

from helmdesk.clocks.calendar import calendar_from_definition
from helmdesk.engines.engine import Engine
from helmdesk.facts.build.build import ensure_fact
from helmdesk.facts.build.rows import put_rows
from helmdesk.facts.build.working_time import COLUMNS
from helmdesk.presets.parts.dbt_weeks import weekly_spans

GOES_ON = "p.ticket_id is not null and l.ended_at = forever() and l.is_unsolved"
RUNS_ON = "interval 1000 hour"
CLASSES = {
    "requester_wait": "('new', 'open', 'waiting_third_party')",
    "agent_wait": "('waiting_customer')",
    "agent_work": "('new', 'open')",
    "on_hold": "('waiting_third_party')",
}


def _worked(instant: str, table: str) -> str:
    """Return SQL of a calendar's seconds up to `instant`, by the row `table` of its last span
    begun.
    """
    return (
        f"coalesce({table}.seconds_before + seconds({table}.start_at, least({instant},"
        f" {table}.end_at)), 0)"
    )


def create_tool_faults(engine: Engine) -> None:
    """Create ``tool_faults`` from the mart and ``given_run``."""
    _create_week_time(engine)
    ensure_fact(engine, "tool_tickets")
    engine.make("tool_faults", _SQL, "or replace temp table")


def _create_week_time(engine: Engine) -> None:
    rows: list[tuple[object, ...]] = []
    bounds = engine.ask("select min(start_at), max(end_at) from working_time")
    versions = engine.ask(
        "select entity_id, time_zone, definition from latest_calendars order by entity_id"
    )
    for calendar_id, time_zone, definition in versions if bounds and bounds[0][0] else []:
        total = 0
        calendar = calendar_from_definition(calendar_id, time_zone, definition)
        for start, end in weekly_spans(calendar, bounds[0][0].date(), bounds[0][1].date()):
            rows.append((calendar_id, start, end, total))
            total += int((end - start).total_seconds())
    put_rows(engine, "week_time", COLUMNS["working_time"], rows, "temp table")


def _sums(table: str, name: str, seconds: str, rows: str = "true") -> str:
    """Return SQL of `seconds` added up by the statuses that each wait counts."""
    return ", ".join(
        f"sum(case when {rows} and {table}.status in {statuses} then {seconds} else 0 end) as"
        f" {name}_{wait}"
        for wait, statuses in CLASSES.items()
    )


_SQL = f"""
    with stretches as (
        select s.ticket_id, s.status, s.is_unsolved, s.calendar_id, s.started_at, s.ended_at,
            least(s.ended_at, h.as_of) as until_at,
            coalesce(s.business_seconds, 0) as business_seconds, g.ran_at + {RUNS_ON} as end_at,
            sum(case when s.is_status_change then 1 else 0 end) over (partition by s.ticket_id
                order by s.started_at
                rows between unbounded preceding and current row) as spell
        from ticket_states s
        cross join watermark h
        cross join given_run g
        where s.calendar_id is not null
    ),
    looked_up as (
        select s.*, {_worked("s.until_at", "b")} - {_worked("s.started_at", "a")} as week_seconds
        from stretches s
        asof left join week_time a on a.calendar_id = s.calendar_id and a.start_at <= s.started_at
        asof left join week_time b on b.calendar_id = s.calendar_id and b.start_at <= s.until_at
    ),
    -- The present state of a ticket, from its beginning to the end that the package gives it.
    present as (
        select s.ticket_id, {_worked("s.end_at", "b")} - {_worked("s.started_at", "a")} as until_end
        from (select * from stretches where ended_at = forever() and end_at is not null) s
        asof left join working_time a on a.calendar_id = s.calendar_id
            and a.start_at <= s.started_at
        asof left join working_time b on b.calendar_id = s.calendar_id and b.start_at <= s.end_at
    ),
    replied as (
        select l.ticket_id, l.started_at,
            {_worked("r.replied_at", "b")} - {_worked("l.started_at", "a")} as week_seconds
        from (select ticket_id, later(created_at, dbt_reply_seconds) as replied_at from tool_tickets
            where dbt_reply_seconds is not null) r
        join stretches l on l.ticket_id = r.ticket_id and l.started_at <= r.replied_at
            and l.ended_at > r.replied_at
        asof left join week_time a on a.calendar_id = l.calendar_id and a.start_at <= l.started_at
        asof left join week_time b on b.calendar_id = l.calendar_id and b.start_at <= r.replied_at
    ),
    spells as (
        select ticket_id, status, case when sum(business_seconds) = 0
            then seconds(min(started_at), max(until_at)) else sum(business_seconds)
            end as outside_seconds
        from stretches
        where is_unsolved
        group by ticket_id, status, spell
    ),
    outside as (select ticket_id, {_sums("spells", "outside", "outside_seconds")} from spells
        group by ticket_id),
    added as (
        select l.ticket_id, {_sums("l", "week", "l.week_seconds")},
            {_sums("l", "after", "p.until_end - l.business_seconds", GOES_ON)},
            sum(case when l.started_at < t.first_solved_at
                then l.week_seconds end) as week_first_solve,
            sum(case when l.started_at < t.last_solved_at
                then l.week_seconds end) as week_resolution,
            sum(case when l.started_at < r.started_at then l.week_seconds
                else 0 end) + max(r.week_seconds) as week_reply,
            case when max(p.until_end) is not null
                then sum(case when l.ended_at < forever() then l.business_seconds
                else p.until_end end) end as after_reply
        from looked_up l
        join tickets t on t.ticket_id = l.ticket_id
        left join present p on p.ticket_id = l.ticket_id
        left join replied r on r.ticket_id = l.ticket_id
        group by l.ticket_id
    )
    select t.ticket_id, a.* exclude (ticket_id), o.* exclude (ticket_id),
        date_diff('minute', h.as_of, g.ran_at) as late_minutes
    from tickets t
    cross join watermark h
    cross join given_run g
    left join added a on a.ticket_id = t.ticket_id
    left join outside o on o.ticket_id = t.ticket_id
"""
