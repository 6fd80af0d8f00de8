"""Links to book a call by: what they say is signed, and the secret in them is kept nowhere.

They are links as all others (`helmdesk.act.links`) with sixteen random bytes; the database holds
the SHA-256 of these, so that nobody who reads it can write a link.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from helmdesk.act import links

_SECRET = 16


class Purpose(StrEnum):
    """What a link is good for; one for another purpose is no link at all."""

    BOOK = "book"
    CHANGE = "change"


@dataclass(frozen=True)
class Link:
    """What a link that we signed says.

    Attributes:
        row: identity of what it opens.
        secret: SHA-256 of its random part, as 64 hexadecimal digits.
        expires_at: aware UTC, to the second.
    """

    row: UUID
    secret: str
    expires_at: datetime


def issue(key: bytes, row: UUID, expires_at: datetime) -> tuple[str, str]:
    """Return a new link to book by, and what is kept of its secret."""
    secret = secrets.token_bytes(_SECRET)
    return _write(key, Purpose.BOOK, row, secret, expires_at), _digest(secret)


def change_link(key: bytes, row: UUID, expires_at: datetime) -> str:
    """Return the link by which a customer moves or cancels a booking: the same at every try, so
    that every mail about it can hold it.
    """
    secret = hmac.new(key, b"helmdesk booking change " + row.bytes, hashlib.sha256).digest()
    return _write(key, Purpose.CHANGE, row, secret[:_SECRET], expires_at)


def read_link(key: bytes, purpose: Purpose, text: str) -> Link | None:
    """Return what a link says, whether or not it is over; None where we did not make it."""
    said = links.read(key, f"booking {purpose}", text, _SECRET)
    return Link(said.row, _digest(said.secret), said.expires_at) if said else None


def _write(key: bytes, purpose: Purpose, row: UUID, secret: bytes, expires_at: datetime) -> str:
    return links.write(key, f"booking {purpose}", links.Said(row, secret, expires_at))


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()
