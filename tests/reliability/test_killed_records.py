"""Workers are killed while they give the site's events to the lake: it ends as if none had been."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from desks import load_events, make_desk
from helmdesk.lake.damage import find_damage

IS_LONG = os.environ.get("HELMDESK_RELIABILITY") == "long"
KILLS = 50 if IS_LONG else 2
RESULTS = Path(__file__).parents[2] / "build" / "reliability.json"
NOTE = """
import sys
from pathlib import Path
from helmdesk.web.prepare import migrate, start_django
start_django(Path(sys.argv[1]))
migrate()
from helmdesk.web.apps.events.jobs import gather
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.jobs.kind import Nothing
from helmdesk.web.apps.jobs.queue import enqueue
for number in range(3):
    note_event("config_changed", field="name", value=f"{sys.argv[2]}-{number}", previous="")
enqueue(gather, f"events:{sys.argv[2]}", Nothing())
"""


def test_killed_workers_record_every_event_once(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    opened = {"type": "created", "ticket_id": "1", "occurred_at": "2026-01-05T09:00"}
    load_events(desk, [opened])
    rng = random.Random(os.environ.get("HELMDESK_SEED", "20261127"))
    environment = {
        **os.environ,
        "HELMDESK_DATABASE": "",
        "HELMDESK_JOB_LEASE_SECONDS": "1",
        "HELMDESK_LOG_LEVEL": "ERROR",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    worker = [sys.executable, "-m", "helmdesk", "work", "--desk", str(desk.path)]

    def run(command: list[str]) -> None:
        subprocess.run(command, env=environment, check=True, timeout=120)

    for kill in range(KILLS):
        run([sys.executable, "-c", NOTE, str(desk.path), str(kill)])
        doomed = subprocess.Popen(worker, env=environment, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(1.0, 3.5))
        doomed.kill()
        doomed.wait()
    time.sleep(1.1)
    run([*worker, "--once"])
    files = list(desk.lake.snapshot().files["context"])
    found = duckdb.sql(
        "select value from read_parquet($files, union_by_name = true)", params={"files": files}
    ).fetchall()
    wanted = sorted(f"{kill}-{number}" for kill in range(KILLS) for number in range(3))
    assert sorted(value for (value,) in found) == wanted
    assert find_damage(desk.lake) == []
    if IS_LONG:
        RESULTS.parent.mkdir(exist_ok=True)
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        told = {"kills": KILLS, "events": len(wanted), "lost": 0, "doubled": 0}
        RESULTS.write_text(json.dumps({**known, "killed recording of events": told}, indent=1))
