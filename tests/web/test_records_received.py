"""Messages of records that another system sends: signed as Standard Webhooks (by its own library,
not by ours), each taken once, stored in batches, whatever is killed between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from connectors.live import bring, connect, content, killed_after
from helmdesk import Desk
from helmdesk.connectors.parts.signed import new_secret
from helmdesk.connectors.webhook import ENDING
from helmdesk.desk.connections import Connections

MAPPING = """
name = "shop"
key = ["ticket.id"]
time_zone = "UTC"
date_format = "iso"
[[record]]
type = "created"
[record.columns]
ticket_id = "ticket.id"
occurred_at = "ticket.at"
priority = "ticket.priority"
"""
PLACE = "/hooks/records/shop"


@pytest.fixture
def desk(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    from django.conf import settings

    from helmdesk.web.apps.jobs.models import Job

    made = Desk.create(tmp_path / "desk")
    monkeypatch.setattr(settings, "DESK_FOLDER", str(made.path))
    yield made
    Job.objects.filter(kind="sync").delete()


def ticket(number: int, priority: str | None = "low", at: str = "2026-03-01T08:00:00Z") -> Any:
    return {"ticket": {"id": number, "at": at, **({"priority": priority} if priority else {})}}


def test_messages_are_taken_once_and_stored_in_batches(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.test import Client

    from helmdesk.web.apps.connections.jobs import is_under_way

    secret = new_secret()
    own = Connections(desk.path)
    connect(desk, "webhook", {"token": secret}, mapping=MAPPING)
    for path in own.path.glob("webhook.*"):
        path.rename(own.path / path.name.replace("webhook", "shop"))
    client = Client()

    def send(id_: str, content: Any, *, by: str = secret, ago: float = 0, **other: str) -> Any:
        body, at = json.dumps(content), datetime.now(UTC) - timedelta(minutes=ago)
        headers = {
            "webhook-id": id_,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": "v1,b2xk " + Webhook(by).sign(id_, at, body),
            **other,
        }
        return client.post(PLACE, body, content_type="application/json", headers=headers)

    assert send("a", ticket(1)).status_code == 202 and is_under_way("shop")
    assert send("a", ticket(1, "high")).json() == {"taken": True, "is_new": False}
    assert send("b", {"type": "x", "data": [ticket(2, None), ticket(3)]}).json()["is_new"]
    for wrong in (
        send("c", ticket(4), by=new_secret()),
        send("c", ticket(4), ago=6),
        send("c", ticket(4), **{"webhook-id": "d"}),
        send("c", ticket(4), **{"webhook-timestamp": "soon"}),
    ):
        assert wrong.status_code == 401 and secret not in wrong.content.decode()
    assert send("c", "words").status_code == 400 and client.get(PLACE).status_code == 405
    assert client.post("/hooks/records/other").status_code == 404

    with killed_after(monkeypatch, 0, at="before"):
        bring(desk, "shop")
    with killed_after(monkeypatch, 0, at="after"):
        bring(desk, "shop")
    assert bring(desk, "shop").tickets == 0
    assert send("e", ticket(5, at="some day")).status_code == 202  # to quarantine, alone
    assert send("f", ticket(6)).status_code == 202
    assert bring(desk, "shop").loads[0].quarantined_rows == 1
    assert bring(desk, "shop").tickets == 0
    made = [each for each in content(desk).values() if each["type"] == "created"]
    assert {each["ticket_id"]: each.get("priority") for each in made} == {
        "1": "low", "2": None, "3": "low", "6": "low",
    }  # fmt: skip
    status = own.status("shop")
    assert status and status.completeness and status.completeness.of == "messages"
    assert (status.completeness.ours, status.completeness.theirs) == (4, 4)
    # What was said is in the lake alone, and what takes the file's place begins anew.
    inbox = own.path / f"shop{ENDING}"
    assert b"some day" not in inbox.read_bytes() and inbox.stat().st_mode & 0o777 == 0o600
    inbox.unlink()
    assert send("g", ticket(7)).status_code == 202
    assert bring(desk, "shop").tickets == 1
