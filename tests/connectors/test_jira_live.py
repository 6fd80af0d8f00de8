"""Jira Service Management, live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import stamina

from connectors.fake import serve
from connectors.fake_jira import EMAIL, TOKEN, FakeJira, iso
from connectors.faults import disturb
from connectors.live import bring, connect, content
from effort import tries
from helmdesk import Desk
from helmdesk.connectors import jira
from helmdesk.desk.first_look import look
from helmdesk.errors import UsageError

SECRETS = {"token": TOKEN}


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.mark.parametrize("seed", range(tries(2, 200)))
def test_faults_and_kills_change_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jira, "PER_PAGE", (3, 2, 100)[seed % 3])
    disturb(seed, tmp_path, monkeypatch, FakeJira(seed), "jira", SECRETS, email=EMAIL)


def test_an_issue_comes_with_its_whole_history(tmp_path: Path) -> None:
    account = FakeJira()
    number = account.create()
    for _ in range(12):
        account.now += 3600
        account.change(number)
    changes = [item for each in account.changes[number] for item in each["items"]]
    assert len(account.changes[number]) > 3 and len(account.comments[number]) > 2
    account.denied = {"groups"}
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "jira", SECRETS, account=server.url, email=EMAIL)
        report = bring(desk, "jira")
        assert bring(desk, "jira").tickets == 0
    assert list(report.status.missing) == ["groups"] and not report.loads[0].quarantined
    assert report.status.completeness
    assert (report.status.completeness.theirs, report.status.completeness.ours) == (1, 1)
    records = [each for each in content(desk).values() if each.get("ticket_id")]
    statuses = [each for each in records if each["type"] == "status_changed"]
    # Each change once, and what it was at the beginning.
    assert len(statuses) == 1 + sum(item["fieldId"] == "status" for item in changes)
    # By the category's key: the names are German.
    words = {"1": "new", "2": "open", "3": "solved"}
    last = max(statuses, key=lambda each: each["occurred_at"])
    assert last["status"] == words[account.issues[number]["status"]["id"]]
    messages = [each for each in records if each["type"] == "message"]
    assert len(messages) == len(account.comments[number])
    internal = sum(not each["jsdPublic"] for each in account.comments[number])
    assert sum(each["visibility"] == "internal" for each in messages) == internal


def test_more_issues_of_one_minute_than_a_page_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jira, "PER_PAGE", 2)
    account = FakeJira()
    for seconds in (0, 5, 5, 5, 20, 59, 300):
        account.now = 1_760_000_040 + seconds  # a whole minute, and after
        account.create()
    account.now += 600
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "jira", SECRETS, account=server.url, email=EMAIL)
        assert bring(desk, "jira").tickets == 7


def test_what_changed_while_clocks_went_back_is_found(tmp_path: Path) -> None:
    """01:30 comes twice in New York on 2 November 2025; a search for it means one of them."""
    account = FakeJira()
    first = datetime(2025, 11, 2, 5, 30, tzinfo=UTC)  # 01:30, summer
    with serve(account.answer) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, "jira", SECRETS, account=server.url, email=EMAIL)
        for hours in range(5):
            account.now = int(first.timestamp()) + 3600 * (hours - 1)
            number = account.create()
            account.now += 1200
            assert bring(desk, "jira").tickets == 1, iso(account.now)
            assert str(number) in account.alive()
    zone = ZoneInfo("America/New_York")
    for minutes in range(-300, 300, 7):
        instant = datetime.fromtimestamp(first.timestamp() + 60 * minutes, UTC)
        told = datetime.strptime(jira._minute_of(instant, zone), "%Y-%m-%d %H:%M")
        # Whichever of two instants Jira takes it for, nothing after ours is left out.
        for fold in (0, 1):
            assert told.replace(tzinfo=zone, fold=fold).astimezone(UTC) <= instant


def test_rights_and_projects() -> None:
    account = FakeJira()
    said = {"email": EMAIL, "projects": "sup, it", **SECRETS}
    with serve(account.answer) as server:
        api = jira.open_account({**said, "account": server.url})
        # A search that finds nothing is no proof that there is nothing.
        assert [right.what for right in look(jira.connector, api, "").missing] == ["issues"]
        account.create()
        account.denied = {"groups"}
        found = look(jira.connector, api, "")
        api.close()
    assert not found.missing and found.outlook and found.outlook.tickets == 1
    searched = [each.body["jql"] for each in server.asked if each.path.endswith("search/jql")]
    assert searched[0].startswith("project in (SUP, IT) AND updated >= ")
    with pytest.raises(UsageError, match="keys such as"):
        jira.open_account({**said, "account": "x", "projects": "SUP) OR (1=1"})
