"""A thousand changed tickets on a desk: the refresh beside the full build, and both marts compared
row by row.

python benchmarks/refresh.py DESK RAW_FOLDER SCRATCH
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import duckdb
from measuring import keep, run_here

from helmdesk.desk.desk import Desk


def main() -> None:
    """Keep one row of the table; stop when the marts differ."""
    source, raw, scratch = map(Path, sys.argv[1:4])
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    shutil.copytree(source, scratch / "desk")
    changes = scratch / "changes"
    changes.mkdir()
    c = duckdb.connect()
    c.execute(
        f"create table t as select * from '{raw / 'ticket.parquet'}' where created_at > timestamp"
        " '2025-12-01' order by hash(id) limit 1000"
    )
    c.execute(f"copy t to '{changes / 'ticket.parquet'}'")
    moment = "timestamp '2026-01-01 06:00:00' + to_minutes((id % 600)::integer)"
    c.execute(
        f"copy (select id as ticket_id, 'status' as field_name, 'open' as value, {moment} as"
        " updated, null::varchar as user_id from t) to"
        f" '{changes / 'ticket_field_history.parquet'}'"
    )
    c.execute(
        f"copy (select 900000000000 + id as id, id as ticket_id, requester_id as user_id, {moment}"
        " as created, true as public, 'again' as body from t) to"
        f" '{changes / 'ticket_comment.parquet'}'"
    )
    desk = Desk(scratch / "desk")
    desk.refresh()
    desk.load("zendesk", [changes], refresh=False)
    steps: list[str] = []
    ours = run_here(lambda: desk.refresh(on_step=steps.append))
    assert not any("anew" in step for step in steps), steps
    refreshed = scratch / "refreshed.duckdb"
    shutil.copyfile(str(desk.marts.published_path()), refreshed)
    theirs = run_here(lambda: desk.refresh(is_forced=True))
    c.execute(
        f"attach '{desk.marts.published_path()}' as a (read_only);"
        f" attach '{refreshed}' as b (read_only)"
    )
    tables = [
        name
        for (name,) in c.execute(
            "select table_name from duckdb_tables() where database_name = 'a' and table_name <>"
            " 'refreshes'"
        ).fetchall()
    ]
    for table in tables:
        found = c.execute(
            f"select (select count(*) from (from a.{table} except all from b.{table})), (select"
            f" count(*) from (from b.{table} except all from a.{table}))"
        )
        assert found.fetchall() == [(0, 0)], table
    ((tickets,),) = c.execute("select count(*) from a.tickets").fetchall()
    keep(
        f"refresh after 1,000 changed tickets of {tickets:,}",
        ours,
        "the full build",
        theirs,
        "3%",
        ours.cpu <= 0.03 * theirs.cpu,
        f"{ours.cpu / theirs.cpu:.1%} of its CPU; {len(tables)} tables compared, every row equal",
    )
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
