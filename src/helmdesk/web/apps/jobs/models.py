"""Jobs, schedules, workers' heartbeats, and the switch towards the outside world."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Outcome(models.TextChoices):
    """How a job ended."""

    DONE = "done"
    PREVIEW = "preview"
    """It would have reached the outside world, and the switch said preview."""
    UNCERTAIN = "uncertain"
    """It may have reached the outside world; only a person does it again."""
    DEAD = "dead"
    """It failed too often, or for a reason that no repetition mends."""
    WITHDRAWN = "withdrawn"
    """It spoke of somebody who was erased, or somebody threw it away."""


class Job(models.Model):
    """One piece of work.

    Attributes:
        kind: name of what does it.
        key: what it is, once and for all; made of numbers and instants, never of names. A second
        job with it is the same job. payload: what the kind's own model makes of it. run_at: not
        before. attempts: how often a worker took it. failures: how often it ended in an error;
        those attempts that were killed are not among them. lease: the present holder's own secret:
        whoever lost it can finish nothing. leased_until: from then on another worker may take it.
        holder: name of the worker that took it last. begun_at: since when it may have reached the
        outside world. step: what is being done. outcome: how it ended; empty while it has not.
        error: what went wrong last.
    """

    PERSONAL = ("payload", "step", "error")
    IMPERSONAL = ("kind", "key", "lease", "holder", "outcome")

    id: int
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    run_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=100, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    step = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True, choices=Outcome.choices)
    error = models.TextField(blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["run_at", "id"], name="jobs_waiting", condition=Q(done_at=None)),
            models.Index(fields=["outcome", "done_at"], name="jobs_ended"),
        )

    @classmethod
    def withdraw_erased(cls, touched: Collection[Any], why: str) -> None:
        """Do nothing any more that spoke of somebody who was erased."""
        from helmdesk.web.apps.jobs.queue import withdraw

        withdraw(why, pk__in=touched)

    @property
    def is_running(self) -> bool:
        """Whether a worker holds it."""
        return (
            bool(self.lease)
            and self.leased_until is not None
            and self.leased_until > timezone.now()
        )


class Schedule(models.Model):
    """A job that recurs.

    Attributes:
        name: begins the keys of its jobs; the instant of the tick ends them.
        rhythm: such as "daily 07:00", in `zone`.
        last_tick: the newest tick that became a job, or the moment from which it counts.
        problem: why its ticks become no jobs.
    """

    PERSONAL = ("payload", "problem")
    IMPERSONAL = ("name", "kind", "rhythm", "zone")

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    rhythm = models.CharField(max_length=60)
    zone = models.CharField(max_length=60, default="UTC")
    is_on = models.BooleanField(default=True)
    last_tick = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("name",)


class Heartbeat(models.Model):
    """A worker that lives, or died not long ago.

    Attributes:
        name: one process or thread.
        place: machine and process numbers' space, within which `process` means something.
        is_thread: whether it works within a site's process; such a one gives way to others.
    """

    PERSONAL = ()
    IMPERSONAL = ("name", "place")

    name = models.CharField(max_length=100, unique=True)
    place = models.CharField(max_length=120)
    process = models.PositiveIntegerField()
    is_thread = models.BooleanField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()


class Switch(models.Model):
    """The one row that says whether anything leaves for the outside world.

    Attributes:
        state: see `State`.
    """

    PERSONAL = ()
    IMPERSONAL = ("state",)

    class State(models.TextChoices):
        """What becomes of jobs whose effect is outside."""

        PREVIEW = "preview"
        """They end without it; what would have gone out can be read."""
        ON = "on"
        """They are done."""
        STOPPED = "stopped"
        """They wait."""

    state = models.CharField(max_length=10, choices=State.choices, default=State.PREVIEW)
    changed_at = models.DateTimeField(default=timezone.now)

    @classmethod
    def read(cls) -> str:
        """Return the present state; a new site previews."""
        return str(
            cls.objects.filter(pk=1).values_list("state", flat=True).first() or cls.State.PREVIEW
        )

    @classmethod
    def turn(cls, state: str) -> None:
        """Set the switch."""
        cls.objects.update_or_create(
            pk=1, defaults={"state": cls.State(state), "changed_at": timezone.now()}
        )


def unfinished(**which: Any) -> models.QuerySet[Job]:
    """Return jobs that have not ended."""
    return Job.objects.filter(done_at=None, **which)


def free(now: datetime) -> Q:
    """Return the condition that nobody holds a job."""
    return Q(leased_until=None) | Q(leased_until__lt=now)
