"""An Intercom workspace, hand-written from its published interface: searches without parts, by
tokens; single conversations with the newest parts only; stamps in seconds, many alike.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from connectors.fake import Asked, Said

TOKEN = "int3rcom-t0ken"
MOST_PARTS = 500


class FakeIntercom:
    """A workspace that lives."""

    undated = ("agent", "team")

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.now = 1_760_000_000
        self.before_answer: Callable[[Asked], None] = lambda _asked: None
        self.denied: set[str] = set()
        self.conversations: dict[str, dict[str, Any]] = {}
        self.deleted: set[str] = set()
        self.numbers = iter(range(1, 1 << 30))
        self.most_parts = MOST_PARTS

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.now += self.random.choice((0, 0, 0, 40, 400))
            if self.random.random() < 0.35 or not self.conversations:
                self.create()
            else:
                self.change(self.random.choice(list(self.conversations)))

    def create(self) -> str:
        number = str(next(self.numbers))
        contact = self.random.choice(("c1", "c2", "c3"))
        self.conversations[number] = {
            "type": "conversation",
            "id": number,
            "created_at": self.now,
            "updated_at": self.now,
            "state": "open",
            "priority": "not_priority",
            "admin_assignee_id": None,
            "team_assignee_id": None,
            "source": {
                "type": "conversation",
                "subject": "",
                "body": "Hello",
                "delivered_as": "customer_initiated",
                "author": {"type": "user", "id": contact},
            },
            "contacts": {"contacts": [{"type": "contact", "id": contact}]},
            "tags": {"tags": [{"id": "t1", "name": "Billing"}]},
            "conversation_rating": None,
            "sla_applied": None,
            "parts": [],
        }
        return number

    def change(self, number: str) -> None:
        told = self.conversations[number]
        kind = self.random.choice(("comment", "note", "assignment", "close", "open", "comment"))
        author = {"type": "admin", "id": "101"}
        part: dict[str, Any] = {
            "type": "conversation_part",
            "id": str(next(self.numbers)),
            "part_type": kind,
            "created_at": self.now,
            "author": author,
            "body": "Grüße" if kind in ("comment", "note") else None,
            "assigned_to": None,
        }
        if kind == "assignment":
            part["assigned_to"] = {"type": "admin", "id": "102"}
            told["admin_assignee_id"] = 102
        if kind in ("close", "open"):
            told["state"] = {"close": "closed", "open": "open"}[kind]
        if kind == "close" and self.random.random() < 0.5:
            told["conversation_rating"] = {
                "rating": self.random.choice((1, 3, 5)),
                "remark": "Thanks",
                "created_at": self.now,
            }
        told["parts"] = [*told["parts"], part]
        told["updated_at"] = self.now

    def delete(self, number: str) -> None:
        self.conversations.pop(number)
        self.deleted.add(number)

    def alive(self) -> set[str]:
        return set(self.conversations)

    def gone(self) -> set[str]:
        return self.deleted

    def is_passing(self, record: dict[str, Any]) -> bool:
        """Whether a record tells what a row showed before its last change."""
        if record["type"] not in ("seen", "status_changed", "assigned", "responded"):
            return False
        last = int(self.conversations[record["ticket_id"]]["updated_at"])
        if record["type"] == "responded":
            return int(record["revision"]) != last * 1_000_000
        at = datetime.fromtimestamp(last, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return bool(record["fidelity"] == "derived" and record["occurred_at"][:19] != at)

    def answer(self, asked: Asked) -> Said:
        self.before_answer(asked)
        headers = {
            "Date": format_datetime(datetime.fromtimestamp(self.now, UTC), usegmt=True),
            "X-RateLimit-Limit": "1000000",
            "X-RateLimit-Remaining": "999999",
        }
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Said({"errors": [{"code": "unauthorized"}]}, 401, headers)
        if any(part in asked.path for part in self.denied):
            return Said({"errors": [{"code": "api_plan_restricted"}]}, 403, headers)
        content, status = self._route(asked)
        return Said(content, status, headers)

    def _route(self, asked: Asked) -> tuple[Any, int]:
        if asked.path == "/conversations/search":
            return self._search(asked.body), 200
        kind, _, number = asked.path.strip("/").partition("/")
        if kind == "conversations" and number in self.conversations:
            told = dict(self.conversations[number])
            parts = told.pop("parts")
            told["conversation_parts"] = {
                "conversation_parts": parts[-self.most_parts :],
                "total_count": len(parts),
            }
            told["statistics"] = {"count_conversation_parts": len(parts)}
            return told, 200
        if kind == "contacts":
            companies = [{"id": "k1"}] if number == "c1" else []
            return {
                "id": number,
                "name": f"Contact {number}",
                "role": "user",
                "updated_at": 1_700_000_000,
                "companies": {"data": companies},
            }, 200
        if kind == "companies":
            return {
                "id": number,
                "name": "Acme",
                "updated_at": 1_700_000_000,
                "plan": {"name": "Gold"},
                "monthly_spend": 10,
            }, 200
        fixed = {
            "admins": {"admins": [{"id": n, "name": f"Admin {n}"} for n in ("101", "102")]},
            "teams": {"teams": [{"id": "9", "name": "Support", "admin_ids": [101]}]},
        }
        return (fixed[kind], 200) if kind in fixed else ({"errors": [{"code": "not_found"}]}, 404)

    def _search(self, body: Any) -> Any:
        query, size = body["query"], body["pagination"]["per_page"]
        assert query["operator"] == ">" and size <= 150
        assert body["sort"] == {"field": query["field"], "order": "ascending"}
        found = sorted(
            (each for each in self.conversations.values() if each[query["field"]] > query["value"]),
            key=lambda each: (each[query["field"]], int(each["id"])),
        )
        first = int(body["pagination"].get("starting_after") or 0)
        shown = [
            {key: value for key, value in each.items() if key != "parts"}
            for each in found[first : first + size]
        ]
        more = len(found) > first + size
        return {
            "type": "conversation.list",
            "total_count": len(found),
            "pages": {"next": {"starting_after": str(first + size)}} if more else {},
            "conversations": shown,
        }
