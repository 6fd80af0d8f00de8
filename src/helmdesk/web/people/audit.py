"""The audit log: who did what. A change, a gap or a missing end is evident.

Every event carries a keyed digest over itself and the event before. Cutting off the end of such a chain leaves a whole
chain, so its newest event is also noted outside the database, in ``<desk>/site/audit.head``. The key is a file of its
own (``audit.key``): another secret for sessions must not make the log unreadable.

Nothing ever writes the chain anew. An erased customer's name is taken out of an event's text, the event keeps its
digest, and the event that records the erasure lists which ones were touched.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from filelock import FileLock

ERASURE, RESTORED = "erased a customer", "restored from a backup"
HEAD_FILE, RESTORED_NOTE = "audit.head", "restored"


class AuditEvent(models.Model):
    """Something that somebody did and others may have to know: sign-ins, definition changes, exports."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    person = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=50)
    subject = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=32, blank=True)
    # Of the event alone; empty in logs of earlier versions, whose chain goes over the event's own text.
    digest = models.CharField(max_length=64, blank=True)
    chain = models.CharField(max_length=64)

    class Meta:
        app_label = "people"
        ordering = ("-id",)

    @property
    def _body(self) -> tuple[str, ...]:
        detail = json.dumps(self.detail, sort_keys=True)
        return (self.at.isoformat(), self.person, self.action, self.subject, detail, self.request_id)

    def seal(self, before: str) -> None:
        """Sign the event as the one that follows `before`."""
        self.digest = _signature(repr(self._body))
        self.chain = _signature(before + self.digest)

    def follows(self, before: str) -> bool:
        """Whether the event comes right after the one with the chain `before`."""
        whole = before + self.digest if self.digest else repr((before, *self._body))
        return hmac.compare_digest(self.chain, _signature(whole))

    def is_unchanged(self) -> bool:
        """Whether the event reads as it was written."""
        return not self.digest or hmac.compare_digest(self.digest, _signature(repr(self._body)))


class AuditHead(models.Model):
    """The one row that writers lock, so that every event follows the one before it, whoever writes at once.

    Attributes:
        is_noted: the newest event was noted outside the database at least once; from then on the note must be there.
    """

    is_noted = models.BooleanField(default=False)

    class Meta:
        app_label = "people"


def _signature(body: str) -> str:
    return hmac.new(settings.AUDIT_KEY.encode(), body.encode(), hashlib.sha256).hexdigest()


def audit(action: str, subject: str = "", *, person: Any = None, request: Any = None, **detail: Any) -> AuditEvent:
    """Write down what was done."""
    who = person or getattr(request, "user", None)
    with transaction.atomic():
        head, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
        latest = AuditEvent.objects.order_by("-id").first()
        event = AuditEvent(
            person=getattr(who, "username", "") or "",
            action=action,
            subject=subject[:300],
            detail=detail,
            request_id=getattr(request, "request_id", ""),
        )
        event.seal(latest.chain if latest else "")
        event.save()
        if not head.is_noted:
            AuditHead.objects.filter(pk=1).update(is_noted=True)
        transaction.on_commit(lambda: _note_head(event))
    return event


def _note_head(event: AuditEvent) -> None:
    """Note the newest event outside the database; a later one that another process noted stays."""
    file = settings.SITE.path / HEAD_FILE
    with FileLock(file.with_suffix(".lock")):
        noted = _read_head(file)
        if noted is not None and noted.event >= event.pk:
            return
        body = f"{event.pk} {event.chain}"
        waiting = file.with_suffix(".new")
        with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
            handle.write(f"{body} {_signature(body)}\n")
            handle.flush()
            os.fsync(handle.fileno())
        waiting.replace(file)


@dataclass(frozen=True)
class Head:
    """The newest event as noted outside the database."""

    event: int
    chain: str
    is_signed: bool


def _read_head(file: Path) -> Head | None:
    try:
        number, chain, signature = file.read_text(encoding="ascii").split()
        return Head(int(number), chain, hmac.compare_digest(signature, _signature(f"{number} {chain}")))
    except FileNotFoundError:
        return None
    except (ValueError, UnicodeDecodeError):
        return Head(0, "", False)


@dataclass(frozen=True)
class AuditState:
    """Whether the log can be trusted.

    Attributes:
        problem: what is wrong, in words; empty when nothing is.
        event: the event at which it shows.
        unchecked_until: the event that tells of a restored backup: what came before it only the first desk can check.
    """

    problem: str = ""
    event: AuditEvent | None = None
    unchecked_until: AuditEvent | None = None


def audit_state() -> AuditState:
    """Check the whole log: every event follows from the one before, and the newest is the one noted outside the database."""
    erased = {number for event in AuditEvent.objects.filter(action=ERASURE) for number in event.detail.get("events", [])}
    before, newest, broken, restored = "", None, None, None
    for event in AuditEvent.objects.order_by("id").iterator():
        is_erased = event.pk in erased
        is_sound = (event.follows(before) or (is_erased and not event.digest)) and (event.is_unchanged() or is_erased)
        if is_sound and event.action == RESTORED:
            # Signed with this desk's key: what the other desk's key signed cannot be checked here.
            broken, restored = None, event
        elif not is_sound and broken is None:
            broken = event
        before, newest = event.chain, event
    if broken is not None:
        return AuditState("this event, or the one before it, was changed or taken out afterwards", broken, restored)
    return AuditState(_end_problem(newest), newest, restored)


def _end_problem(newest: AuditEvent | None) -> str:
    head = _read_head(settings.SITE.path / HEAD_FILE)
    if head is None:
        if not AuditHead.objects.filter(is_noted=True).exists():
            return ""
        return f"the note of the newest event ({HEAD_FILE} in the site's folder) is gone; without it a missing end does not show"
    if not head.is_signed:
        return f"the note of the newest event ({HEAD_FILE} in the site's folder) was not written by this site"
    if newest is None or newest.pk < head.event:
        return f"the end is missing: event {head.event} was written, and the log ends with {newest.pk if newest else 'nothing'}"
    if not AuditEvent.objects.filter(pk=head.event, chain=head.chain).exists():
        return f"event {head.event} is not the one that was written"
    return ""


def note_restored() -> None:
    """Begin the chain of a desk that was restored without its keys: another desk's key signed its earlier events."""
    note = settings.SITE.path / RESTORED_NOTE
    if note.is_file():
        (settings.SITE.path / HEAD_FILE).unlink(missing_ok=True)
        audit(RESTORED, note.read_text(encoding="utf-8"))
        note.unlink()
