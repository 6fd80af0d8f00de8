"""Putting messages into the outbox, with the transaction of whatever wants them sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from helmdesk.errors import UsageError
from helmdesk.web.apps.jobs.queue import enqueue
from helmdesk.web.apps.outbox.chats import body_of, note_of
from helmdesk.web.apps.outbox.models import Channel, Endpoint, Form, Message

MOST_ATTACHED = 8_000_000  # bytes; in a mail they are a third more


@dataclass(frozen=True)
class CalendarPart:
    """An invitation within a mail.

    Attributes:
        method: REQUEST or CANCEL, as its content says.
    """

    method: str
    content: str


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; the ending of its name says what it is."""

    name: str
    content: bytes


def put_mail(
    topic: str,
    recipient: str,
    subject: str,
    text: str,
    html: str = "",
    send_at: datetime | None = None,
    headers: Mapping[str, str] | None = None,
    attachment: Attachment | None = None,
    calendar: CalendarPart | None = None,
) -> Message:
    """Put a mail to one person into the outbox.

    Args:
        headers: beside those that every mail has.
        attachment: kept until the mail was sent.
        calendar: an invitation, which mail programs show as one.

    Raises:
        UsageError: no address, a subject of several lines, or a file that is too large to send.
    """
    if not is_address(recipient):
        raise UsageError(
            f"{recipient!r} is no mail address that can be written to; write one such as"
            " ada@example.org"
        )
    if "\n" in subject or "\r" in subject:
        raise UsageError("the subject of a mail is one line")
    if attachment is not None and len(attachment.content) > MOST_ATTACHED:
        raise UsageError(
            f"{attachment.name} has {len(attachment.content) / 1e6:.1f} MB; mail servers take files"
            f" up to {MOST_ATTACHED / 1e6:.0f} MB"
        )
    made = Message(
        channel=Channel.MAIL,
        topic=topic,
        recipient=recipient,
        attached_name=attachment.name if attachment else "",
        attached=attachment.content if attachment else None,
        subject=subject[:200],
        text=text,
        html=html,
        headers=dict(headers or {}),
        calendar=calendar.content if calendar else "",
        method=calendar.method if calendar else "",
    )
    return _put(made, send_at)


def put_webhooks(topic: str, data: dict[str, Any]) -> list[Message]:
    """Put an event into the outbox for every endpoint that is told of it."""
    listening = [each for each in Endpoint.objects.filter(is_on=True) if topic in each.topics]
    made = [put_webhook(endpoint, topic, data) for endpoint in listening]
    return [message for message in made if message is not None]


def put_webhook(endpoint: Endpoint, topic: str, data: dict[str, Any]) -> Message | None:
    """Put an event for one endpoint into the outbox; its bytes are the same at every try. None for
    a chat that would be told what only programs understand.
    """
    body: dict[str, Any] = {"type": topic, "timestamp": timezone.now().isoformat(), "data": data}
    if endpoint.form != Form.STANDARD:
        note = note_of(topic, data)
        if note is None:
            return None
        body = body_of(endpoint.form, note)
    made = Message(
        channel=Channel.WEBHOOK,
        topic=topic,
        recipient=endpoint.name,
        endpoint=endpoint,
        text=json.dumps(body, ensure_ascii=False),
    )
    return _put(made, None)


def _put(made: Message, send_at: datetime | None) -> Message:
    from helmdesk.web.apps.outbox.jobs import SENDERS, Sending

    with transaction.atomic():
        made.save(force_insert=True)
        enqueue(SENDERS[made.channel], made.key, Sending(message=made.id), send_at)
    return made


def is_address(text: str) -> bool:
    """Whether a mail server can be given this address: no line breaks, no second address."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
