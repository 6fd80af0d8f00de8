"""Messages that leave the house, and the addresses of programs that are told of events."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID, uuid4

from django.db import models
from django.utils import timezone

from helmdesk.web.apps.jobs.models import Job
from helmdesk.web.apps.jobs.queue import withdraw


class Form(models.TextChoices):
    """In which form an endpoint is told."""

    STANDARD = "standard", "a program (Standard Webhooks, signed)"
    SLACK = "slack", "a Slack channel"
    TEAMS = "teams", "a Microsoft Teams channel"


class Endpoint(models.Model):
    """A program or a chat elsewhere that is told of events by webhook.

    Attributes:
        url: where it listens; whoever knows it may be able to post there, so that pages and logs
        show its host alone.
        topics: the events it is told of.
        form: for a program, or as a message of a chat.
        seal: with the site's own key it makes the secret that messages are signed with; a new one
        makes a new secret.
        problem: why it was switched off, where the site did that.
    """

    PERSONAL = ()
    IMPERSONAL = ("name", "url", "topics", "form", "seal", "problem")

    name = models.CharField(max_length=100, unique=True)
    url = models.CharField(max_length=500)
    topics = models.JSONField(default=list)
    form = models.CharField(max_length=10, choices=Form.choices, default=Form.STANDARD)
    seal = models.CharField(max_length=64, default=secrets.token_hex)
    is_on = models.BooleanField(default=True)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)


class Channel(models.TextChoices):
    """By which way a message leaves."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class Message(models.Model):
    """One message to one recipient. The job of the same key sends it, and tells how that went.

    Attributes:
        topic: what it is about, in a word.
        recipient: address of a mail, or name of an endpoint.
        text: of a mail in plain text, or the body of a webhook.
        html: of a mail, beside its text.
        headers: of a mail, beside those that every mail has.
        attached_name, attached: a file that goes with a mail; the file is kept until that was sent.
        calendar: an invitation (.ics) that mail programs show as one; its method is `method`.
        is_refused: whether the mail server would not take it for this recipient, ever.
        sent_at: when it was taken by whoever carries it on.
        answer: what that said.
    """

    PERSONAL = (
        *("recipient", "subject", "text", "html", "answer"),
        *("attached_name", "attached", "calendar"),
    )
    IMPERSONAL = ("channel", "topic", "headers", "method")

    id: UUID
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # type: ignore[assignment]
    channel = models.CharField(max_length=10, choices=Channel.choices)
    topic = models.CharField(max_length=40)
    recipient = models.CharField(max_length=320)
    endpoint = models.ForeignKey(Endpoint, null=True, blank=True, on_delete=models.CASCADE)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    attached_name = models.CharField(max_length=200, blank=True)
    attached = models.BinaryField(null=True, blank=True)
    calendar = models.TextField(blank=True)
    method = models.CharField(max_length=10, blank=True)
    is_refused = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")

    @property
    def key(self) -> str:
        """The key of the job that sends it; receivers know a repetition by it."""
        return f"{self.channel}:{self.id}"

    @classmethod
    def withdraw_erased(cls, touched: Collection[Any], why: str) -> None:
        """Send nothing that spoke of somebody who was erased."""
        withdraw(why, key__in=[each.key for each in cls.objects.filter(pk__in=touched)])

    @classmethod
    def forget_erased(cls, words: Collection[str]) -> int:
        """Throw away all files that wait to be sent, and send nothing in their place: what a PDF
        says of somebody cannot be taken out of it.
        """
        holding = cls.objects.exclude(attached=None) if words else cls.objects.none()
        withdraw(
            "its file may have spoken of somebody who was erased",
            key__in=[each.key for each in holding],
        )
        return holding.update(attached=None)


def jobs_of(shown: Iterable[Message]) -> dict[str, Job]:
    """Return the jobs that send messages, by key; none of those that somebody threw away."""
    keys = [each.key for each in shown]
    return {job.key: job for job in Job.objects.filter(key__in=keys)}
