"""Everything about one metric: made from its definition, so that a new metric needs no change
here.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from helmdesk.analysis.scorecard import Scorecard
from helmdesk.catalogue.discovery import definition_hash
from helmdesk.errors import FilterError, NotFoundError, NotPermittedError
from helmdesk.plan.simulation.kpis import KPIS
from helmdesk.query.filters import Filter, IsNull, conjuncts, parse_filter
from helmdesk.query.periods import GRAINS
from helmdesk.query.window import boundary
from helmdesk.query.words import show_reason
from helmdesk.web.access import EVERYONE, LEADS, STAFF
from helmdesk.web.charts.lines import Flag
from helmdesk.web.labels import dimension_words
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.annotations.models import Annotation
from helmdesk.web.pages.metric import parts
from helmdesk.web.pages.metric.parts import Asked, measure, rows_url
from helmdesk.web.pages.scorecard.page import find_cards, window_words
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

FIRST_DIMENSIONS = ("channel", "team", "queue", "clock", "category", "activity", "tier")
NOT_SPLIT = ("hour", "weekday")
"""They have a table of their own."""


def metric(request: DeskRequest, key: str) -> HttpResponse:
    """Show one metric in the present view."""
    view = ViewState.of(request)
    entry = request.desk.find_metric(key)
    found = entry.variant(view.variant) if view.variant else entry.metric
    dimensions = request.desk.dimensions(key, view.variant or None)
    by = _split(view, found.name, dimensions)
    cards = find_cards(request, view, [key])
    card = cards.cards[0]
    days = cards.window.days(request.desk.settings.time_zone)
    form: dict[str, Any] = {"variant": view.variant or None, "clock": view.clock}
    asked = Asked(request, key, found, view, form, cards.window, days)
    # The card measures the default form; a variant or another clock is measured by itself.
    is_default = (
        not view.variant
        and view.clock == "calendar"
        # What somebody wrote by hand and is not known is refused, not told as a lack of data.
        and not (card.reason and view.where)
    )
    chosen = card.now if is_default else measure(request, key, **asked.whole)[0]
    reason = "" if chosen.value is not None else show_reason(chosen.reason) or cards.cards[0].reason
    has_rows = not reason or chosen.n > 0
    return show(
        request,
        "metric.html",
        found.name,
        reason=reason,
        has_rows=has_rows,
        entry=entry,
        metric=found,
        variant=entry.find_variant(view.variant) if view.variant else None,
        card=card,
        guards=cards.guards,
        chosen=chosen,
        is_default=is_default,
        is_compared=is_default and view.compare != "none",
        last_week=parts.last_whole(card.trend) if is_default else None,
        splits=_splits(view, dimensions, by),
        by=dimension_words(by) if by else "",
        grain=view.grain or parts.default_grain(days),
        grains=GRAINS,
        window=window_words(request, cards, view),
        may_explain=request.user.role in LEADS and not view.variant,
        may_warn=request.user.role in STAFF,
        has_themes="theme" in dimensions and request.user.role in STAFF,
        may_try=key in KPIS and request.user.role in LEADS,
        **dismissal_of(request, cards, view),
        # Counts over the whole desk are not for those who see a part of it.
        concerns=[each for each in request.desk.concerns() if each.touches(found.fact, view.clock)],
        rows_url=rows_url(key, view),
        hash=definition_hash(entry.metric),
        notes=annotations_of(request, key, view),
        trend_columns=("Period", "Value", "Likely range", "Cases"),
        spread_columns=("From – to", "Rows", "Part"),
        trend=parts.trend_of(asked, card, chosen, notes_on(request, key, view)),
        places=parts.places_of(asked, by, chosen) if by else None,
        spread=parts.spread_of(asked),
        heat=parts.heat_of(asked),
        lists=parts.lists_of(asked) if has_rows else (),
        **filters(request, view),
    )


def _split(view: ViewState, name: str, dimensions: dict[str, str]) -> str:
    """Return by which dimension a number is split; empty for none.

    Raises:
        NotFoundError: it cannot be split by what is asked for.
    """
    if view.by and view.by not in dimensions:
        raise NotFoundError(f"{name} cannot be split by “{view.by}” here")
    return view.by or next(
        (name for name in FIRST_DIMENSIONS if name in dimensions and name not in view.picked), ""
    )


def _splits(
    view: ViewState, dimensions: dict[str, str], by: str
) -> list[tuple[str, str, str, bool]]:
    """Return by what else it can be split: label, help, address, whether it is now."""
    return [
        (dimension_words(name), text, view.query(by=name), name == by)
        for name, text in dimensions.items()
        if name not in NOT_SPLIT
    ]


def dismissal_of(request: DeskRequest, cards: Scorecard, view: ViewState) -> dict[str, Any]:
    """Return what a page needs to dismiss its verdict, or to say who did."""
    zone, dismissed = request.desk.settings.time_zone, cards.cards[0].dismissed
    return {
        "may_dismiss": request.user.role in LEADS and not view.variant,
        "end": boundary(cards.window.until, zone),
        "dismissed": dismissed.words(zone) if dismissed and not view.variant else "",
    }


def annotations_of(request: DeskRequest, key: str, view: ViewState) -> list[Annotation]:
    """Return what concerns a metric in a view; what concerns one segment is shown where the view is
    narrowed to it.
    """
    shown = conjuncts(view.condition)
    return [
        note
        for note in Annotation.seen(request, key)
        if not note.where or _conditions(note) <= shown
    ]


def _conditions(note: Annotation) -> frozenset[Filter]:
    """Return what narrows an annotation's segment; a text that a person's erasure left unreadable
    narrows to itself.
    """
    try:
        return conjuncts(parse_filter(note.where))
    except FilterError:
        return frozenset((IsNull(note.where),))


def notes_on(request: DeskRequest, key: str, view: ViewState) -> list[Flag]:
    """Return the same as marks on a time axis, with what the sources wrote down."""
    written = [Flag(note.day, note.text) for note in annotations_of(request, key, view)]
    delivered = [
        Flag(event.day, event.text) for event in request.desk.events() if event.metric in ("", key)
    ]
    return sorted({*written, *delivered}, key=lambda each: each.day)


def receipt(request: DeskRequest, key: str) -> HttpResponse:
    """Give the receipt of the number that the page shows, as a file that ``helmdesk verify``
    takes.
    """
    view = ViewState.of(request)
    found = request.desk.measure(
        key,
        **view.question(request),
        variant=view.variant or None,
        clock=view.clock,
        grain=view.grain or None,
        by=view.by or (),
    )
    if request.policy.predicate is not None:
        raise NotPermittedError(
            "a receipt is verified against the whole desk; ask somebody who may see all of it"
        )
    response = HttpResponse(found.receipt.to_json(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="receipt-{key}.json"'
    return response


page = Page(
    title="Metric",
    roles=EVERYONE,
    routes=(
        Route("metric/<slug:key>", metric, "metric"),
        Route("metric/<slug:key>/receipt.json", receipt, "receipt"),
    ),
    help="one number in depth",
)
