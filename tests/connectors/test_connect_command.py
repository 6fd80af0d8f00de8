"""From a key to tickets by the command line: what is asked, tested, told, and kept apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from connectors.fake import Server, serve
from connectors.fake_zendesk import EMAIL, TOKEN, FakeZendesk
from helmdesk import Desk
from helmdesk.desk.backup import back_up, restore
from helmdesk.desk.connections import Connections

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
def account() -> FakeZendesk:
    made = FakeZendesk(tickets=6)
    made.now += 2 * 86_400
    made.change(1)
    made.now += 120
    return made


@pytest.fixture
def server(account: FakeZendesk) -> Iterator[Server]:
    with serve(account.answer) as running:
        yield running


def said(server: Server) -> list[str]:
    return ["--set", f"account={server.url}", "--set", f"email={EMAIL}"]


def test_from_a_key_to_a_scorecard(
    helmdesk: Run,
    account: FakeZendesk,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk.create(tmp_path / "desk")
    account.denied = {"schedules"}
    monkeypatch.setenv("HELMDESK_ZENDESK_TOKEN", TOKEN)
    shown = helmdesk("connect", "zendesk", *said(server), "--desk", desk.path)
    assert "may read  tickets" in shown.stdout
    assert "may NOT   schedules" in shown.stdout and "Professional" in shown.stdout
    assert "will fetch all tickets: 6, in about a minute" in shown.stdout
    assert TOKEN not in shown.stdout + shown.stderr
    shown = helmdesk("sync", "--desk", desk.path)
    assert "zendesk: 6 tickets new or changed" in shown.stdout
    assert "complete: 6 tickets here, 6 in the account" in shown.stdout
    assert "without schedules" in shown.stdout
    helmdesk("scorecard", "--desk", desk.path)
    assert desk.measure("ticket_volume")[0].value == 6
    helmdesk("connect", "zendesk", "--remove", "--desk", desk.path)
    assert Connections(desk.path).names() == []


def test_what_cannot_work_stores_nothing(
    helmdesk: Run,
    account: FakeZendesk,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk.create(tmp_path / "desk")
    call = ("connect", "zendesk", *said(server), "--desk", desk.path)
    assert "HELMDESK_ZENDESK_TOKEN" in helmdesk(*call, code=2).stderr
    monkeypatch.setenv("HELMDESK_ZENDESK_TOKEN", "wrong-key")
    failed = helmdesk(*call, code=1)
    assert "the key is not known there" in failed.stderr and "wrong-key" not in failed.stderr
    monkeypatch.setenv("HELMDESK_ZENDESK_TOKEN", TOKEN)
    account.denied = {"incremental"}
    failed = helmdesk(*call, code=1)
    assert "may NOT   tickets" in failed.stdout and "administrator" in failed.stderr
    in_command = helmdesk(*call, "--set", f"token={TOKEN}", code=2)
    assert "others on this machine" in in_command.stderr
    plain = ("connect", "zendesk", "--set", "account=http://acme.example", "--set", "email=a@b.c")
    assert "https" in helmdesk(*plain, "--desk", desk.path, code=2).stderr
    assert (
        "did you mean 'zendesk'"
        in helmdesk("connect", "zendesc", "--desk", desk.path, code=3).stderr
    )
    assert Connections(desk.path).names() == []
    assert "no account is connected" in helmdesk("sync", "--desk", desk.path, code=3).stderr


def test_a_backup_holds_keys_only_behind_a_passphrase(
    account: FakeZendesk, server: Server, tmp_path: Path
) -> None:
    from connectors.live import bring, connect

    desk = Desk.create(tmp_path / "desk")
    connect(desk, "zendesk", {"token": TOKEN}, account=server.url, email=EMAIL)
    bring(desk, "zendesk")
    open_one = back_up(desk, tmp_path / "open.tar")
    assert open_one.left_out == ()
    assert TOKEN.encode() not in (tmp_path / "open.tar").read_bytes()
    back_up(desk, tmp_path / "closed.tar", passphrase="correct horse battery")
    assert TOKEN.encode() not in (tmp_path / "closed.tar").read_bytes()
    restore(tmp_path / "closed.tar", tmp_path / "again", passphrase="correct horse battery")
    key = tmp_path / "again" / "connections" / "zendesk.key"
    assert json.loads(key.read_text()) == {"token": TOKEN}
    assert key.stat().st_mode & 0o777 == 0o600
    # It goes on from what the backup holds.
    account.create()
    account.now += 120
    assert bring(Desk(tmp_path / "again"), "zendesk").tickets == 1
