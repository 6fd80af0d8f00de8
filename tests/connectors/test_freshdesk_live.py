"""Freshdesk, live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from connectors.fake import serve
from connectors.fake_freshdesk import TOKEN, FakeFreshdesk
from connectors.faults import disturb
from connectors.live import QuickClock, bring, connect, content
from effort import tries
from helmdesk import Desk
from helmdesk.connectors import freshdesk
from helmdesk.connectors.parts.access import ConnectError

SECRETS = {"token": TOKEN}


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.mark.parametrize("seed", range(tries(2, 200)))
def test_faults_and_kills_change_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshdesk, "PER_PAGE", (2, 3, 100)[seed % 3])
    disturb(seed, tmp_path, monkeypatch, FakeFreshdesk(seed), "freshdesk", SECRETS)


def test_tickets_say_what_a_row_of_an_export_says(tmp_path: Path) -> None:
    account = FakeFreshdesk()
    opened = account.now
    first, second = account.create(), account.create()
    account.now += 3600
    for number, status in ((first, 5), (second, 6)):
        account.tickets[number] |= {"status": status, "responder_id": 101}
        account.tickets[number]["updated_at"] = "2025-10-09T09:53:20Z"
    account.tickets[first]["stats"] = {
        "first_responded_at": "2025-10-09T09:00:00Z",
        "resolved_at": "2025-10-09T09:30:00Z",
        "closed_at": "2025-10-09T09:53:20Z",
    }
    told = {"id": 1, "ticket_id": first, "ratings": {"default_question": -103}}
    account.ratings = [told | {"created_at": "2025-10-09T09:55:00Z"}]
    account.denied = {"companies"}
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "freshdesk", SECRETS, account=server.url)
        report = bring(desk, "freshdesk")
    assert list(report.status.missing) == ["companies"] and not report.loads[0].quarantined
    records = list(content(desk).values())
    assert {each["source"] for each in records} == {"freshdesk"}
    told_of = {(each["ticket_id"], each["type"]): each for each in records if each.get("ticket_id")}
    created = told_of[str(first), "created"]
    assert created["agent_id"] == "Agent 101" and opened == 1_760_000_000
    assert told_of[str(first), "message"]["occurred_at"].startswith("2025-10-09 09:00:00")
    assert told_of[str(first), "responded"]["answer"] == "Extremely unhappy"
    waiting = told_of[str(second), "status_changed"]
    assert waiting["status"] == "waiting_customer"
    assert waiting["occurred_at"].startswith("2025-10-09 09:53:20")


def test_more_tickets_of_one_second_than_pages_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next page begins where this one ended; within one second pages are counted."""
    monkeypatch.setattr(freshdesk, "PER_PAGE", 2)
    account = FakeFreshdesk()
    for _ in range(7):
        account.create()
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "freshdesk", SECRETS, account=server.url)
        assert bring(desk, "freshdesk").tickets == 7
        assert bring(desk, "freshdesk").tickets == 0  # they are within the overlap, and known


def test_an_account_that_does_not_sort_is_not_believed(tmp_path: Path) -> None:
    account = FakeFreshdesk()
    for _ in range(3):
        account.create()
        account.now += 60

    def unsorted(asked: object) -> object:
        said = account.answer(asked)  # type: ignore[arg-type]
        if isinstance(said.content, list):
            said.content.reverse()
        return said

    with serve(unsorted) as server:  # type: ignore[arg-type]
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "freshdesk", SECRETS, account=server.url)
        with pytest.raises(ConnectError, match="another order"):
            bring(desk, "freshdesk")


def test_calls_that_count_twice_are_waited_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshdesk, "PER_PAGE", 2)
    account = FakeFreshdesk()
    account.limit = 50
    for _ in range(20):
        account.create()
        account.now += 60
    clock = QuickClock()
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "freshdesk", SECRETS, account=server.url)
        report = bring(desk, "freshdesk", clock=clock)
    count, most, limit = report.status.requests["general"]
    assert limit == 50 and most <= 40 and count > 40
