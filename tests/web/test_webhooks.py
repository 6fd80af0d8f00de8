"""Webhooks: signatures, receivers that refuse, and addresses that must not be reached."""

from __future__ import annotations

import http.server
import ipaddress
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from web.mail_server import make_certificates, server_context

HERE = ipaddress.ip_address("127.0.0.1")
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    """No jobs and no messages before and after; the switch is on."""
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch
    from helmdesk.web.apps.outbox.models import Endpoint, Message

    def clear() -> None:
        for model in (Message, Endpoint, Heartbeat, Job, Schedule, Switch):
            model.objects.all().delete()

    clear()
    Switch.turn("on")
    yield
    clear()


class Receiver:
    """What a program answers, and what it was told.

    Attributes:
        answers: status, headers and body; the last one again and again.
    """

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        self.answers = list(answers) or [(204, {}, b"")]
        self.told: list[tuple[str, dict[str, str], bytes]] = []
        self.port = 0

    def answer(self, handler: Any) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.told.append((handler.path, headers, body))
        status, given, content = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        handler.send_response(status)
        for name, value in given.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


@contextmanager
def listening(
    receiver: Any, own: Path | None = None, names: list[str] | None = None
) -> Iterator[Any]:
    """Let a receiver listen; `names` learns what TLS clients ask for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if own:
        context = server_context(own)
        if names is not None:
            context.sni_callback = lambda _socket, name, _context: names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine be reached."""
    from django.conf import settings

    monkeypatch.setattr(settings, "OUTGOING_NETWORKS", "127.0.0.0/8")


def make_endpoint(url: str, **fields: Any) -> Any:
    from helmdesk.web.apps.outbox.models import Endpoint

    return Endpoint.objects.create(name="receiver", url=url, topics=["brief"], **fields)


def work() -> Any:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_webhook

    Worker(is_thread=False, known={"webhook": send_webhook}).work_off()
    return Job.objects.get()


def poster(resolver: Callable[..., Any] = lambda host, port: [HERE], **named: Any) -> Any:
    from helmdesk.web.apps.outbox.pinned import PinnedClient

    return PinnedClient(named.pop("allowed", LOOPBACK), resolver, **named)


def test_receivers_know_us_by_the_published_reference(here: None) -> None:
    """Its library takes what we send, and nothing that was changed; each try has one id."""
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.outbox.post import put_webhooks
    from helmdesk.web.apps.outbox.webhooks import secret_of

    with listening(Receiver((500, {}, b""), (200, {}, b"fine"))) as receiver:
        endpoint = make_endpoint(f"http://127.0.0.1:{receiver.port}/hooks?team=1")
        (message,) = put_webhooks("brief", {"title": "Grüße ✓", "week": "2026-W48"})
        assert put_webhooks("unheard-of", {}) == []
        job = work()
        assert (job.outcome, job.failures) == ("", 1) and "receiver answered 500" in job.error
        Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
        assert work().outcome == "done"
    (path, first, body), (_, second, again) = receiver.told
    assert path == "/hooks?team=1" and body == again
    assert first["webhook-id"] == second["webhook-id"] == message.key == job.key
    told = Webhook(secret_of(endpoint)).verify(body, first)
    assert told["type"] == "brief" and told["data"] == {"title": "Grüße ✓", "week": "2026-W48"}
    for wrong in (body + b" ", body.replace(b"W48", b"W49")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret_of(endpoint)).verify(wrong, first)
    other = secret_of(type(endpoint)(name="other", url="https://example.org"))
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, first)
    message.refresh_from_db()
    assert message.sent_at is not None and message.answer == "200"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1",
        "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2002:c0a8:101::",
        "2001:0:808:808::f5ff:fffe", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
        "fec0::1", "ff02::1", "2001:db8::1", "100::1", "64:ff9b:1::1", "3fff::1", "5f00::1",
        "192.88.99.1", "2001:1::1", "4000::1",
    ],
)  # fmt: skip
def test_addresses_outside_the_open_internet_are_not_reached(address: str) -> None:
    """Neither alone nor beside a good one, in whatever order."""
    from helmdesk.web.apps.jobs.kind import Refused

    bad, good = ipaddress.ip_address(address), ipaddress.ip_address("93.184.216.34")
    for found in ([bad], [good, bad], [bad, good]):
        with pytest.raises(Refused, match="not an address of the open internet"):
            poster(lambda host, port, found=found: found, allowed=()).post(
                "https://hooks.example/x", b"{}", {}
            )


def test_the_open_internet_is_open() -> None:
    from helmdesk.web.apps.outbox.pinned import is_open

    for text in ("8.8.8.8", "93.184.216.34", "192.0.3.1", "2606:4700::1111", "2a00:1450::200e"):
        assert is_open(ipaddress.ip_address(text)), text


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org", "file:///etc/passwd", "https://", "https:///x", "//example.org/x",
        "https://user:secret@example.org/", "https://example.org@127.0.0.1/",
        "https://exa mple.org", "https://example.org/\r\nHost: x", "https://example.org:99999/", "https://bücher.example/",
        "https://example.org:0/", "https://[::1", "gopher://127.0.0.1:25/x", "",
        "https://a/" + "x" * 500,
    ],
)  # fmt: skip
def test_what_is_no_address_to_post_to(url: str) -> None:
    from helmdesk.errors import UsageError
    from helmdesk.web.apps.jobs.kind import Refused
    from helmdesk.web.apps.outbox.pinned import parts_of

    with pytest.raises(UsageError):
        parts_of(url)
    with pytest.raises(Refused):
        poster().post(url, b"{}", {})


def test_spellings_of_this_machine_that_only_a_resolver_understands() -> None:
    """Numbers in other bases are names to us, and the machine's resolver tells what they mean."""
    from helmdesk.web.apps.jobs.kind import NotSent
    from helmdesk.web.apps.outbox.pinned import PinnedClient

    for host in ("2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "[::1]", "0"):
        with pytest.raises(NotSent, match=r"open internet|no address of"):
            PinnedClient().post(f"https://{host}/", b"{}", {})


def test_open_internet_only_within_tls() -> None:
    from helmdesk.web.apps.jobs.kind import Refused

    good = ipaddress.ip_address("93.184.216.34")
    with pytest.raises(Refused, match="without TLS"):
        poster(lambda host, port: [good], allowed=()).post("http://hooks.example/", b"{}", {})


def test_a_name_that_means_something_else_a_moment_later() -> None:
    """Resolved once, and connected with what was checked, by the name for the receiver's eyes."""
    asked: list[tuple[str, int]] = []

    def rebinding(host: str, port: int) -> list[Any]:
        asked.append((host, port))
        return [HERE if len(asked) == 1 else ipaddress.ip_address("169.254.169.254")]

    with listening(Receiver()) as receiver:
        url = f"http://hooks.example:{receiver.port}/x"
        assert poster(rebinding).post(url, b"{}", {"a": "b"}).status == 204
    assert asked == [("hooks.example", receiver.port)]
    ((_, headers, _),) = receiver.told
    assert headers["host"] == f"hooks.example:{receiver.port}" and headers["a"] == "b"


def test_the_certificate_is_the_names(tmp_path: Path) -> None:
    import ssl

    from helmdesk.web.apps.jobs.kind import NotSent

    authority, own = make_certificates(tmp_path, "hooks.example")
    context, names = ssl.create_default_context(cafile=authority), []
    with listening(Receiver(), own, names) as receiver:
        client = poster(context=context)
        assert client.post(f"https://hooks.example:{receiver.port}/", b"{}", {}).status == 204
        assert names == ["hooks.example"]
        with pytest.raises(NotSent, match="not believed"):
            client.post(f"https://other.example:{receiver.port}/", b"{}", {})
        with pytest.raises(NotSent, match="not believed"):
            poster().post(f"https://hooks.example:{receiver.port}/", b"{}", {})
    assert len(receiver.told) == 1


def test_an_address_that_does_not_answer_makes_room_for_the_next() -> None:
    dead = ipaddress.ip_address("127.255.255.254")
    with listening(Receiver()) as receiver:
        url = f"http://hooks.example:{receiver.port}/"
        assert poster(lambda host, port: [dead, HERE]).post(url, b"{}", {}).status == 204


def test_redirects_and_proxies_are_not_followed(
    here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.web.apps.outbox.post import put_webhook

    with listening(Receiver()) as other:
        elsewhere = f"http://127.0.0.1:{other.port}/"
        for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere)
        with listening(Receiver((307, {"location": elsewhere}, b""))) as receiver:
            put_webhook(make_endpoint(f"http://127.0.0.1:{receiver.port}/"), "brief", {})
            job = work()
    assert job.outcome == "" and "redirects are not followed" in job.error
    assert len(receiver.told) == 1 and not other.told


def test_a_receiver_that_asks_to_wait_is_obeyed(here: None) -> None:
    from django.utils import timezone

    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.outbox.post import put_webhook
    from helmdesk.web.apps.outbox.webhooks import wait_asked_for

    moment = datetime(2026, 11, 27, 12, tzinfo=UTC)
    in_an_hour = format_datetime(moment + timedelta(hours=1), usegmt=True)
    for text, seconds in (
        ("120", 120), ("0", 0), ("-5", 0), ("soon", 0), ("", 0), ("9" * 40, 86_400), ("٣", 0),
        (in_an_hour, 3600), (format_datetime(moment - timedelta(days=1), usegmt=True), 0),
        ("Fri, 27 Nov 9999 13:00:00 GMT", 86_400), ("1.5", 0),
    ):  # fmt: skip
        assert wait_asked_for({"retry-after": text}, moment) == seconds, text
    with listening(Receiver((429, {"Retry-After": "1800"}, b"slow down"))) as receiver:
        put_webhook(make_endpoint(f"http://127.0.0.1:{receiver.port}/"), "brief", {})
        job = work()
    waits = (Job.objects.get(pk=job.pk).run_at - timezone.now()).total_seconds()
    assert job.outcome == "" and 1700 < waits <= 1800


def test_a_receiver_that_is_gone_is_switched_off(here: None) -> None:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.outbox.models import Endpoint
    from helmdesk.web.apps.outbox.post import put_webhook, put_webhooks

    with listening(Receiver((410, {}, b""))) as receiver:
        endpoint = make_endpoint(f"http://127.0.0.1:{receiver.port}/")
        put_webhook(endpoint, "brief", {})
        assert work().outcome == "dead"
        off = Endpoint.objects.get()
        assert not off.is_on and "wants nothing any more" in off.problem
        assert put_webhooks("brief", {}) == []
        Job.objects.all().delete()
        put_webhook(off, "brief", {})
        assert "switched off" in work().error
    assert len(receiver.told) == 1


def test_slow_and_endless_receivers_hold_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """However they drag it out: headers, a body by drops, a body without an end."""
    from helmdesk.web.apps.jobs.kind import NotSent
    from helmdesk.web.apps.outbox import pinned

    monkeypatch.setattr(pinned, "WHOLE_SECONDS", 0.5)

    class Dragging(Receiver):
        def __init__(self, begin: bytes, drop: bytes) -> None:
            super().__init__()
            self.begin, self.drop = begin, drop

        def answer(self, handler: Any) -> None:
            handler.wfile.write(self.begin)
            for _ in range(200):
                handler.wfile.write(self.drop)
                time.sleep(0.05)

    for begin, drop in (
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", b"x"),
    ):
        before = time.monotonic()
        with listening(Dragging(begin, drop)) as receiver:
            url = f"http://hooks.example:{receiver.port}/"
            try:
                answer = poster().post(url, b"{}", {})
            except NotSent:
                pass
            else:
                assert answer.status == 200, "the status was there; the body does not matter"
        assert time.monotonic() - before < 8, begin
    with listening(Receiver((200, {}, b"x" * 3_000_000))) as receiver:
        answer = poster().post(f"http://hooks.example:{receiver.port}/", b"{}", {})
    assert len(answer.body) == pinned.MOST_BYTES


def test_networks_that_an_operator_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    from helmdesk.errors import SettingError
    from helmdesk.web.apps.outbox import webhooks
    from helmdesk.web.apps.outbox.post import put_webhook

    monkeypatch.setattr(settings, "OUTGOING_NETWORKS", " 10.0.0.0/8, fd00::/8 ,")
    assert [str(each) for each in webhooks.client().allowed] == ["10.0.0.0/8", "fd00::/8"]
    monkeypatch.setattr(settings, "OUTGOING_NETWORKS", "10.0.0.1/8")
    with pytest.raises(SettingError, match="HELMDESK_OUTGOING_NETWORKS"):
        webhooks.client()
    monkeypatch.setattr(settings, "OUTGOING_NETWORKS", "")
    put_webhook(make_endpoint("http://127.0.0.1:9/"), "brief", {})
    job = work()
    assert job.outcome == "dead" and "HELMDESK_OUTGOING_NETWORKS" in job.error


def test_an_administrator_keeps_endpoints(here: None, as_: Any) -> None:
    from helmdesk.web.apps.outbox.models import Endpoint, Message
    from helmdesk.web.apps.outbox.webhooks import secret_of
    from helmdesk.web.apps.people.audit import AuditEvent

    ada = as_("ada", is_fresh=True)
    with listening(Receiver()) as receiver:
        token = "s3cret-in-the-path"
        given = {
            "name": "Pager",
            "url": f"http://127.0.0.1:{receiver.port}/{token}",
            "topics": "brief",
        }
        page = ada.post("/outbox/endpoints", given).content.decode()
        made = Endpoint.objects.get()
        assert secret_of(made) in page and token not in page
        assert secret_of(made) not in ada.get("/outbox").content.decode()
        for wrong in ({"url": "http://"}, {"name": ""}, {"topics": "gossip"}, {}):
            assert ada.post("/outbox/endpoints", {**given, **wrong}).status_code == 400
        where = f"/outbox/endpoints/{made.pk}"
        assert secret_of(made) in ada.post(where, {"do": "secret"}).content.decode()
        assert ada.post(where, {"do": "test"}).status_code == 302
        assert work().outcome == "done"
    ((_, headers, body),) = receiver.told
    assert Webhook(secret_of(made)).verify(body, headers)["type"] == "test"
    assert json.loads(Message.objects.get().text) == json.loads(body)
    for do, is_on in (("off", False), ("on", True)):
        assert ada.post(where, {"do": do}).status_code == 302
        assert Endpoint.objects.get().is_on is is_on
    assert ada.post(where, {"do": "dance"}).status_code == 400
    assert ada.post(where, {"do": "remove"}).status_code == 302
    assert not Endpoint.objects.exists() and not Message.objects.exists()
    said = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"added an endpoint", "changed an endpoint", "removed an endpoint"} <= said
    assert "read the secret of an endpoint" in said
    assert not any(token in str(each.detail) + each.subject for each in AuditEvent.objects.all())
    stale = as_("ada").post("/outbox/endpoints", given)
    assert stale.status_code == 302 and "reauthenticate" in stale["Location"]


ALERT = {
    "rule": 7,
    "title": "alert on CSAT began",
    "sentence": "CSAT falls below 80%.",
    "seen": "76% in the week from 4 May <!channel> [all](https://evil.example) *now*",
    "change": "began",
}


def test_a_channel_of_slack_is_told_in_blocks(
    here: None, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from helmdesk.web.apps.outbox.models import Endpoint
    from helmdesk.web.apps.outbox.post import put_webhooks

    monkeypatch.setattr(settings, "PUBLIC_URL", "https://desk.example")
    ada = as_("ada", is_fresh=True)
    with listening(Receiver((200, {}, b"ok"))) as receiver:
        given = {
            "name": "Leads",
            "url": f"http://127.0.0.1:{receiver.port}/T0/B0/x",
            "topics": ["alert", "brief", "alive"],
            "form": "slack",
        }
        assert ada.post("/outbox/endpoints", {**given, "form": "pigeon"}).status_code == 400
        assert ada.post("/outbox/endpoints", given).status_code == 302
        assert "a Slack channel" in ada.get("/outbox").content.decode()
        assert put_webhooks("alive", {"alerts": 3}) == []
        assert len(put_webhooks("alert", ALERT)) == 1
        assert work().outcome == "done"
    ((path, headers, body),) = receiver.told
    said = json.loads(body)
    assert (path, said["text"]) == ("/T0/B0/x", "Alert on CSAT began")
    header, seen, rule, button = said["blocks"]
    assert header["text"]["text"] == "Alert on CSAT began"
    # Plain text: neither mentions nor links are made of it.
    assert seen["text"] == {"type": "plain_text", "text": ALERT["seen"], "emoji": False}
    assert "80%" in rule["text"]["text"]
    assert button["elements"][0]["url"] == "https://desk.example/alerts/7"
    assert "webhook-signature" not in headers
    assert Endpoint.objects.get().form == "slack"


def test_a_card_of_teams_shows_text_as_it_is() -> None:
    from helmdesk.web.apps.outbox.chats import body_of, note_of

    note = note_of("alert", ALERT)
    assert note is not None
    card = body_of("teams", note)["attachments"][0]["content"]
    assert (card["type"], card["version"], card["actions"]) == ("AdaptiveCard", "1.4", [])
    title, seen, _ = (block["text"] for block in card["body"])
    assert title == "Alert on CSAT began"
    assert r"\[all\]\(https://evil\.example\) \*now\*" in seen
    assert re.sub(r"\\(.)", r"\1", seen) == ALERT["seen"]


def test_a_brief_in_a_chat_is_cut_to_what_it_takes() -> None:
    from helmdesk.web.apps.outbox.chats import LONGEST_TEXT, body_of, note_of

    finding = {"title": "Waits at noon", "text": "x" * 5000}
    data = {"start": "2026-06-22", "findings": [finding] * 20, "quiet": ["CSAT"]}
    note = note_of("brief", data)
    assert note is not None and note.title == "The week from 2026-06-22: 20 things to know"
    blocks = body_of("slack", note)["blocks"]
    assert len(blocks) == 13 and len(blocks[1]["text"]["text"]) == LONGEST_TEXT
    quiet = note_of("brief", {**data, "findings": []})
    assert quiet is not None and "nothing calls for a decision" in quiet.title
