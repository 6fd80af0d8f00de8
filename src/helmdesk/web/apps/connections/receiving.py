"""Messages of records that another system sends: checked, kept, and stored a little later."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from helmdesk.connectors.parts.access import ConnectError, RefusedError
from helmdesk.connectors.parts.inbox import Inbox
from helmdesk.connectors.parts.signed import check
from helmdesk.connectors.webhook import ENDING, connector, rows_of
from helmdesk.desk.connections import Connections
from helmdesk.errors import HelmdeskError
from helmdesk.web.apps.connections.jobs import ask
from helmdesk.web.guests import asks_too_often

RATE = "1200/m/ip"


@csrf_exempt  # whoever holds the secret may send; a browser's session gives no right here
def receive(request: HttpRequest, name: str) -> JsonResponse:
    """Take a message: 202 when it is kept and will be stored, once, however often it comes."""
    if refusal := unheard(request, "records", RATE):
        return refusal
    connections = Connections(Path(settings.DESK_FOLDER))
    secret = _secret(connections, name)
    if secret is None:
        return refused(404, "there is no such receiver")
    body = request.body
    now = datetime.now(UTC)
    try:
        id_ = check(secret, {key.lower(): each for key, each in request.headers.items()}, body, now)
        text = body.decode()
        rows_of(text)
    except RefusedError as error:
        return refused(401, str(error))
    except (ConnectError, UnicodeDecodeError) as error:
        return refused(400, str(error))
    is_new = Inbox(connections.path / f"{name}{ENDING}").take(id_, text)
    ask(name, f"message:{now:%Y%m%d%H%M}")
    return JsonResponse({"taken": True, "is_new": is_new}, status=202)


def _secret(connections: Connections, name: str) -> str | None:
    try:
        found = connections.get(name)
        if found.connector is not connector:
            return None
        return connections.secrets(found)["token"]
    except HelmdeskError:
        return None


def unheard(request: HttpRequest, what: str, rate: str) -> JsonResponse | None:
    """Refuse what is not looked at: what comes too often, and what is not posted."""
    if asks_too_often(request, what, rate, rate):
        return refused(429, "too many messages; wait a minute")
    return None if request.method == "POST" else refused(405, "send messages by POST")


def refused(status: int, why: str) -> JsonResponse:
    """Say why a message was not taken."""
    return JsonResponse({"taken": False, "why": why}, status=status)
