"""Search over metrics, pages, accounts and tickets; what a reader may not see is not found."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.web.access import EVERYONE
from helmdesk.web.page import Page, Route, pages
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

MOST = 12


def find(request: DeskRequest) -> HttpResponse:
    """Show what matches."""
    text = request.GET.get("q", "").strip()[:200]
    word = text.lower()
    found: list[tuple[str, str, str, str]] = []
    if word:
        role = getattr(request.user, "role", "")
        found += [
            ("page", page.title, reverse(page.name), page.help)
            for page in pages()
            if page.place is not None
            and role in page.roles
            and word in f"{page.title} {page.help}".lower()
        ]
        metrics = request.desk.catalogue.values()
        matching = [
            e
            for e in metrics
            if word in f"{e.metric.key} {e.metric.name}".lower().replace("_", " ")
            or word == e.metric.key
        ]
        found += [
            ("metric", e.metric.name, reverse("metric", args=[e.metric.key]), e.metric.formula)
            for e in matching[:MOST]
        ]
        accounts = request.desk.segments().get("account", [])
        found += [
            ("account", name, reverse("account", args=[name]), "")
            for name in accounts
            if word in name.lower()
        ][:MOST]
        try:
            story = request.desk.ticket(text)
            found.insert(
                0,
                ("ticket", text, reverse("ticket", args=[text]), story.ticket.get("subject") or ""),
            )
        except (NotFoundError, NotPermittedError):
            pass
    return show(request, "find.html", f"Find “{text}”" if text else "Find", text=text, found=found)


page = Page(title="Find", roles=EVERYONE, routes=(Route("find", find, "find"),), needs_data=False)
