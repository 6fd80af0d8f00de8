"""Home: what a leader needs to hear this week, what is going on now, and the numbers by pillar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from helmdesk.analysis.scorecard import Card, Scorecard
from helmdesk.errors import UsageError
from helmdesk.insight.brief import Brief
from helmdesk.insight.today import Story, Today, today_of
from helmdesk.insight.verdict import Tone
from helmdesk.query.periods import local_date
from helmdesk.web.access import EVERYONE, LEADS, Role
from helmdesk.web.apps.early_warning.naming import waiting_tickets
from helmdesk.web.charts.lines import Drawn, Line, draw_line
from helmdesk.web.links import leads_here
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.insight.page import annotations_of, evidence_url
from helmdesk.web.pages.metric.page import notes_on
from helmdesk.web.pages.now.page import right_now
from helmdesk.web.pages.scorecard.page import COUNTED, Pillar, find_cards, in_pillars, window_words
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState


@dataclass(frozen=True)
class Told:
    """A story on the page.

    Attributes:
        url, button: the one thing to press.
        name: of its metric.
        chart: the weeks of its metric; None for all but the first, and without weeks.
    """

    it: Story
    url: str
    button: str
    name: str
    chart: Drawn | None = None


def home(request: DeskRequest) -> HttpResponse:
    """Tell the week, what is going on now, and the numbers."""
    own = _own_home(request)
    if own:
        return redirect(own)
    view = ViewState.of(request)
    found = find_cards(request, view)
    brief = brief_of(request, view) if request.user.role in LEADS else None
    today = today_of(brief) if brief else None
    zone = request.desk.settings.time_zone
    context: dict[str, Any] = {
        "today": today,
        "day": local_date(request.desk.as_of, zone),
        "stories": _told(request, view, today, found) if today else (),
        "brief": brief,
        "end": brief.end.isoformat() if brief else "",
        "may_dismiss": brief is not None,
        "counts": _counts(found.cards),
        "shown_count": sum(not card.is_withheld for card in found.cards),
        "now": right_now(request, view),
        "warned": _warned(request, view),
        "pillars": _quiet_folded(in_pillars(found)),
        "empty": [card for card in found.cards if card.reason and not card.is_withheld],
        "window": window_words(request, found, view),
        "heading": today.heading if today else f"{request.desk.settings.name} in numbers",
        **filters(request, view),
    }
    return show(request, "home.html", "Home", **context)


def _warned(request: DeskRequest, view: ViewState) -> int | None:
    """Return how many open tickets are named as likely to end badly; None where nobody looks for
    them, and for who sees a part of the tickets.
    """
    if view.filter or request.policy.predicate is not None:
        return None
    waiting = waiting_tickets()
    return None if waiting is None else len(waiting)


def _own_home(request: DeskRequest) -> str:
    """Return where somebody starts instead: a page of their own choice, or an agent's own work."""
    if request.path != "/" or request.GET or request.headers.get("HX-Request"):
        return ""
    chosen = str(getattr(request.user, "home", ""))
    if chosen and leads_here(request, chosen):
        return chosen
    return reverse("me") if request.user.role == Role.AGENT else ""


def brief_of(request: DeskRequest, view: ViewState) -> Brief | None:
    """Return the brief of the last complete week of a view; None where it has no week."""
    question = view.question(request)
    try:
        return request.desk.brief(
            end=question["end"], where=question["where"], annotations=annotations_of(request)
        )
    except UsageError:
        return None


def _told(
    request: DeskRequest, view: ViewState, today: Today, found: Scorecard
) -> tuple[Told, ...]:
    """Return the stories with their buttons; the first with its chart."""
    told = []
    for place, story in enumerate(today.stories):
        if story.evidence is not None:
            url, button = evidence_url(story.evidence), "See the evidence"
        else:
            url = reverse("explain", args=[story.metric]) + view.query()
            button = "See where it lies"
        chart = None if place else _chart(request, view, story, found)
        name = request.desk.find_metric(story.metric).metric.name
        told.append(Told(story, url, button, name, chart))
    return tuple(told)


def _chart(request: DeskRequest, view: ViewState, story: Story, found: Scorecard) -> Drawn | None:
    cards = {card.metric.key: card for card in found.cards}
    card = cards.get(story.metric) or find_cards(request, view, [story.metric]).cards[0]
    if not card.trend:
        return None
    target = card.target if isinstance(card.target, tuple) else (card.target,)
    return draw_line(
        Line(
            card.metric.name,
            card.trend,
            "week",
            band=card.normal,
            target=[value for value in target if value is not None],
            flags=notes_on(request, story.metric, view),
        )
    )


def _counts(cards: Sequence[Card]) -> list[tuple[int, str, str]]:
    """Return how many numbers have which verdict."""
    tones = Counter(card.tone for card in cards if not card.reason)
    return [(tones[tone], words, str(tone)) for tone, words in COUNTED.items() if tones[tone]]


def _quiet_folded(pillars: Sequence[Pillar]) -> list[tuple[Pillar, list[Card], list[Card]]]:
    """Return each pillar with what moved, and with what did not."""
    quiet = (Tone.STEADY, Tone.FEW)
    return [
        (
            pillar,
            [card for card in pillar.cards if card.tone not in quiet],
            [card for card in pillar.cards if card.tone in quiet],
        )
        for pillar in pillars
    ]


page = Page(
    title="Home",
    roles=EVERYONE,
    routes=(Route("", home, "home"),),
    place=5,
    key="h",
    help="today: what needs you this week, what is going on, and the numbers",
    icon="home",
    tab="Home",
)
