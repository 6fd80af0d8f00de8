"""The app of people; it writes into the audit log who comes in, and what they change about coming
in.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Who may sign in, and what they did."""

    name = "helmdesk.web.apps.people"
    label = "people"

    def ready(self) -> None:
        """Listen for sign-ins, passwords and second factors."""
        from allauth.account.signals import password_changed, password_set
        from allauth.mfa.signals import (
            authenticator_added,
            authenticator_removed,
            authenticator_reset,
        )
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

        from helmdesk.web.apps.people.audit import audit
        from helmdesk.web.apps.people.models import Person

        def came(request: Any, user: Any, **_: Any) -> None:
            audit("signed in", person=user, request=request)

        def left(request: Any, user: Any, **_: Any) -> None:
            if user is not None:
                audit("signed out", person=user, request=request)

        def refused(request: Any = None, credentials: Any = None, **_: Any) -> None:
            # Only names that we know: what else stands there may be somebody's password.
            given = credentials or {}
            person = Person.named(given.get("email") or given.get("username") or "")
            audit("sign-in refused", person.username if person else "", request=request)

        def changed_password(request: Any, user: Any, **_: Any) -> None:
            # The other sessions end by the changed password.
            user.revoke_tokens()
            audit("changed the own password", person=user, request=request)

        def factor(action: str) -> Any:
            def changed(request: Any, user: Any, authenticator: Any, **_: Any) -> None:
                audit(action, str(authenticator.get_type_display()), person=user, request=request)

            return changed

        user_logged_in.connect(came, weak=False, dispatch_uid="audit came")
        user_logged_out.connect(left, weak=False, dispatch_uid="audit left")
        user_login_failed.connect(refused, weak=False, dispatch_uid="audit refused")
        for signal in (password_changed, password_set):
            signal.connect(changed_password, weak=False, dispatch_uid="audit password")
        for signal, action in (
            (authenticator_added, "added a second factor"),
            (authenticator_removed, "removed a second factor"),
            (authenticator_reset, "made new recovery codes"),
        ):
            signal.connect(factor(action), weak=False, dispatch_uid=f"audit {action}")
