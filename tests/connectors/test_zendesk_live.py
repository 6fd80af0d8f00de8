"""Zendesk, live: what an account tells reaches the lake whole and once, whatever fails."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import stamina

from connectors.fake import Server, serve
from connectors.fake_zendesk import EMAIL, TOKEN, FakeZendesk
from connectors.faults import disturb
from connectors.live import PLAIN, QuickClock, bring, connect, content
from effort import tries
from helmdesk import Desk
from helmdesk.connectors import zendesk
from helmdesk.connectors.parts.access import ConnectError, MissingRightError, RefusedError
from helmdesk.desk.connections import Connections
from helmdesk.errors import ConflictError, SettingError
from helmdesk.sources.parts import source


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=8):
        yield


def connected(path: Path, server: Server, **said: str) -> Desk:
    desk = Desk.create(path)
    connect(desk, "zendesk", {"token": TOKEN}, account=server.url, email=EMAIL, **said)
    return desk


def test_an_account_becomes_records(tmp_path: Path) -> None:
    account = FakeZendesk(seed=3)
    account.live(40)
    account.now += 120
    with serve(account.answer) as server:
        desk = connected(tmp_path / "desk", server)
        report = bring(desk, "zendesk")
        assert report.is_caught_up and report.tickets == len(account.tickets)
        assert not report.loads[0].quarantined
        found = report.status.completeness
        alive = sum(each["status"] != "deleted" for each in account.tickets.values())
        assert found and (found.theirs, found.ours, found.short_count) == (alive, alive, 0)
        kinds = report.loads[0].records
        audits = [
            audit
            for each in account.tickets
            if account.tickets[each]["status"] != "deleted"
            for audit in account.audits[each]
        ]
        comments = sum(e["type"] == "Comment" for audit in audits for e in audit["events"])
        assert kinds["message"] == comments
        assert kinds["created"] == len(account.tickets)
        assert kinds["deleted"] == len(account.tickets) - alive
        assert kinds["calendar"] == 1 and kinds["agent"] == 4 and kinds["team"] == 2
        # Nothing changed: no batch, and the lake stays as it is.
        version = desk.lake.version()
        assert bring(desk, "zendesk").tickets == 0
        assert desk.lake.version() == version


@pytest.mark.parametrize("seed", range(tries(9, 1000)))
def test_faults_and_kills_change_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever failed on the way, the lake holds what one quiet run over that account brings."""
    monkeypatch.setattr(source, "find_source", lambda _name: PLAIN)
    disturbed(seed, tmp_path, monkeypatch)


@pytest.mark.parametrize("seed", range(tries(1, 50)))
def test_faults_and_kills_change_no_record(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with the records that people count."""
    disturbed(seed, tmp_path, monkeypatch)


def disturbed(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zendesk, "PER_PAGE", (3, 5, 250)[seed % 3])
    account = FakeZendesk(seed)
    account.repeats = seed % 2 == 0
    disturb(seed, tmp_path, monkeypatch, account, "zendesk", {"token": TOKEN}, email=EMAIL)


def test_two_runs_of_one_account_make_one_batch(tmp_path: Path) -> None:
    account = FakeZendesk(tickets=4)
    account.now += 120
    with serve(account.answer) as server:
        desk = connected(tmp_path / "desk", server)
        inside = []

        def meanwhile(asked: object) -> None:
            account.before_answer = lambda _asked: None
            with pytest.raises(ConflictError, match="already"):
                bring(Desk(desk.path), "zendesk")
            inside.append(asked)

        account.before_answer = meanwhile
        bring(desk, "zendesk")
        assert inside and desk.lake.version() == 1


def test_from_the_beginning_counts_nothing_twice(tmp_path: Path) -> None:
    account = FakeZendesk(tickets=5)
    account.now += 120
    with serve(account.answer) as server:
        desk = connected(tmp_path / "desk", server)
        bring(desk, "zendesk")
        before = content(desk)
        assert bring(desk, "zendesk", again=True).tickets == 5
        assert content(desk) == before
        assert bring(desk, "zendesk").tickets == 0


def test_a_missing_right_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    account = FakeZendesk(tickets=3)
    account.now += 120
    account.denied = {"business_hours", "custom_statuses"}
    with serve(account.answer) as server:
        desk = connected(tmp_path / "desk", server)
        report = bring(desk, "zendesk")
        assert set(report.status.missing) == {"schedules", "custom statuses"}
        assert "Professional" in report.status.missing["schedules"]
        assert report.tickets == 3
        account.denied = {"incremental"}
        with pytest.raises(MissingRightError, match="403"):
            bring(desk, "zendesk")
        told = Connections(desk.path).status("zendesk")
        assert told and "403" in told.problem


def test_an_answer_nobody_expects_ends_the_run(tmp_path: Path) -> None:
    account = FakeZendesk(tickets=1)
    account.now += 120
    with serve(account.answer) as server:
        desk = connected(tmp_path / "desk", server, since="1960-01-01")
        with pytest.raises(ConnectError, match=r"answers 400: .*StartTimeTooSmall"):
            bring(desk, "zendesk")
        assert desk.lake.version() == 0


def test_tickets_with_less_history_than_told_are_listed(tmp_path: Path) -> None:
    account = FakeZendesk(tickets=4)
    account.now += 120
    account.short = {2}
    with serve(account.answer) as server:
        desk = connected(tmp_path / "desk", server)
        found = bring(desk, "zendesk").status.completeness
        assert found and found.short == ("2",) and found.short_count == 1
        # It stays on the list until it comes whole.
        assert bring(desk, "zendesk").status.completeness == found
        account.short = set()
        account.change(2)
        account.now += 120
        found = bring(desk, "zendesk").status.completeness
        assert found and found.short_count == 0


def test_since_asks_for_nothing_older(tmp_path: Path) -> None:
    account = FakeZendesk(tickets=2)
    account.now += 40 * 86_400
    young = account.create()
    account.now += 120
    with serve(account.answer) as server:
        day = account.tickets[young]["created_at"][:10]
        desk = connected(tmp_path / "desk", server, since=day)
        report = bring(desk, "zendesk")
        assert report.tickets == 1
        found = report.status.completeness
        assert found and (found.theirs, found.ours) == (1, 1)


def test_four_fifths_of_the_limit_are_never_passed(tmp_path: Path) -> None:
    account = FakeZendesk(tickets=60, limit=50)
    account.now += 120
    clock = QuickClock()
    times: list[float] = []
    account.before_answer = lambda _asked: times.append(clock.time)
    with serve(account.answer) as server:
        desk = connected(tmp_path / "desk", server)
        report = bring(desk, "zendesk", clock=clock)
    _, most, limit = report.status.requests["general"]
    assert limit == 50 and most <= 40
    assert max(times) > 60 * 60 / 40
    for begin in times:
        assert sum(begin <= each < begin + 60 for each in times) <= 40 + 8 + 4  # exports, together


def test_a_key_is_in_no_message_and_no_file_that_others_read(tmp_path: Path) -> None:
    account = FakeZendesk(tickets=1)
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        wrong = "wr0ng-t0ken"
        connect(desk, "zendesk", {"token": wrong}, account=server.url, email=EMAIL)
        with pytest.raises(RefusedError) as failed:
            bring(desk, "zendesk")
        assert wrong not in str(failed.value)
        key = desk.path / "connections" / "zendesk.key"
        assert key.stat().st_mode & 0o777 == 0o600
        for path in desk.path.rglob("*"):
            if path.is_file() and path != key:
                assert wrong.encode() not in path.read_bytes(), path
        key.chmod(0o644)
        with pytest.raises(SettingError, match="chmod 600"):
            bring(desk, "zendesk")


def test_the_key_may_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = FakeZendesk(tickets=1)
    account.now += 120
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "zendesk", {}, account=server.url, email=EMAIL)
        with pytest.raises(SettingError, match="HELMDESK_ZENDESK_TOKEN"):
            bring(desk, "zendesk")
        monkeypatch.setenv("HELMDESK_ZENDESK_TOKEN", TOKEN)
        assert bring(desk, "zendesk").tickets == 1
        assert not (desk.path / "connections" / "zendesk.key").exists()


SYNC = (
    "import sys; from helmdesk import Desk; from helmdesk.desk.sync import sync;"
    " sync(Desk(sys.argv[1]), 'zendesk', refresh=False)"
)


@pytest.mark.parametrize("seed", range(tries(1, 40)))
def test_processes_that_are_killed_leave_nothing_half_done(seed: int, tmp_path: Path) -> None:
    """Killed for real: at a request, or moments after the last, amid loading and committing."""
    drawn = random.Random(seed)
    account = FakeZendesk(seed)
    account.live(30)
    account.now += 120
    children: list[subprocess.Popen[bytes]] = []
    left = [0]

    def kill_at(_request: object) -> None:
        left[0] -= 1
        if left[0] == 0 and children:
            children[-1].kill()

    account.before_answer = kill_at
    with serve(account.answer) as server:
        desk = connected(tmp_path / "desk", server)
        audits = len(account.tickets)
        for moment in (drawn.randrange(1, audits), 10_000):
            left[0] = moment
            seen = len(server.asked)
            children.append(subprocess.Popen([sys.executable, "-c", SYNC, str(desk.path)]))
            if moment == 10_000:
                while len(server.asked) < seen + audits and children[-1].poll() is None:
                    time.sleep(0.01)
                with suppress(subprocess.TimeoutExpired):
                    children[-1].wait(drawn.uniform(0, 6))
                children[-1].kill()
            children[-1].wait(60)
        left[0] = 0
        while not bring(desk, "zendesk").is_caught_up:
            pass
        status = Connections(desk.path).status("zendesk")
        fresh = connected(tmp_path / "fresh", server)
        bring(fresh, "zendesk")
    assert content(desk) == content(fresh)
    assert status and status.completeness
    assert status.completeness.theirs == status.completeness.ours == len(account.alive())
