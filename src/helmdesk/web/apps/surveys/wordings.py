"""The questions of surveys in one's own words."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect

from helmdesk.act.surveys import Kind
from helmdesk.errors import UsageError
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.surveys.forms import (
    NAMES,
    WordingForm,
)
from helmdesk.web.apps.surveys.models import (
    Instrument,
    Rule,
)
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest


def wordings(request: DeskRequest) -> HttpResponse:
    """Show the questions with all their versions."""
    return show(
        request,
        "survey_wordings.html",
        "Questions of surveys",
        kinds=[(kind, name) for kind, name in NAMES.items()],
        versions=[
            {"it": each, "asked": each.question("en", request.desk.settings.name)}
            for each in Instrument.objects.all()
        ],
    )


def wording(request: DeskRequest, kind: str) -> HttpResponse:
    """Write a question in one's own words: a new version, which rules ask from then on."""
    try:
        asks = Kind(kind)
    except ValueError as error:
        raise UsageError(f"there is no kind of question called {kind[:20]!r}") from error
    known = Instrument.objects.filter(key=kind).first()
    form = WordingForm(
        request.POST or None, kind=asks, initial=dict(known.questions) if known else {}
    )
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = Instrument.write(kind, asks, NAMES[asks], form.questions)
            Rule.objects.filter(instrument__key=kind).update(instrument=made)
            audit("worded a survey question", made.record_id, request=request)
        messages.success(request, f"Kept as version {made.version}.")
        return redirect("survey_wordings")
    return show(request, "survey_wording.html", NAMES[asks], form=form, known=known)
