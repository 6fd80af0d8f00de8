"""Kinds of calls as leads work with them: written, tried, turned on and off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.desk.desk import Desk
from helmdesk.errors import UsageError
from helmdesk.web.access import Role
from helmdesk.web.apps.booking.customer import choosing
from helmdesk.web.apps.booking.forms import CallTypeForm, DoorForm, initial_of
from helmdesk.web.apps.booking.models import Booking, CallType, Door, Member, State, Team
from helmdesk.web.apps.booking.people import read_needs, read_teams
from helmdesk.web.apps.booking.seen import kind_of, kinds_of
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.surveys.sending import obstacle
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest


def kinds(request: DeskRequest) -> HttpResponse:
    """Show the kinds of calls, and where customers turn to whose link opens nothing."""
    door = Door.read()
    return show(
        request,
        "booking_kinds.html",
        "Kinds of calls",
        rows=[_row(kind) for kind in kinds_of(request)],
        obstacle=obstacle(),
        door=door,
        may_write_door=getattr(request.user, "role", "") in (Role.ADMINISTRATOR, Role.LEADER),
        door_form=DoorForm(initial={"words": door.words, "url": door.url}),
    )


def _row(kind: CallType) -> dict[str, Any]:
    team = Team.objects.filter(name=kind.team).first()
    to_come = Booking.objects.filter(kind=kind, state=State.BOOKED, start_at__gt=queue.now())
    return {
        "it": kind,
        "people": Member.objects.filter(team=kind.team, is_present=True).count(),
        "to_come": to_come.count(),
        "is_used": Booking.objects.filter(kind=kind).exists(),
        "shifts_until": team.shifts_until if team else None,
        "problem": team.problem if team else "",
        "is_without": not (team and team.shifts_until) and kind.usual is None,
    }


def new_kind(request: DeskRequest) -> HttpResponse:
    """Show the form of a kind of call; keep it, in preview."""
    teams = _teams(request)
    first = {"zone": request.desk.settings.time_zone}
    form = CallTypeForm(request.POST or None, teams=teams, initial=first)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = CallType.objects.create(**form.fields_kept)
            audit("wrote a kind of call", str(made.pk), request=request)
        _read(made)
        messages.success(
            request,
            "Kept. It is in preview: look at the page, and turn it on when it is right.",
        )
        return redirect("booking_kinds")
    return _form(request, form, "A new kind of call", teams)


def edit_kind(request: DeskRequest, pk: int) -> HttpResponse:
    """Change a kind of call; what is booked stays as it was booked."""
    kind = kind_of(request, pk)
    teams = sorted({*_teams(request), kind.team})
    form = CallTypeForm(request.POST or None, teams=teams, initial=initial_of(kind))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            CallType.objects.filter(pk=kind.pk).update(**form.fields_kept)
            audit("changed a kind of call", str(kind.pk), request=request)
        _read(CallType.objects.get(pk=kind.pk))
        messages.success(request, "Saved. Calls that are booked keep their time.")
        return redirect("booking_kinds")
    return _form(request, form, f"Change {kind.name}", teams, kind)


def _form(
    request: DeskRequest,
    form: CallTypeForm,
    title: str,
    teams: list[str],
    kind: CallType | None = None,
) -> HttpResponse:
    is_wrong = request.method == "POST" and not form.is_valid()
    return show(
        request,
        "booking_kind_form.html",
        title,
        400 if is_wrong else 200,
        form=form,
        parts=form.parts,
        kind=kind,
        teams=teams,
    )


def _teams(request: DeskRequest) -> list[str]:
    """Return the teams that calls may be booked with; a lead has the own ones."""
    person: Any = request.user
    known = sorted({team for team in Desk(settings.DESK_FOLDER).agents().values() if team})
    if person.role == Role.TEAM_LEAD:
        return [team for team in known if team in (person.teams or ())]
    return known


def _read(kind: CallType) -> None:
    """See who is there at once, so that the page shows it."""
    desk = Desk(settings.DESK_FOLDER)
    read_teams(desk, is_forced=True)
    if kind.asks_staffing:
        read_needs(desk)


@require_POST
def change_kind(request: DeskRequest, pk: int) -> HttpResponse:
    """Turn a kind of call on or off, or remove it while nothing was booked."""
    kind, do = kind_of(request, pk), request.POST.get("do", "")
    acts: dict[str, Callable[[DeskRequest, CallType], None]] = {
        "on": _turn_on,
        "off": _turn_off,
        "remove": _remove,
    }
    if do not in acts:
        raise UsageError("turn it on or off, or remove it")
    with transaction.atomic():
        audit("changed a kind of call", str(kind.pk), request=request, changed=[do])
        acts[do](request, kind)
    return redirect("booking_kinds")


def _turn_on(request: DeskRequest, kind: CallType) -> None:
    if why := obstacle():
        raise UsageError(why)
    CallType.objects.filter(pk=kind.pk).update(is_on=True)
    messages.success(request, "On. Customers with a link can book it.")


def _turn_off(request: DeskRequest, kind: CallType) -> None:
    CallType.objects.filter(pk=kind.pk).update(is_on=False)
    messages.success(request, "In preview. Nobody can book it; calls that are booked stay.")


def _remove(request: DeskRequest, kind: CallType) -> None:
    if Booking.objects.filter(kind=kind).exists():
        raise UsageError("calls were booked with it, and belong to it; turn it off instead")
    kind.delete()
    messages.success(request, "Removed.")


@require_POST
def change_door(request: DeskRequest) -> HttpResponse:
    """Say where customers turn to whose link opens nothing."""
    form = DoorForm(request.POST)
    if not form.is_valid():
        raise UsageError("; ".join(str(each[0]) for each in form.errors.values()))
    given = form.cleaned_data
    with transaction.atomic():
        Door.objects.all().delete()
        Door.objects.create(words=given["words"], url=given["url"])
        audit("wrote where customers turn to", request=request)
    messages.success(request, "Saved.")
    return redirect("booking_kinds")


def trial(request: DeskRequest, pk: int) -> HttpResponse:
    """Show the page that customers get; nothing is booked here."""
    return choosing(request, kind_of(request, pk), is_trial=True)
