"""Coaching packs: frozen numbers in versions, what both wrote, and what they agreed on."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

LONGEST_STEP, LONGEST_COMMENT = 500, 2000


class Pack(models.Model):
    """What one lead and one agent both have before them. Nobody else sees it.

    Attributes:
        person: the agent's account; a pack is made only where its agent can see it.
        lead: who made it; None once that account is gone.
        team: the agent's team when it was made; who leads it no more sees the pack no more.
    """

    PERSONAL = ()
    IMPERSONAL = ("team",)

    id: UUID
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # type: ignore[assignment]
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="coaching"
    )
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="coached"
    )
    team = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-id")

    @classmethod
    def seen_by(cls, person: Any) -> models.QuerySet[Pack]:
        """Return the packs about somebody, and those that they made and may still see."""
        return cls.objects.filter(Q(person=person) | (Q(lead=person) & led_by(person)))

    @property
    def newest(self) -> Version:
        """The version that counts."""
        return Version.objects.filter(pack=self).order_by("-number")[0]


def led_by(person: Any) -> Q:
    """Return the condition that a pack's team is one that somebody leads now."""
    from helmdesk.web.access import Role

    if not person.is_active or person.role not in (Role.LEADER, Role.TEAM_LEAD):
        return Q(pk__in=())
    return Q() if person.role == Role.LEADER else Q(team__in=person.teams)


class Version(models.Model):
    """One version: numbers and a next step that do not change any more.

    Attributes:
        start, end: local dates, half-open.
        content: what is shown, as `helmdesk.web.apps.coaching.making` makes it.
        lake_version: of the records that it was made from.
        step, step_on: what is to be done next, and until when; empty before somebody proposed it.
        author: who made this version.
        lead_agreed_at, agent_agreed_at: when each agreed to the step.
    """

    PERSONAL = ("content", "step")
    IMPERSONAL = ()

    pack = models.ForeignKey(Pack, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    start = models.DateField()
    end = models.DateField()
    content = models.JSONField(default=dict)
    lake_version = models.IntegerField()
    step = models.CharField(max_length=LONGEST_STEP, blank=True)
    step_on = models.DateField(null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    lead_agreed_at = models.DateTimeField(null=True, blank=True)
    agent_agreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("pack", "number"), name="one_version_of_a_number"),
        )

    @property
    def seal(self) -> str:
        """What tells two contents apart; the same for both readers."""
        said = [self.content, self.step, str(self.step_on), str(self.start), str(self.end)]
        written = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()[:12]

    @property
    def agreed_at(self) -> datetime | None:
        """When the second of both agreed; None before."""
        both = (self.lead_agreed_at, self.agent_agreed_at)
        return max(at for at in both if at) if self.step and all(both) else None


class Remark(models.Model):
    """What one of both wrote about a pack."""

    PERSONAL = ("text",)
    IMPERSONAL = ()

    pack = models.ForeignKey(Pack, on_delete=models.CASCADE, related_name="remarks")
    version = models.PositiveIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.CharField(max_length=LONGEST_COMMENT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "id")
