"""Salesforce, live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import stamina

from connectors.fake import serve
from connectors.fake_salesforce import KEY, SECRET, SESSION, FakeSalesforce
from connectors.faults import disturb
from connectors.live import bring, connect, content
from effort import tries
from helmdesk import Desk
from helmdesk.connectors import salesforce
from helmdesk.connectors.parts.access import ConnectError, RefusedError

SECRETS = {"token": SECRET}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def signed_in(address: str, *, data: dict[str, str], **_how: object) -> httpx2.Response:
        assert address.endswith("/services/oauth2/token")
        assert data["grant_type"] == "client_credentials" and data["client_id"] == KEY
        if data["client_secret"] != SECRET:
            return httpx2.Response(400, json={"error": "invalid_client"})
        return httpx2.Response(200, json={"access_token": SESSION})

    monkeypatch.setattr(httpx2, "post", signed_in)
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.mark.parametrize("seed", range(tries(2, 200)))
def test_faults_and_kills_change_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(salesforce, "PER_PAGE", (2, 5, 2000)[seed % 3])
    account = FakeSalesforce(seed, piece=(1, 2, 100)[seed % 3])
    # A piece that was cut on its way is asked for again.
    account.pieces = Lasting()
    disturb(seed, tmp_path, monkeypatch, account, "salesforce", SECRETS, key=KEY)


class Lasting(dict[str, list[dict[str, object]]]):
    """Pieces that can be asked for as often as one likes."""

    def pop(self, key: str, *_other: object) -> list[dict[str, object]]:  # type: ignore[override]
        return self[key]


def test_cases_say_what_a_row_of_an_export_says_and_what_is_hidden_is_told(tmp_path: Path) -> None:
    account = FakeSalesforce()
    first, second, third = account.create(), account.create(), account.create()
    account.now += 3600
    account.change(first, "Fixed by vendor")
    account.change(second, "Waiting on Customer")
    third |= {"IsDeleted": True, "SystemModstamp": account.cases[second["Id"]]["SystemModstamp"]}
    account.hidden = {"Type"}
    with pytest.raises(RefusedError) as refused:
        salesforce.open_account({"account": "acme", "key": KEY, "token": "an0ther"})
    assert "acme.my.salesforce.com" in str(refused.value) and "an0ther" not in str(refused.value)
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "salesforce", SECRETS, account=server.url, key=KEY)
        report = bring(desk, "salesforce")
        assert bring(desk, "salesforce").tickets == 0
        account.used, account.allowed = 81, 100
        with pytest.raises(ConnectError, match="81 of the 100"):
            bring(desk, "salesforce")
        account.used = 1
        account.hidden = {"Case"}
        with pytest.raises(ConnectError):
            bring(desk, "salesforce")
    assert list(report.status.missing) == ["Type of cases"]
    found = report.status.completeness
    assert found and found.ours == found.theirs == 2
    told = {(each["ticket_id"], each["type"]): each for each in content(desk).values()
            if each.get("ticket_id")}  # fmt: skip
    assert told["00000001", "created"]["agent_id"] == "Ann Agent"
    assert told["00000001", "status_changed"]["status"] == "closed"
    assert told["00000002", "status_changed"]["status"] == "waiting_customer"
    assert ("00000003", "deleted") in told and ("00000003", "created") not in told
