"""What business time costs: first response over a million tickets, on both clocks, and the facts
with and without a calendar.

    python benchmarks/business_clock.py [--tickets 1000000] [--runs 5]

CPU seconds of this process (user and system, all threads), medians of alternating runs; the figures
that matter are ratios.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build.build import build_facts
from helmdesk.query.request import Request
from helmdesk.query.run import read_bounds, run_request
from helmdesk.settings import Settings

BAR = 1.5
WEEKLY = [
    [day * 1440 + start, day * 1440 + end]
    for day in range(5)
    for start, end in ((540, 750), (810, 1080))
]


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def cost(work: Callable[[], object]) -> tuple[float, float]:
    before, began = cpu(), time.perf_counter()
    work()
    return cpu() - before, time.perf_counter() - began


def generate(folder: Path, tickets: int) -> dict[str, list[str]]:
    """Write records of tickets over two years: creation, a question, a reply, a solve; arrivals by
    day and night.
    """
    connection = duckdb.connect()
    shared = (
        "'bench' as source, n::varchar as source_id, null::bigint as seq, 'native' as fidelity,"
        " timestamptz '2026-01-01' as recorded_at, 'b' as batch_id"
    )
    connection.execute(f"""create table born as select i as n, i::varchar as ticket_id,
            timestamptz '2024-01-01 00:00:00+00' + to_seconds((hash(i) % 63072000)::bigint)
                as created_at,
            to_seconds(60 + (hash(i * 7) % 172800)::bigint) as wait,
            to_seconds(60 + (hash(i * 13) % 345600)::bigint) as work
        from range({tickets}) t(i)""")
    families = {
        "ticket": (
            f"""select 'c' || n as record_id, 'created' as type, created_at as occurred_at,
                ticket_id, 'email' as channel, 'customer' as actor_kind,
                null as status, {shared} from born
            union all by name select 's' || n as record_id, 'status_changed' as type,
                created_at + wait + work as occurred_at, ticket_id,
                'solved' as status, 'human' as actor_kind, {shared} from born"""
        ),
        "message": (
            f"""select 'm' || n as record_id, 'message' as type, created_at as occurred_at,
                ticket_id, 'customer' as actor_kind, 'inbound' as direction,
                'public' as visibility, 'c' as actor_id, {shared} from born
            union all by name select 'r' || n as record_id, 'message' as type,
                created_at + wait as occurred_at, ticket_id, 'human' as actor_kind,
                'outbound' as direction, 'public' as visibility, 'a' || (n % 50) as actor_id,
                {shared} from born"""
        ),
    }
    files = {}
    for family, sql in families.items():
        path = folder / f"{family}.parquet"
        connection.execute(f"copy ({sql}) to '{path}' (format parquet)")
        files[family] = [str(path)]
    calendar = folder / "entity.parquet"
    definition = json.dumps({"weekly": WEEKLY, "exceptions": {"2024-12-25": [], "2025-12-25": []}})
    connection.execute(
        f"""copy (select 'cal' as record_id, 'calendar' as type,
            timestamptz '2020-01-01' as occurred_at, timestamptz '2020-01-01' as valid_from,
            'office' as entity_id, 'Europe/Berlin' as time_zone, '{definition}' as definition,
            {shared.replace("n::varchar", "'x'")})
        to '{calendar}' (format parquet)"""
    )
    connection.close()
    return {**files, "entity": [str(calendar)]}


def build(path: Path, files: dict[str, list[str]]) -> None:
    path.unlink(missing_ok=True)
    engine = DuckDB.create(path)
    build_facts(engine, files, Settings().for_facts(), 1)
    engine.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = generate(Path(folder), options.tickets)
        plain = {family: paths for family, paths in files.items() if family != "entity"}
        built: dict[str, list[float]] = {"calendar": [], "business": []}
        for _ in range(max(1, options.runs // 2)):
            built["calendar"].append(cost(lambda: build(Path(folder) / "plain.duckdb", plain))[0])
            built["business"].append(cost(lambda: build(Path(folder) / "mart.duckdb", files))[0])
        engine = DuckDB.open(Path(folder) / "mart.duckdb")
        bounds = read_bounds(engine)
        asked: dict[str, list[float]] = {"calendar": [], "business": []}
        for clock in ("calendar", "business"):
            run_request(engine, Request("first_response_time", clock=clock), bounds)  # warm
        for _ in range(options.runs * 2):
            for clock, costs in asked.items():
                costs.append(
                    cost(
                        lambda clock=clock: run_request(
                            engine,
                            Request("first_response_time", clock=clock, grain="week"),
                            bounds,
                        )
                    )[0]
                )  # type: ignore[misc]
    print(f"{options.tickets:,} tickets, CPU seconds, medians")
    for name, costs in (("asking: first response by week", asked), ("building all facts", built)):
        one, other = statistics.median(costs["calendar"]), statistics.median(costs["business"])
        print(
            f"{name:<32} calendar {one:7.2f}   business {other:7.2f}   ratio {other / one:.2f}  "
            f" (bar {BAR})"
        )


if __name__ == "__main__":
    main()
