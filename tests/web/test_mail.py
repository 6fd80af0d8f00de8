"""Mail: settings, a real server with and without TLS, what it refuses, and kills in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from web.mail_server import (
    PASSWORD,
    Inbox,
    close_line,
    knows_password,
    make_certificates,
    serving,
)

FROM = "Helpdesk Zürich <desk@example.org>"


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


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificates(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def use(site: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Name a mail server in the settings."""
    from django.conf import settings

    def set_to(address: str, sender: str = FROM) -> None:
        monkeypatch.setattr(settings, "MAIL", address)
        monkeypatch.setattr(settings, "MAIL_FROM", sender)

    return set_to


def put(recipient: str = "ada@example.org", subject: str = "Hello", **named: Any) -> Any:
    from helmdesk.web.apps.outbox.post import put_mail

    return put_mail("test", recipient, subject, named.pop("text", "A text.\n"), **named)


def work() -> Any:
    """Do what is due; return the one job of the outbox."""
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_mail, send_webhook

    known = {kind.name: kind for kind in (send_mail, send_webhook)}
    Worker(is_thread=False, known=known).work_off()
    return Job.objects.get()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("smtp://mail.example.org", "mail.example.org, port 587, STARTTLS"),
        ("smtps://u:p@mail.example.org", "mail.example.org, port 465, TLS, with a password"),
        ("smtp://u:p@[2001:db8::1]:2525", "2001:db8::1, port 2525, STARTTLS, with a password"),
        ("smtp://localhost?tls=off", "localhost, port 25, no TLS"),
        ("anymail://postmark?server_token=x", "postmark, by its interface"),
    ],
)
def test_mail_servers_that_can_be_named(use: Any, address: str, words: str) -> None:
    from helmdesk.web.apps.outbox.mail_server import mail_server

    use(address)
    server = mail_server()
    assert server is not None and server.words == words
    assert "server_token" not in repr(server) and "'p'" not in repr(server)


@pytest.mark.parametrize(
    "address",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://host:port",
        "smtp://s3cret@host",
        "smtp://:s3cret@host",
        "smtp://u:s3cret@host?tls=off",
        "smtp://u:s3cret@host?tls=maybe",
        "smtp://u:s3cret@host?colour=red",
        "smtp://u:s3cret@host?s3cret",
        "smtp://u:s3cret@host/path",
        "smtp://u:s3cret@[half",
    ],
)
def test_settings_that_cannot_be_understood_are_told_without_their_secret(
    use: Any, address: str
) -> None:
    from helmdesk.errors import SettingError
    from helmdesk.web.apps.outbox.mail_server import mail_server

    use(address)
    with pytest.raises(SettingError, match="HELMDESK_MAIL") as told:
        mail_server()
    assert "s3cret" not in str(told.value)
    for sender in ("", "nobody", "A <a@b.example>\nBcc: x@example.org", "a@b.example, c@d.example"):
        use("smtp://host", sender)
        with pytest.raises(SettingError, match="HELMDESK_MAIL_FROM"):
            mail_server()


def test_a_secret_file_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from helmdesk.errors import SettingError
    from helmdesk.web.site_folder import secret_setting

    file = tmp_path / "mail"
    file.write_text("smtp://u:p@host\n")
    monkeypatch.setenv("HELMDESK_MAIL_FILE", str(file))
    file.chmod(0o640)
    with pytest.raises(SettingError, match="chmod 600"):
        secret_setting("HELMDESK_MAIL", is_private=True)
    file.chmod(0o600)
    assert secret_setting("HELMDESK_MAIL", is_private=True) == "smtp://u:p@host"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", ["off", "starttls", "implicit"])
def test_a_mail_arrives_as_it_was_written(
    use: Any, certificates: tuple[Path, Path], tls: str
) -> None:
    authority, own = certificates
    options: dict[str, Any] = {}
    if tls != "off":
        options = {
            "own": own,
            "authenticator": knows_password,
            "auth_require_tls": tls != "implicit",
        }
        options |= {"require_starttls": tls == "starttls", "auth_required": True}
    with serving(Inbox(), tls=tls, **options) as inbox:
        given = f"localhost:{inbox.port}"
        who = f"ana:{quote(PASSWORD, safe='')}@"
        use(
            {
                "off": f"smtp://{given}?tls=off",
                "starttls": f"smtp://{who}{given}?ca={authority}",
                "implicit": f"smtps://{who}{given}?ca={authority}",
            }[tls]
        )
        message = put(
            "zoë@bücher.example".replace("ë", "e"),
            "Wöchentlich: 三件事 ✓",
            text="Ünïcode, a line with a dot:\n.\nand one of 2,000 letters " + "x" * 2000 + "\n",
            html="<p>Ünïcode</p>",
        )
        job = work()
    assert (job.outcome, job.error) == ("done", "")
    message.refresh_from_db()
    assert message.sent_at is not None and message.answer == "250 taken as 17"
    mail = inbox.only()
    assert inbox.recipients == ["zoe@xn--bcher-kva.example"]
    assert mail["Subject"] == "Wöchentlich: 三件事 ✓"
    assert mail["From"] == FROM and mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].startswith(f"<{message.id}@") and mail["Date"]
    text = mail.get_body(("plain",)).get_content()
    assert text.replace("\r\n", "\n") == message.text
    assert "<p>Ünïcode</p>" in mail.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "recipient",
    [
        "ada@example.org\nBcc: all@example.org",
        "ada@example.org, bob@example.org",
        "ada@example.org\r\nRCPT TO:<x@example.org>",
        "Ada <ada@example.org>",
        "zoë@example.org",
        "ada",
        "",
        "ada@example.org\0",
    ],
)
def test_what_is_no_single_address_is_never_put_in(recipient: str) -> None:
    from helmdesk.errors import UsageError
    from helmdesk.web.apps.outbox.models import Message

    with pytest.raises(UsageError, match="no mail address"):
        put(recipient)
    for subject in ("two\nlines", "two\rlines", "Hello\r\nBcc: all@example.org"):
        with pytest.raises(UsageError, match="one line"):
            put(subject=subject)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("said", "outcome", "why"),
    [
        ({"RCPT": "550 no such user"}, "dead", "refuses the recipient: 550 no such user"),
        ({"RCPT": "451 come back"}, "", "refuses the recipient: 451 come back"),
        ({"MAIL": "553 not you"}, "dead", "refuses the message: 553 not you"),
        ({"DATA": "554 spam"}, "dead", "refuses the message: 554 spam"),
        ({"DATA": "452 disk full"}, "", "refuses the message: 452 disk full"),
        ({"MAIL": close_line}, "", "broke off"),
        ({"RCPT": close_line}, "", "broke off"),
        ({"DATA": close_line}, "uncertain", "unexpectedly closed"),
    ],
)
def test_what_the_server_refuses(use: Any, said: Any, outcome: str, why: str) -> None:
    """A code of 5 never leaves, one of 4 is tried again; broken off with the text in hand nobody
    knows.
    """
    with serving(Inbox(**said)) as inbox:
        use(f"smtp://localhost:{inbox.port}?tls=off")
        message = put()
        job = work()
    assert job.outcome == outcome and why in job.error
    assert (job.failures, job.begun_at is None) == (
        (1, True) if not outcome else (job.failures, False)
    )
    message.refresh_from_db()
    assert message.sent_at is None and not inbox.taken


def test_servers_that_are_not_what_the_settings_say(
    use: Any, certificates: tuple[Path, Path], tmp_path: Path
) -> None:
    """Nothing is sent without the TLS that was asked for, nor to whom the authority knows not."""
    authority, own = certificates
    stranger, _ = make_certificates(tmp_path, "localhost")

    def try_with(address: str) -> tuple[str, str]:
        from helmdesk.web.apps.jobs.models import Job

        Job.objects.all().delete()
        use(address)
        put()
        job = work()
        assert PASSWORD not in job.error and quote(PASSWORD) not in job.error
        return job.outcome, job.error

    who = f"ana:{quote('wrong', safe='')}@"
    with serving(Inbox()) as plain:
        outcome, error = try_with(f"smtp://localhost:{plain.port}")
        assert outcome == "dead" and "STARTTLS" in error
        outcome, error = try_with(f"smtps://localhost:{plain.port}?ca={authority}")
        assert outcome == "" and "cannot be reached" in error
    with serving(Inbox(), own=own, authenticator=knows_password) as secure:
        outcome, error = try_with(f"smtp://localhost:{secure.port}?ca={stranger}")
        assert outcome == "" and "is not believed" in error
        outcome, error = try_with(f"smtp://127.0.0.1:{secure.port}?ca={authority}")
        assert outcome == "" and "is not believed" in error and "127.0.0.1" in error
        outcome, error = try_with(f"smtp://{who}localhost:{secure.port}?ca={authority}")
        assert outcome == "dead" and "does not take user name and password: 535" in error
        outcome, error = try_with(f"smtp://localhost:{secure.port}?ca={tmp_path / 'gone'}")
        assert outcome == "dead" and "No such file" in error
    outcome, error = try_with(f"smtp://localhost:{secure.port}")
    assert outcome == "" and "cannot be reached" in error
    outcome, error = try_with("")
    assert outcome == "dead" and "no mail server is set" in error
    assert not plain.taken and not secure.taken


def test_a_server_that_sends_a_byte_now_and_then_does_not_hold_a_worker(
    use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socketserver
    import threading
    import time

    from helmdesk.web.apps.outbox import mail

    monkeypatch.setattr(mail, "WHOLE_SECONDS", 0.6)
    over = threading.Event()

    class Dripping(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while not over.wait(0.05):
                try:
                    self.request.sendall(b"2")
                except OSError:
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        use(f"smtp://127.0.0.1:{server.server_address[1]}?tls=off")
        put()
        before = time.monotonic()
        job = work()
        took = time.monotonic() - before
        over.set()
        server.shutdown()
    assert took < 10 and job.outcome == "" and "cannot be reached" in job.error


@pytest.mark.parametrize("is_taken", [False, True])
def test_killed_while_sending_is_uncertain_and_never_sent_twice(
    use: Any, site: Path, is_taken: bool
) -> None:
    """The worker is killed with the text on its way, or between the server's yes and the commit."""
    worker: list[subprocess.Popen[bytes]] = []

    def kill(server: Any) -> str:
        os.kill(worker[0].pid, signal.SIGKILL)
        return "250 taken" if is_taken else close_line(server)

    with serving(Inbox(DATA=kill)) as inbox:
        address = f"smtp://localhost:{inbox.port}?tls=off"
        message = put()
        environment = {**os.environ, "HELMDESK_MAIL": address, "HELMDESK_MAIL_FROM": FROM}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        command = [sys.executable, "-m", "helmdesk", "work", "--once", "--desk", str(site)]
        worker.append(subprocess.Popen(command, env=environment))
        assert worker[0].wait(60) == -signal.SIGKILL
        inbox.said.clear()
        from helmdesk.web.apps.jobs.models import Job

        # As the dead process left it, seen by another machine: its lease has to run out.
        Job.objects.filter(key=message.key).update(leased_until=datetime(2020, 1, 1, tzinfo=UTC))
        Job.objects.exclude(key=message.key).delete()
        use(address)
        job = work()
        assert job.outcome == "uncertain" and "nobody knows" in job.error
        assert len(inbox.taken) == is_taken
        from helmdesk.web.apps.jobs.queue import try_again

        assert try_again(job.pk), "a person may send it again"
        assert work().outcome == "done" and len(inbox.taken) == 1 + is_taken
    ids = {mail["Message-ID"] for mail in inbox.taken}
    assert len(ids) == 1, "a mail program knows the second by the first"


def test_previews_are_kept_and_sent_when_somebody_says_so(use: Any, as_: Any) -> None:
    from helmdesk.web.apps.jobs.models import Switch

    Switch.turn("preview")
    ada = as_("ada")
    with serving(Inbox()) as inbox:
        use(f"smtp://localhost:{inbox.port}?tls=off")
        message = put(subject="<b>Bold</b> & more")
        job = work()
        assert job.outcome == "preview" and not inbox.taken
        page = ada.get("/outbox").content.decode()
        assert "not sent: preview" in page and "&lt;b&gt;Bold&lt;/b&gt; &amp; more" in page
        assert "A text." in ada.get(f"/outbox/{message.pk}").content.decode()
        Switch.turn("on")
        assert not inbox.taken, "what was previewed waits for a person"
        again = ada.post(f"/jobs/{job.pk}", {"do": "again", "back": "/outbox"})
        assert (again.status_code, again["Location"]) == (302, "/outbox")
        assert work().outcome == "done" and len(inbox.taken) == 1
        assert "sent" in ada.get("/outbox").content.decode()


def test_an_administrator_tries_the_mail_server(use: Any, as_: Any) -> None:
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.audit import AuditEvent
    from helmdesk.web.apps.people.models import Person

    ada = as_("ada")
    use("")
    assert "No mail server is set" in ada.get("/outbox").content.decode()
    use("smtp://u:s3cret@")
    page = ada.get("/outbox").content.decode()
    assert "is no address of a mail server" in page and "s3cret" not in page
    with serving(Inbox()) as inbox:
        use(f"smtp://localhost:{inbox.port}?tls=off")
        checked = ada.post("/outbox/mail", {"do": "check"}, follow=True).content.decode()
        assert "The mail server answers: localhost" in checked
        assert ada.post("/outbox/mail", {"do": "test"}).status_code == 400, "no address of her own"
        Person.objects.filter(username="ada").update(email="ada@example.org")
        try:
            assert ada.post("/outbox/mail", {"do": "test"}).status_code == 302
            work()
        finally:
            Person.objects.filter(username="ada").update(email="")
    assert inbox.only()["Subject"] == "A test message from Helmdesk"
    assert Message.objects.get().recipient == "ada@example.org"
    assert AuditEvent.objects.filter(action="sent a test message", subject="mail").exists()
    refused = ada.post("/outbox/mail", {"do": "check"}, follow=True).content.decode()
    assert "cannot be reached" in refused


def test_providers_speak_by_anymail(use: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from anymail.backends import test as fake
    from anymail.exceptions import AnymailRequestsAPIError
    from requests import Response

    sent: list[Any] = []
    use("anymail://test?sample_setting=x")
    real = fake.EmailBackend.post_to_esp

    def post(self: Any, payload: Any, message: Any) -> Any:
        sent.append(message)
        return real(self, payload, message)

    monkeypatch.setattr(fake.EmailBackend, "post_to_esp", post)
    put()
    assert work().outcome == "done" and sent[0].to == ["ada@example.org"]
    for status, outcome in ((429, ""), (422, "dead"), (500, "uncertain"), (None, "uncertain")):
        from helmdesk.web.apps.jobs.models import Job

        Job.objects.all().delete()

        def fail(*_: Any, status: int | None = status) -> None:
            response = Response()
            response.status_code, response._content = status or 0, b"no"
            raise AnymailRequestsAPIError("no", response=response if status else None)

        monkeypatch.setattr(fake.EmailBackend, "post_to_esp", fail)
        put()
        job = work()
        assert job.outcome == outcome, (status, job.error)
    Job.objects.all().delete()
    use("anymail://nobody?key=s3cret")
    put()
    job = work()
    assert job.outcome == "dead" and "nobody" in job.error and "s3cret" not in job.error


def test_an_erased_customer_is_written_to_no_more(use: Any) -> None:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.people.erasure import clean_database

    put("maria@example.org", "About Maria Gonzales", text="Dear Maria Gonzales,")
    clean_database(["Maria Gonzales", "maria@example.org"])
    assert Job.objects.get().outcome == "withdrawn"
    with serving(Inbox()) as inbox:
        use(f"smtp://localhost:{inbox.port}?tls=off")
        work()
    assert not inbox.taken


def test_no_migration_of_the_outbox_is_missing() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "outbox", check=True, dry_run=True, verbosity=0)


def test_old_messages_go_with_their_jobs(use: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import tidy_outbox
    from helmdesk.web.apps.outbox.models import Message

    gone, troubled, fresh = put(), put(), put()
    Job.objects.exclude(key=troubled.key).delete()
    Job.objects.filter(key=troubled.key).update(outcome="dead", done_at=timezone.now())
    Message.objects.exclude(pk=fresh.pk).update(created_at=timezone.now() - timedelta(days=40))
    enqueue(tidy_outbox, "tidy_outbox:1", Nothing())
    Worker(is_thread=False, known={"tidy_outbox": tidy_outbox}).work_off()
    assert {each.pk for each in Message.objects.all()} == {troubled.pk, fresh.pk} != {gone.pk}
