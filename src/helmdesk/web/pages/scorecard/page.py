"""The first page: few cards per pillar, each with change, verdict, target, trend and guards."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from helmdesk.analysis.scorecard import PILLARS, Card, Scorecard
from helmdesk.web.access import EVERYONE, LEADS
from helmdesk.web.links import leads_here
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.insight.page import annotations_of
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState


def trend_grain(days: int) -> str:
    """Return the length of a trend's periods for a window of so many days."""
    return "day" if days <= 14 else "week" if days <= 120 else "month"


def find_cards(request: DeskRequest, view: ViewState, keys: Any = None) -> Scorecard:
    """Ask the desk for the cards of a view."""
    days = request.desk.window(**view.asked).days(request.desk.settings.time_zone)
    return request.desk.scorecard(
        **view.asked,
        where=view.filter,
        keys=keys,
        trend=trend_grain(days),
        annotations=annotations_of(request),
    )


def window_words(request: DeskRequest, found: Scorecard, view: ViewState) -> str:
    """Say what is looked at and what it is compared with; the last day is included."""
    zone = request.desk.settings.time_zone
    words = found.window.words(zone)
    return (
        words if view.compare == "none" else f"{words}, against {found.window.previous_words(zone)}"
    )


def pillars(cards: tuple[Card, ...]) -> list[tuple[str, list[Card]]]:
    """Return cards by pillar, empty pillars left out."""
    grouped = [
        (pillar, [card for card in cards if card.metric.pillar == pillar]) for pillar in PILLARS
    ]
    return [(pillar, members) for pillar, members in grouped if members]


def scorecard(request: DeskRequest) -> HttpResponse:
    """Show the cards of the desk."""
    home = getattr(request.user, "home", "")
    if (
        home
        and leads_here(request, home)
        and request.path == "/"
        and not request.GET
        and not request.headers.get("HX-Request")
    ):
        return redirect(home)
    view = ViewState.of(request)
    found = find_cards(request, view)
    shown = tuple(card for card in found.cards if not card.is_withheld)
    with_data = [card for card in shown if not card.reason]
    empty = [card for card in shown if card.reason]
    return show(
        request,
        "scorecard.html",
        "Scorecard",
        pillars=pillars(tuple(with_data)),
        empty=empty,
        guards=found.guards,
        notes=found.notes,
        window=window_words(request, found, view),
        may_explain=request.user.role in LEADS,
        **filters(request, view),
    )


page = Page(
    title="Scorecard",
    roles=EVERYONE,
    routes=(Route("", scorecard, "scorecard"), Route("scorecard", scorecard, "scorecard_always")),
    place=10,
    key="s",
    help="what is happening: a few numbers per pillar, with change and verdict",
    icon="score",
    tab="Scorecard",
)
