"""The week's digest by mail: for those who asked, as they may read it, once a week of data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.briefs.models import BriefWanted, Digest, DigestAudience
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch
    from helmdesk.web.apps.outbox.models import Endpoint, Message
    from helmdesk.web.apps.people.models import Person

    def clear() -> None:
        for model in (
            BriefWanted,
            Digest,
            DigestAudience,
            Message,
            Endpoint,
            Heartbeat,
            Job,
            Schedule,
            Switch,
        ):
            model.objects.all().delete()
        Person.objects.update(email="")

    clear()
    for name in ("lea", "tom", "hugo"):
        Person.objects.filter(username=name).update(email=f"{name}@example.org")
    yield
    clear()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A brief without findings, at once, where what it says is not what is tried."""
    from datetime import date

    from helmdesk.insight.brief import Brief
    from helmdesk.web.apps.briefs import jobs as own

    empty: Any = ()
    told = Brief(date(2026, 1, 5), date(2026, 1, 12), *(empty,) * 10)
    monkeypatch.setattr(own, "_brief", lambda *_: told)


def work() -> None:
    from helmdesk.web.apps.briefs import jobs as own
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_mail, send_webhook

    own_kinds = (own.briefs, own.tell_person, own.tell_again, own.tell_programs)
    kinds = (*own_kinds, send_mail, send_webhook)
    Worker(is_thread=False, known={kind.name: kind for kind in kinds}).work_off()


def tick(instant: str = "1") -> None:
    """Do what a Monday does."""
    from django.db.models import F

    from helmdesk.web.apps.briefs import jobs as own
    from helmdesk.web.apps.briefs.models import BriefWanted
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue

    # A Monday came since it was asked for.
    BriefWanted.objects.update(asked_at=F("asked_at") - timedelta(days=800))
    enqueue(own.briefs, f"briefs:{instant}", Nothing())
    work()


def want(name: str, **more: str) -> None:
    from helmdesk.web.apps.briefs.models import BriefWanted
    from helmdesk.web.apps.people.models import Person

    BriefWanted.objects.create(person=Person.objects.get(username=name), **more)


def test_people_who_asked_are_told_what_they_may_read(as_: Any, site: Path, tell: Any) -> None:
    from helmdesk.desk.live import LiveDesk
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    assert as_("tom").post("/brief/mail", {"do": "on"}).status_code == 302
    work()
    assert not Message.objects.exists(), "no Monday came yet"
    tick()
    desk, person = LiveDesk(site), Person.objects.get(username="tom")
    found = desk.as_seen_by(policy_for(person)).brief()
    message = Message.objects.get()
    assert message.recipient == "tom@example.org" and f"{found.start:%-d %B %Y}" in message.subject
    told = " ".join(message.text.split())
    assert [each.title for each in found.findings if each.title not in told] == []
    assert found.findings or "Nothing calls for a decision" in told
    assert "<h1" in message.html and "http" not in message.text
    assert len(message.html.encode()) < 60_000 and "<img" not in message.html
    size = f"{len(message.html.encode()) / 1000:.1f} kB"
    tell("a digest is at most 60 kB of HTML, without images", size)
    job = Job.objects.get(key=message.key)
    assert job.outcome == "preview", "nothing leaves before somebody says so"
    tick("2")
    assert Message.objects.count() == 1, "a week is told once, however often it is asked"
    Job.objects.all().delete()
    tick("3")
    assert Message.objects.count() == 1, "also when the jobs are long forgotten"


def test_an_agent_is_told_the_own_numbers_and_nobody_elses(as_: Any, site: Path) -> None:
    from helmdesk.desk.live import LiveDesk
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.pages.team.own import own_numbers

    hugo = as_("hugo")
    assert hugo.get("/me").content.count(b'name="zone"') == 1
    assert hugo.post("/brief/mail", {"do": "on", "where": "tier = 'x'"}).url == "/me"
    tick()
    message = Message.objects.get()
    told = " ".join(message.text.split())
    desk = LiveDesk(site)
    reader = desk.as_seen_by(policy_for(Person.objects.get(username="hugo")))
    # The last whole week of the sample ends on Sunday, 28 June 2026.
    numbers = own_numbers(reader, "2026-06-01", "2026-06-29")
    assert len(numbers) >= 3
    assert "1 June to 28 June 2026" in message.subject
    for each in numbers:
        assert f"{each.metric.name}. {' '.join(each.words.split())}" in told
    assert [name for name in desk.agents() if name != "Hugo" and name in told.split()] == []
    assert hugo.get("/brief/mail/preview").content.decode() == message.html


def test_only_those_who_may_read_it_now(as_: Any, quick: None) -> None:
    from helmdesk.web.apps.briefs.models import BriefWanted
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.audit import AuditEvent
    from helmdesk.web.apps.people.models import Person

    assert as_("vic").post("/brief/mail", {"do": "on"}).status_code == 403
    assert as_("ann").post("/brief/mail", {"do": "on"}).status_code == 400, "no address"
    lea = as_("lea")
    for wrong in ({"do": "perhaps"}, {"do": "on", "zone": "Berlin"}, {"do": "on", "where": "=="}):
        assert lea.post("/brief/mail", wrong).status_code == 400
    for do, count in (("on", 1), ("on", 1), ("off", 0), ("on", 1)):
        assert lea.post("/brief/mail", {"do": do}).status_code == 302
        assert BriefWanted.objects.filter(is_on=True).count() == count
    assert AuditEvent.objects.filter(action="asked for the brief by mail", person="lea").exists()
    person = Person.objects.get(username="lea")
    for change in ({"is_active": False}, {"role": "account_viewer"}, {"email": ""}):
        before = {name: getattr(person, name) for name in change}
        Person.objects.filter(pk=person.pk).update(**change)
        try:
            tick(str(next(iter(change))))
        finally:
            Person.objects.filter(pk=person.pk).update(**before)
        assert not Message.objects.exists(), change
    asked = {"do": "on", "zone": "America/Lima", "where": "tier = 'gold'"}
    assert lea.post("/brief/mail", asked).status_code == 302
    kept = BriefWanted.objects.get()
    assert (kept.zone, kept.where) == ("America/Lima", "tier = 'gold'")


def test_what_waited_is_not_sent_to_who_may_read_it_no_more(quick: None) -> None:
    from helmdesk.web.apps.briefs.jobs import objection
    from helmdesk.web.apps.briefs.models import BriefWanted, Digest
    from helmdesk.web.apps.jobs.models import Job, Switch
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    Switch.turn("stopped")
    for name in ("lea", "tom", "hugo"):
        want(name)
    tick()
    sent = {each.recipient.split("@")[0]: each for each in Message.objects.all()}
    assert {name: objection(each) for name, each in sent.items()} == dict.fromkeys(sent, "")
    told = {each.person.username: each for each in Digest.objects.select_related("person")}
    policies = {name: each.policy for name, each in told.items()}
    weeks = {name: each.week for name, each in told.items()}
    tom, lea = (Person.objects.get(username=name) for name in ("tom", "lea"))
    Person.objects.filter(pk=tom.pk).update(teams=["Another"])
    Person.objects.filter(pk=lea.pk).update(is_active=False)
    BriefWanted.objects.filter(person__username="hugo").update(is_on=False)
    try:
        why = {name: objection(each) for name, each in sent.items()}
        assert all(why.values()) and len(set(why.values())) == 3
        Switch.turn("on")
        work()
        # What tom may read is another part of the desk now: the same week is written again for it.
        (again,) = Message.objects.exclude(pk__in=[each.pk for each in sent.values()])
        kept = Digest.objects.get(person=tom)
        assert again.recipient == "tom@example.org" and kept.message == again
        assert kept.policy != policies["tom"] and kept.week == weeks["tom"]
        assert objection(again) == "" and objection(sent["tom"]), "the old one never goes"
        work()
        assert Message.objects.filter(recipient="tom@example.org").count() == 2
    finally:
        Person.objects.filter(pk=tom.pk).update(teams=tom.teams)
        Person.objects.filter(pk=lea.pk).update(is_active=True)
    for name, message in sent.items():
        job = Job.objects.get(key=message.key)
        assert (job.outcome, job.error) == ("dead", why[name])


def test_a_digest_for_the_leads_of_a_team(as_: Any, quick: None) -> None:
    """A leader lets it come to a team's leads; each keeps their own say, and who goes has it no
    more.
    """
    from helmdesk.web.apps.briefs.models import BriefWanted, Digest
    from helmdesk.web.apps.briefs.sharing import follow
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    lea, tom = as_("lea"), Person.objects.get(username="tom")
    share = {"do": "share", "team": tom.teams}
    assert b"whoever leads" in lea.get("/brief").content
    assert b"whoever leads" not in as_("tom").get("/brief").content
    assert as_("tom").post("/brief/mail", share).status_code == 400
    assert lea.post("/brief/mail", {"do": "share", "team": ["Nobody"]}).status_code == 400
    assert lea.post("/brief/mail", {"do": "share", "role": ["agent"]}).status_code == 400
    assert lea.post("/brief/mail", share).status_code == 302
    assert [each.person.username for each in BriefWanted.objects.all()] == ["tom"]
    tick()
    assert [each.recipient for each in Message.objects.all()] == ["tom@example.org"]
    Person.objects.filter(pk=tom.pk).update(teams=["Another"])
    try:
        follow()
        assert not BriefWanted.objects.exists(), "it was of a team that is not theirs any more"
    finally:
        Person.objects.filter(pk=tom.pk).update(teams=tom.teams)
    follow()
    BriefWanted.objects.update(is_on=False)  # as by the link in the mail
    follow()
    assert not BriefWanted.objects.get().is_on, "who ended it is not given it again"
    assert lea.post("/brief/mail", {"do": "share"}).status_code == 302
    as_("tom").post("/brief/mail", {"do": "on"})
    follow()
    assert BriefWanted.objects.get().is_on, "asked for by themselves, it is theirs"
    assert Digest.objects.count() == 1


def test_two_workers_and_a_crash_tell_a_week_once(
    monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    from django.db import transaction

    from helmdesk.web.apps.briefs import jobs as own
    from helmdesk.web.apps.briefs.models import BriefWanted, Digest
    from helmdesk.web.apps.jobs.kind import Held
    from helmdesk.web.apps.outbox.models import Message

    want("lea")
    week = own.local_date(own._week(own.Desk(own.settings.DESK_FOLDER))[0], "Europe/Berlin")
    payload = own.ForPerson(wanted=BriefWanted.objects.get().pk, week=week)
    held = Held("brief:1", payload, 1, lambda _step: None)
    effects = [own.tell_person.run(held) for _ in range(3)]
    put = own.put_mail

    def crash(*given: Any, **named: Any) -> Any:
        put(*given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(own, "put_mail", crash)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        effects[0]()  # type: ignore[misc]
    assert not Message.objects.exists() and not Digest.objects.exists()
    monkeypatch.setattr(own, "put_mail", put)
    for effect in effects:
        with transaction.atomic():
            effect()  # type: ignore[misc]
    assert Message.objects.count() == Digest.objects.count() == 1


def test_one_click_ends_it(as_: Any, monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    from django.conf import settings
    from django.test import Client

    from helmdesk.web.apps.briefs.models import BriefWanted
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.audit import AuditEvent

    monkeypatch.setattr(settings, "PUBLIC_URL", "https://desk.example.org")
    want("lea")
    tick()
    message = Message.objects.get()
    link = message.headers["List-Unsubscribe"].strip("<>")
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in message.text and f'href="{link}"' in message.html
    path = link.removeprefix("https://desk.example.org")
    program = Client(enforce_csrf_checks=True)
    page = program.get(path)
    assert page.status_code == 200 and b"<form" in page.content
    assert page["Cache-Control"] == "private, no-store"
    assert BriefWanted.objects.get().is_on, "looking ends nothing"
    for _ in range(2):
        done = program.post(path, {"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200 and b"<form" not in done.content
    assert not BriefWanted.objects.get().is_on
    assert AuditEvent.objects.filter(action="ended the brief by mail", person="lea").count() == 1
    for forged in (f"{path[:-1]}x", path.replace("stop/", "stop/9"), "/brief/mail/stop/1"):
        assert program.post(forged).status_code == 404
    as_("lea").post("/brief/mail", {"do": "on"})
    tick("2")
    assert Message.objects.count() == 1, "asked for again in the same week, it is not told twice"


def test_programs_are_told_the_whole_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    import json
    from datetime import date

    from helmdesk.insight.brief import Brief
    from helmdesk.web.apps.briefs import jobs as own
    from helmdesk.web.apps.outbox.models import Endpoint, Message

    asked: list[Any] = []
    empty: Any = ()
    told = Brief(date(2026, 1, 5), date(2026, 1, 12), *(empty,) * 10)
    monkeypatch.setattr(own, "_brief", lambda desk, policy: asked.append(policy) or told)
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
