"""Rooms as your people work with them: issued, listed with what happened in them, revoked; and the
teams whose cases may have them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Max, Q, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import ConflictError, HelmdeskError, UsageError
from helmdesk.web.access import Role
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.outbox.models import Message, jobs_of
from helmdesk.web.apps.outbox.page import state_of
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.rooms.doors import address_of, issue_room, revoke, teams_on
from helmdesk.web.apps.rooms.forms import RoomForm, TeamForm
from helmdesk.web.apps.rooms.models import Happening, Room, RoomTeam, Visit, Written
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

SHOWN = 100
MISUSE = (
    Happening.EXPIRED,
    Happening.REVOKED,
    Happening.OFF,
    Happening.FORGED,
    Happening.TOO_MUCH,
)
KEEPERS = frozenset({Role.ADMINISTRATOR, Role.LEADER, Role.TEAM_LEAD})
"""Who turns rooms on for a team."""


def rooms_of(request: DeskRequest) -> QuerySet[Room]:
    """Return the rooms that a reader may see: agents those they issued, team leads their teams'."""
    person: Any = request.user
    role = Role(person.role)
    if role == Role.AGENT:
        return Room.objects.filter(person=person)
    if role == Role.TEAM_LEAD:
        return Room.objects.filter(Q(team__in=person.teams) | Q(person=person))
    return Room.objects.all()


def rooms(request: DeskRequest) -> HttpResponse:
    """Show rooms with what happened in them; issue one."""
    form = RoomForm(request.POST or None, initial={"ticket": request.GET.get("ticket", "")})
    if request.method == "POST" and form.is_valid():
        made = _issue(request, form)
        if made is not None:
            return redirect("room_case", made.pk)
    moment, on = queue.now(), teams_on()
    happened = Sum("visits__times", filter=Q(visits__what=Happening.OPENED))
    misused = Sum("visits__times", filter=Q(visits__what__in=MISUSE))
    listed = rooms_of(request).annotate(opened=happened, misused=misused)[:SHOWN]
    is_wrong = request.method == "POST"
    return show(
        request,
        "rooms.html",
        "Rooms",
        400 if is_wrong else 200,
        form=form,
        teams_on=sorted(on),
        rows=[{"it": row, "standing": row.standing(moment, on)} for row in listed],
        shown=SHOWN,
        forged=Visit.objects.filter(room=None).aggregate(
            times=Sum("times", filter=Q(what=Happening.FORGED)), last=Max("at")
        ),
        may_keep=_may_keep(request),
        zone=request.desk.settings.time_zone,
    )


def _issue(request: DeskRequest, form: RoomForm) -> Room | None:
    try:
        story = request.desk.ticket(form.cleaned_data["ticket"].strip())
        with transaction.atomic():
            made = issue_room(story, days=form.cleaned_data["days"], person=request.user)
            audit("issued a room", made.number, request=request)
    except HelmdeskError as error:
        form.add_error("ticket", str(error))
        return None
    messages.success(request, "The room is open. Send its address to the customer.")
    return made


def _found(request: DeskRequest, pk: UUID) -> Room:
    row = rooms_of(request).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def room_case(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Show one room: its address, what happened at its door, what the customer wrote."""
    row = _found(request, pk)
    written = list(Written.objects.filter(room=row)[:SHOWN])
    letters = list(Message.objects.filter(pk__in=[each.letter for each in written if each.letter]))
    jobs = jobs_of(letters)
    became = {each.pk: state_of(jobs.get(each.key)) for each in letters}
    standing = row.standing(queue.now(), teams_on())
    return show(
        request,
        "room_case.html",
        f"Room of {row.number}",
        it=row,
        standing=standing,
        address=_whole_address(request, row),
        zone=request.desk.settings.time_zone,
        visits=Visit.objects.filter(room=row)[:SHOWN],
        written=[{"it": each, "became": became.get(each.letter, "")} for each in written],
    )


def _whole_address(request: DeskRequest, row: Room) -> str:
    """Return the address to send; where nobody said how customers reach the site, as its reader
    does.
    """
    return request.build_absolute_uri(address_of(row))


@require_POST
def revoke_room(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Close a room for good."""
    row = _found(request, pk)
    with transaction.atomic():
        revoke(row, "by one of the team")
        audit("revoked a room", row.number, request=request)
    messages.success(request, "Revoked. Its address opens nothing any more.")
    return redirect("room_case", row.pk)


# -- teams -----------------------------------------------------------------------------------------


def _may_keep(request: DeskRequest) -> bool:
    return getattr(request.user, "role", "") in KEEPERS


def _teams(request: DeskRequest) -> list[str]:
    """Return the teams that a reader may turn rooms on for."""
    return list(request.desk.segments().get("team", []))


def room_teams(request: DeskRequest) -> HttpResponse:
    """Show which teams have rooms; turn them on for one."""
    known = _teams(request)
    form = TeamForm(request.POST or None, teams=known)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with transaction.atomic():
            RoomTeam.objects.update_or_create(
                name=given["team"],
                defaults={
                    "is_on": True,
                    "days": given["days"],
                    "language": given["language"],
                    "inbox": given["inbox"],
                },
            )
            audit("turned rooms on", given["team"], request=request)
        messages.success(request, f"Cases of {given['team']} may have rooms now.")
        return redirect("room_teams")
    return show(
        request,
        "room_teams.html",
        "Teams with rooms",
        400 if request.method == "POST" else 200,
        form=form,
        teams=known,
        rows=RoomTeam.objects.filter(name__in=known),
    )


@require_POST
def change_room_team(request: DeskRequest, pk: int) -> HttpResponse:
    """Turn a team's rooms off, which closes all their doors, or on again."""
    row = RoomTeam.objects.filter(pk=pk, name__in=_teams(request)).first()
    if row is None:
        raise Http404
    do = request.POST.get("do", "")
    if do not in ("on", "off"):
        raise UsageError("turn the team's rooms on or off")
    if row.is_on == (do == "on"):
        raise ConflictError(f"the rooms of {row.name} are {do} already")
    with transaction.atomic():
        RoomTeam.objects.filter(pk=row.pk).update(is_on=do == "on")
        audit(f"turned rooms {do}", row.name, request=request)
    messages.success(request, f"Rooms of {row.name} are {do}.")
    return redirect("room_teams")
