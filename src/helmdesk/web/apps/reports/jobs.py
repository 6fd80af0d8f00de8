"""Jobs that make reports, and find which are due."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.query.periods import local_date, next_period
from helmdesk.query.window import find_window
from helmdesk.reports.document import Document
from helmdesk.reports.make import make_report, written
from helmdesk.reports.source import source_of
from helmdesk.web.access import LEADS, policy_for
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, Payload, job
from helmdesk.web.apps.outbox.models import Message
from helmdesk.web.apps.outbox.permission import asks_before_sending
from helmdesk.web.apps.outbox.post import Attachment, is_address, put_mail
from helmdesk.web.apps.reports.letter import letter_of
from helmdesk.web.apps.reports.models import Report, Wanted
from helmdesk.web.pages.insight.page import Reader, annotations_of

TOPIC = "report"
KEPT = timedelta(days=400)


class ForReport(Payload):
    """Which report."""

    report: UUID


def start(made: Report) -> None:
    """Keep a report that is to be, and let it be made."""
    with transaction.atomic():
        made.save(force_insert=True)
        queue.enqueue(make, f"{make.name}:{made.pk}", ForReport(report=made.pk))


def _give_up(payload: ForReport, why: str) -> None:
    Report.objects.filter(pk=payload.report).update(problem=why[:300])


@job("report", "Make a report", ForReport, tries=3, given_up=_give_up)
def make(held: Held[ForReport]) -> Finish | None:
    """Make one report as its person may see it now; one that was wanted by mail goes out with it.

    Done twice it is done once: the file and the mail are kept in one transaction.
    """
    found = Report.objects.select_related("person", "wanted").filter(pk=held.payload.report).first()
    if found is None or found.is_made or not may_have(found.person):
        return None
    held.tell("asking what it shows")
    desk = Desk(settings.DESK_FOLDER)
    policy = policy_for(found.person, frozenset(desk.settings.fields_without_people))
    try:
        source = source_of(desk, desk.as_seen_by(policy), annotations_of(Reader(policy)))
        report = make_report(source, found.kind, **found.asked)
        held.tell("writing it")
        content = written(report, found.form)
    except HelmdeskError as error:
        problem = str(error)[:300]
        return lambda: Report.objects.filter(pk=found.pk).update(problem=problem)
    found.policy = policy.digest()
    return lambda: _keep(found, report, content, desk.settings.name)


@asks_before_sending(TOPIC)
def objection(message: Message) -> str:
    """Return why a report must not be sent any more: its reader left, stopped it, or may not see
    all that is in it. One of those is made again for the same days, as its reader may see them now.
    """
    found = Report.objects.select_related("person", "wanted").filter(message=message).first()
    if found is None:
        return "it was made again since, or is not kept any more"
    if found.wanted is None:
        return "its reader wants it no more"
    if not may_have(found.person):
        return "its reader may not have it any more"
    desk = Desk(settings.DESK_FOLDER)
    now = policy_for(found.person, frozenset(desk.settings.fields_without_people))
    if found.policy != now.digest():
        _make_again(found, message)
        return "what its reader may see has changed since it was made; it is made again"
    return ""


@job("reports", "Make the reports that are due", Nothing, schedule="daily 06:30", is_local=True)
def due(held: Held[Nothing]) -> Finish | None:
    """Let everybody who wants a report have that of the last whole period, once the data reach its
    end.
    """
    desk = Desk(settings.DESK_FOLDER)
    if not desk.lake.snapshot().files:
        return None
    with desk.marts.reader() as reader:
        as_of = reader.bounds.as_of
    zone, week_start = desk.settings.time_zone, desk.settings.week_start

    def first_day(wanted: Wanted) -> date:
        window = find_window(as_of, zone, week_start, name=f"last-{wanted.rhythm}")
        return local_date(window.start, zone)

    wished = [
        (wanted, first_day(wanted))
        for wanted in Wanted.objects.select_related("person")
        if may_have(wanted.person)
    ]
    late = [(wanted, day) for wanted, day in wished if wanted.told is None or wanted.told < day]

    def ask() -> None:
        for wanted, day in late:
            _ask(wanted, day)

    return ask


@job("tidy_reports", "Forget reports of more than a year ago", Nothing, schedule="daily 03:45")
def tidy_reports(held: Held[Nothing]) -> Finish:
    """Delete old reports."""
    return lambda: Report.objects.filter(created_at__lt=queue.now() - KEPT).delete()


def may_have(person: Any) -> bool:
    """Whether reports are made for somebody."""
    return bool(person.is_active and person.role in LEADS)


def _ask(wanted: Wanted, day: date) -> None:
    asked = dict(wanted.asked)
    if wanted.kind != "brief":  # which is of the last whole week anyhow
        asked["window"] = f"last-{wanted.rhythm}"
    start(
        Report(
            person=wanted.person,
            wanted=wanted,
            kind=wanted.kind,
            form=wanted.form,
            asked=asked,
        )
    )
    Wanted.objects.filter(pk=wanted.pk).update(told=day)


def _make_again(found: Report, message: Message) -> None:
    """Let the report of a period be made once more, in place of one that must not be sent."""
    wanted = found.wanted
    newer = Report.objects.filter(wanted=wanted, created_at__gt=found.created_at)
    with transaction.atomic():
        if not Report.objects.filter(pk=found.pk, message=message).update(message=None):
            return
        if wanted is None or wanted.told is None or newer.exists():
            return  # the next one follows what they may see
        end = next_period(wanted.told, wanted.rhythm).isoformat()
        days = {"end": end} if found.kind == "brief" else {"start": str(wanted.told), "end": end}
        asked = {name: value for name, value in found.asked.items() if name != "window"}
        start(
            Report(
                person=found.person,
                wanted=wanted,
                kind=found.kind,
                form=found.form,
                asked={**asked, **days},
            )
        )


def _keep(found: Report, report: Document, content: bytes, desk_name: str) -> None:
    found.title, found.subtitle, found.cover = report.title, report.subtitle[:300], report.cover
    found.content, found.lake_version = content, report.lake_version
    found.made_at, found.problem = queue.now(), ""
    found.save()
    if found.wanted is None or not is_address(found.person.email):
        return
    letter = letter_of(found, desk_name)
    found.message = put_mail(
        TOPIC,
        found.person.email,
        letter.subject,
        letter.text,
        letter.html,
        attachment=Attachment(found.file_name, content),
    )
    found.save(update_fields=["message"])
