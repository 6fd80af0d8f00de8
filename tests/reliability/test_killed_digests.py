"""Workers are killed while they write and send the week's digest: each reader is told each week
once, and what nobody can know is at most what was in flight.
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

from desks import load_events, make_desk
from effort import tries
from web.mail_server import Inbox, serving

# Starting a worker costs seconds: the short form kills one of them twice within one week.
WORKERS, WEEKS = tries(1, 2), tries(1, 2)
KILLS, READERS = tries(2, 30), tries(12, 80)
PROGRAM = Path(__file__).with_name("digests_to_kill.py")


class Workers:
    """Processes that work on one desk, some of which are killed at random instants."""

    def __init__(self, desk: Path, environment: dict[str, str], week: int) -> None:
        self.command = [sys.executable, str(PROGRAM), "work", str(desk), str(week)]
        self.environment = environment
        self.running = [self._start() for _ in range(WORKERS)]

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command,
            env=self.environment,
            start_new_session=True,
            stdout=subprocess.PIPE,
            text=True,
        )

    def kill(self, rng: random.Random) -> None:
        """Kill one of them a moment after it began to work, and start another in its place."""
        doomed = self.running[place := rng.randrange(WORKERS)]
        assert doomed.stdout and select.select([doomed.stdout], [], [], 60)[0]
        time.sleep(rng.uniform(0, 0.4))
        doomed.send_signal(signal.SIGKILL)
        doomed.communicate()
        self.running[place] = self._start()

    def until_nothing_waits(self) -> dict[str, Any]:
        """Return how it stands then, as the first of them says."""
        said = self.running[0].stdout
        deadline = time.monotonic() + 300
        while said and time.monotonic() < deadline and select.select([said], [], [], 60)[0]:
            line = said.readline()
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        raise AssertionError("it never came to an end")

    def end(self) -> None:
        for each in self.running:
            each.kill()
            each.communicate()


def test_killed_workers_tell_each_week_once(tmp_path: Path, tell: Any) -> None:
    made = make_desk(tmp_path / "desk")
    day = datetime(2026, 5, 25, 9, tzinfo=UTC)
    load_events(
        made,
        [
            {"type": "created", "ticket_id": f"T-{n}", "occurred_at": day + timedelta(days=n)}
            for n in range(30)
        ],
    )
    unsure = 0
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
            "HELMDESK_JOB_LEASE_SECONDS": "1",
            "HELMDESK_LOG_LEVEL": "ERROR",
        }
        for name in ("DJANGO_SETTINGS_MODULE", "HELMDESK_DATABASE"):
            environment.pop(name, None)
        prepare = [sys.executable, str(PROGRAM), "prepare", str(made.path), str(READERS)]
        subprocess.run(prepare, env=environment, check=True)
        for week in range(WEEKS):
            workers = Workers(made.path, environment, week)
            try:
                for _ in range(KILLS):
                    workers.kill(rng)
                found = workers.until_nothing_waits()
            finally:
                workers.end()
            told = [mail for mail in inbox.taken if mail["Subject"] == f"Week {week}"]
            check(found, Counter(str(mail["To"]) for mail in told), week)
            unsure += Counter(found["outcomes"].values())["uncertain"]
    counted = f"{WEEKS * KILLS} kills, {WEEKS * READERS} digests once each, {unsure} uncertain"
    tell("a digest once a reader and week under kills; uncertain at most in flight", counted)


def check(found: dict[str, Any], arrived: Counter[str], week: int) -> None:
    assert found["digests"] == found["mails"] == READERS, "each reader is told, once"
    assert found["all_mails"] == READERS * (week + 1), "no mail that no digest knows"
    assert max(arrived.values()) == 1, "nobody is written to twice"
    outcomes = Counter(found["outcomes"].values())
    assert set(outcomes) <= {"done", "uncertain"} and outcomes.total() == READERS
    assert outcomes["uncertain"] <= KILLS, "no more than was in flight"
    sent = {reader for reader, outcome in found["outcomes"].items() if outcome == "done"}
    assert sent <= set(arrived)
