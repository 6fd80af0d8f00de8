"""What an analyst would write instead: raw Zendesk tables into one row a ticket, in one DuckDB
script.

    python benchmarks/facts_by_hand.py FOLDER OUT.parquet

Replies, solves, reopens, waits, touches, stations and satisfaction, on the calendar and, for reply,
solve and waits, in business time of the ticket's schedule. No lateness, no order within an instant,
no changing schedules, no SLA clocks.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))


ZONES = {"1": "Europe/London", "2": "America/New_York", "3": "Australia/Sydney"}
CLOSED = (
    date(2024, 1, 1),
    date(2024, 12, 25),
    date(2025, 1, 1),
    date(2025, 4, 21),
    date(2025, 12, 25),
)


def working_spans() -> list[tuple[str, datetime, datetime, int]]:
    """Return schedule, start and end (naive UTC) of every working day, and the working seconds
    before it.
    """
    from helmdesk.clocks.calendar import Calendar, open_spans

    weekly = tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(5))
    rows = []
    for key, zone in ZONES.items():
        total = 0
        for span in open_spans(
            Calendar(key, zone, weekly, dict.fromkeys(CLOSED, ())),
            date(2023, 12, 20),
            date(2027, 1, 31),
        ):
            start, end = span.start.replace(tzinfo=None), span.end.replace(tzinfo=None)
            rows.append((key, start, end, total))
            total += int((end - start).total_seconds())
    return rows


def main() -> None:
    """Write the result as Parquet."""
    folder, out = Path(sys.argv[1]), sys.argv[2]
    c = duckdb.connect()
    c.execute("set timezone = 'UTC'")
    c.execute(
        "create table work (schedule_id varchar, start_at timestamp, end_at timestamp, before"
        " bigint)"
    )
    listed = ", ".join(
        f"('{schedule}', '{start}', '{end}', {before})"
        for schedule, start, end, before in working_spans()
    )
    c.execute(f"insert into work values {listed}")
    t = {
        name: f"read_parquet('{folder / name}.parquet')"
        for name in ("ticket", "ticket_field_history", "ticket_comment", "ticket_schedule", "user")
    }
    c.execute(
        "create table tickets as select t.id::varchar as id, t.created_at, t.requester_id,"
        f" s.schedule_id::varchar as schedule_id from {t['ticket']} t left join"
        f" {t['ticket_schedule']} s on s.ticket_id = t.id"
    )
    ((as_of,),) = c.execute(f"select max(updated) from {t['ticket_field_history']}").fetchall()
    c.execute(f"""create table statuses as
        select h.ticket_id::varchar as id, h.value as status, h.updated as start_at,
            coalesce(lead(h.updated) over (partition by h.ticket_id order by h.updated),
                timestamp '{as_of}') as end_at,
            lag(h.value) over (partition by h.ticket_id order by h.updated) as last_status
        from {t["ticket_field_history"]} h where h.field_name = 'status'""")
    c.execute("""create table worked as
        select s.*, a.before + greatest(0, epoch(least(s.start_at, a.end_at) - a.start_at)) as w0,
            b.before + greatest(0, epoch(least(s.end_at, b.end_at) - b.start_at)) as w1
        from (select s.*, t.schedule_id, t.created_at from statuses s join tickets t
            on t.id = s.id) s
        asof left join work a on a.schedule_id = s.schedule_id and a.start_at <= s.start_at
        asof left join work b on b.schedule_id = s.schedule_id and b.start_at <= s.end_at""")
    c.execute("""create table lives as
        select id, min(case when status = 'solved' then start_at end) as first_solved_at,
            max(case when status = 'solved' then start_at end) as last_solved_at,
            min(case when status = 'solved' then w0 end) as first_solved_worked,
                max(case when status = 'solved' then w0 end) as last_solved_worked,
                min(w0) as created_worked,
            count(*) filter (where last_status in ('solved', 'closed')
                and status not in ('solved', 'closed')) as reopens,
            sum(epoch(end_at - start_at)) filter (where status in ('new', 'open')) as agent_work,
                sum(w1 - w0) filter (where status in ('new', 'open')) as agent_work_business,
            sum(epoch(end_at - start_at)) filter (where status in ('new', 'open',
                'hold')) as requester_wait,
                sum(w1 - w0) filter (where status in ('new', 'open',
                'hold')) as requester_wait_business,
            sum(epoch(end_at - start_at)) filter (where status = 'pending') as pending,
                sum(w1 - w0) filter (where status = 'pending') as pending_business,
            sum(epoch(end_at - start_at)) filter (where status = 'hold') as on_hold,
                sum(w1 - w0) filter (where status = 'hold') as on_hold_business
        from worked group by id""")
    c.execute(f"""create table stations as
        select ticket_id::varchar as id,
            count(*) filter (where field_name = 'assignee_id') as assignees,
            count(*) filter (where field_name = 'group_id') as groups,
            arg_max(value, updated) filter (where field_name = 'satisfaction_score'
                and value <> 'offered') as satisfaction,
            arg_max(value, updated) filter (where field_name = 'priority') as priority,
            arg_max(value, updated) filter (where field_name = 'assignee_id') as agent
        from {t["ticket_field_history"]} group by 1""")
    c.execute(f"""create table words as
        select m.ticket_id::varchar as id,
            min(m.created) filter (where u.role = 'agent' and m.public) as first_reply_at,
            count(*) filter (where u.role = 'agent' and m.public) as replies,
            count(*) filter (where u.role = 'agent') as touches,
            count(distinct m.user_id) filter (where u.role = 'agent' and m.public) as people
        from {t["ticket_comment"]} m join {t["user"]} u on u.id = m.user_id group by 1""")
    c.execute(f"""copy (
        select t.id, t.created_at, epoch(w.first_reply_at - t.created_at) as first_reply,
            epoch(l.first_solved_at - t.created_at) as first_solve,
            epoch(l.last_solved_at - t.created_at) as last_solve,
            l.first_solved_worked - l.created_worked as first_solve_business,
            l.last_solved_worked - l.created_worked as last_solve_business,
            r.before + greatest(0, epoch(least(w.first_reply_at,
                r.end_at) - r.start_at)) - l.created_worked as first_reply_business,
            l.* exclude (id), s.* exclude (id), w.replies, w.touches, w.people
        from tickets t join lives l on l.id = t.id left join stations s on s.id = t.id
            left join words w on w.id = t.id
        asof left join work r on r.schedule_id = t.schedule_id and r.start_at <= w.first_reply_at
    ) to '{out}' (format parquet)""")


if __name__ == "__main__":
    main()
