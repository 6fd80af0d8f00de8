"""Summaries: having one written, and the one place where a language model is chosen, tried, turned
on and stopped.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import NotFoundError, UsageError
from helmdesk.predict.language_model import fault_of
from helmdesk.web.access import ADMINISTRATORS, STAFF
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.summaries.jobs import HELD_BACK, ask_for, is_here
from helmdesk.web.apps.summaries.models import Summary, Writer
from helmdesk.web.apps.summaries.shown import newest
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

PREVIEWS = 5
DID = {
    Writer.State.PREVIEW: "It may be tried here; tickets show nothing of it.",
    Writer.State.ON: "Switched on: who reads a ticket may have a summary written.",
    Writer.State.OFF: "Stopped. Nothing is asked any more, and nothing it wrote is shown.",
}


@require_POST
def write(request: DeskRequest, ticket_id: str) -> HttpResponse:
    """Have a summary written of a ticket as it stands."""
    case = request.desk.summaries.of(ticket_id)
    if not Writer.read().is_on:
        raise UsageError("summaries by a language model are switched off")
    if not case.passages:
        raise NotFoundError("nothing was written in public on this ticket")
    if newest(case) is None:
        row = Summary.objects.create(ticket_id=case.id, stamp=case.digest, by=request.user)
        ask_for(row)
    return redirect("ticket", ticket_id)


def settings_page(request: DeskRequest) -> HttpResponse:
    """Show which language model writes summaries, and what it wrote when it was tried."""
    return _settings(request, Writer.read(), "")


def _settings(request: DeskRequest, writer: Writer, problem: str) -> HttpResponse:
    return show(
        request,
        "summary_settings.html",
        "Summaries",
        422 if problem else 200,
        current="summaries",
        writer=writer,
        problem=problem,
        leaves=bool(writer.address) and not is_here(writer.address),
        held_back=HELD_BACK,
        previews=Summary.objects.filter(is_preview=True)[:PREVIEWS],
    )


@require_POST
def change(request: DeskRequest) -> HttpResponse:
    """Choose, try, turn on or stop the language model."""
    writer, do = Writer.read(), request.POST.get("do", "")
    if do == "keep":
        writer.address = request.POST.get("address", "").strip()
        writer.name = request.POST.get("name", "").strip()[:120]
        problem = fault_of(writer.address) or ("" if writer.name else "name the model")
        if problem or len(writer.address) > 300:
            return _settings(request, writer, problem or "the address is too long")
        _set(request, writer, Writer.State.PREVIEW)
    elif do == "on" and writer.address:
        _set(request, writer, Writer.State.ON)
    elif do == "off":
        _set(request, writer, Writer.State.OFF)
    elif do == "try" and writer.state != Writer.State.OFF:
        return _try(request, writer)
    else:
        raise UsageError("name a server first, then try it, turn it on or stop it")
    return redirect("summary_settings")


def _set(request: DeskRequest, writer: Writer, state: Writer.State) -> None:
    writer.state, writer.changed_at = state, queue.now()
    writer.save()
    audit("changed summaries", str(state), request=request, address=writer.address)
    messages.success(request, DID[state])


def _try(request: DeskRequest, writer: Writer) -> HttpResponse:
    number = request.POST.get("ticket", "").strip()
    try:
        case = request.desk.summaries.of(number)
    except NotFoundError as error:
        return _settings(request, writer, error.what)
    if not case.passages:
        return _settings(request, writer, f"nothing was written in public on ticket {number}")
    row = Summary.objects.create(
        ticket_id=case.id, stamp=case.digest, is_preview=True, by=request.user
    )
    ask_for(row)
    messages.success(request, "It is being written; look again in some seconds.")
    return redirect("summary_settings")


page = Page(
    title="Summaries",
    roles=ADMINISTRATORS,
    needs_data=False,
    help="whether a language model may write summaries of cases, and which",
    routes=(
        Route("settings/summaries", settings_page, "summary_settings"),
        Route("settings/summaries/change", change, "change_summaries"),
        Route("summaries/<path:ticket_id>/write", write, "write_summary", roles=STAFF),
    ),
)
