"""Dismissing what is told, and undoing that: the desk does it, the audit log keeps who did."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError

from helmdesk.errors import HelmdeskError
from helmdesk.insight.dismissals import Dismissal

DISMISSED, TOLD_AGAIN = "dismissed a verdict", "undid a dismissal"


def dismiss(request: Any, subject: str, **given: str | None) -> Dismissal:
    """Dismiss the verdict on a metric, or a standing finding, as the one who asks; see
    `Desk.dismiss`.
    """
    asked = {name: value or None for name, value in given.items() if name != "reason"}
    found: Dismissal = request.desk.dismiss(
        subject, by=str(request.user), reason=given.get("reason") or "", **asked
    )
    audit_dismissal(DISMISSED, found, request=request)
    return found


def tell_again(request: Any, subject: str, where: str | None) -> tuple[Dismissal, ...]:
    """Undo dismissals as the one who asks; see `Desk.tell_again`."""
    gone: tuple[Dismissal, ...] = request.desk.tell_again(subject, where=where or None)
    for each in gone:
        audit_dismissal(TOLD_AGAIN, each, request=request)
    return gone


def audit_dismissal(action: str, dismissal: Dismissal, **who: Any) -> None:
    """Write a dismissal, or its end, into the audit log.

    Raises:
        HelmdeskError: the log cannot be written.
    """
    from helmdesk.web.apps.people.audit import audit

    try:
        audit(
            action,
            dismissal.subject,
            **who,
            where=dismissal.where,
            identity=dismissal.identity,
            reason=dismissal.reason,
        )
    except (DatabaseError, OSError) as error:
        raise HelmdeskError(
            f"it is done, but could not be written into the site's audit log ({error}); start the"
            " site once"
        ) from error
