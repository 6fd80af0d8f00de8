"""Events of the site that are, or become, records."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import models
from django.utils import timezone

from helmdesk.sources.helmdesk import EVENTS


class Event(models.Model):
    """Something the site did.

    Attributes:
        id: the identity of its record.
        kind: type of its record; `said` holds what that type needs.
        batch: identity of the batch it is part of, for good; None while it is of none.
        recorded_at: when that batch was in the lake.
    """

    PERSONAL = ("said",)
    IMPERSONAL = ("kind",)

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=40)
    said = models.JSONField(default=dict)
    batch = models.UUIDField(null=True, blank=True, db_index=True)
    recorded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "id")

    @classmethod
    def withdraw_erased(cls, touched: Collection[Any], why: str) -> None:
        """Keep nothing of what an erased customer wrote."""
        for each in cls.objects.filter(pk__in=touched, kind__in=("responded", "message")):
            kept = {name: text for name, text in each.said.items() if name != "comment"}
            each.said = {**kept, "text": ""} if "text" in kept else kept
            each.save(update_fields=["said"])

    @property
    def row(self) -> dict[str, Any]:
        """The event as the source `helmdesk` reads it."""
        at: datetime = self.at
        return {"id": str(self.id), "at": at.isoformat(), "type": self.kind, **self.said}


def note_event(kind: str, happened_at: datetime | None = None, /, **said: str) -> Event:
    """Note an event with the transaction around.

    Args:
        happened_at: aware; None is now.

    Raises:
        ValueError: no record of this type is known, or not with this.
    """
    if kind not in EVENTS or not set(said) <= set(EVENTS[kind]):
        raise ValueError(f"{kind}: no event with {', '.join(sorted(said))}; see EVENTS")
    return Event.objects.create(kind=kind, at=happened_at or timezone.now(), said=said)
