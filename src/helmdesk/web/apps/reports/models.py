"""Reports that were made, and those that somebody wants again and again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from helmdesk.reports.make import CONTENT_TYPES
from helmdesk.web.apps.outbox.models import Message


class Rhythm(models.TextChoices):
    """How often a report is made, always of the last whole one."""

    WEEK = "week", "every week"
    MONTH = "month", "every month"
    QUARTER = "quarter", "every quarter"


class Wanted(models.Model):
    """A report that one person gets again and again, as that person may see it then.

    Attributes:
        asked: what it is about, as `helmdesk.reports.make` takes it; without days.
        told: first day of the period that was told last; None before the first.
    """

    PERSONAL = ("asked",)
    IMPERSONAL = ("kind", "form", "rhythm")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports_wanted"
    )
    kind = models.CharField(max_length=20)
    form = models.CharField(max_length=8)
    asked = models.JSONField(default=dict)
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices)
    told = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("created_at", "id")


class Report(models.Model):
    """One report, of one person, as it was made.

    Attributes:
        asked: what it is about and which days, as `helmdesk.reports.make` takes it.
        content: the file; None before it is made, and where it was thrown away because somebody
        was erased.
        lake_version: of the records that it was made from.
        problem: why it could not be made.
        wanted: what it was made for; None where somebody asked for this one.
        policy: what its person was allowed to read when it was made, as a digest.
        message: the mail that it goes with; None where it goes with none.
    """

    PERSONAL = ("asked", "title", "subtitle", "cover", "content", "problem")
    IMPERSONAL = ("kind", "form", "policy")

    id: UUID
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # type: ignore[assignment]
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports"
    )
    wanted = models.ForeignKey(Wanted, null=True, blank=True, on_delete=models.SET_NULL)
    kind = models.CharField(max_length=20)
    form = models.CharField(max_length=8)
    asked = models.JSONField(default=dict)
    title = models.CharField(max_length=200, blank=True)
    subtitle = models.CharField(max_length=300, blank=True)
    cover = models.TextField(blank=True)
    content = models.BinaryField(null=True, blank=True)
    lake_version = models.IntegerField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    made_at = models.DateTimeField(null=True, blank=True)
    policy = models.CharField(max_length=64, blank=True)
    message = models.OneToOneField(Message, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ("-created_at", "-id")

    @property
    def is_made(self) -> bool:
        """Whether there is a file to take."""
        return self.content is not None

    @property
    def is_forgotten(self) -> bool:
        """Whether it was made, and thrown away since."""
        return self.made_at is not None and self.content is None

    @property
    def file_name(self) -> str:
        """What its file is called: its kind, whom it is about, the day it was made."""
        about = "".join(
            letter if letter.isalnum() else "-" for letter in str(self.asked.get("account", ""))
        ).strip("-")
        day = (self.made_at or self.created_at).date().isoformat()
        return f"{'-'.join(part for part in (self.kind, about, day) if part)}.{self.form}"

    @property
    def content_type(self) -> str:
        """Its media type."""
        return CONTENT_TYPES[self.form]

    @classmethod
    def forget_erased(cls, words: Collection[str]) -> int:
        """Throw away the files of all reports: what a PDF says of somebody cannot be taken out of
        it, and each can be made again.
        """
        return cls.objects.exclude(content=None).update(content=None) if words else 0


def asked_words(asked: dict[str, Any]) -> str:
    """Say what a report is about beside its kind."""
    return ", ".join(
        str(asked[name]).replace("-", " ") if name == "window" else str(asked[name])
        for name in ("account", "where", "window", "start", "end")
        if asked.get(name)
    )
