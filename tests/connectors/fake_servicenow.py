"""A ServiceNow instance, hand-written from its published interface: encoded queries read in the
time zone of their asker, rules of access that take rows out of a page after it was cut, states by
number with labels in the reader's language, deletions in an audit.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from connectors.fake import Asked, Said

TOKEN, USER = "n0w-secret", "helmdesk"
STATES = {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed"}
GERMAN = {"1": "Neu", "2": "In Bearbeitung", "3": "Angehalten", "6": "Gelöst", "7": "Geschlossen"}
REASONS = {"1": "Awaiting Caller", "4": "Awaiting Vendor"}
CONDITION = re.compile(r"(\w+?)(>=|IN|=|>)(.*)")
STAMPS = ("sys_updated_on", "sys_created_on", "opened_at")


def stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


class FakeServicenow:
    """An instance that lives."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.now = 1_760_000_000
        self.before_answer: Callable[[Asked], None] = lambda _asked: None
        self.denied: set[str] = set()
        self.hidden: set[str] = set()
        self.hour_limit: int | None = None
        self.offset = timedelta()
        self.tickets: dict[str, dict[str, str]] = {}
        self.deleted: list[dict[str, str]] = []
        self.numbers = iter(range(1, 1 << 30))

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.now += self.random.choice((0, 0, 0, 40, 400))
            choice = self.random.random()
            if choice < 0.35 or not self.tickets:
                self.create()
            elif choice < 0.42:
                self.delete(self.random.choice(list(self.tickets)))
            else:
                self.change(self.random.choice(list(self.tickets)))

    def create(self) -> str:
        number = next(self.numbers)
        own = f"{self.random.getrandbits(128):032x}"
        self.tickets[own] = {
            "sys_id": own,
            "number": f"INC{number:07d}",
            "short_description": f"Problem {number}",
            "opened_at": stamp(self.now),
            "sys_updated_on": stamp(self.now),
            "resolved_at": "",
            "closed_at": "",
            "state": "1",
            "hold_reason": "",
            "priority": self.random.choice(("1 - Critical", "4 - Low")),
            "contact_type": "Phone",
            "category": "Network",
            "assigned_to": "",
            "assignment_group": "Desk A",
            "caller_id": f"Caller {number % 4}",
            "company": "ACME",
            "close_code": "",
        }
        return own

    def change(self, own: str) -> None:
        state = self.random.choice(list(STATES))
        is_over = state in ("6", "7")
        self.tickets[own] |= {
            "state": state,
            "hold_reason": self.random.choice(list(REASONS)) if state == "3" else "",
            "resolved_at": stamp(self.now) if is_over else "",
            "closed_at": stamp(self.now) if state == "7" else "",
            "close_code": "Solved (Permanently)" if is_over else "",
            "assigned_to": self.random.choice(("Ann", "Ben")),
            "sys_updated_on": stamp(self.now),
        }

    def delete(self, own: str) -> None:
        gone = self.tickets.pop(own)
        self.deleted.append(
            {
                "sys_id": f"{self.random.getrandbits(128):032x}",
                "tablename": "incident",
                "documentkey": own,
                "display_value": gone["number"],
                "sys_created_on": stamp(self.now),
            }
        )

    def alive(self) -> set[str]:
        return {each["number"] for each in self.tickets.values()}

    def gone(self) -> set[str]:
        return {each["display_value"] for each in self.deleted}

    def is_passing(self, record: dict[str, Any]) -> bool:
        """Whether a record tells a state that a row showed before its last change."""
        if "row_id" in record or record["type"] not in ("seen", "status_changed"):
            return False
        last = {each["number"]: each["sys_updated_on"] for each in self.tickets.values()}
        return bool(record["occurred_at"][:19] != last[record["ticket_id"]])

    def answer(self, asked: Asked) -> Said:
        self.before_answer(asked)
        when = datetime.fromtimestamp(self.now, UTC)
        headers = {"Date": format_datetime(when, usegmt=True)}
        if self.hour_limit:
            headers["X-RateLimit-Limit"] = str(self.hour_limit)
        expected = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {expected}":
            return Said({"error": {"message": "User Not Authenticated"}}, 401, headers)
        table = asked.path.rsplit("/", 1)[1]
        if table in self.denied:
            return Said({"error": {"message": "User Not Authorized"}}, 403, headers)
        rows = self._select(table, asked.query.get("sysparm_query", ""))
        if "/stats/" in asked.path:
            return Said({"result": {"stats": {"count": str(len(rows))}}}, 200, headers)
        size = int(asked.query["sysparm_limit"])
        assert size <= 10_000
        fields = asked.query["sysparm_fields"].split(",")
        shown = [row for row in rows[:size] if row.get("number") not in self.hidden]
        return Said(
            {"result": [{f: self._cell(f, row.get(f, "")) for f in fields} for row in shown]},
            200,
            headers,
        )

    def _cell(self, field: str, value: str) -> dict[str, str]:
        words = {"state": GERMAN, "hold_reason": REASONS}.get(field, {})
        shown = words.get(value, value)
        if field in STAMPS and value:  # people see their own time
            shown = str(datetime.fromisoformat(value) + self.offset)
        return {"value": value, "display_value": shown}

    def _select(self, table: str, query: str) -> list[dict[str, str]]:
        choices = [
            {"sys_id": f"c{n}", "name": name, "element": element, "value": value}
            | {"label": label, "language": "en", "inactive": "false"}
            for n, (name, element, words) in enumerate(
                (("incident", "state", STATES), ("incident", "hold_reason", REASONS))
            )
            for value, label in words.items()
        ]
        tables: dict[str, list[dict[str, str]]] = {
            "incident": list(self.tickets.values()),
            "sys_audit_delete": self.deleted,
            "sys_choice": choices,
        }
        found = list(tables.get(table, []))
        orders: list[tuple[str, bool]] = []
        for part in filter(None, query.split("^")):
            if part.startswith("ORDERBY"):
                is_down = part.startswith("ORDERBYDESC")
                orders.append((part.removeprefix("ORDERBYDESC").removeprefix("ORDERBY"), is_down))
                continue
            told = CONDITION.fullmatch(part)
            assert told, part
            column, operator, value = told.groups()
            if column in STAMPS:
                value = str(datetime.fromisoformat(value) - self.offset)
            found = [
                row
                for row in found
                if {
                    ">=": row[column] >= value,
                    ">": row[column] > value,
                    "=": row[column] == value,
                    "IN": row[column] in value.split(","),
                }[operator]
            ]
        self.random.shuffle(found)
        for column, is_down in reversed(orders):
            found.sort(key=lambda row: row[column], reverse=is_down)
        return found
