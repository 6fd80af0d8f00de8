"""Notices that an account has changed: they wake the poller, and do nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from helmdesk.connectors.parts.waking import Notice
from helmdesk.desk.connections import Connections
from helmdesk.errors import HelmdeskError
from helmdesk.web.apps.connections.jobs import ask
from helmdesk.web.apps.connections.receiving import refused, unheard

RATE = "600/m/ip"


@csrf_exempt  # whoever holds the secret may send; a browser's session gives no right here
def wake(request: HttpRequest, name: str) -> JsonResponse:
    """Take a notice: 202, and the account is asked within a minute what has changed."""
    if refusal := unheard(request, "wake", RATE):
        return refusal
    connections = Connections(Path(settings.DESK_FOLDER))
    try:
        found = connections.get(name)
        secret, is_from = connections.waking_secret(found), found.connector.is_from
    except HelmdeskError:
        secret, is_from = "", None
    if not secret or is_from is None:
        return refused(404, "there is no such account, or nothing may wake it")
    now = datetime.now(UTC)
    headers = {key.lower(): each for key, each in request.headers.items()}
    url = request.build_absolute_uri()
    if not is_from(secret, Notice("POST", url, headers, request.body, now)):
        return refused(401, "the signature is not that of this account's secret")
    if not found.is_paused:
        ask(name, f"woken:{now:%Y%m%d%H%M}")
    return JsonResponse({"taken": True}, status=202)
