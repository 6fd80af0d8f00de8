"""Costs of whole commands, and the table they go into."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "bench"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"


@dataclass(frozen=True)
class Cost:
    """What a command took: CPU seconds of all its threads, wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    peak: float


def run(command: Sequence[object], times: int = 1) -> Cost:
    """Run a command and return its cost, the median of several runs."""
    found = [_run_once([str(part) for part in command]) for _ in range(times)]
    return Cost(
        *(
            statistics.median(values)
            for values in zip(*((cost.cpu, cost.wall, cost.peak) for cost in found), strict=True)
        )
    )


def _run_once(command: list[str]) -> Cost:
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: {said.decode()[-2000:]}")
    return Cost(
        usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024
    )


def run_here(work: Callable[[], object], times: int = 1) -> Cost:
    """Do something in this process and return its cost, the median of several times; peak memory is
    not known.
    """
    found = []
    for _ in range(times):
        began, before = time.perf_counter(), time.process_time()
        work()
        found.append((time.process_time() - before, time.perf_counter() - began))
    return Cost(
        statistics.median(cpu for cpu, _ in found),
        statistics.median(wall for _, wall in found),
        0.0,
    )


def keep(
    work: str,
    ours: Cost,
    beside: str,
    theirs: Cost | None,
    target: str,
    is_met: bool | None,
    remark: str = "",
) -> None:
    """Keep one row of the table, and show it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    row = {
        "work": work,
        "ours": asdict(ours),
        "beside": beside,
        "theirs": asdict(theirs) if theirs else None,
        "target": target,
        "is_met": is_met,
        "remark": remark,
        "at": time.strftime("%Y-%m-%d %H:%M"),
    }
    name = "".join(letter if letter.isalnum() else "_" for letter in work)[:80]
    (KEPT / f"{name}.json").write_text(json.dumps(row, indent=1), encoding="utf-8")
    print(line(row), flush=True)


def line(row: dict) -> str:
    """Return one row of the table."""
    ours, theirs = row["ours"], row["theirs"]
    met = {True: "met", False: "**missed**", None: "not judged"}[row["is_met"]]
    beside = row["beside"] + (
        f": {theirs['cpu']:.2f} CPU s, {theirs['wall']:.2f} s{_peak(theirs)}" if theirs else ""
    )
    ratio = f"{ours['cpu'] / theirs['cpu']:.2f}" if theirs and theirs["cpu"] else ""
    return (
        f"| {row['work']} | {ours['cpu']:.2f} CPU s, {ours['wall']:.2f} s{_peak(ours)} | {beside} |"
        f" {ratio} | {row['target']} | {met} | {row['remark']} |"
    )


def _peak(cost: dict) -> str:
    return f", {cost['peak']:,.0f} MB" if cost["peak"] else ""


def write_results() -> None:
    """Write every kept row into ``benchmarks/RESULTS.md``."""
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(KEPT.glob("*.json"))]
    head = [
        "# Results",
        "",
        (
            f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
            f" duckdb {version('duckdb')}, deltalake {version('deltalake')}. Both sides of a row"
            " ran in one go, one after the other; the machine is shared, so trust the ratios."
            " Ratio is CPU to CPU."
        ),
        "",
        "| work | Helmdesk | beside | ratio | must reach | | remark |",
        "|---|---|---|---|---|---|---|",
    ]
    RESULTS.write_text("\n".join([*head, *map(line, rows)]) + "\n", encoding="utf-8")
