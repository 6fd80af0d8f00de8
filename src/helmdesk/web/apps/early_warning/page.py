"""Early warning: the open tickets most likely to end badly, why, what to do, and what naming them
was worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.act.early_warning import MOST_BUDGET
from helmdesk.errors import UsageError
from helmdesk.predict.closing import CLOSINGS, Closing
from helmdesk.predict.model import Model
from helmdesk.predict.targets import TARGETS, Target
from helmdesk.web.access import LEADS, STAFF
from helmdesk.web.apps.early_warning import told
from helmdesk.web.apps.early_warning.jobs import ask_to_learn, learning
from helmdesk.web.apps.early_warning.models import DID, Warned, Watch
from helmdesk.web.apps.early_warning.named import Named, named_for
from helmdesk.web.apps.early_warning.naming import judged, usual_of
from helmdesk.web.apps.early_warning.solved import foretell_solved, solved
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import whole_number


@dataclass(frozen=True)
class Section:
    """One target on the page.

    Attributes:
        watch: None while it is not watched for. model: the newest; None where nothing was learned.
        problem: why nothing is named; empty where something may be. waiting, settled: tickets that
        this reader may see. job: the training that waits or runs. worth: what naming was worth, in
        sentences; none for who sees a part of the desk.
    """

    target: Target
    watch: Watch | None
    model: Model | None
    problem: str
    waiting: tuple[Named, ...]
    settled: tuple[Named, ...]
    job: Any
    right: str
    worth: tuple[str, ...]
    has_clocks: bool


def sees_all(request: DeskRequest) -> bool:
    """Whether somebody leads, and sees the whole desk."""
    role = getattr(request.user, "role", "")
    return request.policy.predicate is None and role in LEADS


def _section(request: DeskRequest, target: Target) -> Section:
    watch = Watch.objects.filter(target=target.key, is_on=True).first()
    model = request.desk.predict.model(target.key)
    named: list[Named] = []
    problem = ""
    if watch is not None and model is not None:
        named, problem = named_for(request, watch)
    waiting = [each for each in named if not each.did]
    return Section(
        target,
        watch,
        model,
        problem,
        tuple(waiting[: watch.budget] if watch else ()),
        tuple(each for each in named if each.did),
        learning(target.key),
        told.how_right(model) if model is not None and not model.report.problem else "",
        told.worth(*judged(watch)) if watch is not None and sees_all(request) else (),
        target.key == "breach",
    )


def early_warning(request: DeskRequest) -> HttpResponse:
    """List the tickets that are named, for each thing that is watched for."""
    return show(
        request,
        "early_warning.html",
        "Early warning",
        sections=[_section(request, target) for target in TARGETS.values()],
        did=DID,
        sees_all=sees_all(request),
        most=MOST_BUDGET,
        clocks=_clocks(request),
    )


def _clocks(request: DeskRequest) -> dict[str, Any]:
    """Return of each ticket the promise that runs out first."""
    if request.desk.missing("breach_exposure", "clocks"):
        return {}
    found: dict[str, Any] = {}
    for clock in request.desk.sla_at():
        found.setdefault(str(clock["ticket_id"]), clock)
    return found


@require_POST
def decide(request: DeskRequest, target: str) -> HttpResponse:
    """Note what somebody did about a ticket that was named."""
    watch = Watch.objects.filter(target=target, is_on=True).first()
    if watch is None:
        raise Http404("this is not watched for")
    ticket, did = request.POST.get("ticket", ""), request.POST.get("did", "")
    if did not in DID:
        raise UsageError(f"say what was done: {', '.join(DID.values())}")
    if ticket not in {each.found.ticket_id for each in named_for(request, watch)[0]}:
        raise Http404("no such ticket is named now")
    Warned.objects.filter(target=target, ticket_id=ticket).update(
        did=did, did_at=queue.now(), by=request.user
    )
    messages.success(request, f"{ticket}: kept. What becomes of it is noted by itself.")
    return redirect("early_warning")


@require_POST
def watch_for(request: DeskRequest, target: str) -> HttpResponse:
    """Switch the watch for something on or off, change its budget, or learn anew."""
    if not sees_all(request):
        raise PermissionDenied("this is for leads who see the whole desk")
    if target not in TARGETS:
        raise Http404("nothing foretells that")
    do = request.POST.get("do", "")
    if do == "on":
        Watch.objects.update_or_create(target=target, defaults={"is_on": True, "looked": ""})
        ask_to_learn(target, f"on:{queue.now().isoformat()}")
        messages.success(request, "Switched on. Learning from the past takes up to a minute.")
    elif do == "off":
        Watch.objects.filter(target=target).update(is_on=False)
        messages.success(request, "Switched off. What was learned and noted is kept.")
    elif do == "budget":
        budget = whole_number("budget", request.POST.get("budget", ""), 1, MOST_BUDGET)
        Watch.objects.filter(target=target).update(budget=budget)
        messages.success(request, f"At most {budget} tickets are named at a time.")
    elif do == "learn":
        ask_to_learn(target, f"asked:{queue.now().isoformat()}")
        messages.success(request, "Learning from the past takes up to a minute.")
    else:
        raise UsageError("switch it on or off, change the budget, or learn anew")
    audit("changed the early warning", target, request=request, changed=[do])
    return redirect("early_warning")


def how_right(request: DeskRequest, target: str) -> HttpResponse:
    """Show how right a model was on tickets newer than all it had learned from."""
    found: Target | Closing | None = TARGETS.get(target) or CLOSINGS.get(target)
    if found is None:
        raise Http404("nothing foretells that")
    model = request.desk.predict.model(target)
    if model is None:
        raise Http404("nothing was learned yet")
    return show(
        request,
        "how_right.html",
        f"How right: {found.title.lower()}",
        target=found,
        is_of_solved=target in CLOSINGS,
        model=model,
        report=model.report,
        right=told.how_right(model) if model.report.tested else "",
        usual=usual_of(model),
        chart=told.reliability_chart(model.report.bins),
    )


page = Page(
    title="Early warning",
    roles=STAFF,
    place=50,
    group="Act",
    icon="clock",
    help="open tickets that will most likely end badly, why, and what to do in time",
    routes=(
        Route("early-warning", early_warning, "early_warning"),
        Route("early-warning/solved", solved, "solved_tickets"),
        Route("early-warning/solved/foretell", foretell_solved, "foretell_solved", roles=LEADS),
        Route("early-warning/<str:target>/decide", decide, "decide_early_warning"),
        Route("early-warning/<str:target>/watch", watch_for, "watch_early_warning", roles=LEADS),
        Route("early-warning/<str:target>", how_right, "how_right", roles=LEADS),
    ),
)
