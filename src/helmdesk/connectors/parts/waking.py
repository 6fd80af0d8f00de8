"""Notices by which a system says that something has changed. Nothing of what they say is believed:
they only bring the next look forward, and are taken from whoever holds the secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

TOLERANCE_SECONDS = 300
HEADER = "x-helmdesk-token"


@dataclass(frozen=True)
class Notice:
    """What was sent.

    Attributes:
        url: where to, as the sender wrote it.
        headers: names in small letters.
        at: when it came.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime


IsFrom = Callable[[str, Notice], bool]


def by_token(secret: str, notice: Notice) -> bool:
    """Whether it carries the secret itself: for systems that sign nothing and send any header."""
    return _same(notice.headers.get(HEADER, ""), secret)


def by_zendesk(secret: str, notice: Notice) -> bool:
    """Whether Zendesk signed it: base64 of the time and the body, with nothing between."""
    second = notice.headers.get("x-zendesk-webhook-signature-timestamp", "")
    signed = _digest(secret, second.encode() + notice.body)
    given = notice.headers.get("x-zendesk-webhook-signature", "")
    return _same(given, base64.b64encode(signed).decode()) and _is_near(second, notice.at)


def by_hubspot(secret: str, notice: Notice) -> bool:
    """Whether HubSpot signed it, in its third way: method, address, body and milliseconds."""
    millisecond = notice.headers.get("x-hubspot-request-timestamp", "")
    signed = notice.method.encode() + notice.url.encode() + notice.body + millisecond.encode()
    given = notice.headers.get("x-hubspot-signature-v3", "")
    if not millisecond.isascii() or not millisecond.isdigit():
        return False
    apart = abs(notice.at.timestamp() - int(millisecond[:15]) / 1000)
    expected = base64.b64encode(_digest(secret, signed)).decode()
    return _same(given, expected) and apart <= TOLERANCE_SECONDS


def by_jira(secret: str, notice: Notice) -> bool:
    """Whether Jira signed it: SHA-256 of the body, in hexadecimal."""
    expected = f"sha256={_digest(secret, notice.body).hex()}"
    return _same(notice.headers.get("x-hub-signature", ""), expected)


def by_intercom(secret: str, notice: Notice) -> bool:
    """Whether Intercom signed it: SHA-1 of the body with the app's client secret."""
    expected = f"sha1={hmac.new(secret.encode(), notice.body, hashlib.sha1).hexdigest()}"
    return _same(notice.headers.get("x-hub-signature", ""), expected)


def _digest(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _is_near(text: str, at: datetime) -> bool:
    try:
        sent = datetime.fromisoformat(text)
    except ValueError:
        return False
    known = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    return abs((at - known).total_seconds()) <= TOLERANCE_SECONDS
