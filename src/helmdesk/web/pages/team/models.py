"""What agents say about their own numbers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Comment(models.Model):
    """An agent's comment on an own number; its author's leads may read it beside the team's
    conditions.
    """

    PERSONAL = ("text",)
    IMPERSONAL = ("metric", "window", "team")

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments"
    )
    metric = models.CharField(max_length=100)
    text = models.CharField(max_length=1000)
    window = models.CharField(max_length=100, blank=True)
    team = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at",)
