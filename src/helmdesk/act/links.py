"""Links that a person without an account holds: what they say is signed, and so told from forged
ones without a look into any database.

A link is the identity of what it opens, perhaps a secret, the second at which it is over, and a
seal, in letters, digits, ``-`` and ``_``. It is good for one purpose; there is one way to write it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

_ID, _EXPIRY, _SEAL = 16, 6, 18
LONGEST = 100
"""No link has more characters; what is longer is not looked at."""


@dataclass(frozen=True)
class Said:
    """What a link that we signed says.

    Attributes:
        row: identity of what it opens.
        secret: its random part; empty where it has none.
        expires_at: aware UTC, to the second.
    """

    row: UUID
    secret: bytes
    expires_at: datetime


def write(key: bytes, purpose: str, said: Said) -> str:
    """Return a link.

    Args:
        key: the site's.
        purpose: what it is good for, and nothing else.
    """
    expiry = int(said.expires_at.timestamp()).to_bytes(_EXPIRY)
    body = said.row.bytes + said.secret + expiry
    return _text(body + _seal(key, purpose, body))


def read(key: bytes, purpose: str, text: str, secret_length: int = 0) -> Said | None:
    """Return what a link says, whether or not it is over; None where we did not make it, for this
    purpose and just so.

    Args:
        secret_length: bytes of the secret that links for this purpose have.
    """
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    length = _ID + secret_length + _EXPIRY
    body, seal = found[:length], found[length:]
    if len(body) != length or not hmac.compare_digest(seal, _seal(key, purpose, body)):
        return None
    if _text(found) != text:
        return None  # the same bytes written in another way
    try:
        expires_at = datetime.fromtimestamp(int.from_bytes(body[-_EXPIRY:]), UTC)
    except (OverflowError, ValueError):
        return None
    return Said(UUID(bytes=body[:_ID]), body[_ID:-_EXPIRY], expires_at)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _seal(key: bytes, purpose: str, body: bytes) -> bytes:
    return hmac.new(key, f"helmdesk {purpose} ".encode() + body, hashlib.sha256).digest()[:_SEAL]
