"""All numbers of the desk by pillar: value, change, target, verdict and weeks, movers first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from helmdesk.analysis.scorecard import PILLARS, Card, Scorecard
from helmdesk.insight.verdict import Tone
from helmdesk.web.access import EVERYONE
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.insight.page import annotations_of
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

COUNTED = {
    Tone.WORSE: "worse",
    Tone.RECOVERING: "recovering",
    Tone.BETTER: "better",
    Tone.MOVED: "moved",
    Tone.NORMAL: "back to normal",
}
"""Verdicts that are counted and can be shown alone, in this order; the rest is steady, or too few
to say."""
ORDER = tuple(Tone)
"""What moved comes first."""


@dataclass(frozen=True)
class Pillar:
    """The cards of one pillar, movers first."""

    key: str
    cards: tuple[Card, ...]

    @property
    def name(self) -> str:
        """As a heading."""
        return self.key.replace("_", " ").capitalize()

    def only(self, tone: str) -> Pillar:
        """Return the pillar with the cards of one verdict."""
        return Pillar(self.key, tuple(card for card in self.cards if card.tone == tone))


def trend_grain(days: int) -> str:
    """Return the length of a trend's periods for a window of so many days."""
    return "day" if days <= 14 else "week" if days <= 200 else "month"


def find_cards(request: DeskRequest, view: ViewState, keys: Any = None) -> Scorecard:
    """Ask the desk for the cards of a view, each with its weeks."""
    return request.desk.scorecard(
        **view.asked,
        where=view.filter,
        keys=keys,
        trend="week",
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


def in_pillars(found: Scorecard) -> list[Pillar]:
    """Return the cards that have a value by pillar, movers first."""
    shown = tuple(card for card in found.cards if not card.is_withheld and not card.reason)
    return [Pillar(key, movers_first(cards)) for key, cards in pillars(shown)]


def movers_first(cards: Sequence[Card]) -> tuple[Card, ...]:
    """Return cards by their verdict; those of one verdict stay in their order."""
    return tuple(sorted(cards, key=lambda card: ORDER.index(Tone(card.tone))))


def scorecard(request: DeskRequest) -> HttpResponse:
    """Show all numbers of the desk."""
    view = ViewState.of(request)
    found = find_cards(request, view)
    shown = [card for card in found.cards if not card.is_withheld]
    only = request.GET.get("verdict", "")
    told = in_pillars(found)
    if only in COUNTED:
        told = [each.only(only) for each in told if each.only(only).cards]
    return show(
        request,
        "scorecard.html",
        "Scorecard",
        pillars=told,
        only=COUNTED.get(Tone(only), "") if only in COUNTED else "",
        empty=[card for card in shown if card.reason],
        guards=found.guards,
        notes=found.notes,
        window=window_words(request, found, view),
        is_detailed=request.GET.get("ranges") == "on",
        **filters(request, view),
    )


page = Page(
    title="Scorecard",
    roles=EVERYONE,
    routes=(Route("scorecard", scorecard, "scorecard"),),
    place=25,
    key="s",
    help="all numbers by pillar: value, change, target and verdict",
    group="Understand",
    icon="score",
    tab="Scorecard",
)
