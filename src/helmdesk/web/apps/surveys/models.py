"""Instruments, rules, invitations and answers; addresses, and who wants no mail; pulses."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from helmdesk.act.survey_words import QUESTIONS, known_language
from helmdesk.act.surveys import SCALES, Kind, Reason, Terms, digest_of, plain_address
from helmdesk.web.apps.events.models import Event, note_event
from helmdesk.web.apps.jobs.queue import withdraw
from helmdesk.web.apps.outbox.models import Channel, Message

ABOUT = {
    Kind.CSAT: "transactional",
    Kind.CES: "transactional",
    Kind.FCR: "transactional",
    Kind.NPS: "relationship",
    Kind.ESAT: "employee",
    Kind.ENPS: "employee",
}


def site_key() -> bytes:
    """Return what links are signed and addresses are known again with."""
    return f"helmdesk surveys {settings.AUDIT_KEY}".encode()


def digest(what: str) -> str:
    """Return what is kept of an address or an account."""
    return digest_of(site_key(), what)


def person_digest(address: str) -> str:
    """Return what is kept of an address, however it is written."""
    return digest(plain_address(address))


class Instrument(models.Model):
    """One wording of a question. It never changes: another wording is another version.

    Attributes:
        key: the same in all versions.
        questions: own wording by language; where there is none, the usual one stands.
    """

    PERSONAL = ()
    IMPERSONAL = ("key", "kind", "name", "questions")

    key = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in Kind])
    name = models.CharField(max_length=100)
    questions = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("key", "-version")
        constraints = (
            models.UniqueConstraint(fields=["key", "version"], name="surveys_one_version"),
        )

    @property
    def record_id(self) -> str:
        """What records call it: each version is an instrument of its own."""
        return f"helmdesk-{self.key}-{self.version}"

    @property
    def asks(self) -> Kind:
        """What it asks for."""
        return Kind(self.kind)

    def question(self, language: str, desk_name: str) -> str:
        """Return the question in a language."""
        own = dict(self.questions).get(language) or QUESTIONS[language][self.asks]
        return str(own).replace("{desk}", desk_name)

    @classmethod
    def write(cls, key: str, kind: Kind, name: str, questions: Mapping[str, str]) -> Instrument:
        """Write an instrument, or its next version where the wording is another; tell the
        records.
        """
        with transaction.atomic():
            last = cls.objects.filter(key=key).first()
            if last and (last.kind, last.name, last.questions) == (kind, name, dict(questions)):
                return last
            made = cls.objects.create(
                key=key,
                version=last.version + 1 if last else 1,
                kind=kind.value,
                name=name,
                questions=dict(questions),
            )
            note_event("instrument", **made.as_record())
        return made

    def tell_again(self) -> bool:
        """Tell the records once more what it is, unless they were told today; whether that was
        needed. Records that were thrown away know it no more.
        """
        day = timezone.now() - timedelta(days=1)
        told = Event.objects.filter(kind="instrument", at__gt=day)
        if any(each.said.get("entity_id") == self.record_id for each in told):
            return False
        note_event("instrument", **self.as_record())
        return True

    def as_record(self) -> dict[str, str]:
        """Return what the records are told of it."""
        scale = SCALES[self.asks]
        definition = {
            "positive": scale.positive,
            "negative": scale.negative,
            "neutral": scale.neutral,
            "scale": scale.ends,
            "question": self.question("en", "{desk}"),
        }
        return {
            "entity_id": self.record_id,
            "name": f"{self.name}, version {self.version}",
            "instrument_kind": self.kind,
            "about": ABOUT[self.asks],
            "definition": json.dumps({name: value for name, value in definition.items() if value}),
        }

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


class Rule(models.Model):
    """Whom a survey is sent to, when, and to how many.

    Attributes:
        where: filter over tickets, in the house's words; empty is all that are solved.
        terms: as `Terms` has them.
        language: of those whose own nobody knows.
        is_on: whether anything is sent; a rule that is not on is followed, and asks nobody.
        seed: by which the sample is drawn.
        looked_version: of the lake, when it looked for solved tickets last; None before.
        problem: why it could not look.
    """

    PERSONAL = ("name", "where", "problem")
    IMPERSONAL = ("terms", "language", "seed")

    id: int
    name = models.CharField(max_length=100)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="rules")
    where = models.CharField(max_length=2000, blank=True)
    terms = models.JSONField(default=dict)
    language = models.CharField(max_length=5, default="en")
    is_on = models.BooleanField(default=False)
    seed = models.CharField(max_length=64, default=secrets.token_hex)
    created_at = models.DateTimeField(default=timezone.now)
    looked_version = models.BigIntegerField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("name", "id")

    @property
    def says(self) -> Terms:
        """Its terms."""
        kept = dict(self.terms)
        for name in ("start", "end"):
            if name in kept:
                kept[name] = time.fromisoformat(kept[name])
        return Terms(**kept)


def as_kept(terms: Terms) -> dict[str, Any]:
    """Return terms as a rule keeps them."""
    return {
        name: value.isoformat() if isinstance(value, time) else value
        for name, value in vars(terms).items()
    }


class State(models.TextChoices):
    """Where an invitation stands."""

    DUE = "due", "waits for its time"
    HELD = "held", "not asked"
    SENDING = "sending", "on its way"
    SENT = "sent", "sent"
    UNCERTAIN = "uncertain", "may have been sent"
    BOUNCED = "bounced", "came back"
    ANSWERED = "answered", "answered"
    EXPIRED = "expired", "not answered in time"
    WITHDRAWN = "withdrawn", "withdrawn"


ASKED = (
    State.SENDING,
    State.SENT,
    State.UNCERTAIN,
    State.BOUNCED,
    State.ANSWERED,
    State.EXPIRED,
    State.WITHDRAWN,
)
OPEN = (State.SENDING, State.SENT, State.UNCERTAIN)


class Invitation(models.Model):
    """One customer who was helped and falls under a rule: asked, waiting, or held for a reason.

    Attributes:
        key: digest of rule, ticket and solve, so that the same is never asked twice.
        person, household: digests of address and account, for the cool-downs.
        probability: with which somebody like this is asked.
        message, reminder: in the outbox.
        is_program: a program seems to have followed its links, and no person.
    """

    PERSONAL = ("ticket_id", "subject", "customer_id", "account_id", "account", "address")
    IMPERSONAL = ("key", "state", "reason", "person", "household", "language", "zone")

    id: UUID
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # type: ignore[assignment]
    key = models.CharField(max_length=64, unique=True)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="invitations")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT)
    ticket_id = models.CharField(max_length=300)
    subject = models.CharField(max_length=300, blank=True)
    customer_id = models.CharField(max_length=300, blank=True)
    account_id = models.CharField(max_length=300, blank=True)
    account = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=320, blank=True)
    person = models.CharField(max_length=64, blank=True, db_index=True)
    household = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=5, default="en")
    zone = models.CharField(max_length=60, default="UTC")
    solved_at = models.DateTimeField()
    found_at = models.DateTimeField(default=timezone.now)
    probability = models.FloatField(default=1.0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    reason = models.CharField(
        max_length=60, blank=True, choices=[(each.value, each.value) for each in Reason]
    )
    due_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    message = models.UUIDField(null=True, blank=True)
    reminder = models.UUIDField(null=True, blank=True)
    is_program = models.BooleanField(default=False)

    class Meta:
        ordering = ("-found_at", "id")
        indexes = (
            models.Index(fields=["state", "due_at"], name="surveys_due"),
            models.Index(fields=["rule", "state"], name="surveys_of_rule"),
        )

    @property
    def about(self) -> dict[str, str]:
        """What every record of it says; a survey about the relationship is about no ticket."""
        is_of_ticket = ABOUT[self.instrument.asks] == "transactional"
        said = {
            "survey_id": f"helmdesk:{self.id}",
            "instrument_id": self.instrument.record_id,
            "ticket_id": self.ticket_id if is_of_ticket else "",
            "customer_id": self.customer_id,
            "account_id": self.account_id,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def withdraw_erased(cls, touched: Collection[Any], why: str) -> None:
        """Ask nobody who was erased, and keep nothing of what they were asked or wrote."""
        gone = cls.objects.filter(pk__in=touched)
        letters = [each for row in gone.values_list("message", "reminder") for each in row if each]
        withdraw(why, key__in=[f"{Channel.MAIL}:{each}" for each in letters])
        Message.objects.filter(pk__in=letters).delete()
        Answer.objects.filter(invitation__in=touched).update(comment="")
        gone.filter(state=State.DUE).update(state=State.HELD, reason=Reason.ERASED)
        gone.filter(state__in=OPEN).update(state=State.WITHDRAWN, reason=Reason.ERASED)
        gone.update(address="", person="", subject="", customer_id="", ticket_id="", remind_at=None)


class Opening(models.Model):
    """The first time that a link of a mail was followed: it says nothing of an answer.

    Attributes:
        rating: that the link bore; empty for the plain one.
    """

    PERSONAL = ()
    IMPERSONAL = ("rating",)

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="openings")
    rating = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["invitation", "rating"], name="surveys_one_opening"),
        )


class Answer(models.Model):
    """The one answer to an invitation: the database has no room for a second."""

    PERSONAL = ("comment",)
    IMPERSONAL = ("value",)

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE)
    value = models.CharField(max_length=8)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)


class LastAsked(models.Model):
    """When somebody, or somebody of an account, was asked last; its row is held while that is
    decided anew.
    """

    PERSONAL = ()
    IMPERSONAL = ("digest",)

    digest = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(null=True, blank=True)


class Address(models.Model):
    """Where a customer is written to, from a spreadsheet.

    Attributes:
        key: digest of the customer's id.
        zone: empty is the desk's.
    """

    PERSONAL = ("customer_id", "email")
    IMPERSONAL = ("key", "language", "zone")

    key = models.CharField(max_length=64, unique=True)
    customer_id = models.CharField(max_length=300)
    email = models.CharField(max_length=320)
    language = models.CharField(max_length=5, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    @classmethod
    def withdraw_erased(cls, touched: Collection[Any], why: str) -> None:
        """Forget the address of somebody who was erased."""
        cls.objects.filter(pk__in=touched).delete()


class Refusal(models.Model):
    """An address that gets no surveys any more, known again by its digest alone.

    Attributes:
        is_wish: the person said so; otherwise mail came back.
        returns: how often mail came back; a lasting refusal counts at once.
    """

    PERSONAL = ()
    IMPERSONAL = ("digest",)

    digest = models.CharField(max_length=64, unique=True)
    is_wish = models.BooleanField(default=False)
    is_bounced = models.BooleanField(default=False)
    returns = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)


class ReadUntil(models.Model):
    """How far a mailbox was read.

    Attributes:
        key: digest of the mailbox's name.
        validity: the server's mark of how it numbers its mail; another one, and all is read anew.
        uid: number of the last message that was read.
        at: when it was looked at last.
        problem: why it could not be read then.
    """

    PERSONAL = ()
    IMPERSONAL = ("key", "validity", "problem")

    key = models.CharField(max_length=64, unique=True)
    validity = models.CharField(max_length=40, blank=True)
    uid = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(auto_now=True)
    problem = models.CharField(max_length=300, blank=True)


class QuietAccount(models.Model):
    """An account that is left alone for a while.

    Attributes:
        until: local day of the desk; None is until somebody takes it out.
    """

    PERSONAL = ("account", "why")
    IMPERSONAL = ("key",)

    key = models.CharField(max_length=64, unique=True)
    account = models.CharField(max_length=300)
    why = models.CharField(max_length=200, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("account",)


# -- pulses ----------------------------------------------------------------------------------------


class Wave(models.Model):
    """One question to the people of the desk. Nothing of it is shown before it is over.

    Attributes:
        closed_at: when it was cut into groups and given to the records.
        answers: how many there were; shown where there are enough.
        is_shown: whether there were enough.
    """

    PERSONAL = ()
    IMPERSONAL = ()

    id: int
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT)
    opened_at = models.DateTimeField(default=timezone.now)
    closes_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    answers = models.PositiveIntegerField(default=0)
    is_shown = models.BooleanField(default=False)

    class Meta:
        ordering = ("-opened_at", "-id")

    def is_open(self, moment: datetime) -> bool:
        """Whether it can be answered."""
        return self.closed_at is None and self.opened_at <= moment < self.closes_at


class Participation(models.Model):
    """That somebody was asked, in which group they count, and whether they have answered; never
    what, and never when.
    """

    PERSONAL = ()
    IMPERSONAL = ("group",)

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="asked")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    group = models.CharField(max_length=200, blank=True)
    has_answered = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["wave", "person"], name="surveys_one_voice"),
        )


class Slip(models.Model):
    """A slip of paper in the box of a wave: nothing on it tells whose it is.

    As many as there are people in a group lie there, empty and in random order, before anybody
    answers; an answer is written on any empty one. So neither number nor place tells when.
    """

    PERSONAL = ("comment",)
    IMPERSONAL = ("group", "value")

    id: UUID
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # type: ignore[assignment]
    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="slips")
    group = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=8, blank=True)
    comment = models.TextField(blank=True)


class Remark(models.Model):
    """What somebody wrote in a pulse that is over: without group and answer, in alphabetical
    order.
    """

    PERSONAL = ("text",)
    IMPERSONAL = ()

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="remarks")
    text = models.TextField()

    class Meta:
        ordering = ("text",)


def language_of(*wanted: str) -> str:
    """Return the language that somebody is written to in."""
    return known_language(*[each for each in wanted if each])
