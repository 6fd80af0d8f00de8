"""From a view's findings to a page: whole, or only its main part where one is being replaced."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render

from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import COMPARISONS, WINDOWS, ViewState


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
    *kept: str,
    fixed: dict[str, str] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Return the context of the filter bar.

    Args:
        kept: parts of the view's state that the bar does not show and must not lose.
        fixed: further parts of the address to keep.
    """
    if request.session.get("compare") != view.compare:  # setting it writes to the database
        request.session["compare"] = view.compare
    held = dict(fixed or {})
    return {
        "view": view,
        "windows": WINDOWS,
        "comparisons": COMPARISONS,
        "kept": kept,
        "fixed": held,
        "clear": "?" + urlencode(held) if held else "",
        "segments": (
            {name: values for name, values in request.desk.segments().items() if name != "account"}
            | ({"account": [view.picked["account"]]} if "account" in view.picked else {})
        ),
        "shows_dates": True,
        **options,
    }
