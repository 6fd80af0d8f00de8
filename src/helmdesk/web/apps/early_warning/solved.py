"""The page of solved tickets: what was foretold of them beside what came, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.analysis.reconciliation import (
    FOUR,
    PARTS,
    Agreement,
    Reconciliation,
    reconcile,
    speaking,
)
from helmdesk.errors import UsageError
from helmdesk.predict.closing import CLOSINGS
from helmdesk.query.periods import local_date
from helmdesk.query.question import Sliced
from helmdesk.web.apps.early_warning.models import Foretold
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.models import unfinished
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.pages.metric.parts import measure
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

TITLES = {"csat": "Satisfaction", "ces": "Ease", "fcr": "First contact resolution"}
SAID = {
    Agreement.FEW: "too few known",
    Agreement.AGREES: "no difference beyond chance",
    Agreement.HIGH: "promised too much",
    Agreement.LOW: "promised too little",
}
WAYS = {
    ("fcr", None): ("Observed", "nobody came back, and all windows are over"),
    ("fcr_so_far", None): ("So far", "also the newest, for as long as they were watched"),
    ("predicted_fcr", None): ("Predicted", "on the day they were closed"),
    ("fcr", "agent_declared"): ("Claimed", "what agents declared at the end of calls and chats"),
}
PART_WORDS = {
    "contacts": "further contacts",
    "handovers": "times passed on",
    "channel_switches": "changes of channel",
    "questions_again": "questions asked again",
    "waiting": "days of waiting for us (five at most)",
}


@dataclass(frozen=True)
class Section:
    """One thing that is foretold.

    Attributes:
        found: None where nothing was foretold yet. verdict: of all weeks, in words.
    """

    key: str
    title: str
    found: Reconciliation | None
    verdict: str
    problem: str


def _section(request: DeskRequest, view: ViewState, key: str) -> Section:
    kept = Foretold.objects.filter(key=key).first()
    problem = str(kept.problem) if kept is not None else ""
    if request.desk.missing(f"predicted_{key}"):
        return Section(key, TITLES[key], None, "", problem)
    today = local_date(request.desk.as_of, request.desk.settings.time_zone)
    found = reconcile(request.desk.measure, key, today, where=view.filter)
    return Section(key, TITLES[key], found, SAID[found.whole.agreement], problem)


def solved(request: DeskRequest) -> HttpResponse:
    """Show what was foretold of solved tickets beside what came, and what they cost customers."""
    view = ViewState.of(request)
    question = view.question(request)
    days: Sliced = {"start": question["start"], "end": question["end"], "where": view.filter}
    four = [
        (*WAYS[way], way[0], next(iter(measure(request, way[0], variant=way[1], **days))))
        for way in FOUR
    ]
    effort = next(iter(measure(request, "effort_index", **days)))
    parts = [
        (PART_WORDS[part], next(iter(measure(request, "effort_index", variant=part, **days))))
        for part in PARTS
    ]
    rows = request.desk.rows("effort_index", variant="easy", **days)
    bands = measure(request, "effort_index", variant="easy", by="effort", **days)
    context: dict[str, Any] = {
        "sections": [_section(request, view, key) for key in CLOSINGS],
        "is_on": Foretold.objects.filter(is_on=True).exists(),
        "job": unfinished(kind="foretell").order_by("id").last(),
        "may_switch": _may_switch(request),
        "said": SAID,
        "four": four,
        "effort": effort,
        "parts": parts,
        "bands": [(row.group[0][1], row) for row in bands],
        "speaking": speaking(rows.table.to_pydict()),
        "with_text": _with_text(request, days),
        **filters(request, view, has_comparison=False),
    }
    return show(request, "solved.html", "Solved tickets", **context)


def _with_text(request: DeskRequest, days: Sliced) -> int:
    """Return of how many solved tickets the records hold what was written."""
    found = measure(request, "effort_index", by="text_known", **days)
    return sum(row.n for row in found if row.group[0][1] == "yes")


def _may_switch(request: DeskRequest) -> bool:
    from helmdesk.web.apps.early_warning.page import sees_all

    return sees_all(request)


@require_POST
def foretell_solved(request: DeskRequest) -> HttpResponse:
    """Switch the predictions of solved tickets on or off, or make those that are missing now."""
    if not _may_switch(request):
        raise PermissionDenied("this is for leads who see the whole desk")
    do = request.POST.get("do", "")
    if do not in ("on", "off", "now"):
        raise UsageError("switch it on or off, or do it now")
    if do == "off":
        Foretold.objects.update(is_on=False)
        messages.success(request, "Switched off. What was foretold is kept.")
    else:
        for key in CLOSINGS:
            Foretold.objects.update_or_create(key=key, defaults={"is_on": True})
        from helmdesk.web.apps.early_warning.jobs import ask_to_foretell

        ask_to_foretell(queue.now().isoformat())
        messages.success(request, "Learning from the past takes a few minutes the first time.")
    audit("changed the predictions of solved tickets", "", request=request, changed=[do])
    return redirect("solved_tickets")
