"""Who asks the API: a token, or the session of somebody who is signed in."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from ninja.utils import check_csrf

from helmdesk.errors import NotPermittedError
from helmdesk.web.access import see_as
from helmdesk.web.apps.people.models import ApiToken
from helmdesk.web.middleware import live_desk
from helmdesk.web.request import DeskRequest

BEARER = "bearer "
USE_NOTED_EVERY = timedelta(minutes=5)


def token_of(request: DeskRequest) -> ApiToken | None:
    """Return the living token that a request carries."""
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith(BEARER):
        return None
    token = ApiToken.find(header[len(BEARER) :].strip())
    if token and (
        token.last_used_at is None or token.last_used_at < timezone.now() - USE_NOTED_EVERY
    ):
        with contextlib.suppress(DatabaseError):  # a full disk keeps nobody from reading
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    return token


class Needs:
    """Lets a request through that has a scope: by token, or by session, which has them all."""

    openapi_type = "http"

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, request: DeskRequest) -> Any:
        """Return who asks and put the policy on the request; None is refused.

        Raises:
            NotPermittedError: a token without the scope.
        """
        token = token_of(request)
        if token is not None:
            if not token.allows(self.scope):
                raise NotPermittedError(f"this token lacks the scope '{self.scope}'")
            request.user = token.person
            see_as(request, live_desk(settings.DESK_FOLDER), token.person)
            return token
        if "Authorization" in request.headers:
            return None
        if not request.user.is_authenticated:
            return None
        # A browser sends its session by itself: what changes something must come from a page of
        # ours.
        if check_csrf(request) is not None:
            raise NotPermittedError(
                "with a session, what changes something needs the page's own token (X-CSRFToken)"
            )
        return request.user
