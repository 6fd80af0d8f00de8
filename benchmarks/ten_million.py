"""Ten million tickets on this machine: ten loads, the whole mart, and questions beside hand-written
SQL on it.

    python benchmarks/ten_million.py [--data build/bench/data]

Takes half an hour on two cores and 40 GB of disk at most; what is there already is used again.
`scale.py` keeps the same rows for smaller sizes.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from measuring import KEPT, Cost, keep, run, write_results
from scale import HELMDESK, history, questions, scorecard

TICKETS = 10_000_000
# Of the 12 GB allowed; what a process holds beside DuckDB's own buffers comes on top.
MEMORY_GB = 9
MOST_MB = 12_000


def load(data: Path) -> Path:
    """Load the history million by million into a desk, unless it is there; return its folder."""
    folder, desk = history(data, TICKETS, "parquet"), data / f"desk-{TICKETS}"
    parts = sorted(folder.iterdir())
    if len(list((desk / "lake" / "_delta_log").glob("*.json"))) > len(parts):
        return desk
    shutil.rmtree(desk, ignore_errors=True)
    run([*HELMDESK, "init", desk])
    settings = desk / "helmdesk.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace(
            "memory_gb = 0.0", f"memory_gb = {MEMORY_GB}.0"
        ),
        encoding="utf-8",
    )
    costs = [
        run([*HELMDESK, "load", "zendesk", part, "--no-refresh", "--desk", desk]) for part in parts
    ]
    whole = Cost(
        sum(cost.cpu for cost in costs),
        sum(cost.wall for cost in costs),
        max(cost.peak for cost in costs),
    )
    keep(
        f"load, {TICKETS:,} tickets (Parquet, ten batches)",
        whole,
        "",
        None,
        "12 GB",
        whole.peak <= MOST_MB,
        f"{whole.cpu / TICKETS * 1e6:.0f} CPU µs a ticket; the last million"
        f" {costs[-1].cpu / costs[0].cpu:.2f} times the first",
    )
    return desk


def build(desk: Path) -> None:
    """Build the whole mart."""
    mart = run([*HELMDESK, "refresh", "--force", "--desk", desk])
    keep(
        f"the whole mart of {TICKETS:,} tickets, SLA clocks and replies included",
        mart,
        "",
        None,
        "12 GB",
        mart.peak <= MOST_MB,
        f"{mart.cpu / TICKETS * 1e6:.0f} CPU µs a ticket",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=KEPT / "data")
    arguments = parser.parse_args()
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    arguments.data.mkdir(parents=True, exist_ok=True)
    build(load(arguments.data))
    questions(arguments.data, TICKETS)
    scorecard(arguments.data, TICKETS)
    write_results()


if __name__ == "__main__":
    main()
