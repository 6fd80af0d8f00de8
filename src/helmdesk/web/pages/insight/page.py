"""Why a number changed and whether it is real; and the week's brief."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from helmdesk.insight import context
from helmdesk.insight.explanation import Explanation
from helmdesk.insight.finding import Evidence, Finding
from helmdesk.insight.movement import Movement
from helmdesk.insight.prose import paragraphs, week_words
from helmdesk.insight.today import certainty
from helmdesk.insight.verdict import Verdict
from helmdesk.query.filters import Filter, all_of, to_text
from helmdesk.query.policy import Policy
from helmdesk.query.question import Compared
from helmdesk.query.window import boundary, span_words
from helmdesk.query.words import show_change, show_size
from helmdesk.web.access import LEADS
from helmdesk.web.apps.actions.due import due_actions, local_day
from helmdesk.web.apps.briefs.models import BriefWanted, DigestAudience
from helmdesk.web.apps.people.audience import ROLES, Audience, may_share
from helmdesk.web.charts.steps import draw_steps
from helmdesk.web.labels import dimension_words, value_words
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.annotations.models import Annotation
from helmdesk.web.pages.annotations.page import back
from helmdesk.web.pages.insight import dismissal
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

DATES = ("window", "days", "start", "end", "first", "last")


class HasPolicy(Protocol):
    """A reader: a request, or what a job reads for."""

    @property
    def policy(self) -> Policy:
        """Under which is read."""


@dataclass(frozen=True)
class Reader:
    """Who reads, where no request says it: a job, for somebody or for programs."""

    policy: Policy


def annotations_of(request: HasPolicy, key: str | None = None) -> tuple[context.Annotation, ...]:
    """Return what people wrote down on this site and this reader may see."""
    return tuple(
        context.Annotation(note.day, note.day, note.text, note.source, note.metric)
        for note in Annotation.seen(request, key)
    )


def is_part(request: DeskRequest, name: str) -> bool:
    """Whether only the part of a page called `name` is being filled."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and htmx.target == name


def explain(request: DeskRequest, key: str) -> HttpResponse:
    """Explain the change that a metric's page shows: the page itself, or the part of it that takes
    longer.
    """
    view = ViewState.of(request)
    entry = request.desk.find_metric(key)
    question = view.question(request)
    window = request.desk.window(**view.asked)
    zone = request.desk.settings.time_zone
    start, end = boundary(window.start, zone), boundary(window.end, zone)
    # Where nobody chose dates, what the verdict speaks of is explained, and not another stretch.
    is_chosen = any(request.GET.get(name) for name in DATES)
    asked: Compared = (
        {**view.asked, "start": view.start or (None if view.window else start)}
        if is_chosen
        else {"end": end}
    )
    found = request.desk.explain(
        key, **asked, where=question["where"], annotations=annotations_of(request, key)
    )
    courses = {key: found.course} if found.course else {}
    stretches = [span_words(span.start, span.end, zone) for span in (found.now, found.before)]
    context: dict[str, Any] = {
        "entry": entry,
        "found": found,
        "findings": [finding_row(request, finding, courses) for finding in found.findings],
        "problems": [finding_row(request, problem, courses) for problem in found.problems],
        "moved": found.movement,
        "now": stretches[0],
        "before": stretches[1],
        "is_chosen": is_chosen,
        "rules": request.desk.rules(
            key, end=end, where=question["where"], annotations=annotations_of(request, key)
        ),
        "places": _places(found, key, start, end, view),
        "reach": show_reach(found.movement),
        "dismissed": (
            found.course.dismissed.words(zone) if found.course and found.course.dismissed else ""
        ),
        **_charts(found),
    }
    if is_part(request, "explanation"):
        return render(request, "explanation.html", {**context, "view": view})
    return show(
        request,
        "explain.html",
        f"{entry.metric.name} explained",
        **context,
        **filters(request, view, has_dates=is_chosen, has_comparison=is_chosen),
    )


def _charts(found: Explanation) -> dict[str, Any]:
    if found.location is None or found.movement is None or not found.location.breakdowns:
        return {"breakdowns": (), "steps": None}
    unit = found.movement.form.metric.unit
    rows = [
        {
            "name": dimension_words(each.dimension),
            "rate": show_change(each.rate, unit),
            "mix": show_change(each.mix, unit),
            "is_simpson": each.is_simpson,
        }
        for each in found.location.breakdowns
    ]
    first = found.location.breakdowns[0]
    return {
        "breakdowns": rows,
        "steps": draw_steps(first, unit, found.movement.form.kind != "count"),
        "by": dimension_words(first.dimension),
    }


def _places(
    found: Explanation, key: str, start: str, end: str, view: ViewState
) -> list[dict[str, Any]]:
    if found.location is None:
        return []

    def address(where: Filter) -> str:
        condition = to_text(all_of(where, view.condition))
        query = {"metric": key, "where": condition, "start": start, "end": end}
        return f"{reverse('rows')}?{urlencode(query)}"

    return [
        {
            "where": ", ".join(
                f"{dimension_words(name).lower()} {value_words(name, value)}"
                for name, value in place.terms
            ),
            "share": f"{place.share:.0%}",
            "cases": round(place.cases),
            "url": address(place.where),
        }
        for place in found.location.places
    ]


def show_reach(moved: Movement | None) -> str:
    """Return the smallest change that could have been seen, in its unit; empty where that is
    unknown.
    """
    return (
        ""
        if moved is None or moved.detectable is None
        else show_size(moved.detectable, moved.form.metric.unit)
    )


def finding_row(
    request: DeskRequest, finding: Finding, courses: Mapping[str, Verdict]
) -> dict[str, Any]:
    """Return a finding with how sure it is and the addresses of its numbers."""
    leading = courses.get(finding.metrics[0]) if finding.metrics else None
    names = {each.key: request.desk.find_metric(each.key).metric.name for each in finding.evidence}
    return {
        "it": finding,
        "sure": certainty(finding, None if finding.is_standing else leading),
        "links": [
            (names[evidence.key], evidence_url(evidence)) for evidence in finding.evidence[:3]
        ],
    }


def evidence_url(evidence: Evidence) -> str:
    """Return the metric page that shows the numbers of a finding."""
    asked = {"start": evidence.start.isoformat(), "end": evidence.end.isoformat()}
    if evidence.where is not None:
        asked["where"] = to_text(evidence.where)
    if evidence.by:
        asked["by"] = evidence.by
    return f"{reverse('metric', args=[evidence.key])}?{urlencode(asked)}"


def _shared_digest(request: DeskRequest) -> dict[str, Any]:
    """Return for whom else the reader may let the digest come, and for whom it does."""
    if not may_share(request.user):
        return {}
    kept = DigestAudience.objects.filter(person=request.user).first()
    return {
        "audiences": ROLES,
        "audience": kept.audience if kept else Audience(),
        "teams": request.desk.segments().get("team", []),
    }


def brief(request: DeskRequest) -> HttpResponse:
    """Tell the last complete week in at most five findings."""
    view = ViewState.of(request)
    question = view.question(request)
    found = request.desk.brief(
        end=question["end"], where=question["where"], annotations=annotations_of(request)
    )
    courses = {each.key: each.course for each in found.told}
    context = {
        "found": found,
        "findings": [finding_row(request, finding, courses) for finding in found.findings],
        "more": [finding_row(request, finding, courses) for finding in found.more],
        "dismissed": [
            (each, each.dismissal.words(request.desk.settings.time_zone))
            for each in found.dismissed
        ],
        "may_dismiss": True,
        "week": week_words(found),
        "as_text": "\n\n".join(paragraphs(found)),
        "told_lists": (
            ("Better", found.better),
            ("Settled this week", found.settled),
            ("As it has stood for a while", found.standing),
        ),
        "comes_by_mail": BriefWanted.of_person(request.user),
        **_shared_digest(request),
        "desk_zone": request.desk.settings.time_zone,
        "mail_where": question["where"] or "",
        "end": found.end.isoformat(),
        "actions_due": due_actions(
            request.policy,
            local_day(request.desk.settings, request.desk.as_of),
            request.desk.settings,
        ),
    }
    return show(
        request, "brief.html", "Brief", **context, **filters(request, view, has_comparison=False)
    )


@require_POST
def dismiss(request: DeskRequest, subject: str) -> HttpResponse:
    """Dismiss what a page tells, until it changes."""
    given = {
        name: request.POST.get(name, "").strip() for name in ("identity", "end", "where", "reason")
    }
    dismissal.dismiss(request, subject, **given)
    messages.success(request, "Dismissed until it changes.")
    return back(request)


@require_POST
def tell_again(request: DeskRequest, subject: str) -> HttpResponse:
    """Undo a dismissal."""
    dismissal.tell_again(request, subject, request.POST.get("where", "").strip())
    messages.success(request, "It is told again.")
    return back(request)


page = Page(
    title="Brief",
    roles=LEADS,
    routes=(
        Route("brief", brief, "brief"),
        Route("metric/<slug:key>/explain", explain, "explain"),
        Route("dismissals/<slug:subject>", dismiss, "dismiss"),
        Route("dismissals/<slug:subject>/undo", tell_again, "tell_again"),
    ),
    key="b",
    help="last week in at most five findings: what moved, whether it is real, which lever",
    icon="note",
)
