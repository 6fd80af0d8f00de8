"""Rules of alerts, what they saw, and when their people want no mail."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone

from helmdesk.act.alerts import Memory, State
from helmdesk.insight.alerts import Watch, read_watch
from helmdesk.web.apps.outbox.models import Message


class Rule(models.Model):
    """A rule that somebody wrote for themselves; it sees what its person may see.

    Attributes:
        said: what is watched, as `Watch.as_dict` gives it.
        is_on: whether anything is sent; a rule that is not on is followed and tells nobody.
        tells_programs: whether endpoints that are told of alerts are told of this one.
        muted_until: nothing is sent before.
        memory: what it knew after `seen_until`, the end of the last period that data came of.
        state: as it is shown: with the periods that should have come and did not.
        told: "open" where its beginning was told and its end was not.
        is_blind_told: whether it was told that nothing can be told.
        looked_at: when it was evaluated last; None before the first time.
        policy: what its person was allowed to read then, as a digest.
        audience, audience_teams: roles whose people have it too, and teams whose leads have it,
        each a rule of their own that sees what they may see.
        shared_from: the rule that this one is the same as; None for one that its person wrote.
    """

    PERSONAL = ("said", "words")
    IMPERSONAL = (
        *("state", "told", "memory", "problem"),
        *("audience", "audience_teams", "policy"),
    )

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="alert_rules"
    )
    said = models.JSONField()
    is_on = models.BooleanField(default=False)
    tells_programs = models.BooleanField(default=False)
    muted_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    memory = models.JSONField(default=dict)
    seen_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, default=State.OK.value)
    since = models.DateTimeField(null=True, blank=True)
    told = models.CharField(max_length=8, blank=True)
    is_blind_told = models.BooleanField(default=False)
    words = models.CharField(max_length=300, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    policy = models.CharField(max_length=64, blank=True)
    audience = models.JSONField(default=list)
    audience_teams = models.JSONField(default=list)
    shared_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="shares"
    )

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "shared_from"), name="shared_once_with_a_person"
            ),
        )

    @property
    def watch(self) -> Watch:
        """What is watched."""
        return read_watch(self.said)

    @property
    def known(self) -> Memory:
        """What it knew when it saw something last."""
        kept: dict[str, Any] = dict(self.memory)
        return Memory(**{**kept, "state": State(kept["state"])}) if kept else Memory()

    def is_muted(self, moment: datetime) -> bool:
        """Whether nothing is to be sent now."""
        return self.muted_until is not None and self.muted_until > moment


class Evaluation(models.Model):
    """What a rule saw; evaluations in a row that say the same are one row.

    Attributes:
        outcome: began, ended, blind, sighted, still, quiet, skipped or failed.
        times: how many there were.
        was_sent: whether a message was put into the outbox.
    """

    PERSONAL = ("words",)
    IMPERSONAL = ("outcome", "state")

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="evaluations")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    times = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=10)
    state = models.CharField(max_length=12)
    words = models.CharField(max_length=300, blank=True)
    was_sent = models.BooleanField(default=False)

    class Meta:
        ordering = ("-last_at", "-id")


class Told(models.Model):
    """A mail that told somebody of alerts, until it is known to have gone.

    Attributes:
        policy: what the person was allowed to read when it was written, as a digest.
        before: (told, is_blind_told) of each rule in it, as they were before it was told.
        after: the same, as it left them.
    """

    PERSONAL = ()
    IMPERSONAL = ("policy", "before", "after")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="told_of_alerts"
    )
    message = models.OneToOneField(Message, on_delete=models.CASCADE)
    policy = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)


class QuietHours(models.Model):
    """When somebody wants no mail about alerts: what happens then is told at the end of it.

    Attributes:
        start, end: local times of the desk; an end that is not later is on the next day.
    """

    PERSONAL = ()
    IMPERSONAL = ()

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quiet_hours"
    )
    start = models.TimeField()
    end = models.TimeField()

    def over_at(self, moment: datetime, zone: str) -> datetime | None:
        """Return when the quiet hours around a moment end; None outside them."""
        return quiet_until(self.start, self.end, moment, zone)


def quiet_until(start: time, end: time, moment: datetime, zone: str) -> datetime | None:
    """Return the end of the quiet hours around a moment, aware UTC; None outside them."""
    local = moment.astimezone(ZoneInfo(zone))
    for back in (1, 0):
        day = local.date() - timedelta(days=back)
        begins = datetime.combine(day, start, ZoneInfo(zone)).astimezone(UTC)
        last = day if end > start else day + timedelta(days=1)
        ends = datetime.combine(last, end, ZoneInfo(zone)).astimezone(UTC)
        if begins <= moment < ends:
            return ends
    return None
