"""Freshdesk: tickets by their last change, with the times that the system states, and ratings.

Freshdesk keeps no history that can be asked for, so a ticket says what a row of its export says:
its state, and when it was first answered, solved and closed. What it shows at every change is
kept, so changes are seen from the first run on.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from helmdesk.connectors.parts.access import GoneError, MissingRightError
from helmdesk.connectors.parts.api import GENERAL, Api, Told, base_address, number
from helmdesk.connectors.parts.connector import (
    Ask,
    Connector,
    Cursor,
    Item,
    Outlook,
    Page,
    Right,
    Row,
    Tell,
)
from helmdesk.connectors.parts.pace import SHARE
from helmdesk.connectors.parts.waking import by_token
from helmdesk.connectors.parts.window import Changes, Seen, instant_of, text_of

PER_PAGE = 100
WITH_STATS = 2
"""Each call that includes more counts as so many."""
SOURCES = {
    1: "Email", 2: "Portal", 3: "Phone", 5: "Twitter", 6: "Facebook", 7: "Chat",
    9: "Feedback Widget", 10: "Outbound Email", 13: "WhatsApp",
}  # fmt: skip
PRIORITIES = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
STATUSES = {2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed"}
ENDED = (4, 5)
RATINGS = {
    103: "Extremely happy", 102: "Very happy", 101: "Happy", 100: "Neutral",
    -101: "Unhappy", -102: "Very unhappy", -103: "Extremely unhappy",
}  # fmt: skip
ADMIN = "the key's owner must see all tickets (global access)"
PLANS = "satisfaction surveys come with the plans Pro and Enterprise"


def open_account(said: Mapping[str, str]) -> Api:
    """Connect to an account."""
    pair = base64.b64encode(f"{said['token']}:X".encode()).decode()
    return Api(
        base_address(said["account"], "freshdesk.com"),
        headers={"authorization": f"Basic {pair}"},
        secrets=(said["token"], pair),
        limits={GENERAL: 50},
        told=_told,
    )


def _told(headers: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    total, left = headers.get("x-ratelimit-total"), headers.get("x-ratelimit-remaining")
    yield GENERAL, Told(number(total), number(left))


def rights(api: Api) -> Iterator[Right]:
    """Ask for one of everything."""
    probes = (
        ("tickets", ADMIN, True, "/api/v2/tickets"),
        ("agents", ADMIN, False, "/api/v2/agents"),
        ("groups", ADMIN, False, "/api/v2/groups"),
        ("companies", ADMIN, False, "/api/v2/companies"),
        (
            "states of your own",
            "an administrator must make the key",
            False,
            "/api/v2/ticket_fields",
        ),
        ("ratings", PLANS, False, "/api/v2/surveys/satisfaction_ratings"),
    )
    for what, mend, is_needed, path in probes:
        try:
            api.get(path, per_page=1)
        except (MissingRightError, GoneError):
            yield Right(what, False, is_needed, mend)
        else:
            yield Right(what, True, is_needed)


def count(api: Api, since: str) -> int | None:
    """Return how many tickets the account says it has; archived ones are not among them."""
    day = instant_of(since or "2000-01-01") - timedelta(days=1)
    answer = api.get("/api/v2/search/tickets", query=f"\"created_at:>'{day:%Y-%m-%d}'\"")
    return int(answer["total"])


def outlook(api: Api, since: str) -> Outlook:
    """Two calls' worth for every hundred tickets."""
    tickets = count(api, since)
    if tickets is None:
        return Outlook(None, None)
    calls = tickets / PER_PAGE * WITH_STATS
    return Outlook(tickets, calls / (SHARE * api.paces[GENERAL].per_minute))


def pages(api: Api, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what changed, a hundred tickets at a time; then what was deleted."""
    words = _Words(api, since, is_first=not cursor)
    seen, gone = Seen.of(cursor.get("tickets") or {}), Seen.of(cursor.get("deleted") or {})

    def place() -> dict[str, Any]:
        return {"tickets": seen.cursor(), "deleted": gone.cursor()}

    for tickets, _ in _changes(api, {"include": "stats,requester"}, WITH_STATS).since(
        seen.begin(since)
    ):
        new = [each for each in tickets if seen.take(str(each["id"]), each["updated_at"])]
        if tickets:
            seen.advance(_changed_at(tickets[-1]), instant_of)
        tell(f"{len(new):,} tickets changed")
        items = [
            Item(
                str(each["id"]),
                each["updated_at"],
                {"tickets": [words.row(each, words.rating(each))]},
            )
            for each in new
        ]
        yield Page(items, place(), is_last=False)
    at = api.time
    for tickets, is_last in _changes(api, {"filter": "deleted"}, 1).since(gone.begin(since)):
        new = [each for each in tickets if gone.take(str(each["id"]), each["updated_at"])]
        if tickets:
            gone.advance(_changed_at(tickets[-1]), instant_of)
        items = [
            Item(str(each["id"]), each["updated_at"], {}, deleted_at=each["updated_at"])
            for each in new
        ]
        yield Page(items, place(), is_last, at=at)


def _changes(api: Api, asked: Mapping[str, str], cost: int) -> Changes[Mapping[str, Any]]:
    def fetch(begin: datetime, page: int) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = api.get(
            "/api/v2/tickets",
            cost=cost,
            updated_since=text_of(begin),
            order_by="updated_at",
            order_type="asc",
            per_page=PER_PAGE,
            page=page,
            **asked,
        )
        return found

    return Changes(fetch, _changed_at, PER_PAGE)


def _changed_at(ticket: Mapping[str, Any]) -> datetime:
    return instant_of(ticket["updated_at"])


class _Words:
    """Names of what tickets hold as numbers."""

    def __init__(self, api: Api, since: str, *, is_first: bool) -> None:
        self.api = api
        self.statuses = dict(STATUSES)
        fields = api.maybe(
            "states of your own",
            "an administrator must make the key",
            lambda: self._all("/api/v2/ticket_fields"),
        )
        for each in fields or ():
            if each.get("name") == "status":
                for key, labels in (each.get("choices") or {}).items():
                    self.statuses[int(key)] = labels[0] if isinstance(labels, list) else labels
        self.agents = {
            each["id"]: (each.get("contact") or {}).get("name")
            for each in self._named("agents", "/api/v2/agents")
        }
        self.groups = {each["id"]: each["name"] for each in self._named("groups", "/api/v2/groups")}
        self.companies = {
            each["id"]: each["name"] for each in self._named("companies", "/api/v2/companies")
        }
        # All at once at first; later each ticket is asked for its own.
        self.ratings: dict[int, str] | None = self._ratings(since) if is_first else None

    def _named(self, what: str, path: str) -> list[Mapping[str, Any]]:
        return self.api.maybe(what, ADMIN, lambda: self._all(path)) or []

    def _all(self, path: str, **asked: Any) -> list[Mapping[str, Any]]:
        found: dict[Any, Mapping[str, Any]] = {}
        page = 1
        while True:
            answer = self.api.get(path, per_page=PER_PAGE, page=page, **asked)
            found |= {each["id"]: each for each in answer}
            if len(answer) < PER_PAGE:
                return list(found.values())
            page += 1

    def _ratings(self, since: str) -> dict[int, str]:
        path = "/api/v2/surveys/satisfaction_ratings"
        begin = text_of(instant_of(since or "2000-01-01"))
        answers = self.api.maybe("ratings", PLANS, lambda: self._all(path, created_since=begin))
        return _answers(answers or [])

    def rating(self, ticket: Mapping[str, Any]) -> str | None:
        """Return what the customer answered last."""
        if self.ratings is not None:
            return self.ratings.get(ticket["id"])
        if ticket["status"] not in ENDED or "ratings" in self.api.missing:
            return None
        path = f"/api/v2/tickets/{int(ticket['id'])}/satisfaction_ratings"
        try:
            found = self.api.maybe("ratings", PLANS, lambda: self.api.get(path))
        except GoneError:
            return None
        return _answers(found or []).get(ticket["id"])

    def row(self, ticket: Mapping[str, Any], rating: str | None) -> Row:
        """Return a ticket as a row of Freshdesk's own export."""
        stats = ticket.get("stats") or {}
        return {
            "Ticket ID": ticket["id"],
            "Subject": ticket.get("subject"),
            "Status": self.statuses.get(ticket["status"], f"Status {ticket['status']}"),
            "Priority": PRIORITIES.get(ticket["priority"]),
            "Source": SOURCES.get(ticket["source"], f"Source {ticket['source']}"),
            "Type": ticket.get("type"),
            "Agent": self.agents.get(ticket.get("responder_id")),
            "Group": self.groups.get(ticket.get("group_id")),
            "Contact ID": ticket.get("requester_id"),
            "Company Name": self.companies.get(ticket.get("company_id")),
            "Created time": ticket["created_at"],
            "Due by Time": ticket.get("due_by"),
            "Initial response time": stats.get("first_responded_at"),
            "Resolved time": stats.get("resolved_at"),
            "Closed time": stats.get("closed_at"),
            "Last update time": ticket["updated_at"],
            "Survey results": rating,
        }


def _answers(ratings: list[Mapping[str, Any]]) -> dict[int, str]:
    """Return the newest answer of each ticket, in the words of the survey."""
    ratings = sorted(ratings, key=lambda each: (each["created_at"], each["id"]))
    return {
        each["ticket_id"]: RATINGS[each["ratings"]["default_question"]]
        for each in ratings
        if (each.get("ratings") or {}).get("default_question") in RATINGS
    }


def example(api: Api) -> list[Row]:
    """Return a ticket in each state, with each answer."""
    at = "2026-01-02T03:04:05Z"
    stats = {"first_responded_at": at, "resolved_at": at, "closed_at": at}
    ticket = {
        "id": 1, "subject": "Subject", "priority": 1, "source": 1, "type": "Question",
        "requester_id": 1, "created_at": at, "due_by": at, "updated_at": at, "stats": stats,
    }  # fmt: skip
    names = {"Agent": "Ann", "Group": "Support", "Company Name": "Acme"}
    words = _Words(api, "", is_first=False)
    answers = list(RATINGS.values())
    return [
        {
            **words.row({**ticket, "status": status}, answers[place % len(answers)]),
            **names,
        }
        for place, status in enumerate([*words.statuses, *([2] * len(answers))])
    ]


connector = Connector(
    title="Freshdesk",
    source="mapping",
    asks=(
        Ask("account", "Your Freshdesk's name, as in NAME.freshdesk.com"),
        Ask("token", "The key", is_secret=True),
    ),
    key_words="your picture → Profile settings → View API key, as an agent with global access",
    open=open_account,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=count,
    example=example,
    is_from=by_token,
)
