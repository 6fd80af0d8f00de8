"""Writing into Zendesk: only where nobody changed the ticket since (``safe_update`` with the stamp
of the change it was read at).

Zendesk's stamp of a ticket is the second it was changed in. Two changes within one second cannot be
told apart by it, so a ticket that was changed within the last two is left for the next look.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from helmdesk.act.routing.helpdesk import State
from helmdesk.connectors.parts.access import GoneError
from helmdesk.connectors.parts.api import Api, ChangedError
from helmdesk.errors import UsageError

PER_MINUTE = 100.0
"""Updates of tickets in a minute that every plan allows, agents' own among them."""
SETTLED = timedelta(seconds=2)
MOST_PAGES = 10
PRIORITIES = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
SOLVED = frozenset({"solved", "closed"})
WAITING = frozenset({"pending", "hold"})


class ZendeskDesk:
    """One account, as routing reads and writes it."""

    writes_per_minute = PER_MINUTE

    def __init__(self, api: Api) -> None:
        self._api = api
        self._teams: dict[str, str] | None = None

    def open_tickets(self, queue: str) -> list[State]:
        """Return the open tickets of a group, at most a thousand, the oldest first."""
        query = f'type:ticket status<solved group:"{queue}"'
        found: list[State] = []
        for page in range(1, MOST_PAGES + 1):
            said = self._api.get(
                "/api/v2/search.json",
                query=query,
                sort_by="created_at",
                sort_order="asc",
                page=page,
            )
            found += [self._state(row) for row in said.get("results", [])]
            if not said.get("next_page"):
                break
        return found

    def read(self, ticket: str) -> State | None:
        """Return a ticket as it is now; None: there is none, or it was deleted."""
        try:
            return self._state(self._api.get(f"/api/v2/tickets/{int(ticket)}.json")["ticket"])
        except GoneError:
            return None

    def write_if_unchanged(
        self, ticket: str, stamp: str, *, assignee: str = "", note: str = ""
    ) -> bool:
        """Give a ticket to somebody, or add an internal note, if nobody changed it since.

        A try whose answer is lost may be made again: the first has changed the stamp, so that the
        second finds it changed.
        """
        if assignee and not assignee.isdigit():
            raise UsageError(
                f"'{assignee}' is not the number of a person in Zendesk",
                "route queues whose tickets came from this account",
            )
        change: dict[str, Any] = {"safe_update": True, "updated_stamp": stamp}
        if assignee:
            change["assignee_id"] = int(assignee)
        if note:
            change["comment"] = {"body": note, "public": False}
        try:
            self._api.put(f"/api/v2/tickets/{int(ticket)}.json", {"ticket": change})
        except (ChangedError, GoneError):
            now = self.read(ticket)
            return bool(assignee and now and now.assignee == assignee and now.stamp != stamp)
        return True

    def _state(self, row: Mapping[str, Any]) -> State:
        stamp = str(row["updated_at"])
        changed = datetime.fromisoformat(stamp).astimezone(UTC)
        return State(
            ticket=str(row["id"]),
            queue=self._team(str(row.get("group_id") or "")),
            assignee=str(row.get("assignee_id") or ""),
            is_open=row.get("status") not in SOLVED,
            stamp=stamp,
            is_settled=self._api.time - changed >= SETTLED,
            created_at=datetime.fromisoformat(str(row["created_at"])).timestamp(),
            priority=PRIORITIES.get(str(row.get("priority") or ""), 3),
            is_waiting=row.get("status") in WAITING,
            changed_at=changed.timestamp(),
        )

    def _team(self, group: str) -> str:
        if self._teams is None:
            said = self._api.get("/api/v2/groups.json", per_page=100)
            self._teams = {str(each["id"]): str(each["name"]) for each in said.get("groups", [])}
        return self._teams.get(group, group)
