"""What is foretold: which tickets went how, when that was known, and when it is asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One thing that is foretold.

    Attributes:
        key: its name on the command line. title: in a few words. event: what happens, as a
        sentence goes on: "ends with ...". outcomes: house SQL of (ticket_id, started_at, ended_at,
        known_at, is_bad): whether it happened, from when to when it is asked for, and when it was
        known; unknown ones are not among them. running: house SQL of (ticket_id, started_at) of
        which it is asked now.
    """

    key: str
    title: str
    event: str
    outcomes: str
    running: str
    asks_at_the_end: bool = False


# A promise is missed when it is due, however long the ticket goes on.
_CLOCKS = """
    select ticket_id, min(started_at) as started_at,
        min(case when state = 'breached' then judged_at end) as missed_at,
        max(case when state = 'met' then judged_at end) as met_at,
        max(case when state = 'running' then 1 else 0 end) as is_running
    from sla_clocks
    where is_counted and not is_doubled and started_at is not null and state <> 'cancelled'
    group by ticket_id
"""

_OPEN = """
    select ticket_id, clock_started_at as started_at from tickets
    where is_counted and status not in ('solved', 'closed')
        and created_at >= (select as_of from watermark) - interval 30 day
"""

TARGETS = {
    target.key: target
    for target in (
        Target(
            "breach",
            "Promise missed",
            "a promise is missed",
            f"""
            select ticket_id, started_at, coalesce(missed_at, met_at) as ended_at,
                coalesce(missed_at, met_at) as known_at, missed_at is not null as is_bad
            from ({_CLOCKS}) c
            where missed_at is not null or (is_running = 0 and met_at is not null)
            """,
            f"""
            select ticket_id, started_at from ({_CLOCKS}) c
            where missed_at is null and is_running = 1
            """,
        ),
        Target(
            "dissatisfied",
            "Dissatisfied customer",
            "the customer answers the survey badly",
            """
            select r.ticket_id, t.clock_started_at as started_at, max(e.ended_at) as ended_at,
                min(r.responded_at) as known_at, min(case when r.is_positive then 0 else 1 end) = 1
                    as is_bad
            from responses r
            join tickets t on t.ticket_id = r.ticket_id
            join episodes e on e.ticket_id = r.ticket_id and e.ended_at <= r.responded_at
            where r.instrument_kind = 'csat' and r.is_counted and r.is_answer and r.is_first
                and r.is_positive is not null
            group by r.ticket_id, t.clock_started_at
            """,
            _OPEN,
            asks_at_the_end=True,
        ),
        Target(
            "escalation",
            "Escalated",
            "the ticket is escalated",
            """
            select ticket_id, clock_started_at as started_at,
                coalesce(escalated_at, last_solved_at) as ended_at,
                coalesce(escalated_at, last_solved_at) as known_at,
                escalated_at is not null as is_bad
            from tickets
            where is_counted and (escalated_at is not null or last_solved_at < forever())
                and clock_started_at < coalesce(escalated_at, last_solved_at)
            """,
            f"{_OPEN} and escalated_at is null",
        ),
        Target(
            "reopen",
            "Opened again",
            "the ticket is opened again after its solve",
            """
            select t.ticket_id, t.clock_started_at as started_at, t.first_solved_at as ended_at,
                case when t.is_reopened_in_time then t.reopened_at
                    else t.first_solved_at + days(z.reopen_days) end as known_at,
                t.is_reopened_in_time as is_bad
            from tickets t
            cross join watermark z
            where t.is_counted and t.first_solved_at < forever()
                and t.clock_started_at < t.first_solved_at
                and (t.is_reopen_mature or t.is_reopened_in_time)
            """,
            f"{_OPEN} and first_solved_at = forever()",
            asks_at_the_end=True,
        ),
    )
}
