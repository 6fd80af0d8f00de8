"""Errors as pages: what happened, what to do next, and an id to quote."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from helmdesk.errors import (
    BusyError,
    ConflictError,
    HelmdeskError,
    InputError,
    NotFoundError,
    NotPermittedError,
    OutOfRangeError,
    TooLargeError,
    TooLongError,
    UsageError,
    machine_problem,
)

STATUSES: tuple[tuple[type[Exception], int, str], ...] = (
    (NotPermittedError, 403, "not_permitted"),
    (PermissionDenied, 403, "not_permitted"),
    (NotFoundError, 404, "not_found"),
    (Http404, 404, "not_found"),
    (OutOfRangeError, 400, "out_of_range"),
    (TooLargeError, 400, "too_large"),
    (UsageError, 400, "bad_request"),
    (BusyError, 429, "busy"),
    (TooLongError, 503, "too_long"),
    (InputError, 400, "bad_input"),
    (ConflictError, 409, "conflict"),
    (HelmdeskError, 500, "failed"),
)
TITLES = {
    400: "That question cannot be asked",
    403: "Not for you to see",
    404: "Not here",
    409: "Somebody was faster",
    429: "One at a time",
    503: "That takes too long",
    507: "The machine cannot do that now",
    500: "Something broke on our side",
}  # fmt: skip
UNEXPECTED = "an unexpected error; it was logged under this request id"


def status_of(error: Exception) -> tuple[int, str, str]:
    """Return HTTP status, stable code and message of an error; the words of errors that are not
    ours stay in the log.
    """
    for kind, status, code in STATUSES:
        if isinstance(error, kind):
            if isinstance(error, Http404):
                return status, code, "there is no such page"
            return status, code, str(error) or TITLES[status]
    if meaning := machine_problem(error):
        return 507, "cannot_store", meaning
    return 500, "unexpected", UNEXPECTED


def problem(request: HttpRequest, status: int, code: str, detail: str, **more: Any) -> JsonResponse:
    """Return an error of the API as RFC 9457 says."""
    body = {
        "type": f"urn:helmdesk:problem:{code}",
        "title": TITLES.get(status, code.replace("_", " ")),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": getattr(request, "request_id", ""),
        **more,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def error_response(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return an error as a page, or as a problem where the API was asked."""
    status, code, detail = status_of(error)
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = problem(request, status, code, detail)
    else:
        context = {
            "title": TITLES.get(status, "Something is wrong"),
            "status": status,
            "detail": detail,
        }
        context["request_id"] = getattr(request, "request_id", "")
        try:
            response = _error_page(request, context)
        except DatabaseError:  # who asks cannot be looked up
            response = HttpResponse(
                f"{context['title']}: {detail}\n",
                status=status,
                content_type="text/plain; charset=utf-8",
            )
    if isinstance(error, BusyError):
        response["Retry-After"] = "2"
    return response


def _error_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    try:
        return render(request, "error.html", context, status=context["status"])
    except HelmdeskError:  # the frame around pages asks the desk too, and met what this page tells
        return HttpResponse(render_to_string("error.html", context), status=context["status"])


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return error_response(request, Http404())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody who may not."""
    return error_response(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer when nothing else could, also where the database of sessions cannot be read."""
    return error_response(request, sys.exc_info()[1] or RuntimeError())  # type: ignore[arg-type]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refuses, such as one with too many fields."""
    return error_response(request, UsageError("the request itself is malformed"))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from this site, or comes from an ended session."""
    return error_response(
        request,
        PermissionDenied(
            "the form has expired or came from elsewhere; open the page again and repeat"
        ),
    )
