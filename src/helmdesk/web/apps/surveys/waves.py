"""Pulses as a leader works with them: asking everybody, and what was said when it is over."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from helmdesk.act.pulses import MINIMUM
from helmdesk.desk.desk import Desk
from helmdesk.web.apps.outbox.post import put_mail
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.people.models import Person
from helmdesk.web.apps.surveys import pulse as pulses
from helmdesk.web.apps.surveys.forms import (
    PulseForm,
    instrument_of,
)
from helmdesk.web.apps.surveys.models import (
    Remark,
    Wave,
)
from helmdesk.web.apps.surveys.overview import (
    METRICS,
    query_of,
)
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest


def waves(request: DeskRequest) -> HttpResponse:
    """Show the pulses: those that are over with what was said, the open one with nothing yet."""
    form = PulseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        desk = Desk(settings.DESK_FOLDER)
        closes_at = timezone.now().astimezone(UTC) + timedelta(days=given["days"])
        with transaction.atomic():
            wave = pulses.open_wave(instrument_of(given["instrument"]), closes_at, desk.agents())
            audit("asked the people of the desk", str(wave.pk), request=request)
            if given["tell"]:
                _tell_everybody(wave, request.desk.settings.name)
        messages.success(request, "Asked. What people say is shown when it is over.")
        return redirect("survey_pulses")
    return show(
        request,
        "survey_pulses.html",
        "Pulses",
        form=form,
        waves=[_wave_row(wave) for wave in Wave.objects.select_related("instrument")],
        minimum=MINIMUM,
    )


def _wave_row(wave: Wave) -> dict[str, Any]:
    metric = reverse("metric", args=[METRICS[wave.instrument.asks]])
    return {
        "it": wave,
        "remarks": Remark.objects.filter(wave=wave),
        "numbers": f"{metric}?by=team&{query_of(wave.instrument)}",
    }


def _tell_everybody(wave: Wave, desk_name: str) -> None:
    link = f"{settings.PUBLIC_URL}{reverse('pulse')}"
    until = f"{wave.closes_at:%-d %B}"
    text = (
        f"One question to everybody at {desk_name}, until {until}.\n\nYou answer it on the site,"
        " and nobody can see what you said: answers are kept without names, and shown for groups"
        f" of at least {MINIMUM} when the question is over.\n"
    )
    text += f"\n{link}\n" if settings.PUBLIC_URL else ""
    for person in Person.objects.filter(participation__wave=wave).exclude(email=""):
        put_mail("pulse", person.email, f"{desk_name}: one question to you", text)
