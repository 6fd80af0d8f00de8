"""Who may see what: roles, the policy that is compiled into every query, and the gate before every view."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from helmdesk.query.filters import All, Compare, IsNull, Not, OneOf
from helmdesk.query.request import Policy

if TYPE_CHECKING:
    from helmdesk.web.people.models import Person


class Role(StrEnum):
    """What somebody is here for."""

    ADMINISTRATOR = "administrator"
    LEADER = "leader"
    TEAM_LEAD = "team_lead"
    ANALYST = "analyst"
    PLANNER = "planner"
    AGENT = "agent"
    ACCOUNT_VIEWER = "account_viewer"


EVERYONE = frozenset(Role)
STAFF = EVERYONE - {Role.ACCOUNT_VIEWER}
LEADS = frozenset({Role.ADMINISTRATOR, Role.LEADER, Role.TEAM_LEAD, Role.ANALYST, Role.PLANNER})
DATA_KEEPERS = frozenset({Role.ADMINISTRATOR, Role.ANALYST})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
ANYBODY: frozenset[Role] = frozenset()
"""Also those who are not signed in: sign-in itself, the one-time set-up, health."""

# Columns an account's own people never see: who of the support team did it, and what colleagues wrote about it.
HIDDEN_FROM_ACCOUNTS = frozenset({"agent", "comment", "comment_theme", "customer", "customer_id", "source", "contract_value", "owner"})
# No row is in two minds about being null: this lets nothing through.
NOTHING = All((IsNull("team"), Not(IsNull("team"))))


def policy_for(person: Person) -> Policy:
    """Return the policy of a signed-in person; who has no identity in the data sees nothing of it."""
    role = Role(person.role)
    if role == Role.TEAM_LEAD:
        teams = tuple(sorted(person.teams))
        return Policy(f"team lead of {', '.join(teams)}", OneOf("team", teams) if teams else NOTHING, may_compare_people=False)
    if role == Role.AGENT:
        mine = Compare("agent", "=", person.agent) if person.agent else NOTHING
        return Policy(f"agent {person.agent}", mine, may_compare_people=False)
    if role == Role.ACCOUNT_VIEWER:
        own = Compare("account", "=", person.account) if person.account else NOTHING
        return Policy(f"viewer of {person.account}", own, HIDDEN_FROM_ACCOUNTS, may_compare_people=False)
    return Policy(role.value, None, may_compare_people=False)


def restrict(view: Callable[..., HttpResponse], roles: frozenset[Role], *, needs_data: bool = False) -> Callable[..., HttpResponse]:
    """Return `view` behind a gate; its attribute `roles` tells which, so that a test can read it off every route."""

    @functools.wraps(view)
    def gated(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        person: Any = request.user
        if roles != ANYBODY:
            if not person.is_authenticated:
                # Imported late: it needs the model of a person, which needs roles.
                from django.contrib.auth.views import redirect_to_login

                return redirect_to_login(request.get_full_path())
            if person.role not in roles:
                raise PermissionDenied(f"this page is for: {', '.join(sorted(role.replace('_', ' ') for role in roles))}")
            if needs_data and request.method == "GET" and is_empty(request):
                return redirect("welcome")
        return view(request, *arguments, **named)

    gated.roles = roles
    return gated


def is_empty(request: HttpRequest) -> bool:
    """Whether nothing was ever loaded into the desk."""
    with request.desk.reader() as reader:
        return not reader.bounds.record_types
