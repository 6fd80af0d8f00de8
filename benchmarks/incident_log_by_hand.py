"""What a capable analyst would write instead: one DuckDB script, no lake, no receipts, no checks.

    python benchmarks/incident_log_by_hand.py incident_event_log.csv.gz

Prints the same numbers as the scorecard of May 2016 against the 31 days before, with their
intervals, as JSON.
"""

from __future__ import annotations

import json
import math
import sys

import duckdb

WINDOWS = (("2016-05-01", "2016-06-01"), ("2016-03-31", "2016-05-01"))

PREPARE = """
create table rows as
select number, strptime(sys_updated_at, '%d/%m/%Y %H:%M') as seen_at,
    strptime(opened_at, '%d/%m/%Y %H:%M') as opened_at,
    sys_mod_count::int as save, row_number() over () as place,
    case when incident_state in ('Resolved', 'Closed') then 1 when incident_state = '-100' then null
        else 0 end as solved,
    nullif(assignment_group, '?') as team, nullif(assigned_to, '?') as agent, made_sla
from read_csv('{path}', all_varchar = true, header = true);

-- The incident existed from its opening, as its first saved version shows it.
insert into rows
select number, opened_at, opened_at, -1, 0, 0, team, agent, made_sla from rows
qualify row_number() over (partition by number order by seen_at, save, place) = 1;

create table steps as
select number, greatest(seen_at, opened_at) as seen_at, opened_at, made_sla,
    last_value(solved ignore nulls) over life as solved, coalesce(team, '') as team,
    coalesce(agent, '') as agent,
    lead(greatest(seen_at, opened_at)) over (partition by number order by seen_at, save,
        place) as next_at
from rows
window life as (partition by number order by seen_at, save, place rows between unbounded preceding
    and current row);

create table settled as
select *, coalesce(lag(solved) over w, 0) as was_solved, lag(team) over w as last_team,
    lag(agent) over w as last_agent,
    last_value(nullif(team, '') ignore nulls) over earlier as held_team,
    last_value(nullif(agent, '') ignore nulls) over earlier as held_agent,
    row_number() over w as place
from steps where next_at is null or next_at > seen_at
window w as (partition by number order by seen_at),
earlier as (partition by number order by seen_at rows between unbounded preceding and 1 preceding);

create table runs as
select number, episode, min(seen_at) as starts, min(case when solved = 1 then seen_at end) as ends
    from (
    select *, sum(case when solved = 0 and was_solved = 1 then 1
        else 0 end) over (partition by number order by seen_at) as episode from settled)
group by number, episode;

create table tickets as
with solves as (
    select number, min(case when episode = 0 then ends end) as first_solved_at,
        case when count(ends) = count(*) then max(ends) end as last_solved_at,
        min(case when episode > 0 then starts end) as reopened_at from runs group by number),
moves as (
    select number, count(*) filter (where (team <> '' and team <> last_team and team <> held_team)
        or (agent <> '' and agent <> last_agent and agent <> held_agent)) as transfers
    from settled group by number),
verdicts as (select number, arg_max(made_sla = 'true', (seen_at, save, place)) as met,
    min(opened_at) as created_at, max(seen_at) as last_at from rows group by number)
select * from solves join moves using (number) join verdicts using (number);
"""

WINDOW = """
with created as (select * from tickets where created_at >= {a} and created_at < {b}),
solved as (select *, epoch(last_solved_at - created_at) as took from tickets
    where last_solved_at >= {a} and last_solved_at < {b}),
first as (select *, coalesce(reopened_at < first_solved_at + interval 7 day, false) as is_back,
    first_solved_at + interval 7 day <= (select max(seen_at) from rows) as is_mature
    from tickets where first_solved_at >= {a} and first_solved_at < {b}),
judged as (select met from tickets where coalesce(last_solved_at, last_at) >= {a}
    and coalesce(last_solved_at, last_at) < {b}),
waiting as (select epoch({b} - created_at) as age from runs where starts_at < {b}
    and coalesce(ends, timestamp '9999-01-01') >= {b})
select
    (select {{n: count(*)}} from created) as ticket_volume,
    (select {{n: count(*), v: median(took), sorted: list_sort(list(took)),
        pending: (select count(*) from created
            where last_solved_at is null)}} from solved) as resolution_time,
    (select {{n: count(*)}} from waiting) as backlog,
    (select {{n: count(*), v: median(age), sorted: list_sort(list(age))}}
        from waiting) as backlog_age,
    (select {{n: count(*), hits: count(*) filter (where met)}} from judged) as sla_compliance,
    {{n: (select count(*) from solved), d: (select count(*) from created)}} as resolution_rate,
    (select {{n: count(*) filter (where is_mature), hits: count(*) filter (where is_mature
        and is_back),
        pending: count(*) filter (where not is_mature)}} from first) as reopen_rate,
    (select {{n: count(*), t: sum(transfers), q: sum(transfers * transfers)}}
        from solved) as transfers
"""
Z = 1.959963984540054


def finish(cell: dict[str, float | list[float] | None]) -> dict[str, float | None]:
    """Turn sums into value and 95% interval: Wilson, order statistics, normal mean, log ratio."""
    n = cell["n"]
    if "hits" in cell:
        p = cell["hits"] / n
        centre, half = (
            (p + Z * Z / (2 * n)) / (1 + Z * Z / n),
            Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n),
        )
        return {"value": p, "low": centre - half, "high": centre + half, "n": n}
    if "sorted" in cell:
        spread, values = Z * math.sqrt(n * 0.25), cell["sorted"]
        low, high = math.floor(n / 2 - spread), math.ceil(n / 2 + spread) + 1
        return {
            "value": cell["v"],
            "low": values[low - 1] if low >= 1 else None,
            "high": values[high - 1] if high <= n else None,
            "n": n,
        }
    if "q" in cell:
        mean = cell["t"] / n
        half = Z * math.sqrt((cell["q"] - n * mean * mean) / (n - 1) / n)
        return {"value": mean, "low": mean - half, "high": mean + half, "n": n}
    if "d" in cell:
        ratio, factor = n / cell["d"], math.exp(Z * math.sqrt(1 / n + 1 / cell["d"]))
        return {"value": ratio, "low": ratio / factor, "high": ratio * factor, "n": n + cell["d"]}
    return {"value": n, "low": None, "high": None, "n": n}


def main(path: str) -> None:
    connection = duckdb.connect()
    connection.execute(PREPARE.format(path=path))
    connection.execute(
        "create or replace table runs as select r.*, case when episode = 0 then t.created_at else"
        " starts end as starts_at, t.created_at from runs r join tickets t using (number)"
    )
    results = []
    for start, end in WINDOWS:
        cursor = connection.execute(WINDOW.format(a=f"timestamp '{start}'", b=f"timestamp '{end}'"))
        names = [column[0] for column in cursor.description]
        results.append(
            {
                key: finish(cell) | {"pending": cell.get("pending", 0)}
                for key, cell in zip(names, cursor.fetchone(), strict=True)
            }
        )
    print(json.dumps(results, default=str))


if __name__ == "__main__":
    main(sys.argv[1])
