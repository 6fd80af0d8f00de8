"""From a view's findings to a page: whole, or only its main part where one is being replaced."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from helmdesk.web.filter_bar import filter_bar
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState


def show(
    request: DeskRequest, template: str, title: str, status: int = 200, /, **context: Any
) -> HttpResponse:
    """Render a page; when only its main part is being replaced, only that."""
    htmx = getattr(request, "htmx", None)
    is_part = bool(htmx) and not htmx.history_restore_request
    frame = "swap.html" if is_part else "base.html"
    response = render(request, template, {"title": title, "frame": frame, **context}, status=status)
    response["Vary"] = "HX-Request, Cookie"
    return response


def filters(
    request: DeskRequest,
    view: ViewState,
    *,
    fixed: dict[str, str] | None = None,
    has_dates: bool = True,
    has_comparison: bool = True,
) -> dict[str, Any]:
    """Return the context of the chips that say what a page is filtered by.

    Args:
        fixed: parts of the address that are no filter and must not be lost.
        has_dates, has_comparison: whether the page has any.
    """
    return {
        "view": view,
        "bar": filter_bar(
            request,
            view,
            fixed=dict(fixed or {}),
            has_dates=has_dates,
            has_comparison=has_comparison,
        ),
    }
