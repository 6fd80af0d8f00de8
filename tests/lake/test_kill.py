"""Real SIGKILLs: the whole batch or none of it, and running the load again completes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from desks import make_desk
from helmdesk.desk import Desk

ROWS, KILLS = 2000, 14


def write_log(path: Path, prefix: str) -> None:
    header = "number,incident_state,sys_updated_at,opened_at,sys_mod_count,made_sla\n"
    rows = (f"{prefix}{number:05d},{state},{5 + move}/1/2026 09:0{move},5/1/2026 09:00,{move},true\n"
            for number in range(ROWS) for move, state in enumerate(("New", "Active", "Resolved")))  # fmt: skip
    path.write_text(header + "".join(rows))


def tickets_by_batch(desk: Desk) -> dict[str, int]:
    files = desk.lake.snapshot().files.get("ticket", ())
    if not files:
        return {}
    rows = duckdb.connect().execute(
        f"select batch_id, count(distinct ticket_id) from read_parquet({list(files)!r}, union_by_name=true) where type = 'created' group by 1"
    )
    return dict(rows.fetchall())


def start(desk: Desk, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "helmdesk", "load", "servicenow", str(log), "--desk", str(desk.path)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def test_a_killed_load_leaves_all_or_nothing(tmp_path: Path) -> None:
    desk, rng = make_desk(tmp_path / "desk"), random.Random(20260101)
    logs: list[Path] = []

    def next_log() -> Path:
        logs.append(tmp_path / f"log{len(logs)}.csv")
        write_log(logs[-1], f"INC{len(logs)}-")
        return logs[-1]

    durations = []
    for _ in range(2):
        began = time.monotonic()
        assert start(desk, next_log()).wait(120) == 0
        durations.append(time.monotonic() - began)
    killed, log = 0, next_log()
    for _ in range(KILLS):
        before = tickets_by_batch(desk)
        process = start(desk, log)
        time.sleep(rng.uniform(0.15, 1.0) * min(durations))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        after = tickets_by_batch(desk)
        assert set(after.values()) == {ROWS}, "a batch is there in part"
        assert set(before) <= set(after), "a batch was lost"
        # Readers never notice: the published mart answers at every moment.
        assert desk.measure("ticket_volume")[0].value in {ROWS * count for count in range(2, len(after) + 1)}
        if len(after) > len(before):
            log = next_log()
    assert killed >= KILLS // 2
    for path in logs:
        assert start(desk, path).wait(120) == 0
    assert sorted(tickets_by_batch(desk).values()) == [ROWS] * len(logs)
    assert desk.measure("ticket_volume")[0].value == ROWS * len(logs)
    assert not list((desk.path / "marts").glob(".building-*"))
