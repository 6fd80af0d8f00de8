"""What is done in the background, and what went wrong there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import UsageError
from helmdesk.web.access import ADMINISTRATORS
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import JobKind, kinds
from helmdesk.web.apps.jobs.models import Job, Schedule, Switch, unfinished
from helmdesk.web.apps.jobs.schedules import last_tick, next_tick, run_now
from helmdesk.web.apps.jobs.worker import living
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.links import leads_here
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

SHOWN = 50
STATES = {
    Switch.State.PREVIEW: "Messages are made and kept, and none is sent.",
    Switch.State.ON: "Messages are sent.",
    Switch.State.STOPPED: "Messages wait; none is sent.",
}


def title_of(kind: str, known: dict[str, JobKind[Any]]) -> str:
    """Return what a kind of job is called; one that no app here knows by its name."""
    return known[kind].title if kind in known else f"{kind} (no app here knows it)"


def _described(
    found: list[Job], known: dict[str, JobKind[Any]], moment: datetime
) -> list[dict[str, Any]]:
    return [
        {
            "job": each,
            "title": title_of(each.kind, known),
            "age": (moment - each.run_at).total_seconds(),
        }
        for each in found
    ]


def jobs(request: DeskRequest) -> HttpResponse:
    """Show what waits, what runs, what failed, what recurs, and who works."""
    known, moment = kinds(), queue.now()
    troubled, in_hand = queue.troubled(), unfinished().exclude(lease="").order_by("run_at", "id")
    ended = Job.objects.exclude(outcome__in=("", *queue.TROUBLED)).order_by("-done_at", "-id")
    schedules = [
        {
            "schedule": each,
            "title": title_of(each.kind, known),
            "last": last_tick(each),
            "next": next_tick(each, moment),
        }
        for each in Schedule.objects.all()
    ]
    return show(
        request,
        "jobs.html",
        "Jobs",
        waiting=queue.due().count(),
        oldest=queue.oldest_seconds(),
        running=in_hand.filter(leased_until__gt=moment).count(),
        troubles=troubled.count(),
        workers=living(),
        open=_described(
            [*in_hand[:SHOWN], *unfinished(lease="").order_by("run_at", "id")[:SHOWN]],
            known,
            moment,
        ),
        troubled=_described(list(troubled[:SHOWN]), known, moment),
        ended=_described(list(ended[:SHOWN]), known, moment),
        schedules=schedules,
        last_tick=max(filter(None, map(last_tick, Schedule.objects.all())), default=None),
        **switch_shown(),
    )


def switch_shown() -> dict[str, Any]:
    """Return what pages say about the switch for messages."""
    state = Switch.read()
    return {
        "state": state,
        "state_words": STATES[Switch.State(state)],
        "other_states": [each for each in Switch.State.values if each != state],
    }


def _job(pk: int) -> Job:
    found = Job.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_POST
def change_job(request: DeskRequest, pk: int) -> HttpResponse:
    """Do a job again, or throw it away."""
    found, do = _job(pk), request.POST.get("do", "")
    if do == "again":
        with transaction.atomic():
            if not queue.try_again(pk):
                raise UsageError("this job is done, or being done right now; look again")
            audit("did a job again", found.key, request=request, kind=found.kind)
        messages.success(request, "It is done again now.")
    elif do == "forget":
        with transaction.atomic():
            if not queue.withdraw("thrown away by an administrator", pk=pk):
                Job.objects.filter(pk=pk).delete()
            audit("threw a job away", found.key, request=request, kind=found.kind)
        messages.success(request, "Thrown away.")
    else:
        raise UsageError("do it again, or throw it away")
    return _back(request)


@require_POST
def change_schedule(request: DeskRequest, pk: int) -> HttpResponse:
    """Pause a schedule, let it go on, or make its job now."""
    found, do = Schedule.objects.filter(pk=pk).first(), request.POST.get("do", "")
    if found is None:
        raise Http404
    if do in ("pause", "resume"):
        # What was missed meanwhile was not wanted.
        Schedule.objects.filter(pk=pk).update(
            is_on=do == "resume", last_tick=queue.now(), problem=""
        )
        audit("changed a schedule", found.name, request=request, changed=[do])
    elif do == "now" and found.kind in kinds():
        run_now(found, kinds()[found.kind], queue.now())
        audit("changed a schedule", found.name, request=request, changed=["now"])
    else:
        raise UsageError("pause it, let it go on, or do it now")
    messages.success(request, "Saved.")
    return redirect("jobs")


@require_POST
def switch(request: DeskRequest) -> HttpResponse:
    """Say whether messages leave for the outside world."""
    state = request.POST.get("state", "")
    if state not in Switch.State.values:
        raise UsageError(f"unknown state {state!r}; choose one of {', '.join(Switch.State.values)}")
    Switch.turn(state)
    audit("turned the switch for messages", state, request=request)
    messages.success(request, STATES[Switch.State(state)])
    queue.wake.set()
    return _back(request)


def _back(request: DeskRequest) -> HttpResponse:
    """Return to the page of ours that the form stood on."""
    target = request.POST.get("back", "")
    return redirect(target if target and leads_here(request, target) else "jobs")


page = Page(
    title="Jobs",
    roles=ADMINISTRATORS,
    routes=(
        Route("jobs", jobs, "jobs"),
        Route("jobs/<int:pk>", change_job, "change_job"),
        Route("jobs/schedules/<int:pk>", change_schedule, "change_schedule"),
        Route("jobs/switch", switch, "switch"),
    ),
    help="what is done in the background: queue, failures, schedules, and the switch for messages",
    needs_data=False,
)
