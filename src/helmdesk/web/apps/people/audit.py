"""The audit log: who did what. A change, a gap or a missing end is evident.

Every event carries a keyed digest over itself and the event before. Cutting off the end of such a
chain leaves a whole chain, so its newest event is also noted outside the database, in
``<desk>/site/audit.head``. The key is a file of its own (``audit.key``): another secret for
sessions must not make the log unreadable.

The note is written right after the event is in the database, so it may lag behind: a process killed
in between leaves events after the noted one, which follow from it. It is never ahead. Where the
noted event is not in the log, what is written next follows nothing, on purpose: the break stays,
however long the log grows.

Nothing ever writes the chain anew. An erased customer's name is taken out of an event's text, the
event keeps its digest, and the event that records the erasure tells what the touched ones say now.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from filelock import FileLock

log = logging.getLogger("helmdesk.web")
ERASURE, RESTORED = "erased a customer", "restored from a backup"
HEAD_FILE, RESTORED_NOTE = "audit.head", "restored"
# What an event follows that is written to a broken log: no event has this chain.
NOTHING = "nothing: the log was broken here"


class AuditEvent(models.Model):
    """Something that somebody did and others may have to know: sign-ins, definition changes,
    exports.
    """

    PERSONAL = ("person", "subject", "detail")
    IMPERSONAL = ("action", "request_id", "digest", "chain")

    at = models.DateTimeField(default=timezone.now, db_index=True)
    person = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=50)
    subject = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=32, blank=True)
    # Of the event alone; empty in logs of earlier versions, whose chain goes over the event's own
    # text.
    digest = models.CharField(max_length=64, blank=True)
    chain = models.CharField(max_length=64)

    class Meta:
        app_label = "people"
        ordering = ("-id",)

    @property
    def _body(self) -> tuple[str, ...]:
        detail = json.dumps(self.detail, sort_keys=True)
        return (
            self.at.isoformat(),
            self.person,
            self.action,
            self.subject,
            detail,
            self.request_id,
        )

    @property
    def present_digest(self) -> str:
        """The digest of the event as it reads now."""
        return _signature(repr(self._body))

    def seal(self, before: str) -> None:
        """Sign the event as the one that follows `before`."""
        self.digest = self.present_digest
        self.chain = _signature(before + self.digest)

    def follows(self, before: str) -> bool:
        """Whether the event comes right after the one with the chain `before`."""
        whole = before + self.digest if self.digest else repr((before, *self._body))
        return hmac.compare_digest(self.chain, _signature(whole))

    def is_unchanged(self) -> bool:
        """Whether the event reads as it was written."""
        return not self.digest or hmac.compare_digest(self.digest, self.present_digest)


class AuditHead(models.Model):
    """The one row that writers lock, so that every event follows the one before it, whoever writes
    at once.

    Attributes:
        is_noted: the newest event was noted outside the database at least once; from then on the
        note must be there.
    """

    is_noted = models.BooleanField(default=False)

    class Meta:
        app_label = "people"


def _signature(body: str) -> str:
    return hmac.new(settings.AUDIT_KEY.encode(), body.encode(), hashlib.sha256).hexdigest()


def audit(
    action: str, subject: str = "", *, person: Any = None, request: Any = None, **detail: Any
) -> AuditEvent:
    """Write down what was done."""
    if action != RESTORED:
        note_restored()
    who = person or getattr(request, "user", None)
    with transaction.atomic():
        row, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
        latest = AuditEvent.objects.order_by("-id").first()
        head = _read_head()
        problem = _end_problem(head, latest)
        if head is None and not problem:
            # The first event of a log, or of its chain, must not be there without a note.
            _write_head(latest)
        event = AuditEvent(
            person=getattr(who, "username", "") or "",
            action=action,
            subject=subject[:300],
            detail=detail,
            request_id=getattr(request, "request_id", ""),
        )
        event.seal(NOTHING if problem else latest.chain if latest else "")
        event.save()
        if not row.is_noted:
            AuditHead.objects.filter(pk=1).update(is_noted=True)
        transaction.on_commit(lambda: _note_head(event))
    return event


def _note_head(event: AuditEvent) -> None:
    """Note the newest event outside the database; the event is written already, so that a full disk
    only leaves the note behind.
    """
    try:
        _write_head(event)
    except OSError as error:
        log.error("the newest event of the audit log could not be noted", exc_info=error)


def _write_head(event: AuditEvent | None) -> None:
    """Write the note; that of a later event, from another process, stays. None is the beginning of
    a log.
    """
    file = _head_file()
    with FileLock(file.with_suffix(".lock")):
        noted, number = _read_head(), event.pk if event else 0
        if noted is not None and noted.event >= number:
            return
        waiting = file.with_suffix(".new")
        with os.fdopen(
            os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
        ) as handle:
            handle.write(_head_text(event))
            handle.flush()
            os.fsync(handle.fileno())
        waiting.replace(file)


@dataclass(frozen=True)
class Head:
    """The newest event as noted outside the database."""

    event: int
    chain: str
    is_signed: bool


def _head_text(event: AuditEvent | None) -> str:
    """Return one event as a signed line; None is the beginning of a log."""
    body = f"{event.pk if event else 0} {event.chain if event else '-'}"
    return f"{body} {_signature(body)}\n"


def _head_of(text: str) -> Head:
    number, chain, signature = text.split()
    return Head(int(number), chain, hmac.compare_digest(signature, _signature(f"{number} {chain}")))


def _head_file() -> Path:
    return Path(settings.SITE.path) / HEAD_FILE


def _read_head() -> Head | None:
    try:
        return _head_of(_head_file().read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (ValueError, UnicodeDecodeError):
        return Head(0, "", False)


@dataclass(frozen=True)
class AuditState:
    """Whether the log can be trusted.

    Attributes:
        problem: what is wrong, in words; empty when nothing is.
        event: the event at which it shows, or the newest.
        unchecked_until: the event that tells of a restored backup: what came before it only the
        first desk can check. count: how many events there are. behind: how many of them were
        written after the one noted outside the database; more than none only when a
            process was stopped, or the disk was full, between the two.
    """

    problem: str = ""
    event: AuditEvent | None = None
    unchecked_until: AuditEvent | None = None
    count: int = 0
    behind: int = 0


@dataclass(frozen=True)
class _Doubt:
    """An event that is not as it was written, or does not follow from the one before."""

    event: int
    present_digest: str
    may_be_erased: bool

    def is_excused(self, erased: dict[int, str | None]) -> bool:
        """Whether an erasure explains it: the event says what it said after the last one."""
        return (
            self.may_be_erased
            and self.event in erased
            and erased[self.event] in (None, self.present_digest)
        )


def audit_state() -> AuditState:
    """Check the whole log: every event follows from the one before, and the newest is the one noted
    outside the database.
    """
    # Read first: what is written meanwhile comes after it.
    head = _read_head()
    before, newest, restored, count, behind = "", None, None, 0, 0
    doubts: list[_Doubt] = []
    erased: dict[int, str | None] = {}
    has_ours = has_digests = False
    for event in AuditEvent.objects.order_by("id").iterator():
        follows, is_unchanged = event.follows(before), event.is_unchanged()
        has_digests = has_digests or bool(event.digest)
        if follows and is_unchanged:
            if event.action == ERASURE:
                erased |= _erased_by(event)
            elif event.action == RESTORED and not has_ours:
                # Signed with this desk's key: what the other desk's key signed cannot be checked
                # here.
                doubts, restored = [], event
            has_ours = True
        else:
            # In logs of earlier versions the chain goes over the text, so that an erasure breaks it
            # too.
            doubts.append(_Doubt(event.pk, event.present_digest, follows or not has_digests))
            has_ours = has_ours or follows or (is_unchanged and bool(event.digest))
        before, newest, count = event.chain, event, count + 1
        behind += head is not None and event.pk > head.event
    broken = next((doubt.event for doubt in doubts if not doubt.is_excused(erased)), None)
    if broken is not None:
        problem = "this event, or the one before it, was changed or taken out afterwards"
        return AuditState(problem, AuditEvent.objects.get(pk=broken), restored, count, behind)
    return AuditState(_end_problem(head, newest), newest, restored, count, behind)


def _erased_by(event: AuditEvent) -> dict[int, str | None]:
    """Return the events that an erasure touched, with their digests after it; earlier versions kept
    none.
    """
    found = event.detail.get("events", [])
    return (
        {int(number): found[number] for number in found}
        if isinstance(found, dict)
        else dict.fromkeys(found)
    )


def _end_problem(head: Head | None, newest: AuditEvent | None) -> str:
    if head is None:
        if not AuditHead.objects.filter(is_noted=True).exists() and not (
            newest and newest.digest and newest.is_unchanged()
        ):
            return ""
        return (
            f"the note of the newest event ({HEAD_FILE} in the site's folder) is gone; without it a"
            " missing end does not show"
        )
    if not head.is_signed:
        return (
            f"the note of the newest event ({HEAD_FILE} in the site's folder) was not written by"
            " this site"
        )
    if head.event == 0:
        return ""
    if newest is None or newest.pk < head.event:
        return (
            f"the end is missing: event {head.event} was written, and the log ends with"
            f" {newest.pk if newest else 'nothing'}"
        )
    if not AuditEvent.objects.filter(pk=head.event, chain=head.chain).exists():
        return f"event {head.event} is not the one that was written"
    return ""


def signed_end() -> str:
    """Return the newest event as a signed line, to be kept elsewhere: with it a missing end shows,
    even where the whole folder was put back.
    """
    return _head_text(AuditEvent.objects.order_by("-id").first())


def problem_since(kept: str) -> str:
    """Return what is wrong with the log's end against a line that `signed_end` gave earlier; empty
    when nothing is.

    Raises:
        ValueError: it is no such line.
    """
    head = _head_of(kept)
    if not head.is_signed:
        return "the kept end was not written by this site, or was changed"
    if head.event and not AuditEvent.objects.filter(pk=head.event, chain=head.chain).exists():
        return f"the end is missing: event {head.event} was there when the end was kept"
    return ""


def note_restored() -> None:
    """Write down that the desk came out of a backup; where its keys did not come along, its log
    begins a new chain.
    """
    note = settings.SITE.path / RESTORED_NOTE
    if not note.is_file():
        return
    latest = AuditEvent.objects.order_by("-id").first()
    if latest and not _is_ours(latest):
        _head_file().unlink(missing_ok=True)
        AuditHead.objects.update(is_noted=False)
    audit(RESTORED, note.read_text(encoding="utf-8"))
    note.unlink(missing_ok=True)


def _is_ours(event: AuditEvent) -> bool:
    """Whether this site's key signed the event."""
    if event.digest:
        return event.is_unchanged()
    before = AuditEvent.objects.filter(pk__lt=event.pk).order_by("-id").first()
    return event.follows(before.chain if before else "")


def note_latest() -> None:
    """Let the note catch up, where a process was stopped before it could write it; a broken log is
    left as it is.
    """
    head, latest = _read_head(), AuditEvent.objects.order_by("-id").first()
    if head and latest and head.event < latest.pk and not audit_state().problem:
        _note_head(latest)
