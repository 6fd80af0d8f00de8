"""What a customer does with a link: opening it says nothing, sending the form answers, once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from helmdesk.act.surveys import MOST_COMMENT, SCALES, Purpose, is_program, read_link
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.surveys.models import (
    OPEN,
    Answer,
    Invitation,
    Opening,
    Refusal,
    State,
    site_key,
)
from helmdesk.web.apps.surveys.sending import tell_sent


class Door(StrEnum):
    """What a link opens."""

    UNKNOWN = "unknown"
    OVER = "over"
    ANSWERED = "answered"
    OPEN = "open"


class Outcome(StrEnum):
    """What became of an answer that was sent."""

    TAKEN = "taken"
    ALREADY = "already"
    OVER = "over"
    NO_CHOICE = "no_choice"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Visit:
    """Somebody with a link.

    Attributes:
        invitation: None where the link is none of ours.
    """

    door: Door
    invitation: Invitation | None


def visit(token: str, purpose: Purpose = Purpose.ANSWER) -> Visit:
    """Return what a link opens; nothing is changed by that."""
    link = read_link(site_key(), purpose, token)
    row = (
        Invitation.objects.select_related("instrument", "rule").filter(pk=link.invitation).first()
        if link
        else None
    )
    if link is None or row is None:
        return Visit(Door.UNKNOWN, None)
    if row.state == State.ANSWERED:
        return Visit(Door.ANSWERED, row)
    is_open = row.state in OPEN and link.expires_at > queue.now()
    return Visit(Door.OPEN if is_open else Door.OVER, row)


def note_opening(row: Invitation, rating: str) -> None:
    """Note that a link was followed, and whether a program seems to do that."""
    known = rating if rating in SCALES[row.instrument.asks].answers else ""
    _, is_new = Opening.objects.get_or_create(
        invitation=row, rating=known, defaults={"at": queue.now()}
    )
    if not is_new:
        return  # however often it is followed, nothing more is written
    opened = dict(Opening.objects.filter(invitation=row).values_list("rating", "at"))
    found = row.sent_at is not None and is_program(opened, row.sent_at)
    # A person may follow a program: what one of them did first does not hide the other.
    changed = {"is_program": True} if found else {"opened_at": row.opened_at or queue.now()}
    Invitation.objects.filter(pk=row.pk).update(**changed)


def answer(row: Invitation, value: str, comment: str) -> Outcome:
    """Take the answer to an invitation: the first one, and no other."""
    if value not in SCALES[row.instrument.asks].answers:
        return Outcome.NO_CHOICE
    plain = comment.replace("\r\n", "\n").strip()
    if len(plain) > MOST_COMMENT:
        return Outcome.TOO_LONG
    moment = queue.now()
    with transaction.atomic():
        held = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("instrument")
            .get(pk=row.pk)
        )
        if held.state == State.ANSWERED:
            return Outcome.ALREADY
        if held.state not in OPEN or held.expires_at is None or held.expires_at <= moment:
            return Outcome.OVER
        Answer.objects.create(invitation=held, value=value, comment=plain, at=moment)
        if held.state != State.SENT:
            tell_sent(held, is_delivered=True)  # it arrived, whatever the mail server said
        held.state, held.answered_at, held.remind_at = State.ANSWERED, moment, None
        held.opened_at, held.address = held.opened_at or moment, ""
        held.save(update_fields=["state", "answered_at", "remind_at", "opened_at", "address"])
        said = {**held.about, "answer": value, **({"comment": plain} if plain else {})}
        note_event("responded", moment, **said)
    return Outcome.TAKEN


def stop(row: Invitation) -> None:
    """Send somebody no surveys any more."""
    if not row.person:
        return
    with transaction.atomic():
        Refusal.objects.update_or_create(digest=row.person, defaults={"is_wish": True})
        Invitation.objects.filter(person=row.person, state__in=OPEN).update(remind_at=None)
