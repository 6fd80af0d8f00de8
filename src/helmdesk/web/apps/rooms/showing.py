"""A case as its customer's page shows it: read under a policy that knows nobody of the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import available_timezones

from django.conf import settings
from django.urls import reverse

from helmdesk.act.room_words import (
    ROOM_PHRASES,
    RoomPhrases,
    instant_words,
    left_words,
    zone_words,
)
from helmdesk.act.rooms import (
    Kept,
    Promise,
    Stage,
    next_word,
    promises,
    stage_of,
    told_subject,
)
from helmdesk.act.surveys import Purpose, sign
from helmdesk.analysis.ticket import Story
from helmdesk.errors import HelmdeskError, NotFoundError
from helmdesk.web.access import see_case
from helmdesk.web.apps.rooms.models import Room, Written
from helmdesk.web.apps.surveys import models as surveys
from helmdesk.web.middleware import live_desk
from helmdesk.web.request import DeskRequest

ZONES = tuple(
    sorted(
        zone
        for zone in available_timezones()
        if zone.partition("/")[0]
        in ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    )
)


class CaseGone(Exception):
    """The case is none that its customer could be shown: deleted, spam, or erased."""


@dataclass(frozen=True)
class Line:
    """One promise in words.

    Attributes:
        there: the same time where the customer is; empty where that is the desk's, or unknown.
        left: how long until then; empty when it is past or stands still.
        kind: for its colour: late, open, kept or missed.
    """

    says: str
    there: str
    left: str
    kind: str


@dataclass(frozen=True)
class Shown:
    """What the page says of its case.

    Attributes:
        next_word: by when the customer hears from the team; empty where nothing says so.
        as_of: how old all this is.
        here: whose times they are.
    """

    number: str
    subject: str
    heading: str
    more: str
    stage: Stage
    lines: tuple[Line, ...]
    next_word: str
    as_of: str
    here: str
    zone: str
    phrases: RoomPhrases
    language: str


def shown(request: DeskRequest, room: Room, now: datetime) -> Shown:
    """Return what a room shows of its case.

    Raises:
        CaseGone: there is no such case for its customer any more.
    """
    see_case(request, live_desk(settings.DESK_FOLDER), room.customer_id)
    phrases = ROOM_PHRASES[room.language]
    try:
        story = request.desk.ticket(room.ticket_id)
    except NotFoundError as error:
        raise CaseGone from error
    except HelmdeskError:
        return _unknown(room, phrases)
    if story.ticket.get("is_spam") or story.ticket.get("is_deleted"):
        raise CaseGone
    return _of_story(request, room, phrases, story, now)


def _unknown(room: Room, phrases: RoomPhrases) -> Shown:
    """What can be said while the facts cannot be read: they are being made, or out of order."""
    heading, more = phrases.stages[Stage.UNKNOWN]
    return Shown(
        number=room.number,
        subject="",
        heading=heading,
        more=more,
        stage=Stage.UNKNOWN,
        lines=(),
        next_word="",
        as_of="",
        here="",
        zone=room.zone,
        phrases=phrases,
        language=room.language,
    )


def _of_story(
    request: DeskRequest, room: Room, phrases: RoomPhrases, story: Story, now: datetime
) -> Shown:
    zone = request.desk.settings.time_zone
    as_of = story.as_of.replace(tzinfo=UTC)
    is_joined = bool(story.ticket.get("is_merged"))
    found = [] if is_joined else promises(story.clocks, now)
    stage = stage_of(
        story.ticket.get("status"),
        has_answer=any(_is_answer(each) for each in story.messages),
        is_merged=is_joined,
        is_late_word=Written.objects.filter(room=room, at__gt=as_of).exists(),
    )
    heading, more = phrases.stages[stage]
    names = [name for name in live_desk(settings.DESK_FOLDER).agents() if name]
    soon = next_word(found)

    def said(instant: datetime) -> str:
        return instant_words(instant, zone, room.language)

    return Shown(
        number=room.number,
        subject=told_subject(story.ticket.get("subject"), names, room.number),
        heading=heading,
        more=more,
        stage=stage,
        lines=tuple(_line(each, room, phrases, zone, now) for each in found),
        next_word=phrases.next_word.format(by=said(soon)) if soon else "",
        as_of=phrases.as_of.format(at=said(as_of)),
        here=phrases.here.format(zone=zone_words(zone)),
        zone=room.zone,
        phrases=phrases,
        language=room.language,
    )


def _is_answer(message: dict[str, object]) -> bool:
    return bool(
        message.get("actor_kind") == "human"
        and message.get("is_public")
        and message.get("direction") == "outbound"
        and not message.get("is_automated")
    )


def _line(promise: Promise, room: Room, phrases: RoomPhrases, zone: str, now: datetime) -> Line:
    moment = promise.by if promise.is_open else promise.at
    words = {
        name: instant_words(instant, zone, room.language) if instant else ""
        for name, instant in (("by", promise.by), ("at", promise.at))
    }
    there = ""
    if moment is not None and room.zone and room.zone != zone:
        time = instant_words(moment, room.zone, room.language)
        there = phrases.there.format(time=time, zone=zone_words(room.zone))
    left = ""
    if promise.kept is Kept.AHEAD and promise.by is not None:
        left = phrases.left.format(left=left_words(promise.by - now, phrases))
    kinds = {Kept.LATE: "late", Kept.MET: "kept", Kept.MISSED: "missed"}
    says = phrases.promised[promise.word, promise.kept].format(**words)
    return Line(says, there, left, kinds.get(promise.kept, "open"))


def survey_of(room: Room, now: datetime) -> str:
    """Return the address of the survey that waits for an answer about this case; empty where none
    does.
    """
    row = (
        surveys.Invitation.objects.filter(
            ticket_id=room.ticket_id, state__in=surveys.OPEN, expires_at__gt=now
        )
        .order_by("-sent_at")
        .first()
    )
    if row is None or row.expires_at is None:
        return ""
    token = sign(surveys.site_key(), Purpose.ANSWER, row.id, row.expires_at)
    return reverse("survey_answer", args=[token])
