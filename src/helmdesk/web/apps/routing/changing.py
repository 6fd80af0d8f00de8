"""What a change of mode needs to know: the moment it counts from, and the accounts to write to."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings

from helmdesk.connectors.parts.connector import find_connector
from helmdesk.desk.connections import Connections
from helmdesk.desk.desk import Desk
from helmdesk.web.apps.alerts.jobs import now_of


def shadow_now() -> datetime:
    """Return the moment from which on decisions count; of a sample it is the end of its data."""
    return now_of(Desk(settings.DESK_FOLDER)).replace(tzinfo=UTC)


def writable_accounts() -> list[str]:
    """Return the names of the live accounts that routing can write to."""
    known = Connections(settings.DESK_FOLDER)
    return [
        each.name
        for each in map(known.get, known.names())
        if not each.is_paused and find_connector(each.system).write is not None
    ]
