"""Jobs that tell the week: one finds who is told, one for each of them writes the letter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from helmdesk.act.digests import due_at
from helmdesk.desk.desk import Desk
from helmdesk.desk.live import LiveDesk
from helmdesk.errors import UsageError
from helmdesk.insight.brief import Brief
from helmdesk.query.periods import local_date
from helmdesk.query.policy import Policy
from helmdesk.query.window import last_complete_week
from helmdesk.web.access import LEADS, Role, policy_for
from helmdesk.web.apps.actions.due import day_of, due_actions
from helmdesk.web.apps.briefs.letter import letter_of, own_letter
from helmdesk.web.apps.briefs.models import BriefWanted, Digest
from helmdesk.web.apps.briefs.sharing import follow
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Finish, Held, Hopeless, Nothing, Payload, job
from helmdesk.web.apps.outbox.letter import Letter
from helmdesk.web.apps.outbox.models import Endpoint, Message
from helmdesk.web.apps.outbox.permission import asks_before_sending
from helmdesk.web.apps.outbox.post import put_mail, put_webhooks
from helmdesk.web.pages.insight.page import Reader, annotations_of
from helmdesk.web.pages.team.own import own_numbers

TOPIC = "brief"
# The whole desk, and no judgement of single people.
FOR_PROGRAMS = Policy("programs", may_compare_people=False)
# A single week of one person is mostly chance.
OWN_WEEKS = 4


class ForPerson(Payload):
    """Whose digest, of which week."""

    wanted: int
    week: date


class ForDigest(Payload):
    """Which digest, and the mail that must not be sent."""

    digest: int
    message: UUID


@job("briefs", "Find who is told the week", Nothing, schedule="every 15 minutes")
def briefs(held: Held[Nothing]) -> Finish | None:
    """Let everybody who wants the digest have that of the last complete week, once, from their own
    Monday morning on; where the data come later, once they are there.
    """
    follow()
    wanting = list(BriefWanted.objects.select_related("person").filter(is_on=True))
    listening = any(TOPIC in each.topics for each in Endpoint.objects.filter(is_on=True))
    if not wanting and not listening:
        return None
    desk = Desk(settings.DESK_FOLDER)
    if not desk.lake.snapshot().files:
        return None
    first, end = _week(desk)
    zone = desk.settings.time_zone
    week, last_day = local_date(first, zone), local_date(end - timedelta(seconds=1), zone)
    told = set(Digest.objects.filter(week=week).values_list("person_id", flat=True))
    moment, over = queue.now(), end.replace(tzinfo=UTC)

    def is_due(asked_at: datetime, own_zone: Any) -> bool:
        return due_at(over, last_day, asked_at, own_zone) <= moment

    due = [
        wanted
        for wanted in wanting
        if wanted.person.pk not in told
        and may_be_told(wanted.person)
        and is_due(wanted.asked_at, wanted.zone_on(zone))
    ]
    is_told_to_programs = listening and is_due(over, BriefWanted().zone_on(zone))

    def ask() -> None:
        for wanted in due:
            key = f"brief:{wanted.pk}:{week.isoformat()}"
            queue.enqueue(tell_person, key, ForPerson(wanted=wanted.pk, week=week))
        if is_told_to_programs:
            queue.enqueue(tell_programs, f"brief:{week.isoformat()}", Nothing())

    return ask


@job("brief", "Write somebody's digest", ForPerson)
def tell_person(held: Held[ForPerson]) -> Finish | None:
    """Put the digest as one person may read it into the outbox."""
    wanted = BriefWanted.objects.select_related("person").filter(pk=held.payload.wanted).first()
    if wanted is None or not wanted.is_on or not may_be_told(wanted.person):
        return None  # not wanted any more
    held.tell("reading the week")
    desk = LiveDesk(settings.DESK_FOLDER)
    letter = letter_to(desk, wanted, held.payload.week)
    policy = policy_of(wanted.person, desk).digest()

    def put() -> None:
        kept, is_new = Digest.objects.get_or_create(
            person=wanted.person, week=held.payload.week, defaults={"policy": policy}
        )
        if not is_new:
            return
        kept.message = _put(wanted.person, letter)
        kept.save(update_fields=["message"])

    return put


@job("brief_again", "Write somebody's digest again", ForDigest)
def tell_again(held: Held[ForDigest]) -> Finish | None:
    """Put a digest into the outbox that says what its reader may read now, in place of one that
    must not be sent.
    """
    refused = Digest.objects.filter(pk=held.payload.digest, message=held.payload.message)
    kept = refused.select_related("person").first()
    wanted = BriefWanted.of_person(kept.person) if kept else None
    if kept is None or wanted is None or not may_be_told(kept.person):
        return None
    held.tell("reading the week")
    desk = LiveDesk(settings.DESK_FOLDER)
    letter, policy = letter_to(desk, wanted, kept.week), policy_of(kept.person, desk).digest()

    def put() -> None:
        if not refused.update(policy=policy, message=None, written_at=queue.now()):
            return  # another did
        message = _put(kept.person, letter)
        Digest.objects.filter(pk=kept.pk).update(message=message)

    return put


@job("brief_event", "Tell programs the week's brief", Nothing)
def tell_programs(held: Held[Nothing]) -> Finish:
    """Put the brief of the whole desk into the outbox, for endpoints an administrator chose."""
    held.tell("reading the week")
    found = _brief(Desk(settings.DESK_FOLDER), FOR_PROGRAMS).as_dict()
    return lambda: put_webhooks(TOPIC, found)


@asks_before_sending(TOPIC)
def objection(message: Message) -> str:
    """Return why a digest must not be sent any more: its reader left, wants it no more, or may not
    read all that it says. One of those is written again, as its reader may read it now.
    """
    kept = Digest.objects.select_related("person").filter(message=message).first()
    if kept is None:
        return "it was written again since, or who it was for is gone"
    if BriefWanted.of_person(kept.person) is None:
        return "its reader wants it no more"
    if not may_be_told(kept.person):
        return "its reader may not have it any more"
    if kept.policy != policy_of(kept.person, LiveDesk(settings.DESK_FOLDER)).digest():
        again = ForDigest(digest=kept.pk, message=message.pk)
        queue.enqueue(tell_again, f"brief:again:{message.pk}", again)
        return "what its reader may see has changed since it was written; it is written again"
    return ""


def letter_to(desk: LiveDesk, wanted: BriefWanted, week: date | None = None) -> Letter:
    """Write the digest of a week for one person, as they may read it now.

    Args:
        week: its first local day; None for the last complete week.

    Raises:
        Hopeless: the part of the desk that it was to tell of cannot be asked for any more.
    """
    policy = policy_of(wanted.person, desk)
    week = week or local_date(_week(desk)[0], desk.settings.time_zone)
    day = week + timedelta(weeks=1)
    if wanted.person.role == Role.AGENT:
        start = day - timedelta(weeks=OWN_WEEKS)
        reader = desk.as_seen_by(policy)
        numbers = own_numbers(reader, start.isoformat(), day.isoformat())
        return own_letter(
            numbers, desk.settings.name, reader.own_team or "", start, day, wanted.stop_link
        )
    due = due_actions(policy, day_of(desk), desk.settings)
    try:
        found = _brief(desk, policy, wanted.where, day)
    except UsageError as error:
        raise Hopeless(
            f"the brief of {wanted.where} cannot be asked for: {error}; ask for another part of the"
            " desk under Brief"
        ) from error
    return letter_of(found, desk.settings.name, due, where=wanted.where, stop_link=wanted.stop_link)


def policy_of(person: Any, desk: LiveDesk) -> Policy:
    """Return under which policy somebody reads the desk now."""
    return policy_for(person, frozenset(desk.settings.fields_without_people))


def may_be_told(person: Any) -> bool:
    """Whether somebody gets digests: leads theirs, agents their own numbers."""
    is_agent = person.role == Role.AGENT and bool(person.agent)
    return bool(person.is_active and person.email and (person.role in LEADS or is_agent))


def _put(person: Any, letter: Letter) -> Message:
    return put_mail(
        TOPIC, person.email, letter.subject, letter.text, letter.html, headers=letter.headers
    )


def _brief(desk: Desk, policy: Policy, where: str = "", end: date | None = None) -> Brief:
    reader, notes = desk.as_seen_by(policy), annotations_of(Reader(policy))
    until = end.isoformat() if end else None
    return reader.brief(where=where or None, annotations=notes, end=until)


def _week(desk: Desk) -> tuple[datetime, datetime]:
    """Return start and end of the last complete week of the data, naive UTC."""
    with desk.marts.reader() as reader:
        settings_ = desk.settings
        return last_complete_week(reader.bounds.as_of, settings_.time_zone, settings_.week_start)
