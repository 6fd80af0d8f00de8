"""A Zendesk account, hand-written from its published interface: incremental export, audits, people.

It has the ways of the real one: the export is ordered by a stamp of its own and leaves out the last
minute, deleted tickets come as a status and have no audits, an unknown key is "Anonymous user",
several tickets bear one stamp at the edge of a page, and its clock is not ours.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from connectors.fake import Asked, Said

TOKEN = "s3cret-t0ken"
EMAIL = "ann@example.com"
AGENTS = (101, 102, 103)
FIELDS = ("status", "priority", "group_id", "assignee_id", "type")


def iso(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeZendesk:
    """An account that lives: `live` lets something happen in it."""

    def __init__(self, seed: int = 1, tickets: int = 0, limit: int = 100_000_000) -> None:
        self.random = random.Random(seed)
        self.now = 1_760_000_000
        self.limit = limit
        self.denied: set[str] = set()
        self.short: set[int] = set()
        self.before_answer: Callable[[Asked], None] = lambda _asked: None
        self.repeats = False
        self.numbers = iter(range(1, 1 << 30))
        self.events = iter(range(10_000, 1 << 60))
        self.tickets: dict[int, dict[str, Any]] = {}
        self.audits: dict[int, list[dict[str, Any]]] = {}
        self.users: dict[int, dict[str, Any]] = {
            **{n: self._user(n, "agent", f"Agent {n}") for n in AGENTS},
            100: self._user(100, "admin", "Admin"),
        }
        self.organizations = {
            n: {"id": n, "name": f"Company {n}", "created_at": iso(1_700_000_000)}
            | {"updated_at": iso(1_700_000_000)}
            for n in (901, 902)
        }
        for _ in range(tickets):
            self.create()

    def _user(
        self, number: int, role: str, name: str, company: int | None = None
    ) -> dict[str, Any]:
        return {
            "id": number,
            "role": role,
            "name": name,
            "organization_id": company,
            "created_at": iso(1_700_000_000),
            "updated_at": iso(1_700_000_000),
        }

    # -- what happens -----------------------------------------------------------------------------

    def live(self, steps: int) -> None:
        """Let something happen: new tickets, changes, answers, ratings, deletions."""
        for _ in range(steps):
            choice = self.random.random()
            if choice < 0.3 or not self.tickets:
                self.create()
            elif choice < 0.36:
                self.delete(self.random.choice(list(self.tickets)))
            else:
                self.change(self.random.choice(list(self.tickets)))

    def create(self) -> int:
        self.now += self.random.choice((0, 0, 40, 400))
        number, customer = next(self.numbers), self.random.randrange(500, 560)
        company = self.random.choice((901, 902, None))
        self.users.setdefault(
            customer, self._user(customer, "end-user", f"Customer {customer}", company)
        )
        self.tickets[number] = {
            "id": number,
            "url": f"https://x.zendesk.com/api/v2/tickets/{number}.json",
            "created_at": iso(self.now),
            "subject": f"Problem {number}",
            "status": "new",
            "priority": None,
            "type": None,
            "group_id": 7,
            "assignee_id": None,
            "requester_id": customer,
            "submitter_id": customer,
            "organization_id": self.users[customer]["organization_id"],
            "due_at": None,
            "custom_status_id": None,
            "tags": [],
            "via": {"channel": "email", "source": {}},
        }
        self.audits[number] = []
        told = self.tickets[number]
        self._audit(
            number,
            customer,
            [
                *(
                    self._event("Create", field_name=field, value=told[field])
                    for field in ("subject", "status", "priority", "type", "requester_id")
                ),
                self._event("Create", field_name="group_id", value="7"),
                self._event("Create", field_name="assignee_id", value=None),
                self._event("Create", field_name="tags", value=[]),
                self._comment(customer, public=True),
            ],
        )
        return number

    def change(self, number: int) -> None:
        ticket = self.tickets[number]
        if ticket["status"] == "deleted":
            return
        self.now += self.random.choice((0, 30, 600))
        agent = self.random.choice(AGENTS)
        events = []
        for field in self.random.sample(FIELDS, 2):
            value = {
                "status": self.random.choice(("open", "pending", "hold", "solved")),
                "priority": self.random.choice(("low", "normal", "high", "urgent")),
                "group_id": self.random.choice((7, 8)),
                "assignee_id": self.random.choice(AGENTS),
                "type": self.random.choice(("question", "problem")),
            }[field]
            if value != ticket[field]:
                told = str(value) if isinstance(value, int) else value
                events.append(
                    self._event(
                        "Change", field_name=field, value=told, previous_value=ticket[field]
                    )
                )
                ticket[field] = value
        if self.random.random() < 0.6:
            events.append(self._comment(agent, public=self.random.random() < 0.7))
        if self.random.random() < 0.1:
            score = self.random.choice(("good", "bad"))
            events += [
                self._event("Change", field_name="satisfaction_score", value=score),
                self._event("SatisfactionRating", score=score, body="Thanks, Zoë"),
            ]
        self._audit(number, agent, events)

    def delete(self, number: int) -> None:
        self.now += 5
        self.tickets[number]["status"] = "deleted"
        self._touch(number)

    def _event(self, kind: str, **told: Any) -> dict[str, Any]:
        return {"id": next(self.events), "type": kind, **told}

    def _comment(self, author: int, *, public: bool) -> dict[str, Any]:
        return self._event("Comment", author_id=author, public=public, body="Grüße", audit_id=1)

    def _audit(self, number: int, author: int, events: list[dict[str, Any]]) -> None:
        self.audits[number].append(
            {
                "id": next(self.events),
                "ticket_id": number,
                "created_at": iso(self.now),
                "author_id": author,
                "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
                "events": events,
            }
        )
        self._touch(number)

    def _touch(self, number: int) -> None:
        self.tickets[number] |= {
            "updated_at": iso(self.now),
            "generated_timestamp": self.now,
            "comment_count": sum(
                event["type"] == "Comment"
                for audit in self.audits[number]
                for event in audit["events"]
            ),
        }

    def alive(self) -> set[str]:
        return {str(n) for n, each in self.tickets.items() if each["status"] != "deleted"}

    def gone(self) -> set[str]:
        return {str(n) for n, each in self.tickets.items() if each["status"] == "deleted"}

    # -- what it answers --------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Said:
        self.before_answer(asked)
        headers = {
            "Date": format_datetime(datetime.fromtimestamp(self.now, UTC), usegmt=True),
            "X-Rate-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.limit - 1),
            "Zendesk-RateLimit-incremental-exports": (
                f"total={self.limit}; remaining={self.limit - 1}; resets=41"
            ),
        }
        path = asked.path.removesuffix(".json")
        expected = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {expected}":
            if path == "/api/v2/users/me":
                return Said({"user": {"id": None, "name": "Anonymous user"}}, 200, headers)
            return Said({"error": "Couldn't authenticate you"}, 401, headers)
        if any(part in path for part in self.denied):
            return Said({"error": {"title": "Forbidden"}}, 403, headers)
        content, status = self._route(path, asked)
        return Said(content, status, headers)

    def _route(self, path: str, asked: Asked) -> tuple[Any, int]:
        rest = path.removeprefix("/api/v2/")
        if rest == "incremental/tickets/cursor":
            return self._export(asked)
        if rest.startswith("tickets/") and rest.endswith("/audits"):
            return self._audits(int(rest.split("/")[1]), asked)
        if rest == "users/me":
            return {"user": self.users[100]}, 200
        if rest == "users":
            found = [each for each in self.users.values() if each["role"] == asked.query["role"]]
            return {"users": found, "meta": {"has_more": False}}, 200
        if rest in ("users/show_many", "organizations/show_many"):
            what = rest.split("/")[0]
            known = self.users if what == "users" else self.organizations
            ids = [int(each) for each in asked.query["ids"].split(",")]
            assert len(ids) <= 100
            return {what: [known[each] for each in ids if each in known]}, 200
        alive = [each for each in self.tickets.values() if each["status"] != "deleted"]
        if rest == "tickets/count":
            return {"count": {"value": len(alive), "refreshed_at": iso(self.now)}}, 200
        if rest == "search/count":
            since = asked.query["query"].split(">=")[1]
            return {"count": sum(each["created_at"][:10] >= since for each in alive)}, 200
        fixed: dict[str, Any] = {
            "groups": {"groups": [self._group(7), self._group(8)], "meta": {"has_more": False}},
            "custom_statuses": {"custom_statuses": [{"id": 1, "agent_label": "Open"}]},
            "business_hours/schedules": {
                "schedules": [
                    {
                        "id": 11,
                        "name": "Weekdays",
                        "time_zone": "Berlin",
                        "created_at": iso(1_700_000_000),
                        "intervals": [{"start_time": 1980, "end_time": 2460}],
                    }
                ]
            },
            "business_hours/schedules/11/holidays": {
                "holidays": [{"name": "Day", "start_date": "2025-12-25", "end_date": "2025-12-26"}]
            },
        }
        return (fixed[rest], 200) if rest in fixed else ({"error": "InvalidEndpoint"}, 404)

    def _group(self, number: int) -> dict[str, Any]:
        at = iso(1_700_000_000)
        return {"id": number, "name": f"Group {number}", "created_at": at, "updated_at": at}

    def _export(self, asked: Asked) -> tuple[Any, int]:
        if ("cursor" in asked.query) == ("start_time" in asked.query):
            return {"error": "InvalidValue"}, 400
        if "cursor" in asked.query:
            stamp, number = base64.b64decode(asked.query["cursor"]).decode().split("|")
            begin = (int(stamp), int(number))
        else:
            if int(asked.query["start_time"]) < 1:
                return {"error": "StartTimeTooSmall"}, 400
            begin = (int(asked.query["start_time"]), -1)
        size = min(int(asked.query.get("per_page", 1000)), 1000)
        waiting = sorted(
            (each["generated_timestamp"], each["id"])
            for each in self.tickets.values()
            if begin < (each["generated_timestamp"], each["id"])
            and each["generated_timestamp"] < self.now - 60
        )
        chosen = waiting[:size]
        end = chosen[-1] if chosen else begin
        cursor = base64.b64encode(f"{end[0]}|{end[1]}".encode()).decode()
        tickets = [dict(self.tickets[number]) for _, number in chosen]
        if self.repeats:
            tickets += tickets[-2:]
        return {
            "tickets": tickets,
            "after_cursor": cursor,
            "end_of_stream": len(waiting) <= size,
        }, 200

    def _audits(self, number: int, asked: Asked) -> tuple[Any, int]:
        if number not in self.tickets or self.tickets[number]["status"] == "deleted":
            return {"error": "RecordNotFound"}, 404
        size = int(asked.query["page[size]"])
        first = int(asked.query.get("page[after]", 0))
        audits = self.audits[number][1:] if number in self.short else self.audits[number]
        more = len(audits) > first + size
        return {
            "audits": audits[first : first + size],
            "meta": {"has_more": more, "after_cursor": str(first + size)},
        }, 200
