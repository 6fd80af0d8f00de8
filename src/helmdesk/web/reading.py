"""Reading stays possible where nothing can be written: on a full disk, with a read-only
database.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions import middleware
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from helmdesk.web.request import DeskRequest

log = logging.getLogger("helmdesk.web")
SAFE = ("GET", "HEAD", "OPTIONS")
SEEN_EVERY = timedelta(minutes=5)


class SessionMiddleware(middleware.SessionMiddleware):
    """Sessions whose small memories, such as the last comparison, may be lost; what a page shows
    may not.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Keep the session; where that fails, a page that was only read is shown all the same."""
        try:
            return super().process_response(request, response)
        except (
            DatabaseError,
            SessionInterrupted,
        ) as error:  # the latter is how sessions say that a change was not kept
            if request.method not in SAFE:
                raise
            log.warning("session not kept", extra={"error": type(error).__name__})
            return response


class ActivityMiddleware:
    """Notes when and from where a session was last used, every few minutes, and never at the cost
    of a page.
    """

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: DeskRequest) -> HttpResponse:
        """Note and answer."""
        if request.user.is_authenticated and request.session.session_key:
            try:
                if not self._is_noted(request):
                    UserSession.objects.create_from_request(request)
            except DatabaseError as error:
                log.warning("activity not noted", extra={"error": type(error).__name__})
        return self.respond(request)

    @staticmethod
    def _is_noted(request: DeskRequest) -> bool:
        agent = request.headers.get("User-Agent", "")
        known = UserSession.objects.filter(
            session_key=request.session.session_key, last_seen_at__gt=timezone.now() - SEEN_EVERY
        ).first()
        return (
            known is not None
            and known.user_id == request.user.pk
            and agent.startswith(known.user_agent)
        )
