"""HubSpot Service Hub: tickets by their last change, the contacts and companies they belong to.

A search gives at most 10,000 results, and a batch at the end of a month gives more than that one
and the same stamp: within one instant tickets are asked for by their numbers. HubSpot's search
holds no history; what a ticket shows at every change is kept from the first run on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from helmdesk.connectors.parts.access import MissingRightError
from helmdesk.connectors.parts.api import GENERAL, Api, Told, base_address
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
from helmdesk.connectors.parts.waking import by_hubspot
from helmdesk.connectors.parts.window import Changes, Seen, instant_of

SEARCH = "/crm/v3/objects/tickets/search"
SEARCHES = "searches"
PER_PAGE = 200
PER_LIST = 100
CHANGED, CREATED, NUMBER = "hs_lastmodifieddate", "createdate", "hs_object_id"
PROPERTIES = (
    NUMBER, CREATED, CHANGED, "closed_date", "subject", "hs_pipeline_stage", "hs_pipeline",
    "hs_ticket_priority", "source_type", "hs_ticket_category", "hubspot_owner_id",
)  # fmt: skip
CLOSED = "Closed"
SCOPE = "give the private app the scope {}"


def open_account(said: Mapping[str, str]) -> Api:
    """Connect to an account."""
    return Api(
        base_address(said["account"]),
        headers={"authorization": f"Bearer {said['token']}"},
        secrets=(said["token"],),
        # A hundred in ten seconds, and five searches a second; the headers tell of ten seconds.
        limits={GENERAL: 600, SEARCHES: 300},
        told=_told,
    )


def _told(_headers: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    yield GENERAL, Told()


def rights(api: Api) -> Iterator[Right]:
    """Ask for one of everything."""
    probes = (
        ("tickets", "tickets", True, "/crm/v3/objects/tickets"),
        ("pipelines", "tickets", True, "/crm/v3/pipelines/tickets"),
        ("owners", "crm.objects.owners.read", False, "/crm/v3/owners"),
        ("contacts", "crm.objects.contacts.read", False, "/crm/v3/objects/contacts"),
        ("companies", "crm.objects.companies.read", False, "/crm/v3/objects/companies"),
    )
    for what, scope, is_needed, path in probes:
        try:
            api.get(path, limit=1)
        except MissingRightError:
            yield Right(what, False, is_needed, SCOPE.format(scope))
        else:
            yield Right(what, True, is_needed)


def _search(
    api: Api, filters: Sequence[Mapping[str, Any]], order: str, size: int = PER_PAGE
) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = api.search(
        SEARCH,
        {
            "filterGroups": [{"filters": list(filters)}],
            "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
            "properties": list(PROPERTIES),
            "limit": size,
        },
        SEARCHES,
    )
    return answer


def _is(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def count(api: Api, since: str) -> int | None:
    """Return how many tickets the account says it has; those archived are not among them."""
    begin = _milliseconds(instant_of(since or "2000-01-01"))
    return int(_search(api, [_is(CREATED, "GTE", begin)], CREATED, 1)["total"])


def outlook(api: Api, since: str) -> Outlook:
    """One search and two more requests for some hundred tickets."""
    tickets = count(api, since)
    if tickets is None:
        return Outlook(None, None)
    return Outlook(tickets, tickets / PER_PAGE / (SHARE * api.paces[SEARCHES].per_minute))


def pages(api: Api, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what changed; then what was archived, which is how tickets are deleted."""
    words = _Words(api)
    seen = Seen.of(cursor)
    at = api.time
    for tickets, _ in _changes(api).since(seen.begin(since)):
        new = [each for each in tickets if seen.take(str(each["id"]), _stamp(each))]
        if tickets:
            seen.advance(_changed_at(tickets[-1]), instant_of)
        tell(f"{len(new):,} tickets changed")
        contacts = words.belonging("contacts", new)
        companies = words.belonging("companies", new)
        items = [
            Item(
                str(each["id"]),
                _stamp(each),
                {"tickets": [words.row(each, contacts, companies)]},
            )
            for each in new
        ]
        yield Page(items, _place(seen, cursor), is_last=False)
    known = dict(cursor.get("archived") or {})
    archived = {str(each["id"]): each["archivedAt"] for each in _archived(api)}
    items = [
        Item(number, stamp, {}, deleted_at=stamp)
        for number, stamp in archived.items()
        if known.get(number) != stamp
    ]
    yield Page(items, {**_place(seen, cursor), "archived": archived}, is_last=True, at=at)


def _place(seen: Seen, cursor: Cursor) -> dict[str, Any]:
    return {**seen.cursor(), "archived": dict(cursor.get("archived") or {})}


def _archived(api: Api) -> Iterator[Mapping[str, Any]]:
    """Give the archived tickets; HubSpot keeps them for ninety days."""
    after: dict[str, Any] = {}
    while True:
        answer = api.get("/crm/v3/objects/tickets", archived="true", limit=PER_LIST, **after)
        yield from answer["results"]
        following = (answer.get("paging") or {}).get("next")
        if not following:
            return
        after = {"after": following["after"]}


def _changes(api: Api) -> Changes[Mapping[str, Any]]:
    last = [0]

    def fetch(begin: datetime, page: int) -> list[Mapping[str, Any]]:
        stamp = _milliseconds(begin)
        if page == 1:
            return list(_search(api, [_is(CHANGED, "GTE", stamp)], CHANGED)["results"])
        if page == 2:
            last[0] = 0  # those of the first page came in no order that could be gone on from
        alike = [_is(CHANGED, "EQ", stamp), _is(NUMBER, "GT", last[0])]
        found = list(_search(api, alike, NUMBER)["results"])
        if found:
            last[0] = int(found[-1]["id"])
        if len(found) < PER_PAGE:
            found += _search(api, [_is(CHANGED, "GTE", stamp + 1)], CHANGED)["results"]
        return found

    return Changes(fetch, _changed_at, PER_PAGE, timedelta(milliseconds=1))


def _stamp(ticket: Mapping[str, Any]) -> str:
    return str(ticket["properties"][CHANGED])


def _changed_at(ticket: Mapping[str, Any]) -> datetime:
    return instant_of(_stamp(ticket))


class _Words:
    """Names of what tickets hold as numbers."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.stages: dict[str, str] = {}
        self.pipelines: dict[str, str] = {}
        for pipeline in api.get("/crm/v3/pipelines/tickets")["results"]:
            self.pipelines[str(pipeline["id"])] = pipeline["label"]
            for stage in pipeline["stages"]:
                # A stage may be called anything; which ones end a ticket is told.
                is_end = (stage.get("metadata") or {}).get("ticketState") == "CLOSED"
                self.stages[str(stage["id"])] = CLOSED if is_end else stage["label"]
        owners = api.maybe("owners", SCOPE.format("crm.objects.owners.read"), self._owners)
        self.owners = owners or {}

    def _owners(self) -> dict[str, str]:
        found: dict[str, str] = {}
        after: dict[str, Any] = {}
        while True:
            answer = self.api.get("/crm/v3/owners", limit=PER_LIST, **after)
            for each in answer["results"]:
                parts = (each.get("firstName"), each.get("lastName"))
                name = " ".join(part for part in parts if part)
                found[str(each["id"])] = name or each.get("email") or str(each["id"])
            following = (answer.get("paging") or {}).get("next")
            if not following:
                return found
            after = {"after": following["after"]}

    def belonging(self, what: str, tickets: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Return the first contact, or company, of tickets that have one."""
        found: dict[str, str] = {}
        for first in range(0, len(tickets), PER_LIST):
            inputs = [{"id": str(each["id"])} for each in tickets[first : first + PER_LIST]]
            answer = self.api.maybe(
                what,
                SCOPE.format(f"crm.objects.{what}.read"),
                partial(
                    self.api.search,
                    f"/crm/v4/associations/tickets/{what}/batch/read",
                    {"inputs": inputs},
                ),
            )
            for each in (answer or {}).get("results") or ():
                if each["to"]:
                    found[str(each["from"]["id"])] = str(
                        min(int(other["toObjectId"]) for other in each["to"])
                    )
        return found

    def row(
        self, ticket: Mapping[str, Any], contacts: Mapping[str, str], companies: Mapping[str, str]
    ) -> Row:
        """Return a ticket as a row of HubSpot's own export."""
        told, number = ticket["properties"], str(ticket["id"])
        stage = str(told.get("hs_pipeline_stage"))
        return {
            "Ticket ID": number,
            "Ticket name": told.get("subject"),
            "Ticket status": self.stages.get(stage, f"Stage {stage}"),
            "Pipeline": self.pipelines.get(str(told.get("hs_pipeline"))),
            "Priority": told.get("hs_ticket_priority"),
            "Source": told.get("source_type"),
            "Category": told.get("hs_ticket_category"),
            "Ticket owner": self.owners.get(str(told.get("hubspot_owner_id"))),
            "Associated Contact": contacts.get(number),
            "Associated Company": companies.get(number),
            "Create date": told[CREATED],
            "Close date": told.get("closed_date"),
            "Last modified date": told[CHANGED],
        }


def example(api: Api) -> list[Row]:
    """Return a ticket in each stage."""
    words = _Words(api)
    at = "2026-01-02T03:04:05.678Z"
    told = {
        CREATED: at, CHANGED: at, "closed_date": at, "subject": "Subject", "source_type": "EMAIL",
        "hs_ticket_priority": "HIGH", "hs_ticket_category": "Category",
        "hs_pipeline": next(iter(words.pipelines), ""),
    }  # fmt: skip
    named = {"Ticket owner": "Ann", "Pipeline": "Support"}
    return [
        {
            **words.row(
                {"id": 1, "properties": {**told, "hs_pipeline_stage": stage}},
                {"1": "1"},
                {"1": "1"},
            ),
            **named,
        }
        for stage in words.stages
    ]


connector = Connector(
    title="HubSpot Service Hub",
    source="mapping",
    asks=(
        Ask("account", "Address of the interface", default="api.hubapi.com"),
        Ask("token", "The private app's access token", is_secret=True),
    ),
    key_words="Settings → Integrations → Private apps → Create, with the scope tickets",
    open=open_account,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=count,
    example=example,
    is_from=by_hubspot,
)
