"""Webhooks: events for programs, signed as Standard Webhooks asks for, sent at least once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.conf import settings

from helmdesk.errors import SettingError
from helmdesk.version import __version__
from helmdesk.web.apps.jobs.kind import NotSent, Refused
from helmdesk.web.apps.outbox.models import Endpoint, Form
from helmdesk.web.apps.outbox.pinned import PinnedClient, networks

# By name, with what each tells.
TOPICS = {
    "test": "a test that an administrator asked for",
    "brief": "the week's brief is there: its findings and what was quiet",
    "alert": "an alert began, is over, or cannot be told any more",
    "room": "a customer wrote on the page of a case",
    "alive": "every hour, as long as alerts are looked at: silence means that something is wrong",
}
LONGEST_WAIT = 24 * 3600.0


class Gone(Refused):
    """The receiver says that it wants nothing any more."""


def secret_of(endpoint: Endpoint) -> str:
    """Return what an endpoint's messages are signed with. It is kept nowhere: the site's lasting
    key makes it anew.
    """
    said = f"helmdesk webhook {endpoint.seal}".encode()
    key = hmac.new(settings.AUDIT_KEY.encode(), said, hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(key).decode()}"


def signed_headers(secret: str, key: str, body: bytes, moment: datetime) -> dict[str, str]:
    """Return the headers by which a receiver knows that we sent a body, and which one it is."""
    second = str(int(moment.timestamp()))
    signed = b".".join((key.encode(), second.encode(), body))
    own = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.new(own, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": key,
        "webhook-timestamp": second,
        "webhook-signature": f"v1,{signature}",
        "content-type": "application/json",
        "user-agent": f"helmdesk/{__version__}",
    }


def client() -> PinnedClient:
    """Return what posts; what it may reach beside the open internet the operator says.

    Raises:
        SettingError: what stands there are no networks.
    """
    try:
        allowed = networks(settings.OUTGOING_NETWORKS)
    except ValueError as error:
        raise SettingError(
            f"HELMDESK_OUTGOING_NETWORKS: {error}; write networks such as 10.1.0.0/16,fd00::/8"
        ) from error
    return PinnedClient(allowed)


def send(endpoint: Endpoint, key: str, text: str, poster: PinnedClient | None = None) -> str:
    """Post a message once; return what the receiver answered.

    Raises:
        NotSent: it was not taken, and may be tried again.
        Refused, Gone: it is not to be tried again.
    """
    body, moment = text.encode(), datetime.now(UTC)
    headers = signed_headers(secret_of(endpoint), key, body, moment)
    if endpoint.form != Form.STANDARD:  # chats know no signatures
        headers = {name: headers[name] for name in ("content-type", "user-agent")}
    answer = (poster or client()).post(endpoint.url, body, headers)
    if 200 <= answer.status < 300:
        return str(answer.status)
    if answer.status == 410:
        raise Gone(f"{endpoint.name} answered 410: it wants nothing any more")
    if 300 <= answer.status < 400:
        raise NotSent(
            f"{endpoint.name} answered {answer.status}: it wants us elsewhere; redirects are not"
            " followed, write the other address down"
        )
    why = ""
    if answer.status in (401, 403):
        why = (
            ": it does not take us for who we are; give it the secret of this endpoint, which an"
            " administrator reads under Outbox"
        )
    raise NotSent(
        f"{endpoint.name} answered {answer.status}{why}",
        wait=wait_asked_for(answer.headers, moment),
    )


def wait_asked_for(headers: Mapping[str, str], moment: datetime) -> float:
    """Return the seconds that a receiver asks us to wait: up to a day; 0 where it asks nothing."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        then = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return min(max((then - moment).total_seconds(), 0.0), LONGEST_WAIT)
