"""Erasing what names a customer from the site's own database: notes, saved views, reports of loads, the audit log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.db import connection, models, transaction

from helmdesk.desk.erasure import eraser
from helmdesk.web.pages.annotations.models import Annotation
from helmdesk.web.pages.dashboards.models import Dashboard, SavedView
from helmdesk.web.pages.data.models import LoadJob
from helmdesk.web.pages.team.models import Comment
from helmdesk.web.people.audit import ERASURE, RESTORED, AuditEvent, audit

# Where the audit log may speak of a customer; the rest is ours.
NAMING = ("person", "subject", "detail")


def clean_database(words: Collection[str]) -> int:
    """Replace every occurrence of `words` in what people wrote and what the site noted; return how many texts were changed.

    The audit log keeps its events and their digests; the event of the erasure tells what the changed ones say from now on.
    """
    clean = eraser(words)
    changed = 0
    events: set[int] = set()
    with transaction.atomic():
        for model in (Annotation, Comment, LoadJob, Dashboard, SavedView, AuditEvent):
            for field in model._meta.concrete_fields:
                if (
                    isinstance(field, (models.CharField, models.TextField, models.JSONField))
                    and not field.primary_key
                    and (model is not AuditEvent or field.name in NAMING)
                ):
                    rows = _clean(model, field, clean)
                    changed += len(rows)
                    events |= set(rows) if model is AuditEvent else set()
        audit(ERASURE, texts=changed, events={str(event.pk): event.present_digest for event in AuditEvent.objects.filter(pk__in=events)})
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("vacuum")  # deleted text stays in free pages otherwise
            cursor.execute("pragma wal_checkpoint(truncate)")
    return changed


def _clean(model: type[models.Model], field: models.Field, clean: Callable[[str], str]) -> list[int]:
    """Clean one field of every row; return the rows that held one of the words."""
    changed = []
    rows = model._default_manager.all()
    if model is AuditEvent:
        # They name nobody, and excuse what others say no more: they must stay as they were signed.
        rows = rows.exclude(action__in=(ERASURE, RESTORED))
    for row in rows.only(field.name):
        value = getattr(row, field.name)
        cleaned = _without(value, clean)
        if cleaned != value:
            model._default_manager.filter(pk=row.pk).update(**{field.name: cleaned})
            changed.append(row.pk)
    return changed


def _without(value: Any, clean: Callable[[str], str]) -> Any:
    """Return text, or texts within lists and tables, without the words; numbers stay numbers."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_without(item, clean) for item in value]
    if isinstance(value, dict):
        return {_without(key, clean): _without(item, clean) for key, item in value.items()}
    return value
