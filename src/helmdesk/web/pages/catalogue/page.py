"""Every metric with what it needs and whether this desk can compute it; difference reports against
other tools.
"""

from __future__ import annotations

from django.http import HttpResponse

from helmdesk.analysis.scorecard import PILLARS
from helmdesk.presets.parts.preset import find_preset, preset_names
from helmdesk.web.access import LEADS, STAFF
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

LISTED = 50


def catalogue(request: DeskRequest) -> HttpResponse:
    """List all metrics by pillar."""
    entries = list(request.desk.catalogue.values())
    missing = {entry.metric.key: request.desk.missing(entry.metric.key) for entry in entries}
    rows = {
        pillar: [
            (entry, missing[entry.metric.key]) for entry in entries if entry.metric.pillar == pillar
        ]
        for pillar in PILLARS
    }
    shown = set(request.desk.settings.scorecard)
    computable = sum(not lacked for lacked in missing.values())
    presets = [find_preset(name) for name in preset_names()]
    return show(
        request,
        "catalogue.html",
        "Catalogue",
        rows=rows,
        shown=shown,
        count=len(entries),
        computable=computable,
        presets=presets,
    )


def differences(request: DeskRequest, preset: str) -> HttpResponse:
    """Show our numbers beside another tool's, with the reasons of every difference."""
    view = ViewState.of(request)
    found = find_preset(preset)
    question = view.question(request)
    number = request.GET.get("number", "")
    compared = request.desk.compare(found, [number] if number else (), **question)
    return show(
        request,
        "differences.html",
        f"Beside {found.tool}",
        preset=found,
        compared=compared,
        number=number,
        listed=LISTED,
        **filters(request, view, has_comparison=False, fixed={"number": number} if number else {}),
    )


page = Page(
    title="Catalogue",
    roles=STAFF,
    routes=(
        Route("catalogue", catalogue, "catalogue"),
        Route("catalogue/beside/<slug:preset>", differences, "differences", LEADS),
    ),
    place=70,
    key="m",
    help="every metric, its definition, and whether this desk can compute it",
    group="Understand",
    icon="explore",
)
