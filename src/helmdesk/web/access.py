"""Who may see what: roles, the policy that is compiled into every query, and the gate before every
view.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from helmdesk.errors import HelmdeskError
from helmdesk.query.filters import All, Compare, IsNull, Not, OneOf
from helmdesk.query.policy import Policy
from helmdesk.web.request import DeskRequest

if TYPE_CHECKING:
    from helmdesk.desk.live import LiveDesk
    from helmdesk.web.apps.people.models import Person


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

# What contracts are worth and what support costs is for those who answer for it.
MONEY_READERS = frozenset({Role.ADMINISTRATOR, Role.LEADER, Role.ANALYST, Role.PLANNER})
# All that an account's own people may ask by or find in rows: nothing of who did it, what it cost,
# or what sources keep besides.
SHOWN_TO_ACCOUNTS = frozenset(
    {
        *(
            "channel",
            "priority",
            "severity",
            "issue_type",
            "account",
            "tier",
            "region",
            "contract",
            "waiting",
            "outcome",
            "hour",
            "weekday",
        ),
        *("clock", "policy", "instrument", "survey_timing", "status", "booking"),
        *(
            "ticket_id",
            "subject",
            "survivor_ticket_id",
            "created_at",
            "first_reply_at",
            "first_solved_at",
            "last_solved_at",
            "solved_at",
        ),
        *(
            "first_reply_seconds",
            "resolution_seconds",
            "reopens",
            "human_replies",
            "is_counted",
            "is_spam",
            "is_merged",
            "is_deleted",
        ),
        *(
            "clock_started_at",
            "clock_id",
            "policy_id",
            "state",
            "basis",
            "target_seconds",
            "time_left_seconds",
            "elapsed_seconds",
        ),
        *(
            "started_at",
            "ended_at",
            "applied_at",
            "stopped_at",
            "due_at",
            "judged_at",
            "is_met",
            "breaches",
            "clocks",
            "run_seconds",
        ),
        *(
            "clock_calendar_id",
            "waits",
            "business_seconds",
            "waiting_since",
            "waited_seconds",
            "asked_at",
            "replied_at",
            "reply_seconds",
        ),
        *(
            "sent_at",
            "actor_kind",
            "is_public",
            "direction",
            "is_automated",
            "message_id",
            "response_id",
            "survey_id",
            "responded_at",
            "answer",
            "score",
        ),
        *(
            "instrument_kind",
            "is_positive",
            "is_answered",
            "leg_id",
            "queue",
            "offered_at",
            "answered_at",
            "wait_seconds",
            "talk_seconds",
        ),
        *(
            "is_reopened_in_time",
            "reopened_at",
            "escalations",
            "measured",
            "period_start",
            "booking_id",
            "booked_at",
            "first_start_at",
            "start_at",
            "held_at",
            "moves",
            "customer_moves",
            "call_outcome",
            "lead_seconds",
            "booked_wait_seconds",
            "role",
            "assessed_at",
            "health",
        ),
    }
)
MEASURED_FOR_ACCOUNTS = frozenset(
    {
        *(
            "account_health",
            "average_speed_of_answer",
            "backlog",
            "backlog_age",
            "booking_lead_time",
            "ces",
            "csat",
            "csat_response_rate",
            "customer_wait_for_call",
            "customers_waiting",
        ),
        *(
            "escalation_rate",
            "fcr",
            "first_response_time",
            "missed_contact_rate",
            "next_response_time",
            "nps",
            "reopen_rate",
        ),
        *(
            "replies_per_ticket",
            "reschedule_rate",
            "resolution_rate",
            "resolution_time",
            "service_level",
            "sla_compliance",
            "ticket_volume",
            "waiting_time",
        ),
    }
)
# All that is read of one case for its customer's page: no person, no team, no words.
SHOWN_IN_A_ROOM = frozenset(
    {
        *("ticket_id", "subject", "created_at", "last_solved_at", "started_at", "ended_at"),
        *("status", "is_spam", "is_merged", "is_deleted"),
        *("sent_at", "actor_kind", "is_public", "direction", "is_automated"),
        *("clock_id", "clock", "state", "due_at", "stopped_at"),
    }
)
# No row is in two minds about being null: this lets nothing through.
NOTHING = All((IsNull("team"), Not(IsNull("team"))))


WHOLE_DESK = "the whole desk"
# Who is not signed in: whether the desk can be read, and nothing of it.
NOBODY = Policy(
    "nobody", NOTHING, frozenset(), frozenset(), may_see_money=False, may_compare_people=False
)


def policy_for(person: Person, impersonal: frozenset[str] = frozenset()) -> Policy:
    """Return the policy of a signed-in person; who has no identity in the data sees nothing of it.

    Args:
        impersonal: fields of sources that were declared to hold no people.
    """
    role = Role(person.role)
    # Whoever sees all asks under one name: what one of them was answered, the others need not ask.
    staff = Policy(
        WHOLE_DESK if role in MONEY_READERS else role.value,
        may_see_money=role in MONEY_READERS,
        may_compare_people=False,
        agent=person.agent,
        impersonal=impersonal,
    )
    if role == Role.TEAM_LEAD:
        teams = tuple(sorted(person.teams))
        return replace(
            staff,
            name=f"team lead of {', '.join(teams)}",
            predicate=OneOf("team", teams) if teams else NOTHING,
        )
    if role == Role.AGENT:
        mine = Compare("agent", "=", person.agent) if person.agent else NOTHING
        return replace(staff, name=f"agent {person.agent}", predicate=mine)
    if role == Role.ACCOUNT_VIEWER:
        own = Compare("account", "=", person.account) if person.account else NOTHING
        viewer = f"viewer of {person.account}"
        return replace(
            staff,
            name=viewer,
            predicate=own,
            names=SHOWN_TO_ACCOUNTS,
            metrics=MEASURED_FOR_ACCOUNTS,
            agent="",
        )
    return staff


def room_policy(customer_id: str) -> Policy:
    """Return the policy of the page that one case has for its customer: rows of that customer
    alone, and nothing that says who works on them.

    Args:
        customer_id: as the records have it; empty where they do not say whose the case is.
    """
    own = Compare("customer", "=", customer_id) if customer_id else IsNull("customer")
    return replace(NOBODY, name="the customer of a case", predicate=own, names=SHOWN_IN_A_ROOM)


def see_case(request: DeskRequest, desk: LiveDesk, customer_id: str) -> None:
    """Put the desk on a request as the customer of one case sees it."""
    request.desk = desk.as_seen_by(room_policy(customer_id))
    request.policy = request.desk.policy


def see_as(request: DeskRequest, desk: LiveDesk, person: Any) -> None:
    """Put the desk on a request, as somebody sees it: there is no other way from a request to the
    data.
    """
    impersonal = frozenset(desk.settings.fields_without_people)
    request.desk = desk.as_seen_by(
        policy_for(person, impersonal) if person.is_authenticated else NOBODY
    )
    request.policy = request.desk.policy


def restrict(
    view: Callable[..., HttpResponse], roles: frozenset[Role], *, needs_data: bool = False
) -> Callable[..., HttpResponse]:
    """Return `view` behind a gate; its attribute `roles` tells which, so that a test can read it
    off every route.
    """

    @functools.wraps(view)
    def gated(request: DeskRequest, *arguments: Any, **named: Any) -> HttpResponse:
        person: Any = request.user
        if roles != ANYBODY:
            if not person.is_authenticated:
                # Imported late: it needs the model of a person, which needs roles.
                from django.contrib.auth.views import redirect_to_login

                return redirect_to_login(request.get_full_path())
            if person.role not in roles:
                raise PermissionDenied(
                    "this page is for:"
                    f" {', '.join(sorted(role.replace('_', ' ') for role in roles))}"
                )
            if needs_data and request.method == "GET" and is_empty(request):
                return redirect("welcome")
        try:
            return view(request, *arguments, **named)
        except HelmdeskError as error:
            # Imported late: it reads views, which need roles.
            from helmdesk.web import mistakes

            if not mistakes.can_stay(request, error):
                raise
            return mistakes.stay(request, error, lambda: view(request, *arguments, **named))

    gated.roles = roles  # type: ignore[attr-defined]
    return gated


def is_empty(request: DeskRequest) -> bool:
    """Whether nothing was ever loaded into the desk."""
    return not request.desk.record_types
