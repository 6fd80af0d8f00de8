"""Records of what somebody uploads in the browser."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.utils import timezone

RUNNING = ("previewing", "loading")


class LoadJob(models.Model):
    """One upload on its way into the lake.

    Attributes:
        source: name of the source that reads it; "sample" makes the sample.
        files: names as uploaded, kept in the job's folder under numbers.
        account: whose numbers the ids are; empty finds out.
        dates: what 05/06/2026 begins with, where no date of the file tells; empty asks.
        sheet: the sheet of a workbook to read, "*" for all; empty takes the fullest.
        scale: lowest and highest answer of a survey, as 1-5; empty finds out.
        runs: how often it was previewed or loaded; each time is a job of its own.
        reading: what its columns are taken for, as the form shows it.
        state: uploaded, previewing, previewed, loading, done, failed.
        step: what is being done.
        report: what a preview or a load found.
    """

    PERSONAL = ("files", "sheet", "mapping", "step", "report", "reading", "problem")
    IMPERSONAL = ("source", "time_zone", "account", "dates", "scale", "state")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_id: int
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=50)
    files = models.JSONField(default=list)
    mapping = models.TextField(blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    account = models.CharField(max_length=40, blank=True)
    dates = models.CharField(max_length=12, blank=True)
    scale = models.CharField(max_length=12, blank=True)
    sheet = models.CharField(max_length=100, blank=True)
    runs = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, default="uploaded")
    step = models.CharField(max_length=200, blank=True)
    report = models.JSONField(null=True, blank=True)
    reading = models.JSONField(default=dict, blank=True)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at",)

    @classmethod
    def forget_erased(cls, words: Collection[str]) -> int:
        """Delete the files of waiting uploads that hold an erased customer."""
        from helmdesk.web.pages.data.waiting import forget_erased

        return forget_erased(words)

    @property
    def is_running(self) -> bool:
        """Whether something is being done right now."""
        return self.state in RUNNING
