"""The language model that may write summaries, and what it wrote."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


class Writer(models.Model):
    """The one row that says which language model writes summaries, if any.

    Attributes:
        address: of a server with OpenAI's chat interface. name: of its model. state: see `State`.
    """

    PERSONAL = ()
    IMPERSONAL = ("address", "name", "state")

    class State(models.TextChoices):
        """What the model may do."""

        OFF = "off"
        """Nothing is asked."""
        PREVIEW = "preview"
        """It writes for the settings page alone."""
        ON = "on"
        """What it writes and holds is shown on tickets."""

    address = models.CharField(max_length=300, blank=True)
    name = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFF)
    changed_at = models.DateTimeField(default=timezone.now)

    @classmethod
    def read(cls) -> Writer:
        """Return the row; a new site asks nobody."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def is_on(self) -> bool:
        """Whether people may ask it for summaries."""
        return bool(self.state == self.State.ON)


class Summary(models.Model):
    """A summary that was asked for.

    Attributes:
        ticket_id: the ticket's id among the records. stamp: of the messages it is of: where others
        came since, it is shown no more. told: sentences with what they cite, as JSON; empty until
        it is written. dropped: sentences that did not hold, each with why. problem: why there is
        none; empty where there is.
    """

    PERSONAL = ("ticket_id", "told", "dropped")
    IMPERSONAL = ("stamp", "problem", "model")

    ticket_id = models.CharField(max_length=300, db_index=True)
    stamp = models.CharField(max_length=64)
    told = models.TextField(blank=True)
    dropped = models.TextField(blank=True)
    problem = models.CharField(max_length=300, blank=True)
    model = models.CharField(max_length=120, blank=True)
    is_preview = models.BooleanField(default=False)
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-id",)

    @property
    def sentences(self) -> list[dict[str, Any]]:
        """What it says: each with `words` and `cites`."""
        return list(json.loads(self.told)) if self.told else []

    @property
    def left_out(self) -> list[list[str]]:
        """What it said besides, and why that is not shown."""
        return list(json.loads(self.dropped)) if self.dropped else []

    @classmethod
    def forget_erased(cls, _words: Collection[str]) -> int:
        """Throw all summaries away: they can be written again, and any may speak of whom they do
        not name.
        """
        return int(cls.objects.all().delete()[0])
