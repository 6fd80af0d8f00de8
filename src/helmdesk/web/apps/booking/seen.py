"""Who of your people sees which calls: leads all of their teams', agents those that are theirs."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from helmdesk.web.access import Role
from helmdesk.web.apps.booking.models import Booking, CallType, Link, Member
from helmdesk.web.request import DeskRequest


def is_agent(request: DeskRequest) -> bool:
    """Whether somebody sees their own calls alone."""
    return bool(_person(request).role == Role.AGENT)


def _person(request: DeskRequest) -> Any:
    return request.user


def kinds_of(request: DeskRequest) -> QuerySet[CallType]:
    """Return the kinds of calls that somebody works with: a lead those of the own teams."""
    person = _person(request)
    if person.role == Role.TEAM_LEAD:
        return CallType.objects.filter(team__in=person.teams or ())
    return CallType.objects.all()


def own_agents(request: DeskRequest) -> list[str]:
    """Return the identities in the data that somebody has as an agent."""
    name = _person(request).agent
    if not name:
        return []
    known = Member.objects.filter(Q(name=name) | Q(agent=name))
    return sorted({name, *known.values_list("agent", flat=True)})


def calls_of(request: DeskRequest) -> QuerySet[Booking]:
    """Return the calls that somebody may see: an agent those that are theirs for certain."""
    rows = Booking.objects.select_related("kind")
    if is_agent(request):
        return rows.filter(agent__in=own_agents(request), chosen_at__isnull=False)
    return rows.filter(kind__in=kinds_of(request))


def links_of(request: DeskRequest) -> QuerySet[Link]:
    """Return the links that somebody may see: an agent those they issued."""
    rows = Link.objects.select_related("kind", "person")
    if is_agent(request):
        return rows.filter(person=request.user)
    return rows.filter(kind__in=kinds_of(request))


def kind_of(request: DeskRequest, pk: int) -> CallType:
    """Return a kind of call that somebody works with; Http404 where there is none for them."""
    found = kinds_of(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def refuse_agents(request: DeskRequest) -> None:
    """Let leads alone do something.

    Raises:
        PermissionDenied: somebody who sees their own calls alone asks.
    """
    if is_agent(request):
        raise PermissionDenied("this is for: administrators, leaders, leads of teams, planners")
