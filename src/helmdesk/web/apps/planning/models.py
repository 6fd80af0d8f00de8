"""What planners add to the data: files of totals, and what they know of single days."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from django.conf import settings
from django.db import models
from django.utils import timezone

from helmdesk.plan.crews import Crew
from helmdesk.plan.demand import Demand
from helmdesk.plan.forecast import DayFactor, Event, Holidays, Known, NamedDay
from helmdesk.plan.simulation.people import Shift
from helmdesk.query.policy import Policy


class Volumes(models.Model):
    """A file of interval totals that somebody planned with; seen by that person alone.

    Attributes:
        name: of the file.
        queues: its demand, as `from_demand` wrote it.
    """

    PERSONAL = ("name", "queues")
    IMPERSONAL = ()

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="volumes"
    )
    name = models.CharField(max_length=200)
    queues = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-id")

    @property
    def crews(self) -> list[Crew]:
        """Its queues, each with people of its own of whom nothing is known."""
        found = (to_demand(each) for each in self.queues)
        return [Crew(demand.queue, (demand.queue,), demand, (demand,)) for demand in found]


class KnownDay(models.Model):
    """What planners know of days that history does not tell. Nothing is written over: what is
    changed or taken back ends, and stays to be read.

    Attributes:
        kind: "factor": a day brings so much of a usual one; "named": a day like others of its name;
            "event": more or less work for a while; "holidays": public holidays of a place.
        day: the day, or the event's first; None of holidays.
        factor: contacts of that day ÷ those of a usual one; None of named days and holidays.
        half_life_days: of an event: after so many days half of its effect is left.
        reason: why, or the name, in the planner's words; the place of holidays.
        queue: concerned; empty: all.
        ended_at: since when it does not count any more; None: it counts.
    """

    PERSONAL = ("reason", "queue")
    IMPERSONAL = ("kind",)

    kind = models.CharField(max_length=10, default="factor")
    day = models.DateField(db_index=True, null=True)
    factor = models.FloatField(null=True)
    half_life_days = models.FloatField(null=True)
    reason = models.CharField(max_length=200)
    queue = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("day", "id")

    @classmethod
    def standing(cls) -> models.QuerySet[KnownDay]:
        """Return what counts now."""
        return cls.objects.select_related("person").filter(ended_at=None)

    @property
    def author(self) -> str:
        """Who wrote it."""
        return self.person.username if self.person else "somebody who left"

    @property
    def as_known(self) -> Known:
        """The same as forecasts take it."""
        if self.kind == "holidays" or self.day is None:
            return Holidays(self.reason)
        if self.kind == "named" or self.factor is None:
            return NamedDay(self.day, self.reason, self.queue)
        if self.kind == "event":
            life = self.half_life_days or 7.0
            return Event(self.reason, self.day, self.factor - 1, life, self.author, self.queue)
        return DayFactor(self.day, self.factor, self.author, self.reason, self.queue)


def planners_know() -> tuple[Known, ...]:
    """Return what planners know now: every forecast of the site goes by it."""
    return tuple(each.as_known for each in KnownDay.standing())


def from_demand(demand: Demand) -> dict[str, Any]:
    """Return a demand as plain values."""
    return {
        "queue": demand.queue,
        "channel": demand.channel,
        "first_day": demand.first_day.isoformat(),
        "minutes": demand.interval_minutes,
        "contacts": demand.contacts.tolist(),
        "handled_seconds": demand.handled_seconds.tolist(),
        "handled": demand.handled.tolist(),
    }


def to_demand(said: dict[str, Any]) -> Demand:
    """Return the demand that plain values say."""
    return Demand(
        said["queue"],
        said["channel"],
        date.fromisoformat(said["first_day"]),
        int(said["minutes"]),
        np.array(said["contacts"], float),
        np.array(said["handled_seconds"], float),
        np.array(said["handled"], float),
    ).described()


class SavedScenario(models.Model):
    """A change that somebody tried and kept under a name.

    Attributes:
        team: whose work it changes.
        levers: what is changed, as `Scenario.as_query` says it.
        numbers: what it did when it was kept: name, now and then, as they were read.
        policy: whose eyes it was tried with; empty: somebody who sees all.
    """

    PERSONAL = ("name", "levers", "numbers", "team")
    IMPERSONAL = ("policy",)

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=100)
    team = models.CharField(max_length=200)
    levers = models.JSONField(default=dict)
    numbers = models.JSONField(default=list)
    policy = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-id")

    @classmethod
    def seen(cls, policy: Policy) -> models.QuerySet[SavedScenario]:
        """Return what a reader may see: what was tried with the same eyes."""
        return cls.objects.select_related("person").filter(policy=scope_of(policy))


def scope_of(policy: Policy) -> str:
    """Return whose eyes a reader has; empty of one who sees all."""
    return "" if policy.predicate is None and policy.names is None else policy.name


class Draft(models.Model):
    """A plan of a team's week that is being made; one for each team and week and kind of reader.

    Attributes:
        shifts: as `shift_said` writes them.
        away: person and number of the day, for each day somebody is not available.
        rules: of work, as the form says them.
        policy: whose eyes it is made with; empty: somebody who sees all.
        published_at: when it was told to the records; None: never.
    """

    PERSONAL = ("team", "shifts", "away")
    IMPERSONAL = ("policy", "rules")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    team = models.CharField(max_length=200)
    start = models.DateField()
    shifts = models.JSONField(default=list)
    away = models.JSONField(default=list)
    rules = models.JSONField(default=dict)
    policy = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-start", "team")
        constraints = (
            models.UniqueConstraint(fields=("team", "start", "policy"), name="one_draft_a_week"),
        )

    @property
    def plan(self) -> list[Shift]:
        """Its shifts."""
        return [shift_of(each) for each in self.shifts]


def shift_said(shift: Shift) -> dict[str, Any]:
    """Return a shift as plain values."""
    return {
        "person": shift.person,
        "day": shift.day,
        "start": shift.start,
        "end": shift.end,
        "breaks": [list(each) for each in shift.breaks],
        "meals": [list(each) for each in shift.meals],
        "queues": list(shift.queues),
    }


def shift_of(said: dict[str, Any]) -> Shift:
    """Return the shift that plain values say."""
    return Shift(
        said["person"],
        said["day"],
        said["start"],
        said["end"],
        tuple((a, b) for a, b in said["breaks"]),
        tuple(said["queues"]),
        tuple((a, b) for a, b in said["meals"]),
    )


class ShiftRequest(models.Model):
    """What somebody asks of their own shifts: days off, or that a colleague works one of them.

    Attributes:
        kind: "leave" or "swap".
        person: who asks; `agent` is their name in the data, `team` theirs when they asked.
        day: the first day off, or the day of the shift that is given. until: the last day off.
        colleague: who takes the shift. other_day: the day of the shift given in return; None: none.
        state: "asked"; of a swap "agreed" once the colleague takes it; then "approved", "declined"
            or "withdrawn".
        answer: what the lead wrote.
    """

    PERSONAL = ("reason", "answer", "agent")
    IMPERSONAL = ("kind", "team", "state")

    kind = models.CharField(max_length=10)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shift_requests"
    )
    agent = models.CharField(max_length=200)
    team = models.CharField(max_length=200)
    day = models.DateField()
    until = models.DateField(null=True)
    colleague = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="asked_to_swap"
    )
    other_day = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, default="asked")
    answer = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("day", "id")

    @property
    def last_day(self) -> date:
        """The last day it concerns."""
        days: list[date] = [each for each in (self.day, self.until, self.other_day) if each]
        return max(days)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to answer."""
        return self.state in ("asked", "agreed")

    @property
    def awaits_lead(self) -> bool:
        """Whether it is the lead's turn."""
        return bool(self.state == ("asked" if self.kind == "leave" else "agreed"))
