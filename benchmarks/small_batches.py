"""Thousands of small batches, as webhooks bring them: does a load, a refresh or a question cost
more at the end than at the beginning?

    python benchmarks/small_batches.py [--batches 5000] [--refresh-every 100]

One process loads batches of one ticket with two messages each, publishing now and then; compaction
happens as loads call for it.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from helmdesk.desk.desk import Desk
from helmdesk.records.staging import Staging

START = datetime(2025, 1, 6, 9, tzinfo=UTC)


def fill(number: int, staging: Staging) -> None:
    """Stage one ticket: opened, answered, solved."""
    at = START + timedelta(minutes=number * 7)
    ticket = f"T{number}"
    rows = pa.table(
        {"n": [0, 1], "moment": pa.array([at, at + timedelta(hours=1)], pa.timestamp("us", "UTC"))}
    )
    staging.connection.register("given", rows)
    staging.add(
        "created",
        {
            "record_id": f"'{ticket}:c'",
            "occurred_at": "moment",
            "ticket_id": f"'{ticket}'",
            "channel": "'email'",
        },
        "given where n = 0",
    )
    staging.add(
        "message",
        {
            "record_id": f"'{ticket}:m' || n",
            "occurred_at": "moment",
            "ticket_id": f"'{ticket}'",
            "visibility": "'public'",
            "direction": "case n when 0 then 'inbound' else 'outbound' end",
            "actor_kind": "case n when 0 then 'customer' else 'human' end",
        },
        "given",
    )
    staging.add(
        "status_changed",
        {
            "record_id": f"'{ticket}:s'",
            "occurred_at": "moment",
            "ticket_id": f"'{ticket}'",
            "status": "'solved'",
        },
        "given where n = 1",
    )
    staging.connection.unregister("given")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=5000)
    parser.add_argument("--refresh-every", type=int, default=100)
    arguments = parser.parse_args()
    loads: list[float] = []
    refreshes: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk.create(Path(folder) / "desk")
        for number in range(arguments.batches):
            began = time.perf_counter()
            desk.load_with(
                lambda staging, number=number: fill(number, staging),
                "hook",
                f"hook-{number}",
                refresh=False,
            )
            loads.append(time.perf_counter() - began)
            if (number + 1) % arguments.refresh_every == 0:
                began = time.perf_counter()
                desk.refresh()
                refreshes.append(time.perf_counter() - began)
        began = time.perf_counter()
        found = desk.measure("ticket_volume")[0].value
        asked = time.perf_counter() - began
        assert found == arguments.batches, found
        files = sum(1 for _ in (desk.path / "lake").rglob("*.parquet"))
        size = sum(
            file.stat().st_size for file in (desk.path / "lake").rglob("*") if file.is_file()
        )
        report(
            loads,
            refreshes,
            asked,
            files,
            size,
            len([1 for files in desk.lake.snapshot().files.values() for _ in files]),
        )


def report(
    loads: list[float], refreshes: list[float], asked: float, files: int, size: int, live: int
) -> None:
    part = max(len(loads) // 10, 1)
    print(f"{len(loads):,} batches, {resource.getrusage(resource.RUSAGE_SELF).ru_utime:.0f} CPU s")
    for label, values in (("first tenth", loads[:part]), ("last tenth", loads[-part:])):
        print(
            f"  load, {label}: median {statistics.median(values) * 1e3:.0f} ms, p99"
            f" {sorted(values)[int(len(values) * 0.99)] * 1e3:.0f} ms"
        )
    if refreshes:
        print(f"  refresh: first {refreshes[0] * 1e3:.0f} ms, last {refreshes[-1] * 1e3:.0f} ms")
    print(
        f"  one question at the end: {asked * 1e3:.0f} ms; {live} files in the newest version,"
        f" {files:,} on disk, {size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
