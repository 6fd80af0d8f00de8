"""A HubSpot account, hand-written from its published interface: a search that ends at 10,000 (here:
fewer), stamps of milliseconds that a batch gives to many, stages by number, archived tickets apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from connectors.fake import Asked, Said

TOKEN = "pat-hub5pot"
STAGES = {"1": "New", "2": "Waiting on contact", "3": "Waiting on us", "4": "Solved it"}


def iso(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%S.250Z")


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


class FakeHubspot:
    """An account that lives."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.now = 1_760_000_000
        self.before_answer: Callable[[Asked], None] = lambda _asked: None
        self.denied: set[str] = set()
        self.tickets: dict[int, dict[str, Any]] = {}
        self.archived: dict[int, dict[str, Any]] = {}
        self.numbers = iter(range(1, 1 << 30))

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.now += self.random.choice((0, 0, 0, 40, 400))
            choice = self.random.random()
            if choice < 0.35 or not self.tickets:
                self.create()
            elif choice < 0.42:
                number = self.random.choice(list(self.tickets))
                self.archived[number] = self.tickets.pop(number) | {"archivedAt": iso(self.now)}
            else:
                self.change(self.random.choice(list(self.tickets)))

    def create(self) -> int:
        number = next(self.numbers)
        self.tickets[number] = {
            "hs_object_id": str(number),
            "createdate": iso(self.now),
            "hs_lastmodifieddate": iso(self.now),
            "closed_date": None,
            "subject": f"Problem {number}",
            "hs_pipeline": "0",
            "hs_pipeline_stage": "1",
            "hs_ticket_priority": self.random.choice(("LOW", "HIGH")),
            "source_type": "EMAIL",
            "hs_ticket_category": None,
            "hubspot_owner_id": None,
        }
        return number

    def change(self, number: int) -> None:
        stage = self.random.choice(list(STAGES))
        self.tickets[number] |= {
            "hs_pipeline_stage": stage,
            "closed_date": iso(self.now) if stage == "4" else None,
            "hubspot_owner_id": self.random.choice(("101", "102")),
            "hs_lastmodifieddate": iso(self.now),
        }

    def alive(self) -> set[str]:
        return {str(number) for number in self.tickets}

    def gone(self) -> set[str]:
        return {str(number) for number in self.archived}

    def is_passing(self, record: dict[str, Any]) -> bool:
        """Whether a record tells a state that a row showed before its last change."""
        if "row_id" in record or record["type"] not in ("seen", "status_changed"):
            return False
        last = self.tickets[int(record["ticket_id"])]["hs_lastmodifieddate"]
        return bool(record["occurred_at"][:19] != last.replace("T", " ")[:19])

    def answer(self, asked: Asked) -> Said:
        self.before_answer(asked)
        when = datetime.fromtimestamp(self.now, UTC)
        headers = {"Date": format_datetime(when, usegmt=True)}
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Said({"category": "INVALID_AUTHENTICATION"}, 401, headers)
        if any(part in asked.path for part in self.denied):
            return Said({"category": "MISSING_SCOPES"}, 403, headers)
        content, status = self._route(asked)
        return Said(content, status, headers)

    def _route(self, asked: Asked) -> tuple[Any, int]:
        path = asked.path.removeprefix("/crm/")
        if path == "v3/objects/tickets/search":
            return self._search(asked.body), 200
        if path == "v3/objects/tickets":
            rows = self.archived if asked.query.get("archived") == "true" else self.tickets
            first, size = int(asked.query.get("after", 0)), int(asked.query["limit"])
            shown = list(rows.items())[first : first + size]
            more = len(rows) > first + size
            return {
                "results": [
                    {"id": str(n), "properties": each, "archivedAt": each.get("archivedAt")}
                    for n, each in shown
                ],
                "paging": {"next": {"after": str(first + size)}} if more else None,
            }, 200
        if path.endswith("/batch/read"):
            return {
                "results": [
                    {"from": {"id": each["id"]}, "to": [{"toObjectId": 500 + int(each["id"]) % 3}]}
                    for each in asked.body["inputs"]
                ]
            }, 207
        stages = [
            {"id": n, "label": name, "metadata": {"ticketState": "CLOSED" if n == "4" else "OPEN"}}
            for n, name in STAGES.items()
        ]
        fixed: dict[str, list[Any]] = {
            "v3/pipelines/tickets": [{"id": "0", "label": "Support", "stages": stages}],
            "v3/owners": [{"id": n, "firstName": "Agent", "lastName": n} for n in ("101", "102")],
            "v3/objects/contacts": [],
            "v3/objects/companies": [],
        }
        return ({"results": fixed[path]}, 200) if path in fixed else ({"status": "error"}, 404)

    def _search(self, body: Any) -> Any:
        found = list(self.tickets.values())
        for each in body["filterGroups"][0]["filters"]:
            name, bound = each["propertyName"], int(each["value"])

            def value(ticket: dict[str, Any], name: str = name) -> int:
                return int(ticket[name]) if name == "hs_object_id" else milliseconds(ticket[name])

            keep = {
                "GTE": lambda told, bound=bound: told >= bound,
                "GT": lambda told, bound=bound: told > bound,
                "EQ": lambda told, bound=bound: told == bound,
            }[each["operator"]]
            found = [ticket for ticket in found if keep(value(ticket))]
        (sort,) = body["sorts"]
        assert sort["direction"] == "ASCENDING" and body["limit"] <= 200
        self.random.shuffle(found)  # equal ones come in any order
        if sort["propertyName"] == "hs_object_id":
            found.sort(key=lambda ticket: int(ticket["hs_object_id"]))
        else:
            found.sort(key=lambda ticket: str(ticket[sort["propertyName"]]))
        return {
            "total": len(found),
            "results": [
                {"id": each["hs_object_id"], "properties": dict(each), "archived": False}
                for each in found[: body["limit"]]
            ],
        }
