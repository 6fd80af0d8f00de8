"""Cost by size: load, facts, refresh, questions, start-up, beside what a user would otherwise
write.

    python benchmarks/scale.py [--sizes 10000 100000 1000000] [--data build/bench/data]

Makes Zendesk-shaped history where it is missing, and keeps one row of the table for each
comparison.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from measuring import KEPT, ROOT, Cost, keep, run, run_here, write_results

PYTHON = sys.executable
HELMDESK = [PYTHON, "-m", "helmdesk"]
BAR_FACTS_S = {10_000: 1.0, 100_000: 2.5}
# Changes and messages of one ticket.
EVENTS = 20
PEERS_S = {10_000: 15, 100_000: 36, 1_000_000: 267}

BARE_READ = """
import duckdb, sys, pathlib
c = duckdb.connect()
for path in pathlib.Path(sys.argv[1]).glob('*.csv'):
    c.execute(f"create or replace table t as select * from read_csv('{path}', all_varchar=true)")
"""
FACTS_ONLY = """
import sys
from helmdesk.desk.desk import Desk
from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build.build import build_facts
desk = Desk(sys.argv[1])
engine = DuckDB.create()
build_facts(engine, desk.lake.snapshot().files, desk.settings.for_facts(), 1, only=('tickets',))
print(engine.run('select count(*) from tickets'))
"""


def history(data: Path, tickets: int, form: str) -> Path:
    """Return the folder of a generated history, made if need be."""
    folder = data / f"{tickets}-{form}"
    if not folder.exists():
        run([PYTHON, ROOT / "benchmarks" / "zendesk_history.py", tickets, folder, "--format", form])
    return folder


def loaded(data: Path, tickets: int) -> Path:
    """Return a desk with a generated history, loaded and refreshed if need be."""
    desk = data / f"desk-{tickets}"
    if not (desk / "marts" / "CURRENT").exists():
        shutil.rmtree(desk, ignore_errors=True)
        run([*HELMDESK, "init", desk])
        run([*HELMDESK, "load", "zendesk", history(data, tickets, "parquet"), "--desk", desk])
    return desk


def loading(data: Path, tickets: int) -> None:
    """CSV files into a desk with its mart, beside a bare read of the same files."""
    folder, desk = history(data, tickets, "csv"), data / "loading"
    shutil.rmtree(desk, ignore_errors=True)
    run([*HELMDESK, "init", desk])
    ours = run([*HELMDESK, "load", "zendesk", folder, "--desk", desk])
    theirs = run([PYTHON, "-c", BARE_READ, folder])
    shutil.rmtree(desk, ignore_errors=True)
    keep(
        f"load, {tickets:,} tickets (CSV): parse, check, append, build the mart",
        ours,
        "DuckDB reads the files and keeps nothing",
        theirs,
        "4 times",
        ours.cpu <= 4 * theirs.cpu,
    )


def facts(data: Path, tickets: int) -> None:
    """Facts from the lake, beside one hand-written script on the raw tables."""
    desk, folder = loaded(data, tickets), history(data, tickets, "parquet")
    only = run([PYTHON, "-c", FACTS_ONLY, desk])
    theirs = run(
        [PYTHON, ROOT / "benchmarks" / "facts_by_hand.py", folder, data / "by-hand.parquet"]
    )
    keep(
        f"facts of {tickets:,} tickets, cold process, tickets alone",
        only,
        "hand-written DuckDB script",
        theirs,
        "1.3 times",
        only.cpu <= 1.3 * theirs.cpu,
        f"dbt_zendesk on DuckDB took {PEERS_S.get(tickets, 0)} s wall elsewhere; bar"
        f" {BAR_FACTS_S.get(tickets, '-')} s wall",
    )
    for name in ("polars", "pandas"):
        others = run(
            [
                PYTHON,
                ROOT / "benchmarks" / f"facts_by_{name}.py",
                folder,
                data / f"by-{name}.parquet",
            ]
        )
        keep(
            f"facts of {tickets:,} tickets, beside {name}",
            only,
            f"hand-written {name} script",
            others,
            "less CPU",
            only.cpu < others.cpu,
        )
    whole = run([*HELMDESK, "refresh", "--force", "--desk", desk])
    keep(
        f"the whole mart of {tickets:,} tickets, SLA clocks and replies included",
        whole,
        "hand-written script (tickets alone)",
        theirs,
        "",
        None,
        f"{whole.cpu / tickets * 1e6:.0f} CPU µs a ticket",
    )


RENEWAL = ROOT / "benchmarks" / "refresh.py"


def questions(data: Path, tickets: int) -> None:
    """One metric on the command line, and inside a process beside hand-written SQL on the same
    mart.
    """
    from helmdesk.desk.desk import Desk

    path = loaded(data, tickets)
    cold = run(
        [*HELMDESK, "measure", "csat", "--by", "channel", "--grain", "week", "--desk", path],
        times=5,
    )
    keep(
        f"command line: CSAT by week and channel, {tickets:,} tickets",
        cold,
        "MetricFlow's command, measured elsewhere: 3.5-4.6 s",
        None,
        "0.5 s wall",
        cold.wall <= 0.5,
    )
    desk = Desk(path)
    with desk.engine() as engine:
        by_agent = (
            "select coalesce(agent, '') as a, date_trunc('week', first_reply_at) as w, count(*),"
            " quantile_cont(first_reply_seconds, 0.5), quantile_cont(first_reply_seconds, 0.025),"
            " quantile_cont(first_reply_seconds, 0.975) from tickets where is_counted and not"
            " is_outbound and first_reply_seconds is not null and first_reply_at >= timestamp"
            " '2024-01-01' and first_reply_at < timestamp '2026-01-01' group by all"
        )
        theirs = run_here(lambda: engine.run(by_agent), 3)
    ours = run_here(
        lambda: desk.measure(
            "first_response_time", by=["agent"], grain="week", start="2024-01-01", end="2026-01-01"
        ),
        3,
    )
    keep(
        f"first response by agent by week, two years, {tickets:,} tickets",
        ours,
        "hand-written SQL on the same mart",
        theirs,
        "1.1 times + 5 ms",
        ours.wall <= 1.1 * theirs.wall + 0.005,
    )
    three = run_here(
        lambda: desk.measure(
            "first_response_time",
            "resolution_time",
            "replies_per_ticket",
            by=["agent"],
            grain="week",
            start="2025-10-01",
            end="2025-12-30",
        ),
        3,
    )
    keep(
        f"agent by week by three metrics, 90 days, {tickets:,} tickets",
        three,
        "Chatwoot's statements on 10 M events, elsewhere: 1.4 s in one, 53.5 s as its pages ask",
        None,
        "0.3 s wall on 10 M events",
        three.wall <= 0.3 if EVENTS * tickets < 10 * 10_000_000 else None,
        f"{EVENTS * tickets // 1_000_000:,} M events on this desk",
    )


def starting() -> None:
    """Start-up beside importing DuckDB."""
    bare = run([PYTHON, "-c", "import duckdb"], times=7)
    for name, command in (
        ("helmdesk metrics", [*HELMDESK, "metrics"]),
        ("import helmdesk", [PYTHON, "-c", "import helmdesk"]),
    ):
        ours = run(command, times=7)
        keep(
            f"start-up: {name}",
            ours,
            "python -c 'import duckdb'",
            bare,
            "0.25 s more wall",
            ours.wall <= bare.wall + 0.25,
        )


def scorecard(data: Path, tickets: int) -> None:
    """The scorecard with comparison and trends: cold results, then remembered ones."""
    from helmdesk.desk.live import LiveDesk

    keys = (
        "csat",
        "csat_response_rate",
        "ticket_volume",
        "first_response_time",
        "resolution_time",
        "backlog",
        "backlog_age",
        "sla_compliance",
        "resolution_rate",
        "reopen_rate",
        "escalation_rate",
        "transfers",
        "fcr",
        "replies_per_ticket",
        "touches",
        "next_response_time",
        "breach_exposure",
        "account_health",
        "cost_per_ticket",
        "nps",
        "ces",
        "average_handle_time",
        "service_level",
        "missed_contact_rate",
    )
    desk = LiveDesk(loaded(data, tickets))
    desk.open_mart()
    cold = run_here(lambda: desk.scorecard(keys=keys, trend="week"))
    warm = run_here(lambda: desk.scorecard(keys=keys, trend="week"), 9)
    text = (ROOT / "benchmarks" / "scorecard_by_hand.sql").read_text(encoding="utf-8")
    by_hand = [sql for sql in re.sub("--.*", "", text).split(";") if sql.strip()]
    with desk.engine() as engine:
        theirs = run_here(lambda: [engine.run(sql) for sql in by_hand])
    keep(
        f"scorecard of 24 metrics, comparison and trend, {tickets:,} tickets, cold",
        cold,
        "one hand-written query a fact",
        theirs,
        "1.5 times",
        cold.cpu <= 1.5 * theirs.cpu,
    )
    keep(f"the same, remembered, {tickets:,} tickets", warm, "", None, "5 ms", warm.wall <= 0.005)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--data", type=Path, default=KEPT / "data")
    arguments = parser.parse_args()
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    arguments.data.mkdir(parents=True, exist_ok=True)
    starting()
    for tickets in arguments.sizes:
        loading(arguments.data, tickets)
        facts(arguments.data, tickets)
    largest = max(arguments.sizes)
    questions(arguments.data, largest)
    scorecard(arguments.data, largest)
    refresh = run(
        [
            PYTHON,
            RENEWAL,
            loaded(arguments.data, largest),
            history(arguments.data, largest, "parquet"),
            arguments.data / "refresh",
        ]
    )
    assert isinstance(refresh, Cost)
    write_results()


if __name__ == "__main__":
    main()
