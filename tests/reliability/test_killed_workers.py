"""Workers are killed at random moments: no job is lost, and no effect on the database happens
twice.

The short form kills a few on SQLite; the long one 200 on SQLite and, where
``HELMDESK_TEST_DATABASE`` names a server, on PostgreSQL.
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
from collections.abc import Iterator
from pathlib import Path

import pytest

from desks import make_desk
from helmdesk.lake.damage import find_damage

IS_LONG = os.environ.get("HELMDESK_RELIABILITY") == "long"
KILLS, JOBS = (200, 9000) if IS_LONG else (3, 150)
KILLED_LOADS = 40 if IS_LONG else 2
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
    undone = Job.objects.filter(done_at=None).count()
    print(*cursor.fetchone(), undone, Job.objects.exclude(outcome__in=("", "done")).count())
"""


UPLOAD = """
import sys
from pathlib import Path
from helmdesk.web.prepare import migrate, start_django
start_django(Path(sys.argv[1]))
migrate()
from helmdesk.web.pages.data import jobs
from helmdesk.web.pages.data.models import LoadJob
from helmdesk.web.apps.people.models import Person
ada, _ = Person.objects.get_or_create(username="ada", defaults={"role": "administrator"})
load = LoadJob.objects.create(person=ada, source="servicenow", files=["log.csv"])
jobs.keep_files(load, [])
(jobs.folder_of(load) / "log.csv").write_bytes(Path(sys.argv[2]).read_bytes())
jobs.start(load, is_preview=False)
"""
STATE = """
import sys
from pathlib import Path
from helmdesk.web.prepare import start_django
start_django(Path(sys.argv[1]))
from helmdesk.web.pages.data.models import LoadJob
for load in LoadJob.objects.all():
    print(load.state, bool(load.report and load.report["is_already_loaded"]), load.problem)
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
    desk, rng = (
        make_desk(tmp_path / "desk").path,
        random.Random(os.environ.get("HELMDESK_SEED", "20261127")),
    )
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
        done = subprocess.run(
            python("-c", COUNT, desk), env=environment, capture_output=True, text=True, check=True
        )
        return [int(each) for each in done.stdout.split()]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            python(Path(__file__).with_name("worker_to_kill.py"), desk),
            env=environment,
            start_new_session=True,
            stdout=subprocess.PIPE,
        )

    subprocess.run(python("-c", PREPARE, desk, JOBS), env=environment, check=True)
    workers = [start(), start()]
    try:
        for _ in range(KILLS):
            doomed = rng.randrange(2)
            said = workers[doomed].stdout
            assert said and select.select([said], [], [], 60)[0], (
                "nothing was left to be killed over"
            )
            time.sleep(rng.uniform(0, 0.4))
            workers[doomed].send_signal(signal.SIGKILL)
            workers[doomed].communicate()
            workers[doomed] = start()
        deadline = time.monotonic() + (600 if IS_LONG else 60)
        while (found := count())[2] and time.monotonic() < deadline:
            time.sleep(0.5)
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    effects, names, waiting, others = found
    assert (effects, names, waiting, others) == (
        JOBS,
        JOBS,
        0,
        0,
    ), f"{JOBS - names} lost, {effects - names} doubled, {waiting} wait, {others} put aside"
    if IS_LONG:
        RESULTS.parent.mkdir(exist_ok=True)
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        told = {"kills": KILLS, "jobs": JOBS, "lost": JOBS - names, "doubled": effects - names}
        RESULTS.write_text(
            json.dumps(
                {**known, f"killed workers on {'PostgreSQL' if database else 'SQLite'}": told},
                indent=1,
            )
        )


def test_a_killed_load_goes_on(tmp_path: Path) -> None:
    """Whenever its worker is killed, an upload ends as loaded, once."""
    desk, rng = (
        make_desk(tmp_path / "desk"),
        random.Random(os.environ.get("HELMDESK_SEED", "20261127")),
    )
    environment = {
        **os.environ,
        "HELMDESK_DATABASE": "",
        "HELMDESK_JOB_LEASE_SECONDS": "1",
        "HELMDESK_LOG_LEVEL": "ERROR",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    header, rows, kills, uploads = (
        "number,incident_state,sys_updated_at,opened_at,sys_mod_count,made_sla\n",
        300,
        0,
        0,
    )

    def run(*arguments: object) -> str:
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
        ).stdout

    while kills < KILLED_LOADS:
        file = tmp_path / "log.csv"
        lines = (
            f"INC{uploads}-{number:04d},New,2026-01-05 09:00,2026-01-05 09:00,0,true\n"
            for number in range(rows)
        )
        file.write_text(header + "".join(lines))
        run("-c", UPLOAD, desk.path, file)
        uploads += 1
        for _ in range(2):
            worker = subprocess.Popen(
                [sys.executable, "-m", "helmdesk", "work", "--desk", desk.path],
                env=environment,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(rng.uniform(1.0, 3.5))
            worker.kill()
            worker.wait()
            kills += 1
        time.sleep(1.1)
        run("-m", "helmdesk", "work", "--once", "--desk", desk.path)
        assert run("-c", STATE, desk.path).splitlines() == ["done False "] * uploads
        assert desk.measure("ticket_volume")[0].value == rows * uploads
    assert find_damage(desk.lake) == []
    assert not list((desk.path / "site" / "uploads").glob("*"))
    if IS_LONG:
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(
            json.dumps(
                {
                    **known,
                    "killed loads of the site": {
                        "kills": kills,
                        "uploads": uploads,
                        "lost": 0,
                        "doubled": 0,
                    },
                },
                indent=1,
            )
        )
