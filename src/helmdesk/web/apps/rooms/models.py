"""Teams that have rooms, the rooms, who opened them, and what customers wrote in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from helmdesk.act.rooms import DAYS
from helmdesk.web.apps.events.models import Event
from helmdesk.web.apps.jobs.queue import withdraw
from helmdesk.web.apps.outbox.models import Channel, Message


def site_key() -> bytes:
    """Return what the links of rooms are signed with."""
    return f"helmdesk rooms {settings.AUDIT_KEY}".encode()


class RoomTeam(models.Model):
    """A team whose cases may have rooms.

    Attributes:
        name: as the data have it.
        days: for which a room is open, counted from when it was issued.
        language: the page's, where nobody chose another.
        inbox: mail address at which its helpdesk takes messages; empty tells programs only.
    """

    PERSONAL = ()
    IMPERSONAL = ("name", "language", "inbox")

    name = models.CharField(max_length=200, unique=True)
    is_on = models.BooleanField(default=True)
    days = models.PositiveIntegerField(default=DAYS)
    language = models.CharField(max_length=5, default="en")
    inbox = models.CharField(max_length=320, blank=True)

    class Meta:
        ordering = ("name",)


class Standing(StrEnum):
    """Whether a room can be entered."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OFF = "team turned off"


class Room(models.Model):
    """The page of one case.

    Attributes:
        ticket_id: as the records have it; number: as people know it.
        team: of the case when the room was issued.
        zone: where the customer is; empty until they say so.
        revoked_why: in a word; a newer room of the same case, a person, an erasure.
    """

    PERSONAL = ("ticket_id", "number", "customer_id", "account_id", "team")
    IMPERSONAL = ("language", "zone", "revoked_why")

    id: UUID
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # type: ignore[assignment]
    ticket_id = models.CharField(max_length=300, db_index=True)
    number = models.CharField(max_length=300)
    customer_id = models.CharField(max_length=300, blank=True)
    account_id = models.CharField(max_length=300, blank=True)
    team = models.CharField(max_length=200)
    language = models.CharField(max_length=5, default="en")
    zone = models.CharField(max_length=60, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_why = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["ticket_id"],
                condition=models.Q(revoked_at=None),
                name="rooms_one_of_a_case",
            ),
        )

    def standing(self, moment: datetime, teams_on: Collection[str]) -> Standing:
        """Return whether it can be entered, and else why not."""
        if self.revoked_at is not None:
            return Standing.REVOKED
        if self.expires_at <= moment:
            return Standing.EXPIRED
        return Standing.OPEN if self.team in teams_on else Standing.OFF

    @classmethod
    def withdraw_erased(cls, touched: Collection[Any], why: str) -> None:
        """Close the rooms of somebody who was erased, and keep nothing that they wrote."""
        gone = list(cls.objects.filter(pk__in=touched))
        written = Written.objects.filter(room__in=gone)
        letters = [each for each in written.values_list("letter", flat=True) if each]
        withdraw(why, key__in=[f"{Channel.MAIL}:{each}" for each in letters])
        Message.objects.filter(pk__in=letters).delete()
        written.delete()
        cls.objects.filter(pk__in=touched, revoked_at=None).update(
            revoked_at=timezone.now(), revoked_why="erased"
        )
        for row in gone:  # no two rows may be of one case, and these are of none any more
            for event in Event.objects.filter(kind="message", said__ticket_id=row.ticket_id):
                event.said = {**event.said, "text": ""}
                event.save(update_fields=["said"])
            cls.objects.filter(pk=row.pk).update(
                ticket_id=f"erased {row.pk}", number="erased", customer_id="", account_id=""
            )


class Happening(models.TextChoices):
    """What happened at a door."""

    OPENED = "opened", "opened"
    SEEN = "seen", "seen by one of the team"
    WROTE = "wrote", "wrote to the team"
    CALL = "call", "went on to book a call"
    EXPIRED = "expired", "tried after its end"
    REVOKED = "revoked", "tried after it was revoked"
    OFF = "off", "tried while the team's rooms are off"
    FORGED = "forged", "tried with an address that is none of ours"
    TOO_MUCH = "too_much", "asked too often"


class Visit(models.Model):
    """What happened at the door of a room in one minute.

    Attributes:
        room: None where the address is none of ours.
        minute: since 1970, so that whoever knocks all the time leaves one row a minute.
        times: how often in that minute.
    """

    PERSONAL = ()
    IMPERSONAL = ("what",)

    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.CASCADE, related_name="visits"
    )
    what = models.CharField(max_length=10, choices=Happening.choices)
    minute = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["room", "what", "minute"], name="rooms_visits"),)


class Written(models.Model):
    """A message that a customer wrote in a room.

    Attributes:
        letter: the mail that carries it to the helpdesk, in the outbox.
    """

    PERSONAL = ("text",)
    IMPERSONAL = ()

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="written")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    letter = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-id")
