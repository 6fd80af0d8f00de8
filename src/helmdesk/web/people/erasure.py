"""Erasing what names a customer from the site's own database: notes, saved views, reports of loads, the audit log."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django.db import connection, models, transaction

from helmdesk.web.pages.annotations.models import Annotation
from helmdesk.web.pages.dashboards.models import Dashboard, SavedView
from helmdesk.web.pages.data.models import LoadJob
from helmdesk.web.pages.team.models import Comment
from helmdesk.web.people.models import AuditEvent, audit

ERASED = "[erased]"


def clean_database(words: Collection[str]) -> int:
    """Replace every occurrence of `words` in what people wrote and what the site noted; return how many texts were changed.

    The audit log keeps its events; its chain is made anew over what is left of them, and an event says so.
    """
    # Whole words only: an id may be as short as "77", and must not be found inside another number.
    pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in words) or r"(?!)")
    changed = 0
    with transaction.atomic():
        for model in (Annotation, Comment, LoadJob, Dashboard, SavedView, AuditEvent):
            for field in model._meta.concrete_fields:
                if isinstance(field, (models.CharField, models.TextField, models.JSONField)) and not field.primary_key:
                    changed += _clean(model, field, pattern)
        if changed:
            _chain_anew()
        audit("erased a customer", detail_texts=changed)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("vacuum")  # deleted text stays in free pages otherwise
            cursor.execute("pragma wal_checkpoint(truncate)")
    return changed


def _clean(model: type[models.Model], field: models.Field, pattern: re.Pattern[str]) -> int:
    changed = 0
    for row in model._default_manager.all().only(field.name):
        value = getattr(row, field.name)
        cleaned = _without(value, pattern)
        if cleaned != value:
            model._default_manager.filter(pk=row.pk).update(**{field.name: cleaned})
            changed += 1
    return changed


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    """Return text, or texts within lists and tables, without the words; numbers stay numbers."""
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, list):
        return [_without(item, pattern) for item in value]
    if isinstance(value, dict):
        return {_without(key, pattern): _without(item, pattern) for key, item in value.items()}
    return value


def _chain_anew() -> None:
    before = ""
    for event in AuditEvent.objects.order_by("id").iterator():
        before = event.expected_chain(before)
        AuditEvent.objects.filter(pk=event.pk).update(chain=before)
