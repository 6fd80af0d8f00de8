"""A Freshdesk account, hand-written from its published interface.

Lists know pages up to 300 and move while they are read; without ``updated_since`` they hold thirty
days; deleted tickets are in a list of their own; ratings change no ticket; many tickets changed
within one second.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from connectors.fake import Asked, Said

TOKEN = "fr3sh-k3y"


def iso(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeFreshdesk:
    """An account that lives."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.now = 1_760_000_000
        self.before_answer: Callable[[Asked], None] = lambda _asked: None
        self.denied: set[str] = set()
        self.tickets: dict[int, dict[str, Any]] = {}
        self.deleted: dict[int, dict[str, Any]] = {}
        self.ratings: list[dict[str, Any]] = []
        self.limit = 1_000_000
        self.numbers = iter(range(1, 1 << 30))

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.now += self.random.choice((0, 0, 0, 40, 400))
            choice = self.random.random()
            if choice < 0.35 or not self.tickets:
                self.create()
            elif choice < 0.42:
                number = self.random.choice(list(self.tickets))
                self.deleted[number] = self.tickets.pop(number) | {"updated_at": iso(self.now)}
            else:
                self.change(self.random.choice(list(self.tickets)))

    def create(self) -> int:
        number = next(self.numbers)
        self.tickets[number] = {
            "id": number,
            "subject": f"Problem {number}",
            "status": 2,
            "priority": self.random.choice((1, 2, 3, 4)),
            "source": self.random.choice((1, 2, 3)),
            "type": "Question",
            "responder_id": None,
            "group_id": 71,
            "requester_id": self.random.randrange(500, 550),
            "company_id": self.random.choice((901, None)),
            "created_at": iso(self.now),
            "updated_at": iso(self.now),
            "due_by": iso(self.now + 86_400),
            "stats": {"first_responded_at": None, "resolved_at": None, "closed_at": None},
        }
        return number

    def change(self, number: int) -> None:
        ticket = self.tickets[number]
        stats = dict(ticket["stats"])
        status = self.random.choice((2, 3, 4, 5, 6))
        ticket |= {"responder_id": self.random.choice((101, 102)), "status": status}
        stats["first_responded_at"] = stats["first_responded_at"] or iso(self.now)
        if status in (4, 5):
            stats["resolved_at"] = stats["resolved_at"] or iso(self.now)
            stats["closed_at"] = iso(self.now) if status == 5 else None
            self.ratings.append(
                {
                    "id": len(self.ratings) + 1,
                    "ticket_id": number,
                    "ratings": {"default_question": self.random.choice((103, 100, -103))},
                    "created_at": iso(self.now),
                }
            )
        else:
            stats |= {"resolved_at": None, "closed_at": None}
            # A ticket that is open again is not asked for its ratings.
            self.ratings = [each for each in self.ratings if each["ticket_id"] != number]
        ticket |= {"stats": stats, "updated_at": iso(self.now)}

    def alive(self) -> set[str]:
        return {str(number) for number in self.tickets}

    def gone(self) -> set[str]:
        return {str(number) for number in self.deleted}

    def is_passing(self, record: dict[str, Any]) -> bool:
        """Whether a record tells a state that a row showed before its last change."""
        if "row_id" in record or record["type"] not in ("seen", "status_changed"):
            return False
        last = self.tickets[int(record["ticket_id"])]["updated_at"]
        return bool(record["occurred_at"][:19] != last.replace("T", " ").rstrip("Z"))

    def answer(self, asked: Asked) -> Said:
        self.before_answer(asked)
        headers = {
            "Date": format_datetime(datetime.fromtimestamp(self.now, UTC), usegmt=True),
            "X-RateLimit-Total": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - 1),
        }
        key = base64.b64encode(f"{TOKEN}:X".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {key}":
            return Said({"code": "invalid_credentials"}, 401, headers)
        if any(part in asked.path for part in self.denied):
            return Said({"code": "access_denied"}, 403, headers)
        content, status = self._route(asked.path.removeprefix("/api/v2/"), asked.query)
        return Said(content, status, headers)

    def _route(self, path: str, query: Any) -> tuple[Any, int]:
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        if size > 100 or page > 300:
            return {"description": "Validation failed"}, 400

        def paged(rows: list[Any]) -> tuple[Any, int]:
            return rows[(page - 1) * size : page * size], 200

        if path == "tickets":
            rows = self.deleted if query.get("filter") == "deleted" else self.tickets
            since = query.get("updated_since", iso(self.now - 30 * 86_400))
            field = query.get("order_by", "created_at")
            found = [dict(each) for each in rows.values() if each["updated_at"] >= since]
            found.sort(key=lambda each: (each[field], each["id"]))
            if query.get("order_type", "desc") == "desc":
                found.reverse()
            if "stats" not in query.get("include", ""):
                found = [{k: v for k, v in each.items() if k != "stats"} for each in found]
            return paged(found)
        if path == "search/tickets":
            day = query["query"].split("'")[1]
            total = sum(each["created_at"][:10] > day for each in self.tickets.values())
            return {"total": total, "results": []}, 200
        if path == "surveys/satisfaction_ratings":
            return paged(self.ratings)
        if path.endswith("/satisfaction_ratings"):
            number = int(path.split("/")[1])
            return [each for each in self.ratings if each["ticket_id"] == number], 200
        fixed: dict[str, list[Any]] = {
            "agents": [{"id": n, "contact": {"name": f"Agent {n}"}} for n in (101, 102)],
            "groups": [{"id": 71, "name": "Support"}],
            "companies": [{"id": 901, "name": "Company 901"}],
            "ticket_fields": [
                {
                    "id": 1,
                    "name": "status",
                    "choices": {
                        "2": ["Open", "Being processed"],
                        "3": ["Pending", "Awaiting your reply"],
                        "4": ["Resolved", "Resolved"],
                        "5": ["Closed", "Closed"],
                        "6": ["Waiting on Customer", "Awaiting your reply"],
                    },
                }
            ],
        }
        return paged(fixed[path]) if path in fixed else ({"code": "not_found"}, 404)
