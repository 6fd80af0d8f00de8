"""The app of people; it writes sign-ins into the audit log."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Who may sign in, and what they did."""

    name = "helmdesk.web.people"
    label = "people"

    def ready(self) -> None:
        """Listen for sign-ins."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

        from helmdesk.web.people.audit import audit

        def came(request: Any, user: Any, **_: Any) -> None:
            audit("signed in", person=user, request=request)

        def left(request: Any, user: Any, **_: Any) -> None:
            if user is not None:
                audit("signed out", person=user, request=request)

        def refused(request: Any = None, **_: Any) -> None:
            audit("sign-in refused", request=request)

        user_logged_in.connect(came, weak=False, dispatch_uid="audit came")
        user_logged_out.connect(left, weak=False, dispatch_uid="audit left")
        user_login_failed.connect(refused, weak=False, dispatch_uid="audit refused")
