"""Make a page of one's own from cards, trends, tables and heat maps; save views; share both by
role.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.query.question import Filtered
from helmdesk.web.access import EVERYONE, Role
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.links import leads_here
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.annotations.page import back
from helmdesk.web.pages.dashboards.models import Dashboard, SavedView
from helmdesk.web.pages.metric.page import notes_on
from helmdesk.web.pages.metric.parts import measure, rows_url
from helmdesk.web.pages.scorecard.page import find_cards, trend_grain, window_words
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState, whole_number

KINDS = {
    "card": "card",
    "trend": "trend",
    "table": "table by segment",
    "heat": "heat map by weekday and hour",
}
MOST_TILES = 24


def dashboards(request: DeskRequest) -> HttpResponse:
    """List dashboards and saved views."""
    return show(
        request,
        "dashboards.html",
        "Dashboards",
        dashboards=Dashboard.seen_by(request.user),
        views=SavedView.seen_by(request.user),
        roles=list(Role),
    )


def dashboard(request: DeskRequest, pk: int) -> HttpResponse:
    """Show one dashboard; its filters are those of the address, else those it was saved with."""
    found = _open(request, pk)
    view = ViewState.of(request) if request.GET else ViewState.read(QueryDict(found.query))
    question = view.question(request)
    cards = find_cards(
        request, view, [tile["metric"] for tile in found.tiles if tile["kind"] == "card"]
    )
    grain = view.grain or trend_grain(cards.window.days(request.desk.settings.time_zone))
    drawn = [
        _tile(request, tile, place, view, question, grain, cards.guards)
        for place, tile in enumerate(found.tiles)
    ]
    is_home = getattr(request.user, "home", "") == request.path
    context = {
        "dashboard": found,
        "tiles": drawn,
        "guards": cards.guards,
        "window": window_words(request, cards, view),
        "is_home": is_home,
        "is_owner": found.owner_id == request.user.pk,
        "kinds": KINDS,
        "roles": list(Role),
        "metrics": [entry.metric for entry in request.desk.catalogue.values()],
    }
    return show(request, "dashboard.html", found.title, **context, **filters(request, view))


def _tile(
    request: DeskRequest,
    tile: dict[str, str],
    place: int,
    view: ViewState,
    question: Filtered,
    grain: str,
    cards: Any,
) -> dict[str, Any]:
    """Return one tile ready to draw; one that cannot be answered says why and leaves the others
    alone.
    """
    key, kind = tile["metric"], tile["kind"]
    drawn: dict[str, Any] = {**tile, "place": place}
    try:
        drawn["name"] = request.desk.find_metric(key).metric.name
        if kind == "card":
            drawn["card"] = cards[key]
        else:
            name, by = f"tile{place}", tile.get("by") or "channel"
            slices: dict[str, dict[str, Any]] = {
                "trend": {"grain": grain},
                "heat": {"by": ("weekday", "hour")},
            }
            # Drawing is slow to import, and few pages draw this way.
            from helmdesk.web.charts import specs

            values = measure(request, key, **question, **slices.get(kind, {"by": by}))
            drawn["empty"] = specs.nothing_to_draw(values)
            if kind == "trend":
                drawn["chart"] = specs.trend(
                    name, values, lambda m: rows_url(key, view), notes_on(request, key, view)
                )
            elif kind == "heat":
                drawn["chart"] = specs.heat_map(name, values, lambda m: rows_url(key, view))
            else:
                page = reverse("metric", args=[key])
                drawn["chart"] = specs.bars(
                    name, values, by, lambda m: page + view.segment(by, m.group[0][1])
                )
    except HelmdeskError as error:
        drawn["problem"] = str(error)
    return drawn


def _open(request: DeskRequest, pk: int, *, to_change: bool = False) -> Dashboard:
    found = Dashboard.objects.select_related("owner").filter(pk=pk).first()
    if found is None or not found.may_open(request.user):
        raise Http404
    if to_change and found.owner_id != request.user.pk:
        raise PermissionDenied(
            "only its owner changes a dashboard; copy what you need into one of your own"
        )
    return found


@require_POST
def create(request: DeskRequest) -> HttpResponse:
    """Make an empty dashboard."""
    made = Dashboard.objects.create(title=_title(request), owner=request.user)
    return redirect("dashboard", made.pk)


@require_POST
def change(request: DeskRequest, pk: int) -> HttpResponse:
    """Add, move or remove a tile; rename, share, delete, set as home."""
    found = _open(request, pk, to_change=request.POST.get("do") not in ("home", "not_home"))
    do = request.POST.get("do", "")
    if do == "add":
        found.tiles = [*found.tiles, _new_tile(request, found)]
    elif do in ("remove", "earlier"):
        place = whole_number("place", request.POST.get("place", ""), 0, len(found.tiles) - 1)
        tiles = list(found.tiles)
        tile = tiles.pop(place)
        found.tiles = (
            tiles
            if do == "remove"
            else [*tiles[: max(0, place - 1)], tile, *tiles[max(0, place - 1) :]]
        )
    elif do == "save":
        found.title, found.shared_with = _title(request), _roles(request)
        found.query = request.POST.get("query", "").lstrip("?")[:1000]
        ViewState.read(QueryDict(found.query))
        audit("changed a dashboard", found.title, request=request, shared_with=found.shared_with)
    elif do in ("home", "not_home"):
        person: Any = request.user
        person.home = reverse("dashboard", args=[pk]) if do == "home" else ""
        person.save(update_fields=["home"])
        messages.success(
            request,
            "This opens first from now on." if do == "home" else "The scorecard opens first again.",
        )
        return redirect("dashboard", pk)
    elif do == "delete":
        found.delete()
        messages.success(request, f"“{found.title}” is deleted.")
        return redirect("dashboards")
    else:
        raise UsageError(f"unknown change {do!r}")
    found.save()
    return redirect("dashboard", pk)


def _new_tile(request: DeskRequest, found: Dashboard) -> dict[str, str]:
    kind, key = request.POST.get("kind", ""), request.POST.get("metric", "")
    if kind not in KINDS:
        raise UsageError(f"unknown tile {kind!r}; use {', '.join(KINDS)}")
    if len(found.tiles) >= MOST_TILES:
        raise UsageError(f"a dashboard holds at most {MOST_TILES} tiles")
    entry = request.desk.find_metric(key)
    tile = {"kind": kind, "metric": entry.metric.key}
    if kind == "table":
        by = request.POST.get("by") or "channel"
        known = request.desk.dimensions(key)
        if by not in known:
            raise UsageError(
                f"{entry.metric.name} cannot be sliced by {by!r}; use one of {', '.join(known)}"
            )
        tile["by"] = by
    return tile


def _title(request: DeskRequest) -> str:
    title = request.POST.get("title", "").strip()
    if not 1 <= len(title) <= 100:
        raise UsageError("a title has 1 to 100 characters")
    return title


def _roles(request: DeskRequest) -> list[str]:
    given = request.POST.getlist("shared_with")
    unknown = [name for name in given if name not in set(Role)]
    if unknown:
        raise UsageError(f"unknown role {unknown[0]!r}")
    return sorted(set(given))


@require_POST
def save_view(request: DeskRequest) -> HttpResponse:
    """Keep an address of this site under a name."""
    address = request.POST.get("address", "")
    if not address.startswith("/") or not leads_here(request, address) or len(address) > 1000:
        raise UsageError("only an address of this site can be saved as a view")
    SavedView.objects.create(
        title=_title(request), owner=request.user, address=address, shared_with=_roles(request)
    )
    messages.success(request, "View saved; find it under Dashboards.")
    return back(request)


@require_POST
def forget_view(request: DeskRequest, pk: int) -> HttpResponse:
    """Delete one's own saved view."""
    if not SavedView.objects.filter(pk=pk, owner=request.user).delete()[0]:
        raise Http404
    return redirect("dashboards")


page = Page(
    title="Dashboards",
    roles=EVERYONE,
    routes=(
        Route("dashboards", dashboards, "dashboards"),
        Route("dashboards/new", create, "new_dashboard"),
        Route("dashboard/<int:pk>", dashboard, "dashboard"),
        Route("dashboard/<int:pk>/change", change, "change_dashboard"),
        Route("views/save", save_view, "save_view"),
        Route("views/<int:pk>/forget", forget_view, "forget_view"),
    ),
    place=60,
    key="d",
    help="pages of your own, and saved views",
    group="Keep",
    icon="doc",
)
