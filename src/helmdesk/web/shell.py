"""What stands around every page: navigation, the desk's name, how fresh its data are."""

from __future__ import annotations

from typing import Any

from helmdesk.web.access import LEADS
from helmdesk.web.apps.alerts.jobs import overdue
from helmdesk.web.page import GROUPS, Page, pages
from helmdesk.web.request import DeskRequest

MOST_TABS = 4
"""A phone's bar has room for so many pages, and for what opens the rest of them."""


def in_groups(listed: list[Page]) -> list[tuple[str, list[Page]]]:
    """Return pages by the part of the navigation that they stand in; empty parts are left out."""
    parts = [(group, [page for page in listed if page.group == group]) for group in GROUPS]
    return [(group, members) for group, members in parts if members]


def shell(request: DeskRequest) -> dict[str, Any]:
    """Return the context of the page frame; a page that could not be reached still gets one."""
    desk, person = getattr(request, "desk", None), getattr(request, "user", None)
    found: dict[str, Any] = {"request_id": getattr(request, "request_id", ""), "navigation": []}
    if desk is None or person is None or not person.is_authenticated:
        return found
    has_data = bool(desk.record_types)
    current = getattr(request.resolver_match, "url_name", "")
    listed = [
        page
        for page in pages()
        if page.place is not None
        and person.role in page.roles
        and (has_data or not page.needs_data)
    ]
    return {
        **found,
        "desk": desk,
        "desk_name": desk.settings.name,
        "is_sample": desk.settings.is_sample,
        "zone": desk.settings.time_zone,
        "notice": desk.notice(),
        "silent": overdue(person) if person.role in LEADS else 0,
        "has_data": has_data,
        "data_until": desk.as_of if has_data else None,
        "navigation": listed,
        "groups": in_groups(listed),
        "tabs": [page for page in listed if page.tab][:MOST_TABS],
        "current": current,
        "problem": getattr(request, "problem", ""),
        "current_page": next(
            (page for page in listed if current in {route.name for route in page.routes}), None
        ),
        "theme": person.theme,
    }
