"""The mailbox that our mail is from, read by IMAP: mail that came back, complaints, and people who
want no more. Nothing in it is changed, not even what is marked as read.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from helmdesk.act.surveys import Purpose
from helmdesk.deadline import Line, within
from helmdesk.errors import HelmdeskError, SettingError
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.surveys.answering import stop, visit
from helmdesk.web.apps.surveys.boxes import own_mail, returned
from helmdesk.web.apps.surveys.models import Invitation, ReadUntil, digest
from helmdesk.web.apps.surveys.sending import came_back

SETTING = "HELMDESK_MAILBOX"
FORM = "write imaps://USER:PASSWORD@HOST:993/FOLDER (TLS from the first byte)"
ANSWER_SECONDS, WHOLE_SECONDS = 20.0, 240.0
AT_ONCE, MOST_BYTES = 500, 512 * 1024
COMPLAINT = "feedback-report"
# What mail programs write that know no better than to write a mail; the token is in the subject.
NO_MORE = re.compile(r"unsubscribe ([A-Za-z0-9_-]{20,200})", re.ASCII)


class NotReadable(HelmdeskError):
    """The mailbox could not be read this time."""


@dataclass(frozen=True)
class Box:
    """A mailbox, as an operator named it.

    Attributes:
        folder: as the server calls it.
        authority: file of certificates that are believed instead of the machine's.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    authority: str = ""

    @property
    def key(self) -> str:
        """What it is known again by."""
        return digest(f"{self.user}@{self.host}/{self.folder}")

    @property
    def words(self) -> str:
        """The mailbox in words, without what is secret."""
        return f"{self.folder} of {self.user} at {self.host}"


@dataclass
class Read:
    """What came of reading."""

    seen: int = 0
    returned: int = 0
    stopped: int = 0

    def describe(self) -> str:
        """Return it in words."""
        return f"{self.seen} read, {self.returned} came back, {self.stopped} want no more"


def named_box() -> Box | None:
    """Return the mailbox that the settings name; None where they name none.

    Raises:
        SettingError: they cannot be understood; the message repeats nothing secret.
    """
    if not settings.MAILBOX:
        return None
    try:
        given = urlsplit(settings.MAILBOX)
        port = given.port or 993
        options = dict(parse_qsl(given.query, strict_parsing=bool(given.query)))
    except ValueError:
        raise SettingError(f"{SETTING} is no address of a mailbox; {FORM}") from None
    user, password = unquote(given.username or ""), unquote(given.password or "")
    authority = options.pop("ca", "")
    if given.scheme != "imaps" or not (given.hostname and user and password) or options:
        raise SettingError(f"{SETTING} is no address of a mailbox; {FORM}")
    folder = unquote(given.path.strip("/")) or "INBOX"
    if not folder.isascii() or any(sign in folder for sign in '"\\\r\n'):
        raise SettingError(f"{SETTING}: a folder has a name of plain letters, such as INBOX")
    return Box(given.hostname, port, user, password, folder, authority)


class _Conversation(imaplib.IMAP4_SSL):
    """One that can be cut from beside it."""

    def __init__(self, box: Box, line: Line) -> None:
        self.line = line
        context = ssl.create_default_context(cafile=box.authority or None)
        super().__init__(box.host, box.port, ssl_context=context, timeout=ANSWER_SECONDS)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        # Held before TLS takes it over: only so can it be cut.
        plain = self.line.hold(imaplib.IMAP4._create_socket(self, timeout))  # type: ignore[attr-defined]
        found: ssl.SSLSocket = self.ssl_context.wrap_socket(plain, server_hostname=self.host)
        return found


def look_in(box: Box) -> Read | None:
    """Read a mailbox; note that it was, or why it could not be."""
    try:
        found, problem = read_box(box), ""
    except NotReadable as error:
        found, problem = None, str(error)[:300]
    ReadUntil.objects.update_or_create(
        key=box.key, defaults={"problem": problem, "at": queue.now()}
    )
    return found


def state_of_box() -> tuple[str, str]:
    """Return which mailbox is read, and what is wrong with that, in words; empty for none."""
    try:
        box = named_box()
    except SettingError as error:
        return "", str(error)
    if box is None:
        return "", ""
    known = ReadUntil.objects.filter(key=box.key).first()
    return box.words, known.problem if known else ""


def read_box(box: Box) -> Read:
    """Read what came since the last time; each message counts once, also where this is killed.

    Raises:
        NotReadable: the server is away, refuses, or has no such folder; it is tried again later.
    """
    with within(WHOLE_SECONDS) as line:
        try:
            conversation = _Conversation(box, line)
        except (OSError, imaplib.IMAP4.error) as error:
            raise NotReadable(f"{box.host} does not answer as a mailbox does: {error}") from error
        try:
            return _read(conversation, box)
        except (OSError, imaplib.IMAP4.error) as error:
            raise NotReadable(f"{box.words} cannot be read: {_said(error)}") from error
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                conversation.logout()


def _read(conversation: imaplib.IMAP4, box: Box) -> Read:
    conversation.login(box.user, box.password)
    state, _ = conversation.select(f'"{box.folder}"', readonly=True)
    if state != "OK":
        raise imaplib.IMAP4.error(f"there is no folder {box.folder}")
    _, validity = conversation.response("UIDVALIDITY")
    mark = (validity[0] or b"").decode() if validity and validity[0] else ""
    place, _ = ReadUntil.objects.get_or_create(key=box.key, defaults={"validity": mark})
    if place.validity != mark:  # the server numbers its mail anew
        place.validity, place.uid = mark, 0
    found = Read()
    for uid, raw in _fetched(conversation, place.uid):
        with transaction.atomic():
            place.uid = uid
            place.save()
            if raw is not None:
                _take(BytesParser(policy=policy.default).parsebytes(raw), found)
        found.seen += 1
    return found


def _fetched(conversation: imaplib.IMAP4, after: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield mail later than a number, the oldest first; of what is too large nothing but that."""
    _, told = conversation.uid("SEARCH", f"UID {after + 1}:*")
    listed = sorted(int(each) for each in (told[0] or b"").split())
    # The last one is found by "N:*" even where it is older.
    for uid in [each for each in listed if each > after][:AT_ONCE]:
        _, sizes = conversation.uid("FETCH", str(uid), "(RFC822.SIZE)")
        size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(_plain(sizes)))
        if size is None or int(size[1]) > MOST_BYTES:
            yield uid, None
            continue
        _, parts = conversation.uid("FETCH", str(uid), "(BODY.PEEK[])")
        yield uid, next((each[1] for each in parts if isinstance(each, tuple)), None)


def _plain(parts: list[object]) -> list[bytes]:
    return [
        each[0] if isinstance(each, tuple) else each
        for each in parts
        if isinstance(each, bytes | tuple)
    ]


def _take(message: Message, found: Read) -> None:
    """Do what one message asks for, with the transaction around."""
    known = returned(message)
    if known is not None:
        found.returned += came_back(known[0], is_lasting=known[1])
        return
    row = _complained(message) or _wants_no_more(message)
    if row is not None:
        stop(row)
        found.stopped += 1


def _complained(message: Message) -> Invitation | None:
    """Return what somebody's mail program reports as unwanted."""
    if not any(
        part.get_content_type() == f"message/{COMPLAINT}"
        or part.get_param("report-type") == COMPLAINT
        for part in message.walk()
    ):
        return None
    own = own_mail(message)
    if own is None:
        return None
    return Invitation.objects.filter(Q(message=own) | Q(reminder=own)).first()


def _wants_no_more(message: Message) -> Invitation | None:
    token = NO_MORE.search(str(message.get("Subject", "")))
    return visit(token[1], Purpose.STOP).invitation if token else None


def _said(error: Exception) -> str:
    """Return what the server said, without the way Python shows bytes."""
    first = error.args[0] if error.args else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
