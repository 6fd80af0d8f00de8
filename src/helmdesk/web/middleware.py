"""Around every request: an id, the desk with the reader's policy, one log line, and errors as people read them."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict

from helmdesk.engines.ration import Ration, Turns
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.live_desk import LiveDesk
from helmdesk.web import telemetry
from helmdesk.web.access import policy_for
from helmdesk.web.errors import error_response

log = logging.getLogger("helmdesk.web")
Respond = Callable[[HttpRequest], HttpResponse]


@cache
def live_desk(path: Path) -> LiveDesk:
    """Return the one open desk of this process."""
    return LiveDesk(path)


@cache
def turns() -> Turns:
    """Return who works at the same time in this process."""
    return Turns(slow=max(settings.THREADS - 3, 1), threads=settings.THREADS)


class RequestMiddleware:
    """Gives every request an id, measures it, and writes one line about it without anything personal."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and log."""
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if re.fullmatch(r"[A-Za-z0-9-]{8,32}", given) else secrets.token_hex(8)
        began = time.perf_counter()
        response = self.respond(request)
        seconds = time.perf_counter() - began
        response["X-Request-Id"] = request.request_id
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        route = getattr(getattr(request, "resolver_match", None), "route", "") or "unknown"
        telemetry.observe(request.method or "", route, response.status_code, seconds)
        role = getattr(getattr(request, "user", None), "role", "") if hasattr(request, "user") else ""
        if "static" not in request.path:
            log.info("request", extra={"request_id": request.request_id, "method": request.method, "route": route,
                                       "status": response.status_code, "milliseconds": round(seconds * 1000, 1), "role": role})  # fmt: skip
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn our own errors into pages that say what and what to do; anything else is logged and says its request id."""
        if not isinstance(error, (HelmdeskError, PermissionDenied, Http404)):
            log.error("unexpected", exc_info=error, extra={"request_id": getattr(request, "request_id", "")})
        return error_response(request, error)


class DeskMiddleware:
    """Puts the desk and the reader's policy on the request; there is no other way to the data."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach and answer."""
        try:
            desk = live_desk(settings.DESK_FOLDER)
            desk.follow()
        except HelmdeskError as error:
            return error_response(request, error)
        request.desk = desk
        if any("\0" in value for given in (request.GET, _posted(request)) for values in given.lists() for value in (values[0], *values[1])):
            # No text of ours holds it, and databases differ in what they make of it.
            return error_response(request, UsageError("a value holds a null character"))
        who = ""
        if request.user.is_authenticated:
            request.policy = policy_for(request.user)  # type: ignore[arg-type]
            who = str(request.user.pk)
        with Ration(who, settings.QUESTION_SECONDS, turns(), _is_wanted(request)):
            response = self.respond(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            # Whoever uses the machine next sees none of it.
            response["Cache-Control"] = "private, no-store"
        return response


def _is_wanted(request: HttpRequest) -> Callable[[], bool] | None:
    """Return what tells whether the client still waits; only the server that we start knows."""
    is_gone = request.META.get("waitress.client_disconnected")
    return (lambda: not is_gone()) if is_gone else None


def _posted(request: HttpRequest) -> QueryDict:
    """Return the fields of a form; the API reads its own bodies."""
    return QueryDict() if request.path.startswith("/api/") else request.POST
