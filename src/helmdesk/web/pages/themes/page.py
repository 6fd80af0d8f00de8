"""Themes: what customers write about, how satisfied those who do are, and the words behind it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from helmdesk.desk.theming import Proposal, Told
from helmdesk.errors import SettingError
from helmdesk.facts.build.taxonomy import NEITHER, PRODUCT, SERVICE, Theme
from helmdesk.predict.said import COMMENTS, MATTERS, TICKETS, Matter
from helmdesk.query.words import show_share, show_signed
from helmdesk.web.access import DATA_KEEPERS, STAFF
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

SIDES = {
    SERVICE: "what support does itself",
    PRODUCT: "what it can only report",
    NEITHER: "neither",
}
CLEAR = {True: "higher", False: "lower"}


@dataclass(frozen=True)
class Row:
    """One theme as it is shown.

    Attributes:
        told: its numbers. link: to its rows. share, gap: in words. is_clear: whether the gap is
        beyond chance.
    """

    told: Told
    link: str
    share: str
    gap: str
    is_clear: bool


def may_change(request: DeskRequest) -> bool:
    """Whether somebody keeps the data, and sees the whole desk."""
    role = getattr(request.user, "role", "")
    return request.policy.predicate is None and role in DATA_KEEPERS


def themes(request: DeskRequest) -> HttpResponse:
    """List themes of tickets or of survey comments in the present view."""
    view = ViewState.of(request)
    matter = MATTERS.get(request.GET.get("of", ""), TICKETS)
    report = request.desk.themes.report(matter.key, **view.asked, where=view.filter)
    proposals: tuple[Proposal, ...] = ()
    is_looking = request.GET.get("look", "") == "1" and may_change(request)
    if is_looking:
        proposals = request.desk.themes.propose(matter.key, **view.asked, where=view.filter)
    fixed = {"of": matter.key} if matter is not TICKETS else {}
    return show(
        request,
        "themes.html",
        "Themes",
        report=report,
        rows=[_row(view, report.matter, each) for each in report.themes],
        matters=[(each, _address(view, each)) for each in MATTERS.values()],
        is_of_comments=matter is COMMENTS,
        is_quoted=any(each.quotes for each in report.themes),
        may_change=may_change(request),
        is_looking=is_looking,
        proposals=proposals,
        look=view.query(**fixed, look="1"),
        **filters(request, view, fixed=fixed),
    )


def _address(view: ViewState, matter: Matter) -> str:
    return view.query(of=None if matter is TICKETS else matter.key)


def _row(view: ViewState, matter: Matter, told: Told) -> Row:
    metric = "&metric=csat" if matter is COMMENTS else ""
    link = f"{reverse('rows')}{view.segment(matter.dimension, told.name)}{metric}"
    share = f"{show_share(told.share)} ({100 * told.low:.0f} to {100 * told.high:.0f})"
    if told.gap is None:
        return Row(told, link, share, "", False)
    value, low, high = (100 * each for each in told.gap)
    points = round(abs(value))
    side = f"{CLEAR[value > 0]}" if points else "apart"
    likely = f"{show_signed(low)} to {show_signed(high)}"
    words = f"{points} point{'' if points == 1 else 's'} {side} ({likely})"
    return Row(told, link, share, words, not low <= 0 <= high)


def words(request: DeskRequest) -> HttpResponse:
    """Show the words of every theme, to be changed by who keeps the data."""
    return _editor(request, request.desk.themes.in_force, "")


def _editor(request: DeskRequest, known: tuple[Theme, ...], problem: str) -> HttpResponse:
    return show(
        request,
        "theme_words.html",
        "Words of themes",
        422 if problem else 200,
        themes=[(each, ", ".join(each.words)) for each in known],
        sides=SIDES,
        problem=problem,
        version=request.desk.themes.version,
        may_change=may_change(request),
        suggested=request.GET.get("words", "") if may_change(request) else "",
    )


@require_POST
def change_words(request: DeskRequest) -> HttpResponse:
    """Sort all texts by other words from now on."""
    if not may_change(request):
        raise PermissionDenied("this is for analysts and administrators who see the whole desk")
    wanted = _written(request.POST)
    try:
        version = request.desk.themes.adopt(wanted)
    except SettingError as error:
        return _editor(request, wanted, error.what)
    audit("changed the themes", f"version {version}", request=request)
    messages.success(request, "Kept. All texts are being sorted anew; it takes up to some minutes.")
    return redirect("theme_words")


def _written(given: QueryDict) -> tuple[Theme, ...]:
    """Return the themes of the form in the order of their places; those without words go."""
    columns = (given.getlist(name) for name in ("name", "about", "words", "place"))
    rows = [
        (_place(place), Theme(name.strip(), about, split(said)))
        for name, about, said, place in zip(*columns, strict=False)
        if said.strip()
    ]
    return tuple(theme for _, theme in sorted(rows, key=lambda each: each[0]))


def _place(said: str) -> float:
    """Return a place in the order; the last for what is no number."""
    return float(said) if said.strip().isdecimal() else inf


def split(said: str) -> tuple[str, ...]:
    """Return words that stand between commas or on lines of their own."""
    parts = (each.strip().lower() for line in said.splitlines() for each in line.split(","))
    return tuple(dict.fromkeys(each for each in parts if each))


page = Page(
    title="Themes",
    roles=STAFF,
    place=35,
    group="Understand",
    icon="chat",
    help="what customers write about in tickets and survey comments, and how satisfied they are",
    routes=(
        Route("themes", themes, "themes"),
        Route("themes/words", words, "theme_words"),
        Route("themes/words/change", change_words, "change_theme_words", roles=DATA_KEEPERS),
    ),
)
