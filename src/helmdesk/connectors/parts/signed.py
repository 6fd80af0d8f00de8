"""Messages signed as Standard Webhooks says: by id, second and body, with a secret that both
know.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

from helmdesk.connectors.parts.access import RefusedError
from helmdesk.errors import UsageError

PREFIX = "whsec_"
TOLERANCE_SECONDS = 300
LONGEST_ID = 256
MANY = 20
"""Signatures of one message, while a secret is changed."""


def new_secret() -> str:
    """Return a secret that nobody can guess."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Return the key in a secret.

    Raises:
        UsageError: not a secret such as Standard Webhooks writes.
    """
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) < 16:
        raise UsageError(f"the secret is not one: {PREFIX} and at least 24 characters of base64")
    return found


def signature(secret: str, id_: str, second: str, body: bytes) -> str:
    """Return the signature of a message, as it stands in its header."""
    signed = b".".join((id_.encode(), second.encode(), body))
    digest = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def check(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the id of a message that was signed with a secret.

    Args:
        headers: names in small letters.

    Raises:
        RefusedError: it was not, or too long ago.
    """
    id_, second = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id_ or len(id_) > LONGEST_ID or not second.isascii() or not second.isdigit():
        raise RefusedError("webhook-id and webhook-timestamp are missing, or not as they should be")
    given = headers.get("webhook-signature", "").split()[:MANY]
    own = signature(secret, id_, second, body).encode()
    # All are compared, so that the time it takes tells nothing.
    if not sum(hmac.compare_digest(each.encode(), own) for each in given):
        raise RefusedError("the signature is not that of this message")
    if abs(now.timestamp() - int(second[:12])) > TOLERANCE_SECONDS:
        raise RefusedError("it was signed more than five minutes away from now; sign it anew")
    return id_
