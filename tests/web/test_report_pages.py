"""Reports on the site: made in the background as their person may see them, kept, sent once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pypdf import PdfReader

from helmdesk.desk.desk import Desk
from helmdesk.reports.pdf import receipts_of


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.reports.models import Report, Wanted

    def clear() -> None:
        for model in (Report, Wanted, Message, Heartbeat, Job, Schedule, Switch):
            model.objects.all().delete()
        Person.objects.update(email="")

    clear()
    for name in ("lea", "tom"):
        Person.objects.filter(username=name).update(email=f"{name}@example.org")
    yield
    clear()


def work() -> None:
    """Do all that waits, but send nothing."""
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.reports import jobs

    kinds = (jobs.make, jobs.due)
    Worker(is_thread=False, known={kind.name: kind for kind in kinds}).work_off()


def look_whether_due(tick: str) -> None:
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.reports import jobs

    enqueue(jobs.due, f"reports:{tick}", Nothing())
    work()


def text(content: bytes) -> str:
    return " ".join(
        "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split()
    )


def make(client: Any, **asked: str) -> Any:
    """Let a client make a report; return it as it is kept."""
    from helmdesk.web.apps.reports.models import Report

    answer = client.post("/reports", {"form": "pdf", **asked})
    assert answer.status_code == 302, answer.content[:500]
    page = client.get(answer["Location"]).content.decode()
    assert "It is being made" in page
    work()
    found = Report.objects.get(pk=answer["Location"].rsplit("/", 1)[-1])
    assert not found.problem
    return found


def test_a_review_is_made_and_taken(as_: Any, site: Path) -> None:
    desk, lea = Desk(site), as_("lea")
    name = desk.segments()["account"][0]
    link = f"/reports?kind=review&amp;account={quote(name)}"
    assert link in lea.get(f"/accounts/{quote(name)}").content.decode()
    assert "/reports" not in as_("vic").get("/accounts/Dalora").content.decode()
    page = lea.get("/reports", {"kind": "review", "account": name}).content.decode()
    assert "You have made no report yet" in page
    assert f"<option selected>{name}" in " ".join(page.split())
    found = make(lea, kind="review", account=name, window="last-quarter")
    page = lea.get(f"/reports/{found.pk}").content.decode()
    assert found.cover.split(".")[0] in page and "helmdesk verify" in page
    answer = lea.get(f"/reports/{found.pk}/file")
    assert answer["Content-Type"] == "application/pdf"
    assert name in text(answer.content)
    assert found.file_name in lea.get("/reports").content.decode()


def test_nobody_takes_what_another_made(as_: Any) -> None:
    found = make(as_("lea"), kind="scorecard")
    for name in ("tom", "ada"):
        for path in ("", "/file"):
            assert as_(name).get(f"/reports/{found.pk}{path}").status_code == 404
        assert as_(name).post(f"/reports/{found.pk}/change", {"do": "remove"}).status_code == 404
    for name in ("", "hugo"):
        assert as_(name).get(f"/reports/{found.pk}/file").status_code in (302, 403)


def test_a_team_lead_gets_the_teams_numbers(as_: Any, site: Path) -> None:
    from helmdesk.web.apps.people.models import Person

    team = Person.objects.get(username="tom").teams[0]
    found = make(as_("tom"), kind="scorecard", form="pdf")
    (receipt, *others) = receipts_of(bytes(found.content), "x.pdf")
    for each in (receipt, *others):
        Desk(site).verify(each)
    volumes = {row["metric"]: row["value"] for row in receipt.results}
    window = Desk(site).window()
    asked = {
        "start": window.as_dict("Europe/Berlin")["start"][:10],
        "end": window.as_dict("Europe/Berlin")["end"][:10],
    }
    (whole,) = Desk(site).measure("ticket_volume", **asked)
    (own,) = Desk(site).measure("ticket_volume", where=f"team = '{team}'", **asked)
    assert volumes["ticket_volume"] == own.value != whole.value
    assert f"team lead of {team}" in text(bytes(found.content))


def test_what_is_wanted_comes_once_a_period_with_its_file(as_: Any, site: Path) -> None:
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.reports.jobs import objection
    from helmdesk.web.apps.reports.models import Report, Wanted

    lea = as_("lea")
    asked = {"kind": "scorecard", "form": "xlsx", "rhythm": "month"}
    assert lea.post("/reports", asked).status_code == 302
    assert "Come by mail to lea@example.org" in lea.get("/reports").content.decode()
    look_whether_due("1")
    look_whether_due("2")
    (message,) = Message.objects.all()
    (found,) = Report.objects.all()
    assert (message.recipient, message.attached_name) == ("lea@example.org", found.file_name)
    assert bytes(message.attached) == bytes(found.content)
    assert found.cover in " ".join(message.text.split()) and found.cover in message.html
    assert found.asked == {"window": "last-month"}
    wanted = Wanted.objects.get()
    assert wanted.told is not None and wanted.told.day == 1
    assert objection(message) == ""
    for change in ({"is_active": False}, {"role": "agent"}, {"role": "team_lead"}):
        person = Person.objects.filter(username="lea")
        before = person.values(*change)[0]
        person.update(**change)
        try:
            assert objection(message), change
        finally:
            person.update(**before)
    (again,) = Report.objects.exclude(pk=found.pk)
    assert again.asked == {"start": "2026-06-01", "end": "2026-07-01"}, "the same month, once more"
    assert wanted.told.isoformat() == "2026-06-01" and again.wanted == wanted
    assert objection(message), "the old one never goes, also when somebody tries it again"
    assert Report.objects.count() == 2
    assert lea.post(f"/reports/wanted/{wanted.pk}/stop").status_code == 302
    assert not Wanted.objects.exists() and Report.objects.count() == 2


def test_who_may_no_more_gets_no_more(as_: Any) -> None:
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    assert as_("tom").post("/reports", {"kind": "brief", "rhythm": "week"}).status_code == 302
    role = Person.objects.get(username="tom").role
    try:
        Person.objects.filter(username="tom").update(role="agent")
        look_whether_due("1")
    finally:
        Person.objects.filter(username="tom").update(role=role)
    assert not Message.objects.exists()


def test_after_an_erasure_nothing_of_it_is_kept(as_: Any) -> None:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.apps.reports.models import Report

    lea = as_("lea")
    lea.post("/reports", {"kind": "scorecard", "rhythm": "week"})
    look_whether_due("1")
    (message,) = Message.objects.all()
    clean_database(["C-12345 Nobody"])
    message.refresh_from_db()
    assert message.attached is None
    assert Job.objects.get(key=message.key).outcome == "withdrawn"
    found = Report.objects.get()
    assert not found.is_made and found.made_at
    assert lea.get(f"/reports/{found.pk}/file").status_code == 404
    page = lea.get(f"/reports/{found.pk}").content.decode()
    assert "thrown away because somebody was erased" in page
    again = lea.post(f"/reports/{found.pk}/change", {"do": "again"})
    work()
    assert lea.get(f"{again['Location']}/file").status_code == 200


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"kind": "poem"}, "choose what to make"),
        ({"kind": "review", "account": "Nobody Ltd"}, "no account"),
        ({"kind": "scorecard", "window": "yesteryear"}, "no days called"),
        ({"kind": "scorecard", "rhythm": "hour"}, "choose how often"),
        ({"kind": "brief", "rhythm": "month"}, "a brief is of one week"),
    ],
)
def test_what_cannot_be_made(as_: Any, asked: dict[str, str], told: str) -> None:
    from helmdesk.web.apps.reports.models import Report

    answer = as_("lea").post("/reports", asked)
    assert answer.status_code in (400, 404) and told in answer.content.decode()
    assert not Report.objects.exists()


def test_too_many_at_once(as_: Any) -> None:
    lea = as_("lea")
    for _ in range(5):
        assert lea.post("/reports", {"kind": "scorecard"}).status_code == 302
    answer = lea.post("/reports", {"kind": "scorecard"})
    assert answer.status_code == 409 and "are being made" in answer.content.decode()


def test_a_mail_with_too_large_a_file_is_refused() -> None:
    from helmdesk.errors import UsageError
    from helmdesk.web.apps.outbox.post import Attachment, put_mail

    with pytest.raises(UsageError, match="mail servers take files up to 8 MB"):
        put_mail("x", "lea@example.org", "x", "x", attachment=Attachment("x.pdf", b"0" * 8_000_001))
