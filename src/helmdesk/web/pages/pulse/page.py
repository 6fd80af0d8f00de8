"""The one question to everybody who works here, answered without a name."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from helmdesk.act.pulses import MINIMUM
from helmdesk.act.survey_words import PHRASES
from helmdesk.errors import UsageError
from helmdesk.web.access import STAFF
from helmdesk.web.apps.surveys import pulse as pulses
from helmdesk.web.apps.surveys.customer import (
    choices_shown,
)
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest


def pulse(request: DeskRequest) -> HttpResponse:
    """Ask the one question; nothing is kept that tells who answered what."""
    waiting = pulses.waiting(request.user)
    if waiting is None:
        return show(request, "pulse.html", "Pulse", waiting=None)
    wave, problem = waiting.wave, ""
    if request.method == "POST":
        rating, comment = request.POST.get("rating", ""), request.POST.get("comment", "")
        try:
            pulses.answer(request.user, wave, rating, comment)
        except UsageError as error:
            problem = str(error)
        else:
            messages.success(request, "Thank you. Your answer is in, without your name.")
            return redirect("pulse")
    return show(
        request,
        "pulse.html",
        "Pulse",
        400 if problem else 200,
        waiting=waiting,
        problem=problem,
        question=wave.instrument.question("en", request.desk.settings.name),
        phrases=PHRASES["en"],
        chosen=request.POST.get("rating", ""),
        comment=request.POST.get("comment", ""),
        minimum=MINIMUM,
        **choices_shown(wave.instrument.asks, "en"),
    )


page = Page(
    title="Pulse",
    roles=STAFF,
    place=56,
    group="Act",
    icon="chat",
    help="the question to everybody who works here, answered without a name",
    needs_data=False,
    routes=(Route("pulse", pulse, "pulse"),),
)
