"""Workers are killed while they send surveys: nobody is written to twice, what nobody can know is
at most what was in flight, and everybody is accounted for.

Starting workers costs most of it, so that only ``make reliability`` runs it; that a worker killed
while the server has the text leaves a mail uncertain is tried with every run (`test_mail`).
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import load_events, make_desk
from effort import IS_LONG
from web.mail_server import Inbox, serving

KILLS, ASKED = 40, 600
PROGRAM = Path(__file__).with_name("surveys_to_kill.py")


@pytest.mark.skipif(not IS_LONG, reason="make reliability")
def test_killed_workers_ask_nobody_twice(tmp_path: Path, tell: Any) -> None:
    made = make_desk(tmp_path / "desk")
    solved_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    events = [
        {"ticket_id": f"T-{number}", **event}
        for number in range(ASKED)
        for event in (
            {"type": "created", "occurred_at": solved_at - timedelta(hours=3)},
            {
                "type": "status_changed",
                "occurred_at": solved_at,
                "status": "solved",
                "actor_kind": "human",
                "actor_id": "a1",
            },
        )
    ]
    load_events(made, events)
    rng = random.Random(os.environ.get("HELMDESK_SEED", "20261128"))

    def slowly(server: Any) -> str:
        time.sleep(0.02)
        return "250 taken"

    inbox = Inbox(DATA=slowly)
    with serving(inbox):
        environment = {
            **os.environ,
            "HELMDESK_MAIL": f"smtp://127.0.0.1:{inbox.port}?tls=off",
            "HELMDESK_MAIL_FROM": "support@example.org",
            "HELMDESK_HOSTS": "desk.example.org",
            "HELMDESK_JOB_LEASE_SECONDS": "1",
            "HELMDESK_LOG_LEVEL": "ERROR",
        }
        for name in ("DJANGO_SETTINGS_MODULE", "HELMDESK_DATABASE"):
            environment.pop(name, None)

        def command(what: str, *more: object) -> list[str]:
            return [sys.executable, str(PROGRAM), what, str(made.path), *map(str, more)]

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                command("work"), env=environment, start_new_session=True, stdout=subprocess.PIPE
            )

        def count() -> dict[str, Any]:
            done = subprocess.run(
                command("count"), env=environment, capture_output=True, text=True, check=True
            )
            told: dict[str, Any] = json.loads(done.stdout)
            return told

        subprocess.run(
            command("prepare", ASKED, solved_at.isoformat()), env=environment, check=True
        )
        workers = [start(), start()]
        try:
            for _ in range(KILLS):
                doomed = rng.randrange(2)
                said = workers[doomed].stdout
                assert said and select.select([said], [], [], 60)[0]
                time.sleep(rng.uniform(0, 0.4))
                workers[doomed].send_signal(signal.SIGKILL)
                workers[doomed].communicate()
                workers[doomed] = start()
            deadline = time.monotonic() + 600
            while (found := count())["waiting"] and time.monotonic() < deadline:
                time.sleep(0.5)
        finally:
            for worker in workers:
                worker.kill()
                worker.communicate()
    arrived = Counter(str(mail["To"]) for mail in inbox.taken)
    assert found["waiting"] == 0
    assert max(arrived.values()) == 1, "nobody is written to twice"
    states = Counter(found["states"].values())
    assert set(states) <= {"sent", "uncertain"} and sum(states.values()) == ASKED
    assert states["uncertain"] == found["uncertain"] <= KILLS, "no more than was in flight"
    assert {a for a, state in found["states"].items() if state == "sent"} <= set(arrived)
    assert found["eligible"] == found["parts"] == ASKED
    tell(
        "surveys under kills: nobody twice, uncertain at most in flight",
        f"{KILLS} kills, {ASKED} asked once each, {states['uncertain']} uncertain",
    )
    tell("waiting, held and asked are all who are eligible", f"{found['parts']} of {ASKED}")
