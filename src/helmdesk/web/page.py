"""What a page is: its routes, who may open it, and where it stands in the navigation."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal

from django.urls import URLPattern, path

from helmdesk.web.access import Role, restrict
from helmdesk.web.apps import apps_with_models
from helmdesk.web.pages import page_apps

View = Callable[..., Any]
Group = Literal["", "Understand", "Plan", "Act", "Keep"]
GROUPS: tuple[Group, ...] = ("", "Understand", "Plan", "Act", "Keep")
"""Parts of the navigation, in their order: what is opened daily has no heading, and neither have
the pages that keep the desk going, at the end."""


@dataclass(frozen=True)
class Route:
    """One address.

    Attributes:
        path: Django path, without the leading slash.
        name: by which templates link to it.
        roles: who may open it; None takes the page's.
    """

    path: str
    view: View
    name: str
    roles: frozenset[Role] | None = None


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        title: in the navigation and in the search.
        roles: who may open it.
        routes: its addresses, the first of them the one the navigation links to.
        place: order in the navigation; None keeps it out.
        key: letter that opens it after ``g``.
        help: one line for the search.
        group: part of the navigation that it stands in.
        icon: its icon, by the name of its class in `icons.css`, without the prefix.
        tab: its short name in the bar of a phone; empty keeps it out.
        needs_data: whether an empty desk sends its reader to the first run instead.
    """

    title: str
    roles: frozenset[Role]
    routes: tuple[Route, ...]
    place: int | None = None
    key: str = ""
    help: str = ""
    needs_data: bool = True
    group: Group = ""
    icon: str = ""
    tab: str = ""

    @property
    def name(self) -> str:
        """Name of the first route."""
        return self.routes[0].name


@cache
def pages() -> tuple[Page, ...]:
    """Return all pages, those of the navigation first and in its order."""
    apps = [*page_apps(), *(app for app in apps_with_models() if find_spec(f"{app}.page"))]
    found: list[Page] = [importlib.import_module(f"{app}.page").page for app in apps]
    return tuple(sorted(found, key=lambda page: (page.place is None, page.place or 0, page.title)))


def page_patterns() -> list[URLPattern]:
    """Return the URL patterns of all pages, every view behind its roles."""
    return [
        path(
            route.path,
            restrict(
                route.view,
                page.roles if route.roles is None else route.roles,
                needs_data=page.needs_data,
            ),
            name=route.name,
        )
        for page in pages()
        for route in page.routes
    ]
