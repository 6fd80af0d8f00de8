"""Leads see how much a team's members differ and under which conditions it works; agents see
themselves beside what their mix predicts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from helmdesk.errors import NotFoundError, NotPermittedError, UsageError
from helmdesk.query.measurement import Measurement
from helmdesk.query.question import Filtered
from helmdesk.web.access import LEADS, STAFF, Role
from helmdesk.web.apps.briefs.models import BriefWanted
from helmdesk.web.apps.early_warning.named import own_named
from helmdesk.web.charts.strips import draw_segments
from helmdesk.web.labels import dimension_words
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.metric.parts import measure
from helmdesk.web.pages.scorecard.page import find_cards, window_words
from helmdesk.web.pages.team.models import Comment
from helmdesk.web.pages.team.own import own_numbers
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

DISPERSIONS = (
    "csat",
    "fcr",
    "average_handle_time",
    "first_response_time",
    "reopen_rate",
    "escalation_rate",
    "occupancy",
    "schedule_adherence",
)
CONDITIONS = ("queue", "channel", "tenure", "hour", "issue_type")
LEAST_TEAM = 5


def team(request: DeskRequest) -> HttpResponse:
    """Show the team to its leads, and agents to themselves."""
    if getattr(request.user, "role", "") == Role.AGENT:
        return redirect("me")
    view = ViewState.of(request)
    key = request.GET.get("metric") or "csat"
    entry = request.desk.find_metric(key)
    question = view.question(request)
    dispersions = [
        (request.desk.find_metric(each).metric, _dispersion(request, each, question))
        for each in DISPERSIONS
    ]
    whole = next(iter(measure(request, key, **question)), None)

    def address(by: str) -> Callable[[Measurement], str]:
        page = reverse("metric", args=[key])
        return lambda m: f"{page}{view.segment(by, m.group[0][1])}"

    conditions = []
    for by in CONDITIONS:
        found = (
            []
            if by not in request.desk.dimensions(key)
            else measure(request, key, **question, by=by)
        )
        places = draw_segments(found, whole, entry.metric.direction, address(by)) if whole else None
        if places:
            conditions.append((dimension_words(by), places))
    teams = set(request.desk.segments().get("team", []))
    context = {
        "dispersions": [(metric, found) for metric, found in dispersions if found is not None],
        "conditions": conditions,
        "metric": entry.metric,
        "choices": [request.desk.find_metric(each).metric for each in DISPERSIONS],
        "least": LEAST_TEAM,
        "comments": Comment.objects.select_related("author").filter(team__in=teams)[:20],
        "window": window_words(request, find_cards(request, view, []), view),
    }
    return show(
        request,
        "team.html",
        "Team",
        **context,
        **filters(request, view, fixed={"metric": key}, has_comparison=False),
    )


def _dispersion(request: DeskRequest, key: str, question: Filtered) -> Any:
    """Return a dispersion, or None where this reader's rows cannot be narrowed so."""
    try:
        return request.desk.dispersion(key, **question)
    except (NotFoundError, NotPermittedError):
        return None


def me(request: DeskRequest) -> HttpResponse:
    """Show an agent the own numbers, each beside what the team reaches on the same mix of work."""
    person: Any = request.user
    view = ViewState.of(request)
    if not person.agent:
        return show(
            request,
            "me.html",
            "My work",
            numbers=[],
            own_team=None,
            **filters(request, view, has_comparison=False),
        )
    question = view.question(request)
    own_team = request.desk.own_team
    start, end = question["start"], question["end"]
    numbers = [
        (each.metric, each.found, Comment.objects.filter(author=person, metric=each.metric.key)[:3])
        for each in own_numbers(request.desk, start, end)
    ]
    mix = max((found.mix for _, found, _ in numbers), key=len, default=())
    words = window_words(request, find_cards(request, view, []), view)
    return show(
        request,
        "me.html",
        "My work",
        numbers=numbers,
        own_team=own_team,
        mix=[row for row in mix if row[1] or row[2] > 0.02],
        window=words,
        is_own=True,
        named=own_named(request, person.agent),
        comes_by_mail=BriefWanted.of_person(person),
        desk_zone=request.desk.settings.time_zone,
        **filters(request, view, has_comparison=False),
    )


@require_POST
def comment(request: DeskRequest) -> HttpResponse:
    """Keep an agent's comment on an own number."""
    person: Any = request.user
    if not person.agent:
        raise PermissionDenied("only somebody with own numbers comments on them")
    metric = request.desk.find_metric(request.POST.get("metric", "")).metric
    text = request.POST.get("text", "").strip()
    if not 1 <= len(text) <= 1000:
        raise UsageError("a comment has 1 to 1,000 characters")
    Comment.objects.create(
        author=person,
        metric=metric.key,
        text=text,
        window=request.POST.get("window", "")[:100],
        team=request.desk.own_team or "",
    )
    messages.success(request, "Comment kept.")
    return redirect("me")


page = Page(
    title="Team",
    roles=STAFF,
    routes=(
        Route("team", team, "team", LEADS | {Role.AGENT}),
        Route("me", me, "me", STAFF),
        Route("me/comment", comment, "comment", STAFF),
    ),
    place=50,
    key="p",
    help="how much members of a team differ, under which conditions; own numbers with context",
    group="Understand",
    icon="people",
)
