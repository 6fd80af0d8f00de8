"""Kinds of calls, links, bookings, and what is known of the people who take them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone

from helmdesk.act.booking.times import Terms
from helmdesk.web.apps.jobs.queue import withdraw
from helmdesk.web.apps.outbox.models import Channel, Message


def site_key() -> bytes:
    """Return what links are signed with."""
    return f"helmdesk booking {settings.AUDIT_KEY}".encode()


class Reach(models.TextChoices):
    """How a call takes place."""

    PHONE = "phone", "we call the customer's phone"
    VIDEO = "video", "at an address that the words below tell"


class CallType(models.Model):
    """A kind of call that customers book with a team.

    Attributes:
        team: name in the data.
        name: for your people. title, words: for the customer: what it is, and for what.
        reach: how it takes place. place: for a video call, the address where it is.
        skills: whoever takes it has all of these.
        terms: as `Terms` has them.
        asks_staffing: whether Staffing says how many people are to be left; the number of the
            terms is the least.
        zone: where the team is: its days and hours.
        members, hours: who takes calls at which usual hours, where the desk knows no shifts:
            `{"weekdays": [0, 1], "start": "09:00", "end": "17:00"}`.
        is_on: whether customers can book it; otherwise it is in preview.
    """

    PERSONAL = ("name", "title", "words", "place")
    IMPERSONAL = ("team", "reach", "skills", "terms", "zone", "members", "hours")

    id: int
    team = models.CharField(max_length=200, db_index=True)
    name = models.CharField(max_length=100)
    title = models.CharField(max_length=100)
    words = models.CharField(max_length=300, blank=True)
    reach = models.CharField(max_length=10, choices=Reach.choices, default=Reach.PHONE)
    place = models.CharField(max_length=500, blank=True)
    skills = models.JSONField(default=list)
    terms = models.JSONField(default=dict)
    asks_staffing = models.BooleanField(default=False)
    zone = models.CharField(max_length=60, default="UTC")
    members = models.JSONField(default=list)
    hours = models.JSONField(default=dict)
    is_on = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name", "id")

    @property
    def says(self) -> Terms:
        """Its terms."""
        return Terms(**self.terms)

    @property
    def own_zone(self) -> ZoneInfo:
        """Where its team is."""
        return ZoneInfo(self.zone)

    @property
    def usual(self) -> tuple[frozenset[int], time, time] | None:
        """Weekdays (0 is Monday) and local times of the usual hours; None where there are none."""
        if not self.members or not self.hours:
            return None
        start, end = (time.fromisoformat(self.hours[name]) for name in ("start", "end"))
        return frozenset(self.hours["weekdays"]), start, end

    def __str__(self) -> str:
        return str(self.name)


class LinkState(models.TextChoices):
    """Where a link stands, in words."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Link(models.Model):
    """A link by which somebody may book a call so many times.

    Attributes:
        secret: SHA-256 of its random part.
        over_at: when it was first seen to be expired: a clock that is set back opens it no more.
        address: to whom invitations go; empty asks the customer.
        zone: where the customer is, as far as somebody knows.
    """

    PERSONAL = ("ticket_id", "subject", "customer_id", "account_id", "account", "address")
    IMPERSONAL = ("secret", "zone")

    id: UUID
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # type: ignore[assignment]
    kind = models.ForeignKey(CallType, on_delete=models.CASCADE, related_name="links")
    secret = models.CharField(max_length=64)
    most = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, blank=True)
    ticket_id = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    customer_id = models.CharField(max_length=300, blank=True)
    account_id = models.CharField(max_length=300, blank=True)
    account = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=320, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    message = models.UUIDField(null=True, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "id")

    def state(self, moment: datetime) -> LinkState:
        """Return where it stands."""
        if self.revoked_at is not None:
            return LinkState.REVOKED
        if self.uses >= self.most:
            return LinkState.USED
        is_over = self.over_at is not None or self.expires_at <= moment
        return LinkState.EXPIRED if is_over else LinkState.OPEN

    @property
    def about(self) -> dict[str, str]:
        """What records of it say beside its own identity."""
        said = {
            "ticket_id": self.ticket_id,
            "customer_id": self.customer_id,
            "account_id": self.account_id,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def withdraw_erased(cls, touched: Collection[Any], why: str) -> None:
        """Let nobody book by a link of somebody who was erased, and forget who they were."""
        gone = cls.objects.filter(pk__in=touched)
        _forget_mail([each for each in gone.values_list("message", flat=True) if each], why)
        gone.filter(revoked_at=None).update(revoked_at=timezone.now())
        gone.update(ticket_id="", subject="", customer_id="", account_id="", account="", address="")


class State(models.TextChoices):
    """What became of a booking."""

    BOOKED = "booked", "booked"
    HELD = "held", "took place"
    NO_SHOW = "no_show", "the customer was not there"
    CANCELLED = "cancelled", "cancelled"


class Booking(models.Model):
    """One call that a customer booked.

    Attributes:
        agent: who takes it as things stand; nobody is told before `chosen_at`. Empty: nobody can.
        shared: among whom it was split when it was given to `agent`; empty before it is chosen.
        sequence: version of the invitation. letters: mails about it, by their identities.
        lost_at: since when nobody can take it; warned_at: when a person was told.
        outcome_at: when it was said what became of it.
    """

    PERSONAL = (
        *("ticket_id", "subject", "customer_id", "account_id", "account"),
        *("caller", "address", "phone", "note"),
    )
    IMPERSONAL = ("state", "agent", "shared", "zone", "reason", "letters")

    id: UUID
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # type: ignore[assignment]
    kind = models.ForeignKey(CallType, on_delete=models.PROTECT, related_name="bookings")
    link = models.ForeignKey(Link, null=True, on_delete=models.SET_NULL, related_name="bookings")
    start_at = models.DateTimeField(db_index=True)
    end_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.BOOKED)
    reason = models.CharField(max_length=40, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    shared = models.JSONField(default=list)
    chosen_at = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    moves = models.PositiveIntegerField(default=0)
    letters = models.JSONField(default=list)
    ticket_id = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    customer_id = models.CharField(max_length=300, blank=True)
    account_id = models.CharField(max_length=300, blank=True)
    account = models.CharField(max_length=300, blank=True)
    caller = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=320, blank=True)
    phone = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    zone = models.CharField(max_length=60, default="UTC")
    created_at = models.DateTimeField(default=timezone.now)
    reminded_at = models.DateTimeField(null=True, blank=True)
    lost_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("start_at", "id")
        indexes = (models.Index(fields=["state", "start_at"], name="booking_to_come"),)

    @property
    def record_id(self) -> str:
        """What records call it: by a link for one call, as the link."""
        return f"helmdesk:{self.id}"

    @property
    def about(self) -> dict[str, str]:
        """What records of it say beside its own identity."""
        said = {
            "ticket_id": self.ticket_id,
            "customer_id": self.customer_id,
            "account_id": self.account_id,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def withdraw_erased(cls, touched: Collection[Any], why: str) -> None:
        """Keep nothing of who somebody was who was erased, and call them no more."""
        gone = cls.objects.filter(pk__in=touched)
        Piece.objects.filter(booking__in=touched).delete()
        letters = [UUID(each) for row in gone.values_list("letters", flat=True) for each in row]
        _forget_mail(letters, why)
        gone.filter(state=State.BOOKED).update(state=State.CANCELLED, reason="erased")
        gone.update(
            ticket_id="",
            subject="",
            customer_id="",
            account_id="",
            account="",
            caller="",
            address="",
            phone="",
            note="",
        )


def _forget_mail(letters: Collection[UUID], why: str) -> None:
    withdraw(why, key__in=[f"{Channel.MAIL}:{each}" for each in letters])
    Message.objects.filter(pk__in=letters).delete()


class Piece(models.Model):
    """Five minutes of somebody's time that a booking takes: the database has no room for a second
    booking of the same person at the same time.

    Attributes:
        at: number of the piece since 1970, as `times.piece_of` counts.
    """

    PERSONAL = ()
    IMPERSONAL = ("agent",)

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="pieces")
    agent = models.CharField(max_length=300)
    at = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["agent", "at"], name="booking_nobody_twice"),
        )


class Team(models.Model):
    """A team whose calls are booked; its row is held while one of them is decided.

    Attributes:
        key: its identity in the data; empty where they know none.
        shifts_until: how far ahead shifts are planned; None where none are.
        read_version: of the marts, when its people were read last.
        read_at: when that was.
    """

    PERSONAL = ()
    IMPERSONAL = ("name", "key", "problem")

    name = models.CharField(max_length=200, unique=True)
    key = models.CharField(max_length=300, blank=True)
    shifts_until = models.DateTimeField(null=True, blank=True)
    read_version = models.BigIntegerField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)


class Member(models.Model):
    """Somebody of a team, as the data or the usual hours have them.

    Attributes:
        agent: identity in the data. name: how they are called there.
        due: calls that they are owed by fairness; negative where they took more.
    """

    PERSONAL = ()
    IMPERSONAL = ("agent", "name", "team", "skills")

    team = models.CharField(max_length=200, db_index=True)
    agent = models.CharField(max_length=300)
    name = models.CharField(max_length=300)
    skills = models.JSONField(default=list)
    due = models.FloatField(default=0.0)
    is_present = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["team", "agent"], name="booking_one_member"),
        )


class Shift(models.Model):
    """A stretch of planned work, without breaks; copied from the facts."""

    PERSONAL = ()
    IMPERSONAL = ("team", "agent")

    team = models.CharField(max_length=200)
    agent = models.CharField(max_length=300)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["team", "end_at"], name="booking_shifts"),)


class Need(models.Model):
    """How many people of a team Staffing asks for in an interval."""

    PERSONAL = ()
    IMPERSONAL = ("team",)

    team = models.CharField(max_length=200)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    people = models.PositiveIntegerField()

    class Meta:
        indexes = (models.Index(fields=["team", "end_at"], name="booking_needs"),)


class Absence(models.Model):
    """That somebody is not there, as a lead noted it: why is nobody's business here."""

    PERSONAL = ()
    IMPERSONAL = ("agent",)

    agent = models.CharField(max_length=300, db_index=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("start_at",)


class Calendar(models.Model):
    """Somebody's private calendar: only from when until when they are busy is kept.

    Attributes:
        url: secret address; whoever knows it may read the calendar, so that pages show its host.
        fetched_at: when it was last read wholly; older than a day it tells nothing.
        problem: why it could not be read last.
    """

    PERSONAL = ()
    IMPERSONAL = ("agent", "url", "problem")

    agent = models.CharField(max_length=300, unique=True)
    url = models.CharField(max_length=500)
    fetched_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)


class Busy(models.Model):
    """From when until when somebody is busy by their private calendar."""

    PERSONAL = ()
    IMPERSONAL = ()

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="busy")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()


class Reuse(models.Model):
    """That a link was opened that opens nothing any more; however often in a minute, once."""

    PERSONAL = ()
    IMPERSONAL = ()

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="reuses")
    minute = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["link", "minute"], name="booking_one_reuse"),
        )


class Door(models.Model):
    """Where customers turn to whose link opens nothing: one row, for the whole desk."""

    PERSONAL = ("words",)
    IMPERSONAL = ("url",)

    words = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=300, blank=True)

    @classmethod
    def read(cls) -> Door:
        """Return it; an empty one where nobody wrote any."""
        return cls.objects.first() or cls()
