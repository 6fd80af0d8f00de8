"""Adding and removing annotations; they are read on the charts they concern."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import UsageError
from helmdesk.query.filters import parse_filter
from helmdesk.web.access import STAFF, Role
from helmdesk.web.links import leads_here
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.annotations.models import Annotation
from helmdesk.web.request import DeskRequest


class AnnotationForm(forms.Form):
    """What a person says about a day."""

    day = forms.DateField()
    text = forms.CharField(max_length=200)
    scope = forms.ChoiceField(choices=[(name, name) for name in ("all", "metric", "segment")])
    metric = forms.CharField(required=False)
    where = forms.CharField(required=False, max_length=500)


@require_POST
def annotate(request: DeskRequest) -> HttpResponse:
    """Add an annotation."""
    form = AnnotationForm(request.POST)
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise UsageError(f"{name}: {problems[0]}")
    given = form.cleaned_data
    metric = "" if given["scope"] == "all" else request.desk.find_metric(given["metric"]).metric.key
    where = given["where"] if given["scope"] == "segment" else ""
    if where:
        parse_filter(where)
    Annotation.note(request, given["day"], given["text"], metric, where)
    messages.success(request, "Annotation added.")
    return back(request)


@require_POST
def forget(request: DeskRequest, pk: int) -> HttpResponse:
    """Remove an annotation: its author may, and an administrator."""
    note = get_object_or_404(Annotation, pk=pk)
    if (
        note.author_id != request.user.pk
        and getattr(request.user, "role", "") != Role.ADMINISTRATOR
    ):
        raise PermissionDenied("only its author or an administrator removes an annotation")
    note.delete()
    messages.success(request, "Annotation removed.")
    return back(request)


def back(request: DeskRequest) -> HttpResponse:
    """Return to the page that the form stood on, if it is one of ours."""
    target = request.POST.get("back") or request.headers.get("Referer") or "/"
    return redirect(target if leads_here(request, target) else "/")


page = Page(
    title="Annotations",
    roles=STAFF,
    routes=(
        Route("annotations", annotate, "annotate"),
        Route("annotations/<int:pk>/forget", forget, "forget_annotation"),
    ),
)
