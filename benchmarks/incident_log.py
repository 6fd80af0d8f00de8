"""From an empty desk to the printed scorecard of the incident log, beside a hand-written DuckDB
script.

    python benchmarks/incident_log.py [--runs 5]

Both run in processes of their own, alternating; the figure is CPU seconds (user and system, all
threads) of the whole commands, so interpreter start and imports are included. The numbers of both
are compared first.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from measuring import Cost, keep, write_results

ROOT = Path(__file__).parents[1]
LOG = (
    Path(os.environ.get("HELMDESK_SHARED_DATA", ROOT.parent / "shared" / "data"))
    / "uci-incident-log"
    / "incident_event_log.csv.gz"
)
HELMDESK = [sys.executable, "-m", "helmdesk"]
PERIOD = ["--start", "2016-05-01", "--end", "2016-06-01"]
BAR = 3.0


def cost(*commands: list[str]) -> tuple[float, float]:
    """Return CPU and wall seconds of commands run one after another."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        time.perf_counter() - began,
    )


def compare(desk: str) -> None:
    """Stop unless both give the same numbers."""
    ours = json.loads(
        subprocess.run(
            [*HELMDESK, "scorecard", *PERIOD, "--desk", desk, "--format", "json"],
            capture_output=True,
            check=True,
        ).stdout
    )
    by_hand = json.loads(
        subprocess.run(
            [sys.executable, ROOT / "benchmarks" / "incident_log_by_hand.py", LOG],
            capture_output=True,
            check=True,
        ).stdout
    )
    cards = {card["metric"]: card for card in ours}
    for key, expected in by_hand[0].items():
        for name, number in {
            **expected,
            "previous": by_hand[1][key]["value"],
            "previous_n": by_hand[1][key]["n"],
        }.items():
            found = cards[key][name]
            if (found is None) != (number is None) or (
                found is not None and not math.isclose(found, float(number), rel_tol=1e-9)
            ):
                sys.exit(f"{key}: {name} is {found} by Helmdesk and {number} by the script")
    print(f"{len(by_hand[0])} metrics with intervals, n and pending, two windows each: equal\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    if not LOG.exists():
        sys.exit(f"needs {LOG} (set HELMDESK_SHARED_DATA)")
    ours: list[tuple[float, float]] = []
    by_hand: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        desk = f"{folder}/desk"
        for run in range(runs + 1):
            shutil.rmtree(desk, ignore_errors=True)
            subprocess.run([*HELMDESK, "init", desk], check=True, capture_output=True)
            load = [
                *HELMDESK,
                "load",
                "servicenow",
                str(LOG),
                "--desk",
                desk,
                "--scorecard",
                *PERIOD,
            ]
            measured = (
                cost(load),
                cost(
                    [sys.executable, str(ROOT / "benchmarks" / "incident_log_by_hand.py"), str(LOG)]
                ),
            )
            if run == 0:
                compare(desk)  # also warms the file cache
                continue
            ours.append(measured[0])
            by_hand.append(measured[1])
    report(ours, by_hand)


def report(ours: list[tuple[float, float]], by_hand: list[tuple[float, float]]) -> None:
    """Keep the row, with the median of paired ratios; stop when it is over the bar."""
    ratios = [a[0] / b[0] for a, b in zip(ours, by_hand, strict=True)]
    ratio = statistics.median(ratios)
    mine, theirs = (
        Cost(*(statistics.median(values) for values in zip(*found, strict=True)), 0.0)
        for found in (ours, by_hand)
    )
    keep(
        "incident log (141,712 rows), empty desk to printed scorecard",
        mine,
        "hand-written DuckDB script",
        theirs,
        f"{BAR} times",
        ratio <= BAR,
        f"{len(ours)} paired runs, ratios {min(ratios):.2f} to {max(ratios):.2f}, median"
        f" {ratio:.2f}",
    )
    write_results()
    if ratio > BAR:
        sys.exit(f"over the bar of {BAR}")


if __name__ == "__main__":
    main()
