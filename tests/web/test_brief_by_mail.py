"""The week's brief by mail: for those who asked, as they may read it, once a week of data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.briefs.models import BriefWanted
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch
    from helmdesk.web.apps.outbox.models import Endpoint, Message
    from helmdesk.web.apps.people.models import Person

    def clear() -> None:
        for model in (BriefWanted, Message, Endpoint, Heartbeat, Job, Schedule, Switch):
            model.objects.all().delete()
        Person.objects.update(email="")

    clear()
    Person.objects.filter(username="lea").update(email="lea@example.org")
    Person.objects.filter(username="tom").update(email="tom@example.org")
    yield
    clear()


def tick(instant: str = "1") -> None:
    """Do what a Monday does."""
    from helmdesk.web.apps.briefs import jobs as own
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_mail, send_webhook

    kinds = (own.briefs, own.tell_person, own.tell_programs, send_mail, send_webhook)
    enqueue(own.briefs, f"briefs:{instant}", Nothing())
    Worker(is_thread=False, known={kind.name: kind for kind in kinds}).work_off()


def test_people_who_asked_are_told_what_they_may_read(as_: Any, site: Path) -> None:
    from helmdesk.desk.live import LiveDesk
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.jobs.models import Job, Schedule
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    assert as_("tom").post("/brief/mail", {"do": "on"}).status_code == 302
    tick()
    desk, person = LiveDesk(site), Person.objects.get(username="tom")
    found = desk.as_seen_by(policy_for(person)).brief()
    message = Message.objects.get()
    assert message.recipient == "tom@example.org" and f"{found.start:%-d %B %Y}" in message.subject
    told = " ".join(message.text.split())
    assert [each.title for each in found.findings if each.title not in told] == []
    assert found.findings or "Nothing calls for a decision" in told
    assert "<h1" in message.html and "http" not in message.text
    job = Job.objects.get(key=message.key)
    assert job.outcome == "preview", "nothing leaves before somebody says so"
    tick("2")
    assert Message.objects.count() == 1, "a week is told once, however often it is asked"
    Job.objects.all().delete()
    tick("3")
    assert Message.objects.count() == 1, "also when the jobs are long forgotten"
    schedule = Schedule.objects.get(name="briefs")
    assert (schedule.rhythm, schedule.zone) == ("mon 07:00", desk.settings.time_zone)


def test_only_those_who_may_read_it_now(as_: Any) -> None:
    from helmdesk.web.apps.briefs.models import BriefWanted
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.audit import AuditEvent
    from helmdesk.web.apps.people.models import Person

    for name in ("hugo", "vic"):
        assert as_(name).post("/brief/mail", {"do": "on"}).status_code == 403
    assert as_("ann").post("/brief/mail", {"do": "on"}).status_code == 400, "no address"
    lea = as_("lea")
    assert lea.post("/brief/mail", {"do": "perhaps"}).status_code == 400
    for do, count in (("on", 1), ("on", 1), ("off", 0), ("on", 1)):
        assert lea.post("/brief/mail", {"do": do}).status_code == 302
        assert BriefWanted.objects.count() == count
    assert AuditEvent.objects.filter(action="asked for the brief by mail", person="lea").exists()
    person = Person.objects.get(username="lea")
    for change in ({"is_active": False}, {"role": "agent"}, {"email": ""}):
        before = {name: getattr(person, name) for name in change}
        Person.objects.filter(pk=person.pk).update(**change)
        try:
            tick(str(next(iter(change))))
        finally:
            Person.objects.filter(pk=person.pk).update(**before)
        assert not Message.objects.exists(), change


def test_programs_are_told_the_whole_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    import json
    from datetime import date

    from helmdesk.insight.brief import Brief
    from helmdesk.web.apps.briefs import jobs as own
    from helmdesk.web.apps.outbox.models import Endpoint, Message

    asked: list[Any] = []
    empty: Any = ()
    told = Brief(date(2026, 1, 5), date(2026, 1, 12), *(empty,) * 10)
    monkeypatch.setattr(own, "_brief", lambda desk, policy, held: asked.append(policy) or told)
    Endpoint.objects.create(name="pager", url="https://example.org/", topics=["brief"])
    Endpoint.objects.create(name="other", url="https://example.org/", topics=["test"])
    tick()
    tick("2")
    message = Message.objects.get()
    body = json.loads(message.text)
    assert message.recipient == "pager" and body["type"] == "brief"
    assert body["data"]["start"] == "2026-01-05" and body["data"]["findings"] == []
    assert [each.predicate for each in asked] == [None] and not asked[0].may_compare_people


def test_what_a_letter_quotes_is_text() -> None:
    from dataclasses import replace
    from datetime import date

    from helmdesk.insight.brief import Brief
    from helmdesk.insight.finding import ByRule, Finding
    from helmdesk.web.apps.briefs.letter import letter_of

    finding = Finding(
        "x", "change", "<script>'Tom & Co'</script>", "A & B", "none", (),
        date(2026, 1, 5), date(2026, 1, 12), ByRule("over a tenth"), context=("6 January: <b>",),
    )  # fmt: skip
    empty: Any = ()
    found = Brief(date(2026, 1, 5), date(2026, 1, 12), (finding,), *(empty,) * 9)
    letter = letter_of(found, "Desk\r\nBcc: all@example.org")
    assert "<script>" not in letter.html and "&lt;script&gt;" in letter.html
    assert "<script>'Tom & Co'</script>" in letter.text and "over a tenth" in letter.text
    assert letter.subject == "Desk Bcc: all@example.org: 1 finding, the week of 5 January 2026"
    assert all(len(line) <= 76 for line in letter.text.splitlines())
    quiet = letter_of(replace(found, findings=()), "Desk")
    assert "nothing to decide" in quiet.subject
    assert "Nothing calls for a decision" in quiet.text and "calls for" in quiet.html


def test_links_begin_with_the_public_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date

    from django.conf import settings

    from helmdesk.insight.brief import Brief
    from helmdesk.web.apps.briefs.letter import letter_of

    monkeypatch.setattr(settings, "PUBLIC_URL", "https://desk.example.org")
    empty: Any = ()
    letter = letter_of(Brief(date(2026, 1, 5), date(2026, 1, 12), *(empty,) * 10), "Desk")
    assert "https://desk.example.org/brief" in letter.text
    assert 'href="https://desk.example.org/brief"' in letter.html


def test_no_migration_of_briefs_is_missing() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "briefs", check=True, dry_run=True, verbosity=0)
