"""Notices of the systems wake the poller: signed as each system publishes it, and nothing else."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from helmdesk import Desk
from helmdesk.desk.connections import Connection, Connections

SECRET = "a secret of twenty-four"
BODY = json.dumps({"ticket": 7, "text": "größer"}).encode()
PLACE = "/hooks/wake/own"


@pytest.fixture
def own(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connections]:
    from django.conf import settings

    from helmdesk.web.apps.jobs.models import Job

    made = Desk.create(tmp_path / "desk")
    monkeypatch.setattr(settings, "DESK_FOLDER", str(made.path))
    yield Connections(made.path)
    Job.objects.filter(kind="sync").delete()


def connect(own: Connections, system: str, secret: str = SECRET) -> None:
    own.add(Connection("own", system, {"account": "own"}), {"token": "the key"})
    own.keep_waking_secret("own", secret)


def mac(secret: str, signed: bytes, how: str = "sha256") -> Any:
    return hmac.new(secret.encode(), signed, how)


def signed(system: str, secret: str, at: datetime, body: bytes = BODY) -> dict[str, str]:
    """Headers as each system documents them, written apart from ours."""
    if system == "zendesk":
        second = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        text = base64.b64encode(mac(secret, second.encode() + body).digest()).decode()
        return {
            "X-Zendesk-Webhook-Signature": text,
            "X-Zendesk-Webhook-Signature-Timestamp": second,
        }
    if system == "hubspot":
        milliseconds = str(int(at.timestamp() * 1000))
        whole = b"POST" + f"http://testserver{PLACE}".encode() + body + milliseconds.encode()
        text = base64.b64encode(mac(secret, whole).digest()).decode()
        return {"X-HubSpot-Signature-v3": text, "X-HubSpot-Request-Timestamp": milliseconds}
    if system == "jira":
        return {"X-Hub-Signature": f"sha256={mac(secret, body).hexdigest()}"}
    if system == "intercom":
        return {"X-Hub-Signature": f"sha1={mac(secret, body, 'sha1').hexdigest()}"}
    return {"X-Helmdesk-Token": secret}


def send(headers: dict[str, str], body: bytes = BODY, place: str = PLACE) -> int:
    from django.test import Client

    answer = Client().post(place, body, content_type="application/json", headers=headers)
    return answer.status_code


SYSTEMS = ["zendesk", "hubspot", "jira", "intercom", "freshdesk", "servicenow", "salesforce"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_signed_notice_wakes_the_poller_once(own: Connections, system: str) -> None:
    from helmdesk.web.apps.connections.jobs import is_under_way
    from helmdesk.web.apps.jobs.models import Job

    connect(own, system)
    now = datetime.now(UTC)
    right = signed(system, SECRET, now)
    for wrong in ({}, signed(system, "another secret of ours", now)):
        assert send(wrong) == 401
    if system != "freshdesk" and "X-Helmdesk-Token" not in right:
        assert send(right, BODY + b" ") == 401
    assert not is_under_way("own")
    assert [send(signed(system, SECRET, now)) for _ in range(3)] == [202] * 3
    assert Job.objects.filter(kind="sync").count() == 1


@pytest.mark.parametrize("system", ["zendesk", "hubspot"])
def test_what_was_signed_long_ago_is_refused(own: Connections, system: str) -> None:
    connect(own, system)
    assert send(signed(system, SECRET, datetime.now(UTC) - timedelta(minutes=6))) == 401
    assert send(signed(system, SECRET, datetime.now(UTC) + timedelta(minutes=6))) == 401


def test_a_signature_of_zendesk_made_by_another_program() -> None:
    """The value was made with openssl, not with Python."""
    from helmdesk.connectors.parts.waking import Notice, by_zendesk

    at = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)
    headers = {
        "x-zendesk-webhook-signature": "0PsfHMjzhdC6zacrq+GT53vrdW0QRtPFue8kBiJh30M=",
        "x-zendesk-webhook-signature-timestamp": "2026-03-01T08:00:00Z",
    }
    notice = Notice("POST", "", headers, b'{"id":1}', at)
    assert by_zendesk("a secret of twenty-four", notice)
    assert not by_zendesk("a secret of twenty-five", notice)


def test_nothing_is_taken_without_a_secret_or_by_who_is_paused(own: Connections) -> None:
    from helmdesk.web.apps.connections.jobs import is_under_way

    assert send({"X-Helmdesk-Token": SECRET}) == 404
    connect(own, "freshdesk", "")
    assert send({"X-Helmdesk-Token": ""}) == 404
    connect(own, "freshdesk")
    own.pause("own", True)
    assert send({"X-Helmdesk-Token": SECRET}) == 202
    assert not is_under_way("own")
    own.keep_waking_secret("own", "")
    assert send({"X-Helmdesk-Token": SECRET}) == 404


def test_a_new_key_keeps_the_secret_and_neither_is_shown(own: Connections, as_: Any) -> None:
    connect(own, "freshdesk")
    own.add(Connection("own", "freshdesk", {"account": "own"}), {"token": "another key"})
    known = own.get("own")
    assert own.waking_secret(known) == SECRET
    assert own.secrets(known) == {"token": "another key"}
    page = as_("ada").get("/data/connections/own").content.decode()
    assert PLACE in page and "x-helmdesk-token" in page
    assert SECRET not in page and "another key" not in page
    change = "/data/connections/own/go"
    assert as_("ada").post(change, {"do": "wake", "secret": "short"}).status_code == 400
    assert as_("ada").post(change, {"do": "wake", "secret": "x" * 16}).status_code == 302
    assert own.waking_secret(known) == "x" * 16
