"""Connecting a live account on the site: asked, tried, told, started, watched, let go; its key is
in its file and nowhere else.
"""

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
from helmdesk.desk.connections import Connections
from web.conftest import text
from web.test_live_accounts import work

As = Callable[..., Any]


@pytest.fixture
def account() -> FakeZendesk:
    made = FakeZendesk(tickets=5)
    made.now += 120
    made.denied = {"schedules"}
    return made


@pytest.fixture
def server(account: FakeZendesk) -> Iterator[Server]:
    with serve(account.answer) as running, stamina.set_testing(True, attempts=2):
        yield running


@pytest.fixture
def desk(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk of its own for the accounts; the site answers from its own, which is no sample now."""
    from django.conf import settings

    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule

    def clear() -> None:
        for model in (Heartbeat, Job, Schedule):
            model.objects.all().delete()

    clear()
    made = Desk.create(tmp_path / "desk")
    monkeypatch.setattr(settings, "DESK_FOLDER", str(made.path))
    monkeypatch.setattr("helmdesk.web.apps.connections.page._is_sample", lambda _request: False)
    yield made
    clear()


def answers(server: Server, **other: str) -> dict[str, str]:
    return {
        "said-account": server.url,
        "said-email": EMAIL,
        "said-token": TOKEN,
        "name": "zendesk",
        "since": "",
        **other,
    }


def everything_in_the_database() -> str:
    from django.apps import apps

    return "\n".join(
        json.dumps(list(model._default_manager.values()), default=str)
        for model in apps.get_models()
    )


def test_from_a_key_to_a_desk_in_step(
    desk: Desk, server: Server, as_: As, caplog: pytest.LogCaptureFixture
) -> None:
    ada = as_("ada")
    assert "Zendesk Support" in text(ada.get("/data/connections"))
    asked = text(ada.get("/data/connect/zendesk"))
    assert "as in NAME.zendesk.com" in asked and "Admin Center" in asked
    made = ada.post("/data/connect/zendesk", answers(server))
    assert made.status_code == 302 and made.url == "/data/connections/zendesk"
    key = desk.path / "connections" / "zendesk.key"
    assert json.loads(key.read_text()) == {"token": TOKEN}
    assert key.stat().st_mode & 0o777 == 0o600
    page = text(ada.get(made.url))
    assert (
        "nothing is fetched yet" in page and "will fetch all tickets: 5, in about a minute" in page
    )
    assert "schedules" in page and "Professional" in page and "Start fetching" in page
    # Nobody fetches before somebody says so.
    from helmdesk.web.apps.connections.jobs import sync_all
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue

    enqueue(sync_all, "sync_all:early", Nothing())
    work()
    assert desk.lake.version() == 0
    assert ada.post(f"{made.url}/go", {"do": "start"}).status_code == 302
    page = text(ada.get(made.url))
    assert "About to fetch" in page and " 0 of 5 in the account" in page
    work()
    page = text(ada.get(made.url))
    assert "In step" in page and " 5 of 5 in the account" in page
    assert "Without schedules" in page and 'value="100"' in ada.get(made.url).content.decode()
    assert desk.measure("ticket_volume")[0].value == 5
    # Paused: a tick leaves it alone, and so does "Fetch now" in Data health.
    ada.post(f"{made.url}/go", {"do": "pause"})
    assert "Paused" in text(ada.get(made.url))
    enqueue(sync_all, "sync_all:later", Nothing())
    before = len(server.asked)
    work()
    assert len(server.asked) == before
    assert ada.post("/data/sync/zendesk").status_code == 400
    # Let go: the key is gone, the tickets stay.
    assert ada.post(f"{made.url}/go", {"do": "disconnect"}).status_code == 400
    assert ada.post(f"{made.url}/go", {"do": "disconnect", "sure": "1"}).status_code == 302
    assert not key.exists() and Connections(desk.path).names() == []
    assert desk.measure("ticket_volume")[0].value == 5
    assert ada.get(made.url).status_code == 404
    assert TOKEN not in everything_in_the_database() + caplog.text


def test_what_cannot_work_stores_nothing(
    desk: Desk, account: FakeZendesk, server: Server, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, address = as_("ada"), "/data/connect/zendesk"

    def refused(**other: str) -> str:
        answer = ada.post(address, answers(server, **other))
        assert answer.status_code == 200
        shown = answer.content.decode()
        assert TOKEN not in shown and "wrong-key" not in shown
        assert Connections(desk.path).names() == []
        return text(answer)

    assert "the key is not known there" in refused(**{"said-token": "wrong-key"})
    assert "write https://" in refused(**{"said-account": "http://acme.example"})
    assert "small letters" in refused(name="Brand B")
    assert "Enter a valid date" in refused(since="soon")
    assert "This field is required" in refused(**{"said-token": ""})
    gone = refused(**{"said-account": "http://127.0.0.1:9"})
    assert "can it be reached from here?" in gone
    account.denied = {"incremental"}
    assert "an administrator must make the key" in refused()
    account.denied = set()
    # A key of whoever starts the server is not sent to an address that is typed here.
    monkeypatch.setenv("HELMDESK_ZENDESK_TOKEN", "of the operator")
    before = len(server.asked)
    assert "HELMDESK_ZENDESK_TOKEN" in refused()
    assert len(server.asked) == before
    assert ada.get("/data/connect/nobody").status_code == 404
    assert TOKEN not in everything_in_the_database()


def test_another_address_wants_the_key_again(desk: Desk, server: Server, as_: As) -> None:
    """Whoever has a session only cannot have the kept key sent to an address of theirs."""
    ada = as_("ada")
    ada.post("/data/connect/zendesk", answers(server))
    change = "/data/connections/zendesk/change"
    form = ada.get(change).content.decode()
    assert server.url in form and TOKEN not in form
    without = ada.post(change, answers(server, **{"said-token": ""}))
    assert without.status_code == 200 and "This field is required" in text(without)
    again = ada.post("/data/connect/zendesk", answers(server))
    assert "there is a live account called zendesk" in text(again)
    assert ada.post(change, answers(server, since="2025-01-02")).status_code == 302
    assert Connections(desk.path).get("zendesk").since == "2025-01-02"
    assert Connections(desk.path).get("zendesk").is_paused  # as it was


def test_what_fails_is_told_and_can_be_tried_now(
    desk: Desk, account: FakeZendesk, server: Server, as_: As
) -> None:
    ada, page = as_("ada"), "/data/connections/zendesk"
    ada.post("/data/connect/zendesk", answers(server))
    account.denied = {"incremental"}
    ada.post(f"{page}/go", {"do": "start"})
    work()
    shown = text(ada.get(page))
    assert "tried again" in shown and "403" in shown and "Try now" in shown
    ada.post(f"{page}/go", {"do": "look"})
    assert "may not read it" in text(ada.get(page))
    account.denied = set()
    ada.post(f"{page}/go", {"do": "start"})
    work()
    assert "In step" in text(ada.get(page))


def test_the_sample_is_no_place_for_an_account(site: Path, as_: As) -> None:
    ada = as_("ada")
    assert "Remove the sample" in text(ada.get("/data/connections"))
    assert ada.get("/data/connect/zendesk").status_code == 400
