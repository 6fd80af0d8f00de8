"""ServiceNow, live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import stamina

from connectors.fake import serve
from connectors.fake_servicenow import TOKEN, USER, FakeServicenow
from connectors.faults import disturb
from connectors.live import QuickClock, bring, connect, content
from effort import tries
from helmdesk import Desk
from helmdesk.connectors import servicenow
from helmdesk.connectors.parts.access import ConnectError
from helmdesk.desk.first_look import look
from helmdesk.errors import UsageError

SECRETS = {"token": TOKEN}
SAID = {"user": USER, "table": "incident"}


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.mark.parametrize("seed", range(tries(2, 200)))
def test_faults_and_kills_change_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servicenow, "PER_PAGE", (3, 2, 500)[seed % 3])
    disturb(seed, tmp_path, monkeypatch, FakeServicenow(seed), "servicenow", SECRETS, **SAID)


def test_ties_and_rows_that_access_rules_hide_end_nothing_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven tickets of one second on pages of two, of which two are hidden: five come, and what
    follows them too.
    """
    monkeypatch.setattr(servicenow, "PER_PAGE", 2)
    account = FakeServicenow()
    tied = sorted(account.create() for _ in range(7))
    account.now += 600
    account.create()
    # Never both rows of one page: of such nobody is told that there is more.
    account.hidden = {account.tickets[own]["number"] for own in (tied[1], tied[4])}
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "servicenow", SECRETS, account=server.url, **SAID)
        report = bring(desk, "servicenow")
        assert bring(desk, "servicenow").tickets == 0
    assert report.tickets == 6
    # The instance counts what it hides: nobody takes five for all.
    assert report.status.completeness
    assert (report.status.completeness.theirs, report.status.completeness.ours) == (8, 6)


def test_a_ticket_says_what_a_list_says(tmp_path: Path) -> None:
    account = FakeServicenow()
    first, second, third = (account.create() for _ in range(3))
    numbers = {own: account.tickets[own]["number"] for own in (first, second, third)}
    account.now += 3600
    at = "2025-10-09 09:53:20"
    account.tickets[first] |= {
        "state": "6",
        "resolved_at": at,
        "sys_updated_on": at,
        "assigned_to": "Ann",
        "close_code": "Solved (Permanently)",
    }
    account.tickets[second] |= {"state": "3", "hold_reason": "1", "sys_updated_on": at}
    account.denied = {"sys_audit_delete", "sys_user"}
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "servicenow", SECRETS, account=server.url, **SAID)
        report = bring(desk, "servicenow")
    assert list(report.status.missing) == ["deletions"] and not report.loads[0].quarantined
    records = [each for each in content(desk).values() if each.get("ticket_id")]
    assert {each["source"] for each in records} == {"servicenow"}
    told = {(each["ticket_id"], each["type"]): each for each in records}
    created = told[numbers[first], "created"]
    assert created["occurred_at"] == "2025-10-09 08:53:20+00"
    assert (created["agent_id"], created["team_id"]) == ("Ann", "Desk A")
    states = {
        (each["ticket_id"], each["status"]) for each in records if each["type"] == "status_changed"
    }
    # In words that its owner does not read; on hold for the caller is waiting for the customer.
    assert (numbers[first], "solved") in states
    assert (numbers[second], "waiting_customer") in states


def test_a_key_of_another_time_zone_is_refused(tmp_path: Path) -> None:
    """It would leave out hours, or repeat them for ever."""
    for hours in (-8, 2):
        account = FakeServicenow()
        account.create()
        account.offset = timedelta(hours=hours)
        with serve(account.answer) as server:
            desk = Desk.create(tmp_path / f"desk{hours}")
            connect(desk, "servicenow", SECRETS, account=server.url, **SAID)
            with pytest.raises(ConnectError, match="time zone"):
                bring(desk, "servicenow")
            api = servicenow.open_account({**SAID, **SECRETS, "account": server.url})
            found = look(servicenow.connector, api, "")
            api.close()
            assert [right.what for right in found.missing] == ["times in GMT"]
        assert desk.lake.version() == 0


def test_the_limit_is_one_of_an_hour() -> None:
    account = FakeServicenow()
    account.hour_limit = 1_200  # 20 a minute; four fifths of it are one in 3.75 seconds
    with serve(account.answer) as server:
        api = servicenow.open_account({**SAID, **SECRETS, "account": server.url})
        clock = QuickClock()
        api.use(clock)
        servicenow.count(api, "")
        begun = clock.now()
        for _ in range(4):
            servicenow.count(api, "")
        api.close()
    assert clock.now() - begun == pytest.approx(4 * 3.75)
    with pytest.raises(UsageError, match="name in ServiceNow"):
        servicenow.open_account({**SAID, **SECRETS, "account": "x", "table": "incident/../x"})
