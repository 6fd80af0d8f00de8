"""HubSpot, live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from connectors.fake import serve
from connectors.fake_hubspot import TOKEN, FakeHubspot
from connectors.faults import disturb
from connectors.live import bring, connect, content
from effort import tries
from helmdesk import Desk
from helmdesk.connectors import hubspot

SECRETS = {"token": TOKEN}


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.mark.parametrize("seed", range(tries(2, 200)))
def test_faults_and_kills_change_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubspot, "PER_PAGE", (3, 2, 200)[seed % 3])
    disturb(seed, tmp_path, monkeypatch, FakeHubspot(seed), "hubspot", SECRETS)


def test_a_batch_gives_one_stamp_to_more_tickets_than_a_page_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubspot, "PER_PAGE", 2)
    account = FakeHubspot()
    first = account.create()
    account.now += 600
    for _ in range(6):
        account.create()
    account.now += 600
    account.create()
    account.now += 60
    account.tickets[first] |= {
        "hs_pipeline_stage": "4",
        "closed_date": "2025-10-09T09:30:00.000Z",
        "hubspot_owner_id": "101",
    }
    account.denied = {"companies"}
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "hubspot", SECRETS, account=server.url)
        report = bring(desk, "hubspot")
        assert bring(desk, "hubspot").tickets == 0
    assert report.status.completeness and report.status.completeness.ours == 8
    assert list(report.status.missing) == ["companies"] and not report.loads[0].quarantined
    records = list(content(desk).values())
    told = {(each["ticket_id"], each["type"]): each for each in records if each.get("ticket_id")}
    created = told[str(first), "created"]
    assert created["agent_id"] == "Agent 101" and created["customer_id"] == "501"
    # Whatever a stage is called: the account tells that it ends a ticket.
    ends = {each["status"] for each in records if each["type"] == "status_changed"}
    assert "closed" in ends or "solved" in ends
