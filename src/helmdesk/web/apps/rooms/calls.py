"""The door from a room to a call: what its team offers, and the call that is booked already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Sum
from django.urls import reverse

from helmdesk.act.room_words import ROOM_PHRASES, instant_words
from helmdesk.web.apps.booking.doors import About, change_token, issue_link
from helmdesk.web.apps.booking.models import Booking, CallType, State
from helmdesk.web.apps.rooms.models import Happening, Room, Visit

MOST_A_DAY = 5
"""Links to book by that one room gives out in 24 hours."""


@dataclass(frozen=True)
class Calls:
    """What a room says of calls.

    Attributes:
        kinds: that can be booked, as key and words; empty where there are none, or one is booked.
        booked: when the booked call is, in words; empty without one. change: where it is moved or
            cancelled.
    """

    kinds: tuple[tuple[int, str], ...]
    booked: str
    change: str


def calls_of(room: Room, zone: str, now: datetime) -> Calls:
    """Return the door to a call, in the room's language."""
    ahead = (
        Booking.objects.filter(ticket_id=room.ticket_id, state=State.BOOKED, end_at__gt=now)
        .order_by("start_at")
        .first()
    )
    if ahead is not None:
        at = instant_words(ahead.start_at, room.zone or zone, room.language)
        says = ROOM_PHRASES[room.language].call_booked.format(at=at)
        return Calls((), says, reverse("booked_call", args=[change_token(ahead)]))
    offered = CallType.objects.filter(team=room.team, is_on=True)
    return Calls(tuple((kind.id, kind.title) for kind in offered), "", "")


def open_call(room: Room, kind_id: str, subject: str, now: datetime) -> str | None:
    """Give out a link to book one call about the case; return its address. None where the team
    offers no such call, or the room gave out enough links today.
    """
    offered = CallType.objects.filter(team=room.team, is_on=True)
    kind = offered.filter(pk=int(kind_id)).first() if kind_id.isdecimal() else None
    given = Visit.objects.filter(
        room=room, what=Happening.CALL, at__gt=now - timedelta(days=1)
    ).aggregate(times=Sum("times"))["times"]
    if kind is None or (given or 0) >= MOST_A_DAY:
        return None
    about = About(
        ticket_id=room.ticket_id, subject=subject, customer_id=room.customer_id, zone=room.zone
    )
    _, address = issue_link(kind, about)
    # Within this site, whatever name it is reached by.
    return address.removeprefix(settings.PUBLIC_URL)
