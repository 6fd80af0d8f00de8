"""Coaching packs: lead and agent see the same, nobody else sees it, and both agree on a step."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.coaching.models import Pack
    from helmdesk.web.apps.jobs.models import Job, Schedule
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    def clear() -> None:
        for model in (Pack, Message, Job, Schedule):
            model.objects.all().delete()
        Person.objects.update(email="")

    clear()
    for name in ("tom", "hugo"):
        Person.objects.filter(username=name).update(email=f"{name}@example.org")
    yield
    clear()


def person(name: str) -> Any:
    from helmdesk.web.apps.people.models import Person

    return Person.objects.get(username=name)


def begin(as_: Any, lead: str = "tom", **more: str) -> Any:
    from helmdesk.web.apps.coaching.models import Pack

    given = {"agent": str(person("hugo").pk), "weeks": "13", **more}
    made = as_(lead).post("/coaching", given)
    assert made.status_code == 302, made.content[:2000]
    return Pack.objects.get(pk=made.url.rsplit("/", 1)[1])


def change(client: Any, pack: Any, **given: str) -> int:
    return int(client.post(f"/coaching/{pack.pk}/change", given).status_code)


def seen(client: Any, address: str) -> str:
    """Return the main part of a page without what is made anew for every reader."""
    page = client.get(address)
    assert page.status_code == 200
    main = page.content.decode().split('<main id="main"', 1)[1].split("</main>")[0]
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", main)


def test_lead_and_agent_see_the_same_page(as_: Any, site: Path) -> None:
    from helmdesk.desk.live import LiveDesk
    from helmdesk.query.receipt import receipt_from
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.pages.team.own import own_numbers

    pack = begin(as_)
    tom, hugo = as_("tom"), as_("hugo")
    address = f"/coaching/{pack.pk}"
    assert seen(tom, address) == seen(hugo, address), "to the letter"
    version = pack.newest
    # Thirteen weeks to the last Sunday of the sample.
    assert (version.start.isoformat(), version.end.isoformat()) == ("2026-03-30", "2026-06-29")
    desk = LiveDesk(site)
    reader = desk.as_seen_by(policy_for(person("hugo")))
    numbers = own_numbers(reader, version.start.isoformat(), version.end.isoformat())
    assert [each["words"] for each in version.content["numbers"]] == [n.words for n in numbers]
    assert len(numbers) >= 4
    rows = reader.rows("ticket_volume", start="2026-03-30", end="2026-06-29").table
    own = set(rows.column("ticket_id").to_pylist())
    talks = version.content["tickets"]
    assert [each["good"] for each in talks] == [True, False, False]
    assert {each["id"] for each in talks} <= own
    said = json.dumps(version.content["numbers"] + version.content["conditions"])
    assert [name for name in desk.agents() if name != "Hugo" and name in said] == []
    # The conditions are worked out from the same rows: hours, days, kinds.
    told = {each["name"]: each["words"] for each in version.content["conditions"]}
    days = {"start": "2026-03-30", "end": "2026-06-29"}
    hours = {m.group[0][1]: m.n for m in reader.measure("ticket_volume", by="hour", **days) if m.n}
    night = sum(n for hour, n in hours.items() if int(hour) >= 22 or int(hour) < 6)
    share = f"{night / sum(hours.values()):.0%} at night"
    assert (share in told["When it came"]) == (night / sum(hours.values()) >= 0.005)
    assert "Unlike the team's" in told and "Channel" in told
    assert any("(launch)" in each for each in version.content["happened"]), "what sources told"
    desk.verify(receipt_from(version.content["receipt"], "pack"))
    mail = Message.objects.get()
    assert mail.recipient == "hugo@example.org", "the agent is told"


def test_nobody_else_sees_it(as_: Any) -> None:
    from helmdesk.web.apps.people.models import Person

    pack = begin(as_)
    address = f"/coaching/{pack.pk}"
    for name in ("ada", "ann", "pat", "vic"):
        assert as_(name).get(address).status_code == 403
        assert as_(name).get("/coaching").status_code == 403
    lea = as_("lea")
    assert str(pack.pk) not in lea.get("/coaching").content.decode()
    for part in ("", "/file"):
        assert lea.get(f"{address}{part}").status_code == 404
    assert change(lea, pack, do="comment", text="hello") == 404
    tom = as_("tom")
    Person.objects.filter(username="tom").update(teams=["Another"])
    try:
        assert tom.get(address).status_code == 404, "who leads the team no more"
        given = {"agent": str(person("hugo").pk), "weeks": "13"}
        assert tom.post("/coaching", given).status_code == 404
    finally:
        Person.objects.filter(username="tom").update(teams=["Frontline Berlin"])
    for wrong in ({"agent": str(person("lea").pk)}, {"agent": "x"}, {"weeks": "900"}):
        given = {"agent": str(person("hugo").pk), "weeks": "13", **wrong}
        assert tom.post("/coaching", given).status_code in (400, 404), wrong
    own = {"agent": str(person("hugo").pk), "weeks": "13"}
    assert as_("hugo").post("/coaching", own).status_code == 404, "agents begin none"


def test_both_agree_on_what_both_saw(as_: Any) -> None:
    from django.utils import timezone

    from helmdesk.web.apps.coaching.models import Version
    from helmdesk.web.apps.people.audit import AuditEvent

    pack = begin(as_)
    tom, hugo = as_("tom"), as_("hugo")
    day = (timezone.localdate() + timedelta(days=14)).isoformat()
    assert change(hugo, pack, do="comment", text="  The <b>phone</b> rota was empty ") == 302
    shown = tom.get(f"/coaching/{pack.pk}").content.decode()
    assert "The &lt;b&gt;phone&lt;/b&gt; rota was empty" in shown
    for wrong in (
        {"do": "comment", "text": " "},
        {"do": "comment", "text": "x" * 2001},
        {"do": "propose", "step": "", "on": day},
        {"do": "propose", "step": "Ask twice", "on": "soon"},
        {"do": "propose", "step": "Ask twice", "on": "2020-01-01"},
        {"do": "perhaps"},
    ):
        assert change(hugo, pack, **wrong) == 400, wrong
    assert change(hugo, pack, do="agree", seal=pack.newest.seal) == 409, "there is no step yet"
    assert change(tom, pack, do="propose", step="Sit beside Ines", on=day) == 302
    first = pack.newest
    assert (first.number, first.agreed_at) == (2, None) and first.lead_agreed_at
    assert change(hugo, pack, do="propose", step="Sit beside Ines, twice", on=day) == 302
    assert change(tom, pack, do="agree", seal=first.seal) == 409, "another step by now"
    second = pack.newest
    assert change(tom, pack, do="agree", seal=second.seal) == 302
    assert pack.newest.number == 3 and pack.newest.agreed_at is not None
    kept = list(Version.objects.filter(pack=pack).values_list("number", "step"))
    assert kept == [(3, "Sit beside Ines, twice"), (2, "Sit beside Ines"), (1, "")]
    assert {each.content["receipt"]["digest"] for each in pack.versions.all()} == {
        first.content["receipt"]["digest"]
    }, "numbers stay as they were"
    assert AuditEvent.objects.filter(action="agreed to a coaching step", person="tom").exists()
    assert change(tom, pack, do="again") == 409, "no newer data"
    old = seen(hugo, f"/coaching/{pack.pk}?version=1")
    assert "<form" not in old
    assert hugo.get(f"/coaching/{pack.pk}?version=9").status_code == 404


def test_both_are_reminded_once_on_the_day(as_: Any) -> None:
    from django.utils import timezone

    from helmdesk.web.apps.coaching import jobs as own
    from helmdesk.web.apps.coaching.models import Version
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.models import Message

    pack = begin(as_)
    Message.objects.all().delete()
    known = {kind.name: kind for kind in (own.due_steps, own.tell_step)}

    def morning(name: str) -> list[str]:
        enqueue(own.due_steps, f"coaching:{name}", Nothing())
        Worker(is_thread=False, known=known).work_off()
        return sorted(Message.objects.values_list("recipient", flat=True))

    now = timezone.now()
    step = {"step": "Sit beside Ines", "step_on": timezone.localdate(), "lead_agreed_at": now}
    Version.objects.filter(pack=pack).update(**step)
    assert morning("1") == [], "one of both did not agree"
    Version.objects.filter(pack=pack).update(agent_agreed_at=now)
    both = ["hugo@example.org", "tom@example.org"]
    assert morning("2") == morning("3") == both


def test_the_pdf_says_the_same_and_carries_the_receipt(as_: Any, site: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("typst")
    from helmdesk.desk.live import LiveDesk
    from helmdesk.reports.pdf import receipts_of

    pack = begin(as_, weeks="4")
    change(as_("hugo"), pack, do="comment", text="I was on the phones all May")
    tom, hugo = (as_(name).get(f"/coaching/{pack.pk}/file") for name in ("tom", "hugo"))
    assert tom.content == hugo.content and tom["Content-Type"] == "application/pdf"
    read = pypdf.PdfReader(io.BytesIO(tom.content))
    text = " ".join(" ".join(page.extract_text().split()) for page in read.pages)
    assert "I was on the phones all May" in text
    for each in pack.newest.content["tickets"]:
        assert each["id"] in text
    (receipt,) = receipts_of(tom.content, "pack.pdf")
    LiveDesk(site).verify(receipt)


def test_no_migration_of_coaching_is_missing() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "coaching", check=True, dry_run=True, verbosity=0)
