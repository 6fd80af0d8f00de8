"""Where the machine, a receiver or a customer's own wish stands in the way of asking and telling:
each is said plainly, and nothing is lost.
"""
# Fixtures are taken from the other file by their names.
# ruff: noqa: F401, F811

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helmdesk.act.survey_words import PHRASES
from helmdesk.desk.desk import Desk
from web.mail_server import Inbox
from web.test_full_disk import nothing_written
from web.test_surveys import (
    NOW,
    _empty,
    asked,
    asked_of,
    desk,
    find,
    links,
    mail,
    now,
    post,
    rule_of,
    solve,
)
from web.test_webhooks import Receiver, here, listening


def fill_the_disk() -> None:
    """Write until the database takes no more."""
    from django.db import OperationalError

    from helmdesk.web.apps.outbox.models import Message

    with pytest.raises(OperationalError, match="full"):
        for _ in range(100_000):
            Message.objects.create(channel="mail", topic="filler", text="x" * 9000)


@pytest.mark.parametrize("how", ["full", "readonly"])
def test_a_customer_s_words_outlive_a_full_disk(asked: list[str], as_: Any, how: str) -> None:
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.surveys.models import Answer

    # Of four bytes a letter, so that it needs room of its own.
    customer, said = as_(), {"rating": "2", "comment": "it took <three> days " + "🕰" * 1900}
    with nothing_written(how):
        if how == "full":
            fill_the_disk()
        assert customer.get(asked[1]).status_code == 200, "the question can be read"
        answer = customer.post(asked[1], said)
        shown = answer.content.decode()
        assert answer.status_code == 503 and PHRASES["en"].not_kept in shown
        assert "it took &lt;three&gt; days" in shown, "what was written is still there"
        assert not Answer.objects.exists() and asked_of().get().state == "sent"
    Message.objects.filter(topic="filler").delete()
    assert customer.post(asked[1], said).status_code == 302
    assert Answer.objects.get().comment.startswith("it took <three> days")


def test_a_digest_outlives_a_full_disk(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills while a digest is put into the outbox: the job says so, tries again, and the
    week is told once.
    """
    from django.db import OperationalError

    from helmdesk.web.apps.briefs import jobs as own
    from helmdesk.web.apps.briefs.models import BriefWanted, Digest
    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.letter import Letter
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    lea = Person.objects.get(username="lea")
    Person.objects.filter(pk=lea.pk).update(email="lea@example.org")
    wanted = BriefWanted.objects.create(person=lea)
    monkeypatch.setattr(own, "letter_to", lambda *_: Letter("Week", "text", "<p>text</p>"))
    put, known = own.put_mail, {"brief": own.tell_person}

    def full(*_: Any, **__: Any) -> Any:
        raise OperationalError("database or disk is full")

    try:
        monkeypatch.setattr(own, "put_mail", full)
        week = NOW.date() - timedelta(days=NOW.weekday() + 7)
        queue.enqueue(own.tell_person, "brief:1", own.ForPerson(wanted=wanted.pk, week=week))
        Worker(is_thread=False, known=known).work_off()
        job = Job.objects.get()
        assert "the disk is full: free some space" in job.error and job.done_at is None
        assert not Digest.objects.exists() and not Message.objects.exists()
        monkeypatch.setattr(own, "put_mail", put)
        Job.objects.update(run_at=NOW)  # its time has come
        Worker(is_thread=False, known=known).work_off()
        assert (Digest.objects.count(), Message.objects.count()) == (1, 1)
    finally:
        BriefWanted.objects.all().delete()
        Digest.objects.all().delete()
        Person.objects.filter(pk=lea.pk).update(email="")


def test_a_receiver_with_another_secret_says_no_and_is_told_later(here: None) -> None:
    """It answers 401: the job says whose secret is meant, and the same event goes again, whole."""
    from helmdesk.web.apps.jobs.models import Job, Switch
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_webhook
    from helmdesk.web.apps.outbox.models import Endpoint
    from helmdesk.web.apps.outbox.post import put_webhooks

    Switch.turn("on")
    with listening(Receiver((401, {}, b"who are you"), (204, {}, b""))) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/hook"
        Endpoint.objects.create(name="pager", url=url, topics=["alert"])
        put_webhooks("alert", {"title": "Waits began"})
        worker = Worker(is_thread=False, known={"webhook": send_webhook})
        worker.work_off()
        job = Job.objects.get()
        assert "pager answered 401" in job.error and "secret of this endpoint" in job.error
        assert job.done_at is None
        Job.objects.update(run_at=NOW)
        worker.work_off()
    first, second = receiver.told
    assert Job.objects.get().outcome == "done"
    assert first[2] == second[2] and first[1]["webhook-id"] == second[1]["webhook-id"]
    Endpoint.objects.all().delete()


def test_an_erased_customer_s_link_takes_nothing(
    desk: Desk, mail: Inbox, now: Any, as_: Any
) -> None:
    """Asked, erased, and then they answer all the same: the page says it is over, and nothing of
    them comes back.
    """
    from helmdesk.desk.erasure import erase
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.apps.surveys.models import Answer, Opening

    rule_of(desk)
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)))
    find(desk)
    post()
    link = links(mail.only())[0]
    clean_database(erase(desk, ["ada@example.org"]).words)
    customer = as_()
    for answer in (customer.get(link), customer.post(link, {"rating": "1", "comment": "ada here"})):
        assert answer.status_code in (404, 410)
        shown = answer.content.decode()
        assert PHRASES["en"].over in shown or PHRASES["en"].unknown in shown
    assert not Answer.objects.exists() and not Opening.objects.exists()
    kept = Event.objects.filter(kind="responded")
    assert not kept.exists()
    post()
    assert len(mail.taken) == 1, "and nobody writes to them any more"
