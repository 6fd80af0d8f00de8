"""The mailbox that surveys come from, read by IMAP from a server of our own within TLS."""

from __future__ import annotations

import re
import socketserver
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from helmdesk.act.surveys import Purpose, sign
from helmdesk.errors import SettingError
from web.mail_server import PASSWORD, make_certificates, server_context

RETURNED = """From: mailer@example.org
Subject: it did not arrive
Content-Type: multipart/report; report-type={report}; boundary="x"

--x
Content-Type: message/{report}

Feedback-Type: abuse

Status: {status}
--x
Content-Type: message/rfc822-headers

Message-ID: <{message}@helmdesk.invalid>
--x--
"""


class Box(socketserver.ThreadingTCPServer):
    """A mailbox: as much of IMAP4rev1 as is asked of it, and a log of what was."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, context: Any) -> None:
        self.context, self.mail, self.validity = context, list[bytes](), 7
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Talk)

    def get_request(self) -> Any:
        connection, address = super().get_request()
        return self.context.wrap_socket(connection, server_side=True), address


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("* OK ready")
        for raw in self.rfile:
            tag, _, order = raw.decode().strip().partition(" ")
            self.server.asked.append(order)  # type: ignore[attr-defined]
            self.obey(tag, order)

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def obey(self, tag: str, order: str) -> None:
        box: Any = self.server
        numbers = range(1, len(box.mail) + 1)
        if order.startswith("CAPABILITY"):
            self.say("* CAPABILITY IMAP4rev1")
        elif order.startswith("LOGIN") and PASSWORD not in order.replace("\\", ""):
            self.say(f"{tag} NO wrong password")
            return
        elif order.startswith("EXAMINE") and '"INBOX"' not in order:
            self.say(f"{tag} NO no such folder")
            return
        elif order.startswith("EXAMINE"):
            self.say(f"* {len(box.mail)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {box.validity}] UIDs valid")
        elif found := re.match(r"UID SEARCH UID (\d+):\*", order):
            first = min(int(found[1]), len(box.mail))
            self.say(f"* SEARCH {' '.join(str(n) for n in numbers if n >= first)}".rstrip())
        elif found := re.match(r"UID FETCH (\d+) \((.*)\)", order):
            self.fetch(int(found[1]), found[2], box.mail[int(found[1]) - 1])
        elif not order.startswith(("LOGIN", "LOGOUT", "CAPABILITY")):
            self.say(f"{tag} BAD {order}")
            return
        self.say(f"{tag} OK done")

    def fetch(self, number: int, what: str, raw: bytes) -> None:
        if "SIZE" in what:
            self.say(f"* {number} FETCH (UID {number} RFC822.SIZE {len(raw)})")
            return
        self.wfile.write(f"* {number} FETCH (UID {number} BODY[] {{{len(raw)}}}\r\n".encode())
        self.wfile.write(raw + b")\r\n")


@contextmanager
def served(context: Any) -> Iterator[Box]:
    with Box(context) as box:
        threading.Thread(target=box.serve_forever, args=(0.05,), daemon=True).start()
        yield box
        box.shutdown()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificates(tmp_path_factory.mktemp("certificates"), "localhost")


@pytest.fixture
def box(
    site: Path, certificates: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Box]:
    from django.conf import settings

    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.surveys import models

    def clear() -> None:
        kept = (models.Invitation, models.Rule, models.Instrument, models.Refusal)
        for model in (*kept, models.ReadUntil, Event):
            model.objects.all().delete()

    clear()
    with served(server_context(certificates[1])) as made:
        where = f"localhost:{made.server_address[1]}/INBOX?ca={certificates[0]}"
        secret = f"imaps://support:{quote(PASSWORD, safe='')}@{where}"
        monkeypatch.setattr(settings, "MAILBOX", secret)
        yield made
    clear()


def asked(name: str) -> Any:
    """Return an invitation whose mail was sent."""
    from helmdesk.web.apps.surveys.forms import instrument_of
    from helmdesk.web.apps.surveys.models import Invitation, Rule, State, person_digest

    instrument = instrument_of("csat")
    rule, _ = Rule.objects.get_or_create(name="x", defaults={"instrument": instrument})
    now = datetime.now(UTC)
    return Invitation.objects.create(
        key=name,
        rule=rule,
        instrument=instrument,
        ticket_id=name,
        address=f"{name}@example.org",
        person=person_digest(f"{name}@example.org"),
        solved_at=now,
        sent_at=now,
        expires_at=now + timedelta(days=28),
        state=State.SENT,
        message=uuid.uuid4(),
    )


def read() -> Any:
    from helmdesk.web.apps.surveys.mailbox import named_box, read_box

    named = named_box()
    assert named is not None
    return read_box(named)


def back(row: Any, status: str, report: str = "delivery-status") -> bytes:
    return RETURNED.format(message=row.message, status=status, report=report).encode()


def test_what_lies_in_it_is_done_once_and_left_as_it_is(box: Box, site: Path) -> None:
    from helmdesk.web.apps.surveys.models import Invitation, Refusal, State, site_key

    gone, full, angry, done = (asked(name) for name in ("gone", "full", "angry", "done"))
    token = sign(site_key(), Purpose.STOP, done.id, done.expires_at)
    # Not its last letter: some of that one's bits say nothing.
    forged = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    box.mail += [
        b"Subject: hello\r\n\r\nA question",
        back(gone, "5.1.1"),
        back(full, "4.2.2"),
        back(angry, "x", "feedback-report"),
        f"Subject: unsubscribe {token}\r\n\r\n".encode(),
        f"Subject: unsubscribe {forged}\r\n\r\n".encode(),
        b"Subject: large\r\n\r\n" + b"x" * 600_000,
    ]
    found = read()
    assert (found.seen, found.returned, found.stopped) == (7, 2, 2)
    states = dict(Invitation.objects.values_list("key", "state"))
    assert states == {"gone": State.BOUNCED} | dict.fromkeys(("full", "angry", "done"), State.SENT)
    refused = {each.digest: each for each in Refusal.objects.all()}
    assert refused[gone.person].is_bounced and not refused[full.person].is_bounced
    assert refused[angry.person].is_wish and refused[done.person].is_wish and len(refused) == 4
    assert read().seen == 0, "nothing counts twice"
    box.mail += [back(full, "4.2.2"), back(full, "4.2.2")]
    assert read().returned == 2
    assert Refusal.objects.get(digest=full.person).is_bounced, "the third time ends it"
    orders = {order.split(" ")[0] for order in box.asked}
    assert orders <= {"CAPABILITY", "LOGIN", "EXAMINE", "UID", "LOGOUT"}
    assert not [order for order in box.asked if "STORE" in order or " BODY[" in order]
    box.validity, box.mail = 8, [b"Subject: new numbers\r\n\r\n"]
    assert read().seen == 1


def test_killed_between_two_messages_it_goes_on_behind_the_first(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.web.apps.surveys import mailbox
    from helmdesk.web.apps.surveys.models import ReadUntil, Refusal

    full = asked("full")
    box.mail += [back(full, "4.2.2"), back(full, "4.2.2")]
    take, count = mailbox._take, []

    def killed(message: Any, found: Any) -> None:
        take(message, found)
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(mailbox, "_take", killed)
    with pytest.raises(KeyboardInterrupt):
        read()
    assert ReadUntil.objects.get().uid == Refusal.objects.get().returns == 1
    assert read().seen == 1
    assert Refusal.objects.get().returns == 2


def test_a_mailbox_that_cannot_be_read_says_why(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    from helmdesk.web.apps.surveys.mailbox import NotReadable, look_in, named_box, state_of_box

    good = settings.MAILBOX
    for wrong in (
        good.replace("/INBOX", "/Other"),
        good.replace("correct", "wrong"),
        good.split("?")[0],
        "imaps://a:b@localhost:1/INBOX",
    ):
        monkeypatch.setattr(settings, "MAILBOX", wrong)
        with pytest.raises(NotReadable) as told:
            read()
        named = named_box()
        assert named is not None and look_in(named) is None
        assert state_of_box() == (named.words, str(told.value)[:300])
        assert PASSWORD not in str(told.value) and quote(PASSWORD, safe="") not in str(told.value)
    for wrong in ("imap://a:b@h/", "imaps://h/INBOX", "imaps://a:b@h:x/", "imaps://a:b@h/?tls=off"):
        monkeypatch.setattr(settings, "MAILBOX", wrong)
        with pytest.raises(SettingError):
            named_box()
        assert state_of_box()[1]
    monkeypatch.setattr(settings, "MAILBOX", good)
    named = named_box()
    assert named is not None and look_in(named) is not None
    assert state_of_box() == (named.words, ""), "what was wrong is over"
    monkeypatch.setattr(settings, "MAILBOX", "")
    assert named_box() is None


def test_mail_offers_to_write_where_somebody_reads(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from helmdesk.web.apps.surveys.letter import headers_of, links_of
    from helmdesk.web.apps.surveys.models import Refusal

    monkeypatch.setattr(settings, "PUBLIC_URL", "https://desk.example.org")
    monkeypatch.setattr(settings, "MAIL_FROM", "Larkspur <support@larkspur.example>")
    row = asked("ada")
    offered = headers_of(links_of(row))["List-Unsubscribe"]
    found = re.fullmatch(
        r"<https://desk\.example\.org/s/\S+/stop>,"
        r" <mailto:support@larkspur\.example\?subject=(\S+)>",
        offered,
    )
    assert found
    from urllib.parse import unquote

    box.mail.append(f"Subject: {unquote(found[1])}\r\n\r\n".encode())
    assert read().stopped == 1 and Refusal.objects.get().is_wish
    monkeypatch.setattr(settings, "MAILBOX", "")
    assert "mailto" not in headers_of(links_of(row))["List-Unsubscribe"]
