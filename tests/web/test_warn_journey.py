"""A leader is warned, and hands a customer's review on: in a browser, with a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from helmdesk.desk.desk import Desk
from helmdesk.insight.alerts import Kind, Watch
from helmdesk.reports.pdf import receipts_of
from web.conftest import PASSWORD
from web.mail_server import Inbox, serving

# From 29 September to 2 November 2025 the sample's callers wait for minutes instead of seconds.
MONDAYS = [datetime(2025, 9, 29, 5) + timedelta(weeks=n) for n in range(8)]
LEVEL = Watch(Kind.LEVEL, "average_speed_of_answer", enter=120, leave=90)


@pytest.fixture(autouse=True)
def inbox(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A site with a mail server, which may send, and nobody's alerts or reports."""
    from django.conf import settings

    from helmdesk.web.apps.alerts.models import Rule
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.reports.models import Report, Wanted

    def clear() -> None:
        for model in (Rule, Report, Wanted, Message, Heartbeat, Job, Schedule, Switch):
            model.objects.all().delete()
        Person.objects.update(email="")

    clear()
    Person.objects.filter(username="lea").update(email="lea@example.org")
    with serving(Inbox()) as box:
        monkeypatch.setattr(settings, "MAIL", f"smtp://127.0.0.1:{box.port}?tls=off")
        monkeypatch.setattr(settings, "MAIL_FROM", "Larkspur <support@larkspur.example>")
        Switch.turn(Switch.State.ON)
        yield box
    clear()


@pytest.fixture
def lea(server: Any, chromium: Any) -> Iterator[Any]:
    """A leader, signed in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{server.url}/account/login/")
    page.fill("[name=login]", "lea")
    page.fill("[name=password]", PASSWORD)
    page.locator("main button").first.click()
    page.wait_for_url(lambda url: "login" not in url)
    yield page
    context.close()


def work(*kinds: Any) -> None:
    from helmdesk.web.apps.jobs.worker import Worker

    Worker(is_thread=False, known={kind.name: kind for kind in kinds}).work_off()


def test_a_leader_is_told_when_trouble_begins_and_when_it_ends(
    site: Path, server: Any, lea: Any, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, tell: Any
) -> None:
    """From a card to a rule, its past, and on; then eight Mondays pass around the planted waits."""
    from helmdesk.web.apps.alerts import jobs as own
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.outbox.jobs import send_mail

    lea.goto(f"{server.url}/metric/{LEVEL.metric}")
    lea.get_by_role("link", name="Warn me").click()
    lea.select_option("[name=kind]", "level")
    lea.get_by_role("button", name="Next").click()
    lea.get_by_label("It begins").fill("2 min")
    lea.get_by_label("It is over at").fill("90 s")
    lea.get_by_role("button", name="Try it on the past").click()
    past = Desk(site).try_alert(LEVEL)
    expect(lea.locator("#tried")).to_contain_text(past.describe())
    lea.get_by_role("button", name="Keep this alert").click()
    expect(lea.locator("main")).to_contain_text("It is in preview")
    lea.get_by_role("button", name="Turn it on: mail me").click()
    expect(lea.get_by_role("button", name="Mute for a week")).to_be_visible()

    told = []
    for monday in MONDAYS:
        monkeypatch.setattr(own, "now_of", lambda desk, at=monday: at)
        for look in range(2):  # nothing new is nothing told
            enqueue(own.alerts, f"alerts:{monday:%Y%m%d}:{look}", Nothing())
            work(own.alerts, own.look_for, send_mail)
            clear_looks()
        told += [(monday.date().isoformat(), each) for each in inbox.taken[len(told) :]]
    subjects = [(day, str(each["Subject"])) for day, each in told]
    assert [day for day, _ in subjects] == ["2025-10-06", "2025-11-10"], subjects
    assert "began" in subjects[0][1] and "is over" in subjects[1][1]
    assert {str(each["To"]) for _, each in told} == {"lea@example.org"}
    counted = (
        f"{len(told)} mails in {2 * len(MONDAYS)} looks, on {subjects[0][0]} and {subjects[1][0]}"
    )
    tell("planted trouble is told once when it begins and once when it ends", counted)
    (week,) = Desk(site).measure(LEVEL.metric, start="2025-09-29", end="2025-10-06")
    assert f"{week.n} cases" in told[0][1].get_body(("plain",)).get_content()
    lea.goto(f"{server.url}/alerts")
    lea.locator("main a", has_text="Average speed of answer").first.click()
    expect(lea.locator("section", has_text="What it saw").last).to_contain_text("yes")


def clear_looks() -> None:
    from helmdesk.web.apps.jobs.models import Job

    Job.objects.filter(kind__startswith="alerts").delete()


def test_a_review_is_opened_sent_and_verified(
    site: Path, server: Any, lea: Any, inbox: Inbox, tmp_path: Path, tell: Any
) -> None:
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.outbox.jobs import send_mail
    from helmdesk.web.apps.reports import jobs

    name = Desk(site).segments()["account"][0]
    lea.goto(f"{server.url}/reports?kind=review&account={name}")
    lea.select_option("[name=rhythm]", "quarter")
    lea.get_by_role("button", name="Make it").click()
    expect(lea.locator("main")).to_contain_text("Come by mail to lea@example.org")
    enqueue(jobs.due, "reports:1", Nothing())
    work(jobs.due, jobs.make, send_mail)
    (mail,) = inbox.taken
    (attached,) = mail.iter_attachments()
    lea.reload()
    with lea.expect_download() as loading:
        lea.get_by_role("link", name=attached.get_filename()).click()
    loading.value.save_as(tmp_path / "review.pdf")
    content = (tmp_path / "review.pdf").read_bytes()
    assert content == attached.get_payload(decode=True), "what is sent is what is shown"
    assert name in str(mail["Subject"])
    receipts = receipts_of(content, "review.pdf")
    assert len(receipts) >= 3
    for receipt in receipts:
        Desk(site).verify(receipt)
    told = f"{len(receipts)} of {len(receipts)} receipts"
    tell("a review that was sent is computed again from its receipts", told)
