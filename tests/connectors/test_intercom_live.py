"""Intercom, live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from connectors.fake import Asked, serve
from connectors.fake_intercom import TOKEN, FakeIntercom
from connectors.faults import disturb
from connectors.live import bring, connect, content
from effort import tries
from helmdesk import Desk
from helmdesk.connectors import intercom

SECRETS = {"token": TOKEN}


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.mark.parametrize("seed", range(tries(2, 200)))
def test_faults_and_kills_change_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intercom, "PER_PAGE", (3, 2, 150)[seed % 3])
    disturb(seed, tmp_path, monkeypatch, FakeIntercom(seed), "intercom", SECRETS)


def test_conversations_come_with_parts_people_and_what_is_missing(tmp_path: Path) -> None:
    account = FakeIntercom(seed=5)
    account.live(30)
    account.most_parts = 2
    account.denied = {"companies"}
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "intercom", SECRETS, account=server.url)
        report = bring(desk, "intercom")
        again = bring(desk, "intercom")
    assert again.tickets == 0  # all within the overlap, and known
    assert list(report.status.missing) == ["companies"] and not report.loads[0].quarantined
    found = report.status.completeness
    told = account.conversations.values()
    short = {each["id"] for each in told if len(each["parts"]) > 2}
    assert short and found and set(found.short) == short
    assert (found.theirs, found.ours) == (len(told), len(told))
    kinds = Counter(each["type"] for each in content(desk).values())
    assert kinds["created"] == len(told) and kinds["agent"] == 2 and kinds["team"] == 1
    parts = [part for each in told for part in each["parts"][-2:]]
    states = sum(part["part_type"] in ("close", "open") for part in parts)
    assert states and kinds["status_changed"] >= states
    assert kinds["assigned"] >= sum(part["part_type"] == "assignment" for part in parts)


def test_what_is_deleted_while_it_is_read_is_told_as_deleted(tmp_path: Path) -> None:
    account = FakeIntercom()
    kept, lost = account.create(), account.create()

    def between(asked: Asked) -> None:
        if asked.path == f"/conversations/{lost}" and lost in account.conversations:
            account.delete(lost)

    account.before_answer = between
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "intercom", SECRETS, account=server.url)
        report = bring(desk, "intercom")
    records = content(desk).values()
    assert {each["ticket_id"] for each in records if each["type"] == "created"} == {kept}
    assert {each["ticket_id"] for each in records if each["type"] == "deleted"} == {lost}
    assert report.status.completeness and report.status.completeness.ours == 1
