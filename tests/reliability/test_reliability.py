"""What a desk survives: kills, crowds, full disks, read-only folders, failing writes, a clock set
back.

The short form runs with the other tests; ``make reliability`` runs hundreds of kills and minutes of
crowds and prints the counts.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from desks import load_events, make_desk, ticket
from effort import IS_LONG, tries
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.lake.damage import find_damage

KILLS = tries(5, 300)
CROWD_SECONDS = tries(4, 150)
ROWS = 400
RESULTS = Path(__file__).parents[2] / "build" / "reliability.json"


def note(**counts: object) -> None:
    """Keep the counts of the long form for whoever reports them."""
    if IS_LONG:
        RESULTS.parent.mkdir(exist_ok=True)
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps({**known, **counts}, indent=1))


def write_log(path: Path, prefix: str) -> Path:
    header = "number,incident_state,sys_updated_at,opened_at,sys_mod_count,made_sla\n"
    rows = (
        f"{prefix}{number:05d},{state},2026-01-{5 + move:02d} 09:0{move},2026-01-05"
        f" 09:00,{move},true\n"
        for number in range(ROWS)
        for move, state in enumerate(("New", "Active", "Resolved"))
    )
    path.write_text(header + "".join(rows))
    return path


def tickets_by_batch(desk: Desk) -> dict[str, int]:
    files = desk.lake.snapshot().files.get("ticket", ())
    if not files:
        return {}
    return dict(
        duckdb.connect()
        .execute(
            f"select batch_id, count(*) from read_parquet({list(files)!r}, union_by_name=true)"
            " where type = 'created' group by 1"
        )
        .fetchall()
    )


def helmdesk(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "helmdesk", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Loads, refreshes, compactions and servers are killed; every acknowledged batch is there once,
    nothing is there in part.
    """
    desk, rng = (
        make_desk(tmp_path / "desk"),
        random.Random(os.environ.get("HELMDESK_SEED", "20261125")),
    )
    logs = [write_log(tmp_path / "log0.csv", "INC0-")]
    acknowledged: set[Path] = set()
    assert helmdesk("load", "servicenow", logs[0], "--desk", desk.path).wait(120) == 0
    acknowledged.add(logs[0])
    kills = {"load": 0, "refresh": 0, "compact": 0, "serve": 0}
    began = time.monotonic()
    helmdesk("refresh", "--force", "--desk", desk.path).wait(120)
    typical = time.monotonic() - began
    while sum(kills.values()) < KILLS:
        if logs[-1] in acknowledged:
            logs.append(write_log(tmp_path / f"log{len(logs)}.csv", f"INC{len(logs)}-"))
        kind = rng.choices(list(kills), weights=[60, 20, 15, 5 if IS_LONG else 0])[0]
        arguments: dict[str, tuple[object, ...]] = {
            "load": ("load", "servicenow", logs[-1]),
            "refresh": ("refresh", "--force"),
            "compact": ("compact",),
            "serve": ("serve", "--port", free_port()),
        }
        process = helmdesk(*arguments[kind], "--desk", desk.path)
        time.sleep(rng.uniform(0.1, 1.3) * typical if kind != "serve" else rng.uniform(0.5, 6))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills[kind] += 1
        if process.wait() == 0 and kind == "load":
            acknowledged.add(logs[-1])
        found = tickets_by_batch(desk)
        assert set(found.values()) == {ROWS}, "a batch is there in part, or twice"
        assert len(found) >= len(acknowledged), "an acknowledged batch is lost"
        if len(found) == len(logs):
            acknowledged.add(logs[-1])  # killed after the commit: it is there
        assert desk.measure("ticket_volume")[0].value in {
            ROWS * count for count in range(1, len(found) + 1)
        }
    for log in logs:
        assert helmdesk("load", "servicenow", log, "--desk", desk.path).wait(120) == 0
    assert sorted(tickets_by_batch(desk).values()) == [ROWS] * len(logs)
    assert desk.measure("ticket_volume")[0].value == ROWS * len(logs)
    assert find_damage(desk.lake) == []
    assert not list((desk.path / "marts").glob(".building-*"))
    note(kills=kills, batches=len(logs), lost=0, doubled=0)


def _crowd(desk: Path, role: str, name: str, until: float) -> int:
    """One process of the crowd; return how many things it did."""
    here, done = Desk(desk), 0
    while time.time() < until:
        if role == "loader":
            day = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(hours=done)
            events = [
                event
                for number in range(10)
                for event in ticket(f"{name}-{done}-{number}", day.isoformat())
            ]
            load_events(here, events, batch=f"{name}-{done}", refresh=False)
        elif role == "refresher":
            here.refresh()
        else:
            answer = here.measure("ticket_volume", "backlog", grain="day")
            total = sum(row.value or 0 for row in answer if row.metric == "ticket_volume")
            assert total % 10 == 0, f"{total} tickets: part of a batch was seen"
            whole = (
                here.measure("ticket_volume", as_of=answer.receipt.content["lake_version"])[0].value
                if done % 20 == 0
                else None
            )
            assert whole in (None, total), (whole, total)
        done += 1
    return done


def test_two_loaders_a_refresher_and_three_readers(tmp_path: Path) -> None:
    """For as long as it takes, every sum is a sum of whole batches, and at the end of all of
    them.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("first", "2026-01-05T09:00:00Z") * 1, batch="first")
    load_events(
        desk,
        [event for n in range(9) for event in ticket(f"first{n}", "2026-01-05T09:00:00Z")],
        batch="second",
    )
    roles = [
        ("loader", "a"),
        ("loader", "b"),
        ("refresher", "r"),
        ("reader", "x"),
        ("reader", "y"),
        ("reader", "z"),
    ]
    until = time.time() + CROWD_SECONDS + 3
    with ProcessPoolExecutor(len(roles), get_context("spawn")) as pool:
        done = [pool.submit(_crowd, desk.path, role, name, until) for role, name in roles]
        counts = [future.result() for future in done]
    assert min(counts) > 0
    desk.refresh()
    assert desk.measure("ticket_volume")[0].value == 10 + 10 * (counts[0] + counts[1])
    assert find_damage(desk.lake) == []
    note(
        crowd={
            "seconds": CROWD_SECONDS,
            "batches": counts[0] + counts[1],
            "refreshes": counts[2],
            "answers": sum(counts[3:]),
            "wrong sums": 0,
        }
    )


@contextlib.contextmanager
def mounted(path: Path, *arguments: str) -> Iterator[Path]:
    """A file system of its own, where this machine allows one."""
    path.mkdir(exist_ok=True)
    made = subprocess.run(
        ["mount", *arguments, str(path)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"this machine lets nobody mount: {made.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def run(*arguments: object, **limits: int) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, name), (value, value))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    return subprocess.run(
        [sys.executable, "-m", "helmdesk", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=limit,
        # Whoever measures coverage would stumble over the same limits.
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
    )


def assert_one_line(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode in (1, 4, 5), (done.returncode, done.stderr)
    said = [line for line in done.stderr.splitlines() if line.startswith("helmdesk:")]
    assert len(said) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "what was stored before is whole" in said[0]


def test_a_full_disk(tmp_path: Path) -> None:
    """On a file system of a few megabytes, loads go on until one does not fit; what was stored
    stays, and room heals.
    """
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=16m", "tmpfs") as small:
        desk = make_desk(small / "desk")
        for number in range(40):
            log = write_log(tmp_path / f"log{number}.csv", f"INC{number}-")
            done = run("load", "servicenow", log, "--desk", desk.path)
            if done.returncode:
                break
            ballast = small / f"ballast{number}"
            ballast.write_bytes(b"x" * 1_500_000)
        assert_one_line(done)
        found = tickets_by_batch(desk)
        assert set(found.values()) == {ROWS}
        assert find_damage(desk.lake) == []
        assert Desk(desk.path).measure("ticket_volume")[0].value in (
            ROWS * len(found),
            ROWS * (len(found) - 1),
        )
        for ballast in small.glob("ballast*"):
            ballast.unlink()
        assert run("load", "servicenow", log, "--desk", desk.path).returncode == 0
        assert sorted(tickets_by_batch(desk).values()) == [ROWS] * (number + 1)
        assert desk.measure("ticket_volume")[0].value == ROWS * (number + 1)


def test_a_read_only_folder(tmp_path: Path) -> None:
    """Questions are answered, changes are refused with one line."""
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", "2026-01-05T09:00:00Z"))
    log = write_log(tmp_path / "log.csv", "INC-")
    with mounted(tmp_path / "desk", "--bind", "-o", "ro", str(tmp_path / "desk")):
        assert_one_line(run("load", "servicenow", log, "--desk", desk.path))
        assert_one_line(run("refresh", "--force", "--desk", desk.path))
        assert "1" in run("measure", "ticket_volume", "--desk", desk.path).stdout
    assert run("load", "servicenow", log, "--desk", desk.path).returncode == 0


@pytest.mark.parametrize("size", [1_000, 400_000])
def test_failing_writes(tmp_path: Path, size: int) -> None:
    """Every write past so many bytes fails: the command says so, nothing is stored in part, and
    running it again completes it.
    """
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", "2026-01-05T09:00:00Z"))
    log = write_log(tmp_path / "log.csv", "INC-")
    assert_one_line(run("load", "servicenow", log, "--desk", desk.path, RLIMIT_FSIZE=size))
    assert set(tickets_by_batch(desk).values()) <= {1, ROWS}
    assert desk.measure("ticket_volume")[0].value in (1, 1 + ROWS)
    assert run("load", "servicenow", log, "--desk", desk.path).returncode == 0
    assert desk.measure("ticket_volume")[0].value == 1 + ROWS
    assert find_damage(desk.lake) == []


def test_a_clock_set_back(tmp_path: Path) -> None:
    """Batches are ordered by commit, not by a clock: a year back and forth changes nothing."""
    desk = make_desk(tmp_path / "desk")
    now = datetime.now(UTC)
    receipts = []
    for number, shift in enumerate((0, -365, 1, -1)):
        load_events(
            desk,
            ticket(f"T{number}", "2026-01-05T09:00:00Z"),
            batch=f"batch {number}",
            recorded_at=now + timedelta(days=shift),
        )
        answer = desk.measure("ticket_volume")
        assert answer[0].value == number + 1
        receipts.append(answer.receipt)
    for receipt in receipts:
        desk.verify(receipt)
    # The same record once more, from a clock that stands earlier: still one ticket, whichever
    # account of it is the first.
    load_events(
        desk,
        ticket("T0", "2026-01-05T09:00:00Z"),
        batch="again",
        recorded_at=now - timedelta(days=700),
    )
    assert desk.measure("ticket_volume")[0].value == 4
    desk.refresh(is_forced=True)
    assert desk.measure("ticket_volume")[0].value == 4


def test_what_is_lost_is_said(tmp_path: Path) -> None:
    """Data and log files are deleted or cut; the desk names the file, the batch and how much it
    held.
    """

    def fresh(name: str) -> Desk:
        desk = make_desk(tmp_path / name)
        for number in range(3):
            load_events(desk, ticket(f"T{number}", "2026-01-05T09:00:00Z"), batch=f"batch {number}")
        return desk

    def batch_file(desk: Desk, batch: str) -> Path:
        for file in desk.lake.path.glob("family=ticket/*.parquet"):
            if duckdb.execute(
                "select batch_id from read_parquet(?, hive_partitioning=false)", [str(file)]
            ).fetchone() == (batch,):
                return file
        raise AssertionError

    desk = fresh("missing")
    batch_file(desk, "batch 1").unlink()
    with pytest.raises(
        HelmdeskError, match=r"is missing; it held \d+ ticket records of batch batch 1"
    ):
        desk.refresh(is_forced=True)
    assert desk.measure("ticket_volume")[0].value == 3  # the mart still knows
    desk = fresh("cut")
    file = batch_file(desk, "batch 2")
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(
        HelmdeskError,
        match=r"is damaged: [\d,]+ of [\d,]+ bytes; it held \d+ ticket records of batch batch 2",
    ):
        desk.refresh(is_forced=True)
    desk = fresh("log gap")
    (desk.lake.path / "_delta_log" / f"{2:020d}.json").unlink()
    assert "is missing; no other entry names batch batch 1" in find_damage(desk.lake)[0]
    desk = fresh("log end")
    (desk.lake.path / "_delta_log" / f"{3:020d}.json").unlink()
    with pytest.raises(HelmdeskError, match="is missing; no other entry names batch batch 2"):
        desk.refresh()
    desk = fresh("log cut")
    entry = desk.lake.path / "_delta_log" / f"{3:020d}.json"
    entry.write_bytes(entry.read_bytes()[:200])
    with pytest.raises(HelmdeskError, match="is damaged; no other entry names batch batch 2"):
        desk.refresh(is_forced=True)
