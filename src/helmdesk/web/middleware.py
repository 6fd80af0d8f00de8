"""Around every request: an id, the desk with the reader's policy, one log line, and errors as
people read them.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, close_old_connections
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.cookie import parse_cookie

from helmdesk.desk.live import LiveDesk
from helmdesk.engines.ration import Ration, Turns
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.web import telemetry
from helmdesk.web.access import DATA_KEEPERS, see_as
from helmdesk.web.errors import error_response, problem
from helmdesk.web.guests import is_guests, languages_of, private, too_large
from helmdesk.web.request import DeskRequest

log = logging.getLogger("helmdesk.web")
SMALL_BODY = 256 * 1024
"""What anybody may send, such as a form; uploads of files are larger."""

Respond = Callable[[DeskRequest], HttpResponse]


@cache
def live_desk(path: Path) -> LiveDesk:
    """Return the one open desk of this process."""
    # Imported late: what it asks of the database is there only when Django has started.
    from helmdesk.web.pages.data.jobs import Refreshes

    return LiveDesk(path, Refreshes())


@cache
def turns() -> Turns:
    """Return who works at the same time in this process."""
    return Turns(slow=max(settings.THREADS - 3, 1), threads=settings.THREADS)


class RequestMiddleware:
    """Gives every request an id, measures it, and writes one line about it without anything
    personal.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: DeskRequest) -> HttpResponse:
        """Answer and log."""
        given = request.headers.get("X-Request-Id", "")
        request.request_id = (
            given if re.fullmatch(r"[A-Za-z0-9-]{8,32}", given) else secrets.token_hex(8)
        )
        began = time.perf_counter()
        response = self.respond(request)
        seconds = time.perf_counter() - began
        response["X-Request-Id"] = request.request_id
        response.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        route = getattr(getattr(request, "resolver_match", None), "route", "") or "unknown"
        telemetry.observe(request.method or "", route, response.status_code, seconds)
        role = (
            getattr(getattr(request, "user", None), "role", "") if hasattr(request, "user") else ""
        )
        if "static" not in request.path:
            log.info(
                "request",
                extra={
                    "request_id": request.request_id,
                    "method": request.method,
                    "route": route,
                    "status": response.status_code,
                    "milliseconds": round(seconds * 1000, 1),
                    "role": role,
                },
            )
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn our own errors into pages that say what and what to do; anything else is logged and
        says its request id.
        """
        if not isinstance(error, (HelmdeskError, PermissionDenied, Http404)):
            log.error(
                "unexpected",
                exc_info=error,
                extra={"request_id": getattr(request, "request_id", "")},
            )
        return error_response(request, error)


class BodyMiddleware:
    """Takes large bodies from people who load data only; of anybody else's not a byte is read."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: DeskRequest) -> HttpResponse:
        """Refuse by what the headers say, or answer."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) <= SMALL_BODY:
            return self.respond(request)
        if is_guests(request.path):
            said = too_large(languages_of(request))
            return private(HttpResponse(said, status=413, content_type="text/plain; charset=utf-8"))
        is_api = request.path.startswith("/api/")
        if not request.user.is_authenticated and "Authorization" not in request.headers:
            if is_api:
                return problem(request, 401, "not_signed_in", "sign in, or send a token, first")
            return redirect_to_login(request.get_full_path())
        if is_api or getattr(request.user, "role", "") not in DATA_KEEPERS:
            most = f"{SMALL_BODY // 1024} KB"
            return error_response(
                request,
                PermissionDenied(
                    f"a request may bring {most}; more is taken from people who load data, as files"
                ),
            )
        return self.respond(request)


def may_send(headers: Mapping[str, str]) -> bool:
    """Whether the sender of a request with these headers, named as waitress does, may send a large
    body.
    """
    request = HttpRequest()
    request.session = SessionStore(
        parse_cookie(headers.get("COOKIE", "")).get(settings.SESSION_COOKIE_NAME)
    )
    try:
        return getattr(get_user(request), "role", "") in DATA_KEEPERS
    except DatabaseError:
        return False
    finally:
        close_old_connections()


class DeskMiddleware:
    """Puts the desk and the reader's policy on the request; there is no other way to the data."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: DeskRequest) -> HttpResponse:
        """Attach and answer."""
        try:
            desk = live_desk(settings.DESK_FOLDER)
            desk.follow()
        except HelmdeskError as error:
            return error_response(request, error)
        if any(
            "\0" in value
            for given in (request.GET, _posted(request))
            for values in given.lists()
            for value in (values[0], *values[1])
        ):
            # No text of ours holds it, and databases differ in what they make of it.
            return error_response(request, UsageError("a value holds a null character"))
        see_as(request, desk, request.user)
        who = str(request.user.pk) if request.user.is_authenticated else ""
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
