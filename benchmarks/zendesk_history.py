"""Zendesk-shaped history of any size: what a connector would have copied out of a busy support desk
in two years.

    python benchmarks/zendesk_history.py 100000 FOLDER [--format csv]

A ticket has about 14 rows of field history and 5.6 comments: business hours and weekends in three
zones, turns of customer and agent, pending, hold, transfers, reopens, satisfaction, schedules and
SLA policies. The same number of tickets always gives the same tables: every choice is a hash of the
ticket's number.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

SECONDS_OF_HOUR = [
    1,
    1,
    1,
    1,
    1,
    2,
    4,
    9,
    24,
    34,
    36,
    33,
    26,
    30,
    34,
    33,
    30,
    24,
    14,
    8,
    6,
    4,
    3,
    2,
]
SCHEDULES = (("1", "London"), ("2", "Eastern Time (US & Canada)"), ("3", "Sydney"))
END = "2025-12-31 18:00:00"
DAYS = 730
PART = 1_000_000


def write(tickets: int, folder: Path, form: str = "parquet") -> None:
    """Write all tables of tickets 1 to `tickets`; past a million, in a folder for each million."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
    connection.execute("create macro r(id, salt) as (hash(id * 1000 + salt) % 1000003) / 1000003.0")
    agents, customers = max(12, min(400, tickets // 2500)), max(40, tickets // 5)
    connection.execute(f"create macro agent_of(n) as 1000 + (n % {agents})::bigint")
    connection.execute(
        f"create macro customer_of(id) as 100000 + (pow(r(id, 2), 1.6) * {customers})::bigint"
    )
    listed = []
    total = sum(SECONDS_OF_HOUR)
    for hour, weight in enumerate(SECONDS_OF_HOUR):
        low = sum(SECONDS_OF_HOUR[:hour]) / total
        listed.append(
            f"when u < {low + weight / total} then {hour * 3600} + (u - {low}) / {weight / total} *"
            " 3600"
        )
    connection.execute(f"create macro second_of_day(u) as case {' '.join(listed)} else 86399 end")
    for number, start in enumerate(range(1, tickets + 1, PART)):
        part = folder / f"part{number}" if tickets > PART else folder
        part.mkdir(exist_ok=True)
        _write_part(connection, start, min(tickets + 1, start + PART), tickets, part, form)
        _write_lookups(connection, agents, customers, part, form)
    connection.close()


def _copy(
    connection: duckdb.DuckDBPyConnection, sql: str, folder: Path, name: str, form: str
) -> None:
    options = (
        "format csv, header"
        if form == "csv"
        else "format parquet, compression zstd, compression_level 1"
    )
    connection.execute(f"copy ({sql}) to '{folder / name}.{form}' ({options})")


def _write_part(
    connection: duckdb.DuckDBPyConnection, start: int, end: int, total: int, folder: Path, form: str
) -> None:
    run = connection.execute
    run(f"""create or replace temp table base as
        with days as (
            -- Numbers grow with time; a weekend has a fifth of the tickets of two other days.
            select id, case when isodow(day) > 5 and r(id, 3) < 0.8
                then day + (case when r(id, 4) < 0.5 then -2 else 2 end) else day end as day
            from (select id, date '2024-01-01' + ((id - 1) * {DAYS} // {total})::integer as day
                from range({start}, {end}) t(id))
        )
        select id, day + to_microseconds((second_of_day(r(id,
            5)) * 1000000)::bigint // 1000000 * 1000000) as created_at,
            1 + (hash(id * 7) % 3) as schedule_id,
            least(5, floor(-ln(r(id, 6) + 1e-9) * 1.25))::integer as more_turns,
            list_extract(['low', 'normal', 'high', 'urgent'],
                1 + (r(id, 7) * 10 >= 2)::integer + (r(id, 7) * 10 >= 8)::integer + (r(id,
                7) * 10 >= 9.5)::integer) as priority,
            list_extract(['question', 'incident', 'problem', 'task'],
                1 + (r(id, 8) * 4)::integer % 4) as type,
            list_extract(['email', 'web', 'chat', 'api', 'mobile'],
                1 + (r(id, 9) * 5)::integer % 5) as channel,
            1 + (r(id, 10) * 8)::integer % 8 as group_id,
            agent_of((r(id, 11) * 100000)::bigint) as agent_id,
            customer_of(id) as requester_id, r(id, 12) < 0.12 as is_transferred,
            r(id, 13) < 0.06 as is_reopened, r(id, 14) < 0.05 as is_held,
            r(id, 15) < 0.28 as is_rated, r(id, 16) < 0.87 as is_good
        from days""")
    run(f"""create or replace temp table turns as
        select id, n, created_at + to_seconds(asked) as asked_at,
            created_at + to_seconds(asked + answer) as replied_at, n = more_turns as is_last
        from (
            select *, sum(case when n = 0 then 0 else wait end + answer) over (partition by id
                order by n) - answer as asked
            from (
                select id, created_at, more_turns, unnest(range(0, more_turns + 1)) as n,
                    (600 + -ln(r(id, 20 + n) + 1e-9) * 14000)::bigint as answer,
                    (900 + -ln(r(id, 30 + n) + 1e-9) * 30000)::bigint as wait
                from base)
        ) where created_at + to_seconds(asked) < timestamp '{END}'""")
    run("""create or replace temp table solves as
        select t.id, t.replied_at as solved_at, case when b.is_reopened
            then t.replied_at + to_seconds((4000 + r(t.id, 40) * 200000)::bigint)
            end as reopened_at,
            case when b.is_reopened then t.replied_at + to_seconds((8000 + r(t.id,
                40) * 200000 + r(t.id, 41) * 40000)::bigint) end as solved_again_at
        from turns t join base b on b.id = t.id where t.is_last and r(t.id, 42) > 0.001""")
    run(f"""create or replace temp table history as
        select id as ticket_id, field_name, value, updated, user_id from (
            select id, 'status' as field_name, 'new' as value, created_at as updated,
                requester_id as user_id from base
            union all select id, 'status', 'open',
                created_at + to_seconds((120 + r(id, 50) * 5000)::bigint), agent_id from base
            union all select id, 'priority', priority, created_at, null from base
            union all select id, 'type', type, created_at, null from base
            union all select id, 'custom_product', 'product ' || (id % 17), created_at, null
                from base
            union all select id, 'group_id', group_id::varchar, created_at + to_seconds(1), null
                from base
            union all select id, 'assignee_id', agent_id::varchar,
                created_at + to_seconds((120 + r(id, 50) * 5000)::bigint), agent_id from base
            union all select id, 'group_id', (1 + group_id % 8)::varchar,
                created_at + to_seconds((5200 + r(id, 51) * 3000)::bigint), agent_id from base
                where is_transferred
            union all select id, 'assignee_id', agent_of(agent_id + 17)::varchar,
                created_at + to_seconds((8300 + r(id, 51) * 3000)::bigint), agent_id from base
                where is_transferred
            union all select id, 'status', 'hold', created_at + to_seconds(5150), agent_id from base
                where is_held
            union all select id, 'status', 'open', created_at + to_seconds(9000), agent_id from base
                where is_held
            union all select t.id, 'status', 'pending', t.replied_at, b.agent_id from turns t
                join base b on b.id = t.id where not t.is_last
            union all select t.id, 'status', 'open', t.asked_at, b.requester_id from turns t
                join base b on b.id = t.id where t.n > 0
            union all select s.id, 'status', 'solved', s.solved_at, b.agent_id from solves s
                join base b on b.id = s.id
            union all select id, 'status', 'open', reopened_at, null from solves
                where reopened_at is not null
            union all select s.id, 'status', 'solved', s.solved_again_at, b.agent_id from solves s
                join base b on b.id = s.id where s.solved_again_at is not null
            union all select id, 'status', 'closed',
                coalesce(solved_again_at, solved_at) + to_days(4), null from solves
            union all select id, 'satisfaction_score', 'offered', solved_at + to_hours(24), null
                from solves
            union all select s.id, 'satisfaction_score', case when b.is_good then 'good'
                else 'bad' end, s.solved_at + to_hours(25 + (r(s.id, 60) * 60)::integer),
                b.requester_id
                from solves s join base b on b.id = s.id where b.is_rated
            union all select id, 'custom_area', 'area ' || (id % 23), created_at + to_seconds(700),
                agent_id from base where r(id, 61) < 0.7
            union all select id, 'custom_root_cause', 'cause ' || (id % 11),
                solved_at - to_seconds(60), null from solves
        ) where updated < timestamp '{END}'""")
    # A connector writes history in the order of time, not of tickets.
    _copy(
        connection,
        "select ticket_id, field_name, value, updated, user_id from history order by updated",
        folder,
        "ticket_field_history",
        form,
    )
    _copy(
        connection,
        f"""select id * 20 + place as id, id as ticket_id, user_id, created, public,
            'text of ' || (id * 20 + place) as body from (
            select t.id, t.n * 2 as place, b.requester_id as user_id, t.asked_at as created,
                true as public from turns t join base b on b.id = t.id
            union all select t.id, t.n * 2 + 1, b.agent_id, t.replied_at, true from turns t
                join base b on b.id = t.id
            union all select id, 15, agent_id,
                created_at + to_seconds((200 + r(id, 70) * 20000)::bigint), false from base
            union all select id, 16, agent_id,
                created_at + to_seconds((300 + r(id, 71) * 60000)::bigint), false from base
                where r(id, 72) < 0.95
        ) where created < timestamp '{END}' order by created""",
        folder,
        "ticket_comment",
        form,
    )
    _copy(
        connection,
        """with last as (
            select ticket_id, max(updated) as updated_at,
                arg_max(value, updated) filter (where field_name = 'status') as status,
                arg_max(value, updated) filter (where field_name = 'assignee_id') as assignee_id,
                arg_max(value, updated) filter (where field_name = 'group_id') as group_id
            from history group by ticket_id
        )
        select b.id, 'Subject ' || (b.id % 977) as subject, b.priority, b.type,
            b.channel as via_channel, l.status, l.assignee_id, l.group_id, b.requester_id,
            b.requester_id as submitter_id, 10 + b.requester_id % 500 as organization_id,
            b.created_at, l.updated_at
        from base b join last l on l.ticket_id = b.id order by b.id""",
        folder,
        "ticket",
        form,
    )
    _copy(
        connection,
        "select id as ticket_id, schedule_id, created_at from base order by id",
        folder,
        "ticket_schedule",
        form,
    )
    _copy(
        connection,
        "select id as ticket_id, 1 + (priority in ('high', 'urgent'))::integer as sla_policy_id,"
        " created_at as policy_applied_at from base order by id",
        folder,
        "ticket_sla_policy",
        form,
    )


def _write_lookups(
    connection: duckdb.DuckDBPyConnection, agents: int, customers: int, folder: Path, form: str
) -> None:
    _copy(
        connection,
        f"""select 1000 + n as id, 'agent' as role, 'Agent ' || n as name, null as organization_id,
            timestamp '2023-01-01' as created_at, timestamp '2023-01-01' as updated_at
        from range({agents}) t(n) union all select 100000 + n, 'end-user', 'Customer ' || n,
            10 + n % 500, timestamp '2023-01-01', timestamp '2023-01-01'
            from range({customers + 1}) t(n)""",
        folder,
        "user",
        form,
    )
    _copy(
        connection,
        "select n as id, 'Group ' || n as name, timestamp '2023-01-01' as created_at, timestamp"
        " '2023-01-01' as updated_at from range(1, 9) t(n)",
        folder,
        "group",
        form,
    )
    _copy(
        connection,
        "select n as id, 'Company ' || n as name, timestamp '2023-01-01' as created_at, timestamp"
        " '2023-01-01' as updated_at from range(10, 511) t(n)",
        folder,
        "organization",
        form,
    )
    zones = " union all ".join(
        f"select '{key}' as id, '{zone}' as time_zone" for key, zone in SCHEDULES
    )
    _copy(
        connection,
        f"""select id, (day * 1440 + 540)::varchar as start_time,
            (day * 1440 + 1020)::varchar as end_time, time_zone, 'Schedule ' || id as name,
            timestamp '2023-01-01' as created_at from ({zones}), range(1, 6) d(day)""",
        folder,
        "schedule",
        form,
    )
    _copy(
        connection,
        "select id as schedule_id, day::varchar as start_date, day::varchar as end_date, 'Holiday'"
        f" as name from ({zones}), (select unnest([date '2024-01-01', date '2024-12-25', date"
        " '2025-01-01', date '2025-04-21', date '2025-12-25']) as day)",
        folder,
        "schedule_holiday",
        form,
    )
    _copy(
        connection,
        """select policy as sla_policy_id, timestamp '2023-01-01' as sla_policy_updated_at, metric,
            priority, (minutes // (case when policy = 2 then 2 else 1 end))::varchar as target,
            'true' as business_hours
        from range(1, 3) p(policy), (select unnest(['low', 'normal', 'high',
            'urgent']) as priority),
            (select unnest(['first_reply_time', 'total_resolution_time']) as metric,
                unnest([480, 2880]) as minutes)""",
        folder,
        "sla_policy_metric_history",
        form,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tickets", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    arguments = parser.parse_args()
    write(arguments.tickets, arguments.folder, arguments.format)


if __name__ == "__main__":
    main()
