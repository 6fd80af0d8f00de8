"""A Jira site in the cloud, hand-written from its published interface: times of a search in minutes
of their asker, pages that are short without being the last, histories in milliseconds and cut over
pages, some of an issue's comments.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.fake import Asked, Said

TOKEN, EMAIL = "at-jir4", "ann@example.com"
STATUSES = {
    "1": ("Offen", 2, "new"),
    "2": ("Arbeit", 4, "indeterminate"),
    "3": ("Fertig", 3, "done"),
}
PRIORITIES = {"11": "High", "12": "Low"}
AGENTS = ("agent-1", "agent-2")
JQL = re.compile(r'(projectType|project) in \([^)]*\) AND (\w+) >= "([^"]+)"( ORDER BY .*)?')
SHOWN_COMMENTS, CUT = 2, 3


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.250+0000")


class FakeJira:
    """A site that lives; nothing is deleted in it, for nothing would tell."""

    undated = ("agent", "customer", "team")

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.now = 1_760_000_000
        self.zone = ZoneInfo("America/New_York")
        self.before_answer: Callable[[Asked], None] = lambda _asked: None
        self.denied: set[str] = set()
        self.issues: dict[int, dict[str, Any]] = {}
        self.changes: dict[int, list[dict[str, Any]]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.numbers = iter(range(1, 1 << 30))

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.now += self.random.choice((0, 0, 7, 40, 400))
            if self.random.random() < 0.35 or not self.issues:
                self.create()
            else:
                self.change(self.random.choice(list(self.issues)))

    def _user(self, account: str) -> dict[str, Any]:
        kind = "atlassian" if account in AGENTS else "customer"
        return {"accountId": account, "displayName": account.title(), "accountType": kind}

    def create(self) -> int:
        number, customer = next(self.numbers), f"customer-{self.random.randrange(4)}"
        self.issues[number] = {
            "summary": f"Problem {number}",
            "created": iso(self.now),
            "updated": iso(self.now),
            "resolutiondate": None,
            "statuscategorychangedate": iso(self.now),
            "status": {"id": "1"},
            "priority": {"id": "12"},
            "issuetype": {"id": "21"},
            "resolution": None,
            "assignee": None,
            "reporter": self._user(customer),
            "creator": self._user(customer),
            "project": {"id": "31", "key": "SUP", "name": "Support"},
        }
        self.changes[number], self.comments[number] = [], []
        return number

    def change(self, number: int) -> None:
        issue, agent = self.issues[number], self.random.choice(AGENTS)
        status = self.random.choice(list(STATUSES))
        items = []
        if status != issue["status"]["id"]:
            items.append(self._item("status", issue["status"]["id"], status))
            issue["status"] = {"id": status}
            issue["resolutiondate"] = iso(self.now) if status == "3" else None
            issue["statuscategorychangedate"] = iso(self.now)
        before = issue["assignee"] and issue["assignee"]["accountId"]
        if before != agent:
            items.append(self._item("assignee", before, agent))
            issue["assignee"] = self._user(agent)
        if items:
            self.changes[number].append(
                {
                    "id": str(next(self.numbers)),
                    "author": self._user(agent),
                    "created": self.now * 1000 + 250,
                    "items": items,
                }
            )
        if self.random.random() < 0.5:
            self.say(number, agent, is_public=self.random.random() < 0.7)
        issue["updated"] = iso(self.now)

    def _item(self, field: str, before: str | None, after: str) -> dict[str, Any]:
        return {"field": field, "fieldId": field, "from": before, "to": after}

    def say(self, number: int, author: str, *, is_public: bool) -> None:
        self.comments[number].append(
            {
                "id": str(next(self.numbers)),
                "author": self._user(author),
                "body": "Grüße",
                "created": iso(self.now),
                "jsdPublic": is_public,
            }
        )

    def alive(self) -> set[str]:
        return {str(number) for number in self.issues}

    def gone(self) -> set[str]:
        return set()

    def is_passing(self, record: dict[str, Any]) -> bool:
        """Whether a record tells what a row showed before its last change."""
        if record["type"] == "seen":
            last = self.issues[int(record["ticket_id"])]["updated"]
            return bool(record["occurred_at"][:19] != last.replace("T", " ")[:19])
        # Of a status that had no history yet, the row told since when.
        is_derived = record["type"] == "status_changed" and record["fidelity"] == "derived"
        return is_derived and bool(self.changes[int(record["ticket_id"])])

    def answer(self, asked: Asked) -> Said:
        self.before_answer(asked)
        when = datetime.fromtimestamp(self.now, UTC)
        headers = {"Date": format_datetime(when, usegmt=True)}
        expected = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {expected}":
            return Said({"errorMessages": ["Client must be authenticated"]}, 401, headers)
        path = asked.path.removeprefix("/rest/api/2/")
        if any(path.startswith(each) for each in self.denied):
            return Said({"errorMessages": ["Forbidden"]}, 403, headers)
        content, status = self._route(path, asked)
        return Said(content, status, headers)

    def _route(self, path: str, asked: Asked) -> tuple[Any, int]:
        if path == "search/jql":
            return self._search(asked.body)
        if path == "search/approximate-count":
            return {"count": len(self._select(asked.body["jql"]))}, 200
        if path == "changelog/bulkfetch":
            return self._bulk(asked.body), 200
        if path.startswith("issue/"):
            comments = self.comments[int(path.split("/")[1])]
            first, size = int(asked.query["startAt"]), int(asked.query["maxResults"])
            return {"comments": comments[first : first + size], "total": len(comments)}, 200
        if path == "group/member":
            return {"values": [self._user(each) for each in AGENTS], "isLast": True}, 200
        fixed: dict[str, Any] = {
            "myself": {"accountId": "me", "timeZone": str(self.zone)},
            "status": [
                {"id": n, "name": name, "statusCategory": {"id": category, "key": key, "name": "x"}}
                for n, (name, category, key) in STATUSES.items()
            ],
            "priority": [{"id": n, "name": name} for n, name in PRIORITIES.items()],
            "resolution": [{"id": "41", "name": "Done"}],
            "issuetype": [{"id": "21", "name": "Incident"}],
            "groups/picker": {"groups": [{"name": "jira-servicemanagement-users", "groupId": "g"}]},
        }
        return (fixed[path], 200) if path in fixed else ({"errorMessages": ["no"]}, 404)

    def _select(self, jql: str) -> list[int]:
        told = JQL.fullmatch(jql)
        assert told, jql
        begin = datetime.strptime(told[3], "%Y-%m-%d %H:%M").replace(tzinfo=self.zone)
        return [
            number
            for number, each in self.issues.items()
            if datetime.fromisoformat(each[told[2]]) >= begin
        ]

    def _search(self, body: Any) -> tuple[Any, int]:
        found = self._select(body["jql"])
        found.sort(key=lambda number: (self.issues[number]["updated"], number))
        first = int(body.get("nextPageToken") or 0)
        size = body["maxResults"]
        if self.random.random() < 0.4:  # a short page, and not the last
            size = max(1, size // 2)
        shown, more = found[first : first + size], len(found) > first + size
        answer: dict[str, Any] = {
            "issues": [{"id": str(n), "key": f"SUP-{n}", "fields": self._fields(n)} for n in shown],
            "isLast": not more,
        }
        return answer | ({"nextPageToken": str(first + size)} if more else {}), 200

    def _fields(self, number: int) -> dict[str, Any]:
        said = self.comments[number]
        shown = {"comments": said[:SHOWN_COMMENTS], "total": len(said)}
        return dict(self.issues[number]) | {"comment": shown}

    def _bulk(self, body: Any) -> Any:
        assert len(body["issueIdsOrKeys"]) <= 1000 and len(body["fieldIds"]) <= 10
        rows = [
            (number, change)
            for number in map(int, body["issueIdsOrKeys"])
            for change in self.changes[number]
        ]
        first = int(body.get("nextPageToken") or 0)
        logs: dict[int, list[Any]] = {}
        for number, change in rows[first : first + CUT]:
            logs.setdefault(number, []).append(change)
        more = len(rows) > first + CUT
        return {
            "issueChangeLogs": [
                {"issueId": str(n), "changeHistories": changes} for n, changes in logs.items()
            ],
            "nextPageToken": str(first + CUT) if more else None,
        }
