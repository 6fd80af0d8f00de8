"""Workers are killed at random moments: no job is lost, and no effect on the database happens twice.

The short form kills a few on SQLite; the long one 200 on SQLite and, where ``HELMDESK_TEST_DATABASE`` names a server, on PostgreSQL.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desks import make_desk

IS_LONG = os.environ.get("HELMDESK_RELIABILITY") == "long"
KILLS, JOBS = (200, 4000) if IS_LONG else (4, 120)
SERVER = os.environ.get("HELMDESK_TEST_DATABASE", "")
RESULTS = Path(__file__).parents[2] / "build" / "reliability.json"
LEASE_SECONDS = 1

PREPARE = """
import sys
from pathlib import Path
from helmdesk.web.prepare import migrate, start_django
start_django(Path(sys.argv[1]))
migrate()
from django.db import connection
from helmdesk.web.apps.jobs.kind import JobKind, Nothing
from helmdesk.web.apps.jobs.queue import enqueue
with connection.cursor() as cursor:
    cursor.execute("create table effects (name varchar(200) not null)")
kind = JobKind("kill", "To be killed", Nothing, lambda held: None)
for number in range(int(sys.argv[2])):
    enqueue(kind, f"kill:{number}", Nothing())
"""
COUNT = """
import sys
from pathlib import Path
from helmdesk.web.prepare import start_django
start_django(Path(sys.argv[1]))
from django.db import connection
from helmdesk.web.apps.jobs.models import Job
with connection.cursor() as cursor:
    cursor.execute("select count(*), count(distinct name) from effects")
    print(*cursor.fetchone(), Job.objects.filter(done_at=None).count(), Job.objects.exclude(outcome__in=("", "done")).count())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
        return
    if not SERVER:
        pytest.skip("HELMDESK_TEST_DATABASE names no PostgreSQL server")
    import psycopg

    name = f"helmdesk_kills_{os.getpid()}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
        yield SERVER.rsplit("/", 1)[0] + f"/{name}"
        connection.execute(f'drop database "{name}" with (force)')


def test_killed_workers_lose_and_double_nothing(database: str, tmp_path: Path) -> None:
    desk, rng = make_desk(tmp_path / "desk").path, random.Random(os.environ.get("HELMDESK_SEED", "20261127"))
    environment = {
        **os.environ,
        "HELMDESK_DATABASE": database,
        "HELMDESK_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        "HELMDESK_LOG_LEVEL": "ERROR",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)

    def python(*arguments: object) -> list[str]:
        return [sys.executable, *map(str, arguments)]

    def count() -> list[int]:
        done = subprocess.run(python("-c", COUNT, desk), env=environment, capture_output=True, text=True, check=True)
        return [int(each) for each in done.stdout.split()]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(python(Path(__file__).with_name("worker_to_kill.py"), desk), env=environment, start_new_session=True)

    subprocess.run(python("-c", PREPARE, desk, JOBS), env=environment, check=True)
    workers = [start(), start()]
    try:
        time.sleep(1.5)
        for number in range(KILLS):
            time.sleep(rng.uniform(0.1, 1.5))
            doomed = rng.randrange(2)
            workers[doomed].send_signal(signal.SIGKILL)
            workers[doomed].wait()
            workers[doomed] = start()
            if number == 0:
                early = count()
        deadline = time.monotonic() + (600 if IS_LONG else 60)
        while (found := count())[2] and time.monotonic() < deadline:
            time.sleep(0.5)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    effects, names, waiting, others = found
    assert (effects, names, waiting, others) == (JOBS, JOBS, 0, 0), (
        f"{JOBS - names} lost, {effects - names} doubled, {waiting} wait, {others} put aside"
    )
    assert early[2] > 0, "nothing was left to be killed over"
    if IS_LONG:
        RESULTS.parent.mkdir(exist_ok=True)
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        told = {"kills": KILLS, "jobs": JOBS, "lost": JOBS - names, "doubled": effects - names}
        RESULTS.write_text(json.dumps({**known, f"killed workers on {'PostgreSQL' if database else 'SQLite'}": told}, indent=1))
