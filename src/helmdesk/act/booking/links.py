"""Links to book a call by: what they say is signed, and the secret in them is kept nowhere.

A link is the identity of its row, sixteen random bytes, the second at which it is over, and a seal.
What was forged is told by the seal alone, without a look into the database; the database holds the
SHA-256 of the random bytes, so that nobody who reads it can write a link.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

_ID, _SECRET, _EXPIRY, _SEAL = 16, 16, 6, 18
_BODY = _ID + _SECRET + _EXPIRY
LONGEST = 100
"""No link has more characters; what is longer is not looked at."""


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
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, seal = found[:_BODY], found[_BODY:]
    if len(body) != _BODY or not hmac.compare_digest(seal, _seal(key, purpose, body)):
        return None
    if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != text:
        return None  # the same bytes written in another way
    try:
        expires_at = datetime.fromtimestamp(int.from_bytes(body[-_EXPIRY:]), UTC)
    except (OverflowError, ValueError):
        return None
    return Link(UUID(bytes=body[:_ID]), _digest(body[_ID : _ID + _SECRET]), expires_at)


def _write(key: bytes, purpose: Purpose, row: UUID, secret: bytes, expires_at: datetime) -> str:
    body = row.bytes + secret + int(expires_at.timestamp()).to_bytes(_EXPIRY)
    return base64.urlsafe_b64encode(body + _seal(key, purpose, body)).rstrip(b"=").decode()


def _seal(key: bytes, purpose: Purpose, body: bytes) -> bytes:
    said = f"helmdesk booking {purpose} ".encode() + body
    return hmac.new(key, said, hashlib.sha256).digest()[:_SEAL]


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()
