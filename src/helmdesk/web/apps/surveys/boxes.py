"""Files about addresses: a spreadsheet of customers, and mail that came back."""

from __future__ import annotations

import mailbox
import re
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from uuid import UUID
from zoneinfo import available_timezones

import duckdb
from django.db import transaction

from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, UsageError
from helmdesk.lake.erasure import erased_among
from helmdesk.query.words import show_count
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import Layout, sheet_of
from helmdesk.sources.reading.raw_tables import read_table
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.outbox.post import is_address
from helmdesk.web.apps.surveys.models import Address, digest, language_of
from helmdesk.web.apps.surveys.sending import came_back

LAYOUT: Layout = {
    "customer": ("customer_id", "customer", "contact_id", "user_id", "requester_id", "id"),
    "email": ("email", "e_mail", "email_address", "mail", "address"),
    "language": ("language", "lang", "locale"),
    "zone": ("time_zone", "timezone", "zone"),
}
AT_ONCE = 500
OURS = re.compile(rb"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@helmdesk\.invalid>", re.I)
MOST_MAIL = 20_000


@dataclass(frozen=True)
class Taken:
    """What came of a spreadsheet.

    Attributes:
        stored: customers with an address from now on. erased: left out, for they were erased here.
        wrong: rows without a customer or a usable address, told by number and what is wrong.
    """

    stored: int
    erased: int
    wrong: tuple[str, ...]

    def describe(self) -> str:
        """Return what was kept and left out, in sentences."""
        told = f"{self.stored:,} address{'' if self.stored == 1 else 'es'} kept."
        if self.erased:
            told += f" {show_count(self.erased, 'customer')} left out: erased from this desk."
        return told


def take_addresses(desk: Desk, path: Path) -> Taken:
    """Read customers' addresses from a table of any kind that the desk can read.

    Raises:
        InputError: it has no column of customers, or none of addresses.
    """
    with closing(duckdb.connect()) as connection:
        staging = Staging(connection, "addresses", "addresses", limits=desk.folder.limits)
        raw = read_table(staging, path)
        sheet = sheet_of(staging, raw, LAYOUT, 0)
        if lacking := [name for name in ("customer", "email") if not sheet.has(name)]:
            raise InputError(
                f"{path.name}: no column for {' and '.join(lacking)}; the first row names the"
                f" columns, such as customer and email (it has: {', '.join(raw.columns[:12])})"
            )
        rows = connection.execute(
            f"select _row, customer, email, language, zone from {sheet.view} order by _row"
        ).fetchall()
    erased = erased_among(desk.path, {row[1] for row in rows if row[1]})
    wrong, found, left = [], {}, 0
    for number, customer, email, language, zone in rows:
        if problem := _problem(customer, email, zone):
            wrong.append(f"row {number}: {problem}")
        elif customer in erased:
            left += 1
        else:
            found[digest(customer)] = Address(
                key=digest(customer),
                customer_id=customer[:300],
                email=email.strip(),
                language=language_of(language) if language else "",
                zone=zone or "",
                at=queue.now(),
            )
    listed = list(found.values())
    with transaction.atomic():
        Address.objects.bulk_create(
            listed,
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["customer_id", "email", "language", "zone", "at"],
        )
    return Taken(len(listed), left, tuple(wrong))


def _problem(customer: str | None, email: str | None, zone: str | None) -> str:
    if not customer:
        return "no customer"
    if not email:
        return "no address"
    if not is_address(email.strip()):
        return f"{email[:60]!r} is no mail address"
    if zone and zone not in available_timezones():
        return f"{zone[:60]!r} is no time zone such as Europe/Berlin"
    return ""


@dataclass(frozen=True)
class CameBack:
    """What a file of returned mail held: surveys of ours, and mail that was none."""

    ours: int
    others: int


def take_returned(path: Path) -> CameBack:
    """Read mail that came back: one message, or a mailbox of them.

    Raises:
        UsageError: too many messages.
        InputError: there is no message in it.
    """
    ours = others = 0
    for place, message in enumerate(_messages(path)):
        if place >= MOST_MAIL:
            raise UsageError(f"{path.name} holds more than {MOST_MAIL:,} messages; split it")
        known = returned(message)
        if known is not None and came_back(known[0], is_lasting=known[1]):
            ours += 1
        else:
            others += 1
    if not ours + others:
        raise InputError(
            f"{path.name} holds no mail; save returned messages as .eml, or a folder of them as"
            " mbox"
        )
    return CameBack(ours, others)


def _messages(path: Path) -> Iterator[Message]:
    raw = path.read_bytes()[:5]
    if raw != b"From ":
        with path.open("rb") as file:
            found = BytesParser(policy=policy.default).parse(file)
        if found.keys():
            yield found
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "box"
        copy.write_bytes(path.read_bytes())
        with closing(mailbox.mbox(copy, create=False)) as box:
            yield from box


def own_mail(message: Message) -> UUID | None:
    """Return which of our mails a message speaks of."""
    own = OURS.search(message.as_bytes())
    return UUID(own[1].decode()) if own else None


def returned(message: Message) -> tuple[UUID, bool] | None:
    """Return which of our mails came back, and whether for good: a status of 5 and not of 4."""
    own = own_mail(message)
    if own is None:
        return None
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload() if part.is_multipart() else ():
            status = str(block.get("Status", "")) if isinstance(block, Message) else ""
            if status[:1] in ("4", "5"):
                return own, status[:1] == "5"
    return None
