"""Queues that are routed, looks at them, decisions, and the switch that stops everything."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from helmdesk.act.routing.modes import Mode
from helmdesk.act.routing.record import replayed
from helmdesk.act.routing.rules import Rules, read_rules


class RoutedQueue(models.Model):
    """A queue, by the name of its team.

    Attributes:
        mode: what routing does there. is_preview: nothing is written into the helpdesk yet, and it
        is noted what would have been.
        connection: name of the live account that is written to; empty while nothing is.
        since: since when it is in this mode; shadow_since: since when in shadow or further.
        seen_until: up to when cases were looked at; None before the first look.
        owed: contacts due to each person. rules: as `Rules.as_dict` gives them; empty: the usual.
        words: what the last look saw; problem: why nothing could be looked at.
        read_by: who read the report before it was let to give out.
    """

    PERSONAL = ("words", "problem")
    IMPERSONAL = ("name", "mode", "connection", "owed", "rules")

    name = models.CharField(max_length=200, unique=True)
    mode = models.CharField(max_length=10, default=Mode.OFF.value)
    is_preview = models.BooleanField(default=True)
    connection = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(default=timezone.now)
    shadow_since = models.DateTimeField(null=True, blank=True)
    seen_until = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    owed = models.JSONField(default=dict)
    rules = models.JSONField(default=dict)
    words = models.CharField(max_length=300, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("name",)

    @property
    def known_rules(self) -> Rules:
        """How contacts are given out here."""
        return read_rules(self.rules) if self.rules else Rules()


class ModeChange(models.Model):
    """Somebody changed the mode of a queue, or routing stopped itself there."""

    PERSONAL = ("words",)
    IMPERSONAL = ("mode",)

    queue = models.ForeignKey(RoutedQueue, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    mode = models.CharField(max_length=10)
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-at", "-id")


class Look(models.Model):
    """One look that named somebody: everything it was made of, so that it can be made again.

    Attributes:
        at: instant that it looked at. content: compressed state and rules. digest: of what it
        decided.
    """

    PERSONAL = ()
    IMPERSONAL = ("digest", "content")

    queue = models.ForeignKey(RoutedQueue, on_delete=models.CASCADE, related_name="looks")
    at = models.DateTimeField()
    content = models.BinaryField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("at", "id")

    def again(self) -> Any:
        """Make its decisions again.

        Raises:
            ConflictError: they differ.
        """
        return replayed(bytes(self.content), self.digest)


class Decision(models.Model):
    """Whom routing named for a case, and what people did with it.

    Attributes:
        contact: how the look calls it. ticket: its id. entered_at: when it came to the queue.
        agent, agent_name: whom routing named. cause: why it wanted somebody.
        reasons: why it goes first, and why that person, in words. possible: how many could have.
        known_by: people who know the customer. knows: whether that person does. due_at: of the
        first reply.
        is_before: the case came before the queue was in shadow, and was looked at afterwards.
        taken_by, taken_name: who took it; empty: nobody yet. takes_knows: as `knows`.
        handed_on: whether it went on to somebody else. was_late: whether the first reply was; None:
        nothing was promised.
        written: what was done in the helpdesk, by `Outcome`; empty: nothing, it is shadow.
        written_at: when. undone_at: when it was seen that somebody gave it to another person.
    """

    PERSONAL = ()
    IMPERSONAL = (
        "contact",
        "ticket",
        "agent",
        "agent_name",
        "cause",
        "reasons",
        "taken_by",
        "taken_name",
        "written",
        "known_by",
    )

    queue = models.ForeignKey(RoutedQueue, on_delete=models.CASCADE, related_name="decisions")
    look = models.ForeignKey(Look, on_delete=models.CASCADE, related_name="decisions")
    contact = models.CharField(max_length=200)
    ticket = models.CharField(max_length=150, db_index=True)
    entered_at = models.DateTimeField()
    at = models.DateTimeField(db_index=True)
    agent = models.CharField(max_length=150)
    agent_name = models.CharField(max_length=150)
    cause = models.CharField(max_length=10)
    reasons = models.JSONField(default=list)
    possible = models.PositiveIntegerField(default=0)
    known_by = models.JSONField(default=list)
    knows = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)
    is_before = models.BooleanField(default=False)
    taken_by = models.CharField(max_length=150, blank=True)
    taken_name = models.CharField(max_length=150, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    takes_knows = models.BooleanField(default=False)
    handed_on = models.BooleanField(default=False)
    was_late = models.BooleanField(null=True, blank=True)
    written = models.CharField(max_length=100, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("queue", "contact", "at"), name="routing_decision_once"
            ),
        )


class Stop(models.Model):
    """Everything stands still, for all queues, as long as there is one."""

    PERSONAL = ("words",)
    IMPERSONAL = ()

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    words = models.CharField(max_length=300, blank=True)


def is_stopped() -> bool:
    """Whether routing does nothing at all."""
    return Stop.objects.exists()
