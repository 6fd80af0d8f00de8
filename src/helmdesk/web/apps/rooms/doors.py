"""What a link opens, and rooms as your people issue and revoke them. What happens at a door is
noted, openings and misuse alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from helmdesk.act.rooms import MOST_DAYS
from helmdesk.act.surveys import Purpose, read_link, sign
from helmdesk.analysis.ticket import Story
from helmdesk.errors import ConflictError, UsageError
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.rooms.models import (
    Happening,
    Room,
    RoomTeam,
    Standing,
    Visit,
    site_key,
)

AT_THE_DOOR = {
    Standing.EXPIRED: Happening.EXPIRED,
    Standing.REVOKED: Happening.REVOKED,
    Standing.OFF: Happening.OFF,
}


def teams_on() -> frozenset[str]:
    """Return the teams whose cases may have rooms."""
    return frozenset(RoomTeam.objects.filter(is_on=True).values_list("name", flat=True))


def issue_room(story: Story, *, days: int | None = None, person: object = None) -> Room:
    """Give a case its room. One that it had is closed: a case has one page.

    Args:
        story: the case as its issuer may see it.
        days: for which it is open; None takes the team's.

    Raises:
        ConflictError: the team of the case has no rooms.
        UsageError: so many days cannot be.
    """
    team = str(story.ticket.get("team") or "")
    rooms = RoomTeam.objects.filter(name=team, is_on=True).first()
    if rooms is None:
        of = f"the team “{team}”" if team else "cases without a team"
        raise ConflictError(f"{of} has no rooms yet; turn them on under Rooms, Teams, first")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise UsageError(f"a room is open for 1 to {MOST_DAYS} days")
    moment = queue.now().replace(microsecond=0)
    made = Room(
        ticket_id=story.id,
        number=str(story.ticket.get("ticket_id") or story.id),
        customer_id=str(story.customer_id or ""),
        team=team,
        language=rooms.language,
        person=person,
        created_at=moment,
        expires_at=moment + timedelta(days=days or rooms.days),
    )
    with transaction.atomic():
        # Two who issue at the same moment do so one after the other.
        RoomTeam.objects.select_for_update().get(pk=rooms.pk)
        Room.objects.filter(ticket_id=story.id, revoked_at=None).update(
            revoked_at=moment, revoked_why="a newer room took its place"
        )
        made.save(force_insert=True)
    return made


def address_of(room: Room) -> str:
    """Return the address of a room; without the site's name where nobody told it."""
    return f"{settings.PUBLIC_URL}{reverse('room', args=[token_of(room)])}"


def token_of(room: Room) -> str:
    """Return the signed part of a room's address."""
    return sign(site_key(), Purpose.ROOM, room.id, room.expires_at)


def revoke(room: Room, why: str) -> bool:
    """Close a room for good; False where it was closed already."""
    closed = Room.objects.filter(pk=room.pk, revoked_at=None)
    return bool(closed.update(revoked_at=queue.now(), revoked_why=why))


def enter(token: str) -> tuple[Room | None, Standing | None]:
    """Return the room that a token is of, and whether it can be entered; nothing where we did not
    make it. What did not open is noted.
    """
    link, moment = read_link(site_key(), Purpose.ROOM, token), queue.now()
    room = Room.objects.filter(pk=link.invitation).first() if link else None
    if link is None or room is None:
        note(None, Happening.FORGED, moment)
        return None, None
    # A link says its own end too: who has it may not lengthen it, and a shortened room is shorter.
    standing = room.standing(moment, teams_on())
    if standing is Standing.OPEN and link.expires_at <= moment:
        standing = Standing.EXPIRED
    if standing is not Standing.OPEN:
        note(room.id, AT_THE_DOOR[standing], moment)
    return room, standing


def note(room: UUID | None, what: Happening, moment: datetime) -> None:
    """Note what happened at a door: one row a minute, with how often."""
    minute = int(moment.timestamp()) // 60
    with transaction.atomic():
        known = Visit.objects.filter(room=room, what=what, minute=minute)
        if not known.update(times=F("times") + 1):
            Visit.objects.create(room_id=room, what=what, minute=minute, at=moment)
