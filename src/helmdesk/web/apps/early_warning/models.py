"""What is watched for, and every ticket that was named, or left out so that the worth of naming can
be measured.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from helmdesk.act.early_warning import USUAL_BUDGET

DID = {
    "done": "Did what it says",
    "other": "Did something else",
    "nothing": "Nothing to do",
}
"""What somebody did about a ticket that was named."""


def new_salt() -> str:
    """Return what decides which tickets are left out."""
    return secrets.token_hex(16)


class Watch(models.Model):
    """One thing that is watched for.

    Attributes:
        target: key of what is foretold.
        budget: at most so many tickets are named at a time.
        salt: decides which tickets are left out; told to nobody.
        looked: data, model and day of the last look; empty to look anew.
        problem: why nothing is named; empty where something may be.
    """

    PERSONAL = ()
    IMPERSONAL = ("target", "salt", "looked", "problem")

    target = models.CharField(max_length=40, unique=True)
    is_on = models.BooleanField(default=True)
    budget = models.PositiveIntegerField(default=USUAL_BUDGET)
    salt = models.CharField(max_length=32, default=new_salt)
    begun_at = models.DateTimeField(default=timezone.now)
    looked = models.CharField(max_length=80, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)


class Warned(models.Model):
    """A ticket that was named, or left out.

    Attributes:
        chance: that it ends badly, when it was named; 0 to 1. model: version that said so.
        did: what somebody did about it, one of `DID`; empty while nobody said.
        ended: "bad", "well", or "unknown" where it never becomes known; empty before.
    """

    PERSONAL = ("ticket_id",)
    IMPERSONAL = ("target", "did", "ended")

    target = models.CharField(max_length=40)
    ticket_id = models.CharField(max_length=300)
    named_at = models.DateTimeField()
    chance = models.FloatField()
    model = models.PositiveIntegerField()
    is_left_out = models.BooleanField()
    did = models.CharField(max_length=20, blank=True)
    did_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended = models.CharField(max_length=10, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-named_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("target", "ticket_id"), name="named_once_a_target"),
        )


class Foretold(models.Model):
    """What is foretold of solved tickets, every day, as records.

    Attributes:
        key: of the metric that it stands beside. problem: why the newest week has none; empty where
        it has. done_at: when it was last foretold.
    """

    PERSONAL = ()
    IMPERSONAL = ("key", "problem")

    key = models.CharField(max_length=40, unique=True)
    is_on = models.BooleanField(default=True)
    problem = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
