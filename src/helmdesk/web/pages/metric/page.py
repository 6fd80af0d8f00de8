"""Everything about one metric: made from its definition, so that a new metric needs no change
here.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from helmdesk.analysis.scorecard import Scorecard
from helmdesk.catalogue.discovery import definition_hash
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import FilterError, NotFoundError, NotPermittedError
from helmdesk.query.distribution import has_distribution
from helmdesk.query.filters import Filter, IsNull, conjuncts, parse_filter, to_text
from helmdesk.query.measurement import Measurement
from helmdesk.query.periods import GRAINS, next_period
from helmdesk.query.window import boundary
from helmdesk.query.words import show_reason
from helmdesk.web.access import EVERYONE, LEADS
from helmdesk.web.charts import specs
from helmdesk.web.charts.lines import Flag
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.annotations.models import Annotation
from helmdesk.web.pages.scorecard.page import find_cards, trend_grain, window_words
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

FIRST_DIMENSIONS = ("channel", "team", "queue", "clock", "category", "activity", "tier")


def metric(request: DeskRequest, key: str) -> HttpResponse:
    """Show one metric in the present view."""
    view = ViewState.of(request)
    entry = request.desk.find_metric(key)
    found = entry.variant(view.variant) if view.variant else entry.metric
    dimensions = request.desk.dimensions(key, view.variant or None)
    by = view.by or next(
        (name for name in FIRST_DIMENSIONS if name in dimensions and name not in view.picked), ""
    )
    if by and by not in dimensions:
        raise NotFoundError(
            f"{found.name} cannot be sliced by '{by}' here; choose one of {', '.join(dimensions)}"
        )
    cards = find_cards(request, view, [key])
    days = cards.window.days(request.desk.settings.time_zone)
    grain = view.grain or ("day" if days <= 35 else trend_grain(days))
    asked: dict[str, Any] = {
        **view.question(request),
        "variant": view.variant or None,
        "clock": view.clock,
    }
    # The card measures the default form; a variant or another clock is measured by itself.
    chosen = (
        measure(request, key, **asked)[0]
        if view.variant or view.clock != "calendar"
        else cards.cards[0].now
    )
    context = {
        "reason": (
            "" if chosen.value is not None else show_reason(chosen.reason) or cards.cards[0].reason
        ),
        "entry": entry,
        "metric": found,
        "variant": entry.find_variant(view.variant) if view.variant else None,
        "card": cards.cards[0],
        "guards": cards.guards,
        "chosen": chosen,
        "dimensions": dimensions,
        "by": by,
        "grain": grain,
        "grains": GRAINS,
        "window": window_words(request, cards, view),
        "may_explain": request.user.role in LEADS and not view.variant,
        **dismissal_of(request, cards, view),
        # Counts over the whole desk are not for those who see a part of it.
        "concerns": [
            each for each in request.desk.concerns() if each.touches(found.fact, view.clock)
        ],
        "rows_url": rows_url(key, view),
        "hash": definition_hash(entry.metric),
        "notes": annotations_of(request, key, view),
        **charts(request, key, found, view, asked, by, grain),
        **filters(request, view),
    }
    return show(request, "metric.html", found.name, **context)


def dismissal_of(request: DeskRequest, cards: Scorecard, view: ViewState) -> dict[str, Any]:
    """Return what a page needs to dismiss its verdict, or to say who did."""
    zone, dismissed = request.desk.settings.time_zone, cards.cards[0].dismissed
    return {
        "may_dismiss": request.user.role in LEADS and not view.variant,
        "end": boundary(cards.window.until, zone),
        "dismissed": dismissed.words(zone) if dismissed and not view.variant else "",
    }


def charts(
    request: DeskRequest,
    key: str,
    found: Metric,
    view: ViewState,
    asked: dict[str, Any],
    by: str,
    grain: str,
) -> dict[str, Any]:
    """Return the charts of one metric, each with its rows a click away."""

    def period_link(m: Measurement) -> str:
        start = m.period_start or date.min
        return rows_url(
            key,
            view,
            start=start.isoformat(),
            end=next_period(start, grain).isoformat(),
            window=None,
        )

    def segment_link(m: Measurement) -> str:
        return f"{request.path}{view.segment(by, m.group[0][1])}"

    def hour_link(m: Measurement) -> str:
        return rows_url(key, view, where=to_text(view.narrowed(*m.group)))

    target = request.desk.settings.targets.get(key) if not view.variant else None
    lines = (target,) if isinstance(target, float) else (target or ())
    notes = notes_on(request, key, view)
    periods = measure(request, key, **asked, grain=grain)
    drawn: dict[str, Any] = {
        "trend": specs.trend("trend", periods, period_link, notes, lines),
        "no_trend": specs.nothing_to_draw(periods),
    }
    if by:
        segments = measure(request, key, **asked, by=by)
        drawn["segments_chart"] = specs.bars("segments", segments, by, segment_link)
        drawn["no_segments"] = specs.nothing_to_draw(segments)
    if has_distribution(found):
        # Of too few people there is no distribution; the number above says why.
        with suppress(NotPermittedError):
            drawn["distribution"] = specs.histogram(
                "distribution", request.desk.distribution(key, **asked), found.unit
            )
    if found.anchor:
        drawn["heat"] = specs.heat_map(
            "heat", measure(request, key, **asked, by=("weekday", "hour")), hour_link
        )
    return drawn


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


def measure(request: DeskRequest, key: str, **asked: Any) -> list[Measurement]:
    """Return measurements; nothing where the rows cannot be sliced so."""
    try:
        return list(request.desk.measure(key, **asked))
    except NotPermittedError:
        raise
    except NotFoundError:
        if "by" not in asked:
            raise
        return []


def rows_url(key: str, view: ViewState, **changes: str | None) -> str:
    """Return the address of the rows behind a number."""
    query = {"by": None, "grain": None, "compare": None, **changes, "metric": key}
    return f"{reverse('rows')}{view.query(**query)}"


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
