"""Asking for the week's digest by mail, seeing how it would look, and ending it: here, or by the
link in a mail.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from helmdesk.errors import UsageError
from helmdesk.query.filters import parse_filter, to_text
from helmdesk.web.access import ANYBODY, LEADS, Role
from helmdesk.web.apps.briefs.jobs import letter_to
from helmdesk.web.apps.briefs.models import BriefWanted
from helmdesk.web.apps.briefs.sharing import share
from helmdesk.web.apps.people.audience import may_share, read_audience
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.guests import asks_too_often, private
from helmdesk.web.middleware import live_desk
from helmdesk.web.page import Page, Route
from helmdesk.web.request import DeskRequest

READS, WRITES = "60/m/ip", "20/m/ip"
LONGEST_FILTER = 1000


@require_POST
def want_brief(request: DeskRequest) -> HttpResponse:
    """Mail the digest every Monday, or do not any more."""
    me: Any = request.user
    do = request.POST.get("do", "")
    if do == "on":
        _begin(request, me)
    elif do == "share" and may_share(me):
        teams = request.desk.segments().get("team", [])
        chosen = (request.POST.getlist("role"), request.POST.getlist("team"))
        share(me, read_audience(*chosen, set(teams), "digests"))
        messages.success(request, "Saved: each of them gets the digest as they may read it.")
    elif do == "off":
        BriefWanted.objects.filter(person=me).update(is_on=False)
        messages.success(request, "The digest comes by mail no more.")
    else:
        raise UsageError("ask for the brief by mail, or for no more of it")
    audit("asked for the brief by mail", do, request=request)
    return redirect("me" if me.role == Role.AGENT else "brief")


def _begin(request: DeskRequest, me: Any) -> None:
    if not me.email:
        raise UsageError("you have no mail address here; an administrator enters it under People")
    asked: dict[str, Any] = {"zone": _zone(request), "where": _where(request, me), "is_on": True}
    asked["given_by"] = None  # theirs from now on
    kept, is_new = BriefWanted.objects.get_or_create(person=me, defaults=asked)
    if not is_new:
        if not kept.is_on:
            asked["asked_at"] = timezone.now()
        BriefWanted.objects.filter(pk=kept.pk).update(**asked)
    messages.success(request, f"The digest comes to {me.email} on Mondays.")


def _zone(request: DeskRequest) -> str:
    """Return the zone of a reader's Mondays; empty for the desk's own."""
    zone = request.POST.get("zone", "").strip()
    if zone and zone not in available_timezones():
        raise UsageError(
            f"there is no time zone called {zone!r}; write one such as Europe/Berlin, or nothing"
            " for the desk's own"
        )
    return "" if zone == request.desk.settings.time_zone else zone


def _where(request: DeskRequest, me: Any) -> str:
    """Return the part of the desk that the digest is to tell of; all of an agent's own."""
    where = request.POST.get("where", "").strip()
    if not where or me.role == Role.AGENT:
        return ""
    text = to_text(parse_filter(where))
    if len(text) > LONGEST_FILTER:
        raise UsageError(
            f"a filter has up to {LONGEST_FILTER:,} characters here; take out some of its values"
        )
    return text


@require_GET
def preview_brief(request: DeskRequest) -> HttpResponse:
    """Show the mail as it would be written now."""
    me: Any = request.user
    wanted = BriefWanted.objects.filter(person=me).first() or BriefWanted(person=me)
    return private(HttpResponse(letter_to(live_desk(settings.DESK_FOLDER), wanted).html))


@csrf_exempt  # the link is all that its holder needs
def stop_digest(request: DeskRequest, token: str) -> HttpResponse:
    """Ask once, and then mail no digests any more; mail programs post by themselves."""
    if asks_too_often(request, "digest", READS, WRITES):
        return _said(request, "Too many tries at once", "Try again in a minute.", 429)
    wanted = BriefWanted.of_link(token)
    if wanted is None:
        more = "It may have been cut in two. Sign in, and end the mails on the page Brief."
        return _said(request, "This link ends nothing", more, 404)
    if request.method == "POST":
        if wanted.is_on:
            BriefWanted.objects.filter(pk=wanted.pk).update(is_on=False)
            audit("ended the brief by mail", "by the link in it", person=wanted.person)
        return _said(request, "No more of these mails", "You can ask for them again on the site.")
    more = "The week's digest would come by mail no more. The site keeps showing it."
    return _said(request, "No more of these mails?", more, is_asked=True)


def _said(
    request: DeskRequest, title: str, more: str, status: int = 200, *, is_asked: bool = False
) -> HttpResponse:
    context = {
        "title": title,
        "more": more,
        "button": "No more of them" if is_asked else "",
        "language": "en",
        "desk_name": request.desk.settings.name,
    }
    return private(render(request, "survey_said.html", context, status=status))


page = Page(
    title="Brief by mail",
    roles=LEADS | {Role.AGENT},
    routes=(
        Route("brief/mail", want_brief, "want_brief"),
        Route("brief/mail/preview", preview_brief, "preview_brief"),
        Route("brief/mail/stop/<str:token>", stop_digest, "stop_digest", ANYBODY),
    ),
    needs_data=False,
)
