"""Erasing what names a customer from the site's own database: notes, saved views, reports of loads, the audit log."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.apps import apps
from django.db import connection, models, transaction

from helmdesk.web.people.models import AuditEvent, audit

ERASED = "[erased]"


def clean_database(words: Collection[str]) -> int:
    """Replace every occurrence of `words` in every text that the site stores; return how many texts were changed.

    The audit log keeps its events; its chain is made anew over what is left of them, and an event says so.
    """
    changed = 0
    with transaction.atomic():
        for model in apps.get_models():
            fields = [
                field for field in model._meta.concrete_fields if isinstance(field, (models.CharField, models.TextField, models.JSONField))
            ]
            for field in fields if not model._meta.proxy else ():
                if not field.primary_key and not field.unique:
                    changed += _clean(model, field, words)
        if changed:
            _chain_anew()
        audit("erased a customer", detail_texts=changed)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("vacuum")  # deleted text stays in free pages otherwise
            cursor.execute("pragma wal_checkpoint(truncate)")
    return changed


def _clean(model: type[models.Model], field: models.Field, words: Collection[str]) -> int:
    changed = 0
    for row in model._default_manager.all().only(field.name):
        value = getattr(row, field.name)
        text = json.dumps(value, ensure_ascii=False) if isinstance(field, models.JSONField) else value
        cleaned = text
        for word in words if isinstance(text, str) else ():
            cleaned = cleaned.replace(word, ERASED)
        if cleaned != text:
            new = json.loads(cleaned) if isinstance(field, models.JSONField) else cleaned
            model._default_manager.filter(pk=row.pk).update(**{field.name: new})
            changed += 1
    return changed


def _chain_anew() -> None:
    before = ""
    for event in AuditEvent.objects.order_by("id").iterator():
        before = event.expected_chain(before)
        AuditEvent.objects.filter(pk=event.pk).update(chain=before)
