"""Asking for the brief by mail, and for no more of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import UsageError
from helmdesk.web.access import LEADS
from helmdesk.web.apps.briefs.models import BriefWanted
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.page import Page, Route
from helmdesk.web.request import DeskRequest


@require_POST
def want_brief(request: DeskRequest) -> HttpResponse:
    """Mail the brief every Monday, or do not any more."""
    me: Any = request.user
    do = request.POST.get("do", "")
    if do == "on":
        if not me.email:
            raise UsageError(
                "you have no mail address here; an administrator enters it under People"
            )
        BriefWanted.objects.get_or_create(person=me)
        messages.success(request, f"The brief comes to {me.email} on Mondays.")
    elif do == "off":
        BriefWanted.objects.filter(person=me).delete()
        messages.success(request, "The brief comes by mail no more.")
    else:
        raise UsageError("ask for the brief by mail, or for no more of it")
    audit("asked for the brief by mail", do, request=request)
    return redirect("brief")


page = Page(
    title="Brief by mail",
    roles=LEADS,
    routes=(Route("brief/mail", want_brief, "want_brief"),),
    needs_data=False,
)
