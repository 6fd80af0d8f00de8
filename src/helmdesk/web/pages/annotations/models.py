"""Annotations."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Annotation(models.Model):
    """Something that happened on a local day.

    Attributes:
        metric: key of the metric it concerns; empty concerns all.
        where: filter of the segment it concerns; empty concerns all.
        source: who or what said it, when no person did: deploy, holiday, policy.
    """

    PERSONAL = ("text", "where")
    IMPERSONAL = ("metric", "source", "policy")

    day = models.DateField(db_index=True)
    text = models.CharField(max_length=200)
    metric = models.CharField(max_length=100, blank=True)
    where = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=50, default="person")
    author_id: int | None
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    # What a reader with a narrower policy writes stays with those of the same policy and with those
    # who see all.
    policy = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("day", "id")

    @classmethod
    def seen(cls, request: Any, key: str | None) -> list[Annotation]:
        """Return what concerns a metric, or any where none is named, and this reader may see."""
        found = cls.objects.select_related("author").all()
        if key is not None:
            found = found.filter(Q(metric="") | Q(metric=key))
        policy = request.policy
        if policy.is_outsider:
            # What the support team notes among itself is not for its customers.
            found = found.filter(policy=policy.name)
        elif policy.predicate is not None:
            found = found.filter(Q(policy="") | Q(policy=policy.name))
        return list(found)

    @classmethod
    def state(cls, request: Any) -> str:
        """Return a digest of all annotations this reader may see: what is shown beside numbers
        changes with them.
        """
        shown = [
            (n.pk, n.day, n.text, n.metric, n.where, n.source, n.author and n.author.username)
            for n in cls.seen(request, None)
        ]
        return hashlib.sha256(repr(shown).encode()).hexdigest()

    @classmethod
    def note(
        cls, request: Any, day: Any, text: str, metric: str = "", where: str = ""
    ) -> Annotation:
        """Write an annotation down."""
        scope = request.policy.name if request.policy.predicate is not None else ""
        return cls.objects.create(
            day=day, text=text, metric=metric, where=where, author=request.user, policy=scope
        )
