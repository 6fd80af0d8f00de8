"""Dashboards and saved views."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from helmdesk.web.links import leads_here


class Shared(models.Model):
    """Something that belongs to one person and may be shown to roles.

    Attributes:
        shared_with: roles that may open it; what they see in it is still what their own policy lets
        through.
    """

    title = models.CharField(max_length=100)
    owner_id: int
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="%(class)ss"
    )
    shared_with = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        ordering = ("title", "id")

    @classmethod
    def seen_by(cls, person: Any) -> list[Any]:
        """Return those a person owns or may open."""
        own = cls._default_manager.select_related("owner").filter(
            Q(owner=person) | ~Q(shared_with=[])
        )
        return [
            each for each in own if each.owner_id == person.pk or person.role in each.shared_with
        ]

    def may_open(self, person: Any) -> bool:
        """Whether a person may open it."""
        return bool(self.owner_id == person.pk or person.role in self.shared_with)


class Dashboard(Shared):
    """A page made of tiles.

    Attributes:
        tiles: in order; each has `kind` (card, trend, table or heat), `metric`, and for tables
        `by`. query: the filters it opens with.
    """

    PERSONAL = ("title", "tiles", "query")
    IMPERSONAL = ("shared_with",)

    tiles = models.JSONField(default=list)
    query = models.CharField(max_length=1000, blank=True)


class SavedView(Shared):
    """An address with its filters, under a name."""

    PERSONAL = ("title", "address")
    IMPERSONAL = ("shared_with",)

    address = models.CharField(max_length=1000)

    @property
    def link(self) -> str:
        """The address, or the first page where what was stored leads elsewhere."""
        return (
            self.address if self.address.startswith("/") and leads_here(None, self.address) else "/"
        )
