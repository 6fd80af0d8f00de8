"""Actions, every version of what was expected of them, and every step that was taken."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from helmdesk.act.actions import Hypothesis, Outcome, Stage, read_hypothesis, stage_of

LONGEST_LESSON = 600


class Action(models.Model):
    """Something that is done about a number.

    Attributes:
        author: who wrote it down; under what that person may see it is measured.
        owner: who does it.
        policy: name of the author's policy where it leaves out rows: the action stays with readers
        of the same policy, and with those who see all.
        started_at: when what is expected was locked; None while it is proposed.
        closed_as: outcome that it was closed with, "dropped", or empty while it is open.
        learned: in the words of who closed it.
        outcome, why, words: of the last measurement, as the author may see it; empty before.
        measured_at: when that was.
    """

    PERSONAL = ("learned", "words")
    IMPERSONAL = ("policy", "closed_as", "outcome", "why")

    author_id: int | None
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="actions"
    )
    owner_id: int | None
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="owned_actions"
    )
    policy = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_as = models.CharField(max_length=20, blank=True)
    learned = models.CharField(max_length=LONGEST_LESSON, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    why = models.CharField(max_length=20, blank=True)
    words = models.CharField(max_length=500, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")

    @classmethod
    def seen(cls, policy: Any) -> models.QuerySet[Action]:
        """Return the actions that a reader may see."""
        found = cls.objects.select_related("author", "owner").prefetch_related("versions")
        if policy.is_outsider:
            return found.none()
        if policy.predicate is not None:
            return found.filter(policy=policy.name)
        return found

    @cached_property
    def all_versions(self) -> tuple[Version, ...]:
        """Every version of what is expected, oldest first."""
        versions: Any = getattr(self, "versions")  # noqa: B009 -- Django makes it
        return tuple(versions.all())

    @property
    def version(self) -> Version:
        """What is expected now."""
        return self.all_versions[-1]

    @property
    def locked(self) -> Version | None:
        """What was expected when it was started; None before."""
        return next((each for each in self.all_versions if each.digest), None)

    @property
    def hypothesis(self) -> Hypothesis:
        """What is expected now."""
        return self.version.hypothesis

    @property
    def is_started(self) -> bool:
        """Whether it is locked."""
        return self.started_at is not None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return not self.closed_as

    def stage(self, today: date, week_start: int) -> Stage:
        """Return where it stands on a local day."""
        return stage_of(
            self.hypothesis,
            today,
            week_start,
            is_started=self.is_started,
            closed_as=self.closed_as,
        )


class Version(models.Model):
    """What was expected of an action; the last version holds.

    Attributes:
        said: as `Hypothesis.as_dict` gives it.
        digest: of it, taken when the action was started or changed after that; empty before.
        changed: names of what it says otherwise than the version before.
    """

    PERSONAL = ("said",)
    IMPERSONAL = ("digest", "changed")

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    said = models.JSONField()
    digest = models.CharField(max_length=64, blank=True)
    changed = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("number", "id")

    @cached_property
    def hypothesis(self) -> Hypothesis:
        """What is expected."""
        return read_hypothesis(self.said)

    @property
    def is_intact(self) -> bool:
        """Whether it still says what it said when it was locked."""
        return not self.digest or self.hypothesis.digest == self.digest


class Step(models.Model):
    """Something that happened to an action."""

    PERSONAL = ("words",)
    IMPERSONAL = ("kind",)

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=20)
    words = models.CharField(max_length=700, blank=True)

    class Meta:
        ordering = ("at", "id")


def outcome_of(closed_as: str) -> Outcome | None:
    """Return the outcome that an action was closed with; None while it is open, and when it was
    dropped.
    """
    return None if closed_as in ("", Stage.DROPPED.value) else Outcome(closed_as)
