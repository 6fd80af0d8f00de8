"""Jobs that send: mail at most once, webhooks at least once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives

from helmdesk.errors import SettingError
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.jobs import KEPT
from helmdesk.web.apps.jobs.kind import (
    Effect,
    Finish,
    Held,
    JobKind,
    Nothing,
    Payload,
    Refused,
    job,
)
from helmdesk.web.apps.jobs.models import Job
from helmdesk.web.apps.outbox import mail, webhooks
from helmdesk.web.apps.outbox.models import Channel, Endpoint, Message
from helmdesk.web.apps.outbox.permission import objection_to

# From five seconds on, four times as long each time, then every hour: most of a night.
WEBHOOK_TRIES = 12


class Sending(Payload):
    """Which message to send."""

    message: UUID


@job("mail", "Send a mail", Sending, effect=Effect.AT_MOST_ONCE)
def send_mail(held: Held[Sending]) -> Finish | None:
    """Give a mail to the mail server."""
    message = _message(held)
    if objection := objection_to(message):
        raise Refused(objection)
    made = EmailMultiAlternatives(message.subject, message.text, to=[message.recipient])
    made.extra_headers = {
        "Message-ID": f"<{message.id}@helmdesk.invalid>",
        # Nobody's holiday answers it.
        "Auto-Submitted": "auto-generated",
        **message.headers,
    }
    if message.html:
        made.attach_alternative(message.html, "text/html")
    if message.calendar:
        # The last alternative, not a file: so it is shown as an invitation, and taken as one.
        made.attach_alternative(message.calendar, f"text/calendar; method={message.method}")
    if message.attached is not None:
        made.attach(message.attached_name, bytes(message.attached))
    try:
        answer = mail.send(made)
    except SettingError as error:
        raise Refused(str(error)) from error
    except mail.RecipientRefused:
        Message.objects.filter(pk=message.pk).update(is_refused=True)
        raise
    return lambda: _note(message, answer)


@job(
    "webhook",
    "Tell a program",
    Sending,
    effect=Effect.AT_LEAST_ONCE,
    tries=WEBHOOK_TRIES,
)
def send_webhook(held: Held[Sending]) -> Finish | None:
    """Post an event to an endpoint."""
    message = _message(held)
    endpoint = message.endpoint
    if endpoint is None or not endpoint.is_on:
        raise Refused(f"{message.recipient} is switched off")
    try:
        answer = webhooks.send(endpoint, message.key, message.text)
    except webhooks.Gone as error:
        Endpoint.objects.filter(pk=endpoint.pk).update(is_on=False, problem=str(error)[:300])
        raise
    except SettingError as error:
        raise Refused(str(error)) from error
    return lambda: _note(message, answer)


SENDERS: dict[Any, JobKind[Sending]] = {Channel.MAIL: send_mail, Channel.WEBHOOK: send_webhook}


def _message(held: Held[Sending]) -> Message:
    found = Message.objects.select_related("endpoint").filter(pk=held.payload.message).first()
    if found is None:
        raise Refused("the message is not there any more")
    return found


def _note(message: Message, answer: str) -> None:
    Message.objects.filter(pk=message.pk).update(
        sent_at=queue.now(), answer=answer[:300], attached=None
    )


@job("tidy_outbox", "Forget messages of a month ago", Nothing, schedule="daily 03:35")
def tidy_outbox(held: Held[Nothing]) -> Finish:
    """Delete old messages whose jobs are forgotten, too."""
    before = queue.now() - KEPT - timedelta(days=1)

    def forget() -> None:
        kept = set(
            Job.objects.filter(kind__in=[kind.name for kind in SENDERS.values()]).values_list(
                "key", flat=True
            )
        )
        old = Message.objects.filter(created_at__lt=before)
        gone = [each.pk for each in old if each.key not in kept]
        Message.objects.filter(pk__in=gone).delete()

    return forget
