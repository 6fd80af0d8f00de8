"""What was sent, would be sent and could not be; mail and webhooks, and trying them."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.web.access import ADMINISTRATORS
from helmdesk.web.apps.jobs.models import Job
from helmdesk.web.apps.jobs.page import switch_shown
from helmdesk.web.apps.jobs.queue import TROUBLED
from helmdesk.web.apps.outbox import mail
from helmdesk.web.apps.outbox.mail_server import FORM, FROM, SETTING, mail_server
from helmdesk.web.apps.outbox.models import Endpoint, Form, Message, jobs_of
from helmdesk.web.apps.outbox.pinned import parts_of
from helmdesk.web.apps.outbox.post import put_mail, put_webhook
from helmdesk.web.apps.outbox.webhooks import TOPICS, secret_of
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

SHOWN = 100
# What became of a message, by the outcome of its job.
STATES = {
    "done": "sent",
    "preview": "not sent: preview",
    "uncertain": "may have been sent",
    "dead": "given up",
    "withdrawn": "withdrawn",
}


def state_of(job: Job | None) -> str:
    """Return what became of a message, in words."""
    if job is None:
        return "thrown away"
    if job.outcome:
        return STATES[job.outcome]
    if job.is_running:
        return "being sent"
    return "tried again later" if job.failures else "waits"


def outbox(request: DeskRequest) -> HttpResponse:
    """Show messages, the latest first, and where they go."""
    return _show(request)


def _show(request: DeskRequest, secret: str = "", of: str = "") -> HttpResponse:
    shown = list(Message.objects.all()[:SHOWN])
    jobs = jobs_of(shown)
    try:
        server, problem = mail_server(), ""
    except HelmdeskError as error:
        server, problem = None, str(error)
    return show(
        request,
        "outbox.html",
        "Outbox",
        messages_shown=[
            {"it": each, "job": jobs.get(each.key), "state": state_of(jobs.get(each.key))}
            for each in shown
        ],
        troubled=TROUBLED,
        server=server,
        problem=problem,
        how=f"Set {SETTING} and {FROM}: {FORM}.",
        endpoints=[
            {"it": each, "host": urlsplit(each.url).hostname} for each in Endpoint.objects.all()
        ],
        topics=TOPICS,
        forms=Form.choices,
        secret=secret,
        secret_of=of,
        **switch_shown(),
    )


def message(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Show one message as it leaves."""
    found = get_object_or_404(Message, pk=pk)
    job = jobs_of([found]).get(found.key)
    return show(request, "message.html", "Message", it=found, job=job, became=state_of(job))


@require_POST
def try_mail(request: DeskRequest) -> HttpResponse:
    """Greet the mail server without sending anything, or put a test message to oneself into the
    outbox.
    """
    do, me = request.POST.get("do", ""), request.user
    if do == "check":
        try:
            found = mail.check()
        except HelmdeskError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"The mail server answers: {found}.")
        return redirect("outbox")
    if do != "test":
        raise UsageError("check the mail server, or send a test message")
    address = getattr(me, "email", "")
    if not address:
        raise UsageError("you have no mail address here; an administrator enters it under People")
    with transaction.atomic():
        put_mail(
            "test",
            address,
            "A test message from Helmdesk",
            "This is a test: mail from Helmdesk reaches you.\n",
        )
        audit("sent a test message", "mail", request=request)
    messages.success(request, "The test message is in the outbox.")
    return redirect("outbox")


@require_POST
@reauthentication_required(app="helmdesk")  # type: ignore[untyped-decorator]
def add_endpoint(request: DeskRequest) -> HttpResponse:
    """Write down a program that is told of events; what it checks our signature by is in this one
    answer.
    """
    name, url = (request.POST.get(field, "").strip() for field in ("name", "url"))
    topics = request.POST.getlist("topics")
    if not 1 <= len(name) <= 100:
        raise UsageError("an endpoint needs a name of 1 to 100 characters")
    if Endpoint.objects.filter(name=name).exists():
        raise UsageError("there is an endpoint of this name; choose another")
    parts_of(url)
    if not topics or not set(topics) <= set(TOPICS):
        raise UsageError(f"choose at least one event of {', '.join(TOPICS)}")
    form = request.POST.get("form") or Form.STANDARD.value
    if form not in Form.values:
        raise UsageError(f"an endpoint is one of {', '.join(Form.values)}")
    with transaction.atomic():
        made = Endpoint.objects.create(name=name, url=url, topics=sorted(set(topics)), form=form)
        audit("added an endpoint", made.name, request=request, topics=made.topics, form=form)
    if form != Form.STANDARD:
        messages.success(request, f"{name} is added. Send it a test to see that it arrives.")
        return redirect("outbox")
    return _show(request, secret_of(made), made.name)


@require_POST
@reauthentication_required(app="helmdesk")  # type: ignore[untyped-decorator]
def change_endpoint(request: DeskRequest, pk: int) -> HttpResponse:
    """Switch an endpoint on or off, remove it, show its secret, or send it a test."""
    found, do = get_object_or_404(Endpoint, pk=pk), request.POST.get("do", "")
    if do == "secret":
        audit("read the secret of an endpoint", found.name, request=request)
        return _show(request, secret_of(found), found.name)
    with transaction.atomic():
        if do in ("on", "off"):
            Endpoint.objects.filter(pk=pk).update(is_on=do == "on", problem="")
            audit("changed an endpoint", found.name, request=request, changed=[do])
        elif do == "remove":
            found.delete()
            audit("removed an endpoint", found.name, request=request)
        elif do == "test":
            put_webhook(found, "test", {"from": request.desk.settings.name})
            audit("sent a test message", found.name, request=request)
        else:
            raise UsageError("switch it on or off, remove it, show its secret, or send a test")
    messages.success(request, "The test is in the outbox." if do == "test" else "Saved.")
    return redirect("outbox")


page = Page(
    title="Outbox",
    roles=ADMINISTRATORS,
    routes=(
        Route("outbox", outbox, "outbox"),
        Route("outbox/<uuid:pk>", message, "message"),
        Route("outbox/mail", try_mail, "try_mail"),
        Route("outbox/endpoints", add_endpoint, "add_endpoint"),
        Route("outbox/endpoints/<int:pk>", change_endpoint, "change_endpoint"),
    ),
    help="what leaves the house: mail and webhooks, sent, waiting, given up; trying them",
    needs_data=False,
)
