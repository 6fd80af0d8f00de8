"""Jobs that tell the week: one finds who is told, one for each of them writes the letter."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings

from helmdesk.desk.desk import Desk
from helmdesk.insight.brief import Brief
from helmdesk.query.periods import local_date
from helmdesk.query.policy import Policy
from helmdesk.query.window import last_complete_week
from helmdesk.web.access import LEADS, policy_for
from helmdesk.web.apps.actions.due import day_of, due_actions
from helmdesk.web.apps.briefs.letter import letter_of
from helmdesk.web.apps.briefs.models import BriefWanted
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, Payload, job
from helmdesk.web.apps.jobs.queue import enqueue
from helmdesk.web.apps.outbox.models import Endpoint
from helmdesk.web.apps.outbox.post import put_mail, put_webhooks
from helmdesk.web.pages.insight.page import Reader, annotations_of

TOPIC = "brief"
# The whole desk, and no judgement of single people.
FOR_PROGRAMS = Policy("programs", may_compare_people=False)


class ForPerson(Payload):
    """Whose brief, of which week."""

    wanted: int
    week: date


@job("briefs", "Find who is told the week", Nothing, schedule="mon 07:00", is_local=True)
def briefs(held: Held[Nothing]) -> Finish | None:
    """Let everybody who wants the brief have that of the last complete week, once."""
    desk = Desk(settings.DESK_FOLDER)
    if not desk.lake.snapshot().files:
        return None
    week = _week(desk)
    told = [
        wanted
        for wanted in BriefWanted.objects.select_related("person").exclude(week=week)
        if _may_be_told(wanted.person)
    ]

    def ask() -> None:
        for wanted in told:
            key = f"brief:{wanted.pk}:{week.isoformat()}"
            enqueue(tell_person, key, ForPerson(wanted=wanted.pk, week=week))
        if any(TOPIC in each.topics for each in Endpoint.objects.filter(is_on=True)):
            enqueue(tell_programs, f"brief:{week.isoformat()}", Nothing())

    return ask


@job("brief", "Write somebody's brief", ForPerson)
def tell_person(held: Held[ForPerson]) -> Finish | None:
    """Put the brief as one person may read it into the outbox."""
    wanted = BriefWanted.objects.select_related("person").filter(pk=held.payload.wanted).first()
    if wanted is None or not _may_be_told(wanted.person):
        return None  # not wanted any more
    desk = Desk(settings.DESK_FOLDER)
    policy = policy_for(wanted.person, frozenset(desk.settings.fields_without_people))
    due = due_actions(policy, day_of(desk), desk.settings)
    letter = letter_of(_brief(desk, policy, held), desk.settings.name, due)

    def put() -> None:
        put_mail(TOPIC, wanted.person.email, letter.subject, letter.text, letter.html)
        BriefWanted.objects.filter(pk=wanted.pk).update(week=held.payload.week)

    return put


@job("brief_event", "Tell programs the week's brief", Nothing)
def tell_programs(held: Held[Nothing]) -> Finish:
    """Put the brief of the whole desk into the outbox, for endpoints an administrator chose."""
    found = _brief(Desk(settings.DESK_FOLDER), FOR_PROGRAMS, held).as_dict()
    return lambda: put_webhooks(TOPIC, found)


def _brief(desk: Desk, policy: Policy, held: Held[Any]) -> Brief:
    held.tell("reading the week")
    return desk.as_seen_by(policy).brief(annotations=annotations_of(Reader(policy)))


def _week(desk: Desk) -> date:
    """Return the first day of the last complete week of the data."""
    with desk.marts.reader() as reader:
        zone, week_start = desk.settings.time_zone, desk.settings.week_start
        return local_date(last_complete_week(reader.bounds.as_of, zone, week_start)[0], zone)


def _may_be_told(person: Any) -> bool:
    return bool(person.is_active and person.email and person.role in LEADS)
