"""Zendesk Support: tickets that changed by the incremental export, the whole history of each by its
audits, and the people, teams and companies in them.

The export's cursor is the system's own: it neither repeats nor leaves out, sees deletions, and
leaves out the last minute, which comes with the next run. Tickets come with their whole history
every time, since the tables of a part of a history would say other things.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from helmdesk.connectors.parts.access import GoneError, MissingRightError, RefusedError
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
from helmdesk.connectors.parts.waking import by_zendesk
from helmdesk.connectors.parts.zendesk_audits import merged_into_it, rows_of_audits
from helmdesk.connectors.parts.zendesk_writing import ZendeskDesk

EXPORTS = "exports"
PER_PAGE = 250
MANY = 100
EXPORT = "/api/v2/incremental/tickets/cursor.json"
EXPORT_LAG = timedelta(minutes=1)
"""What changed within the last minute is not in an export."""
PART = re.compile(r"(\w+)=(\d+)")
EXPORT_HEADER = "zendesk-ratelimit-incremental-exports"
PLANS = "business hours come with the plans Professional and Enterprise"
ADMIN = "an administrator must make the key: only theirs may export tickets"


def open_account(said: Mapping[str, str]) -> Api:
    """Connect to an account."""
    secret, scheme = said["token"], "Bearer"
    if said.get("email"):
        pair = f"{said['email']}/token:{secret}"
        secret, scheme = base64.b64encode(pair.encode()).decode(), "Basic"
    return Api(
        base_address(said["account"], "zendesk.com"),
        headers={"authorization": f"{scheme} {secret}"},
        secrets=(said["token"], secret),
        limits={GENERAL: 400, EXPORTS: 10},
        told=_told,
    )


def _told(headers: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    yield (
        GENERAL,
        Told(
            number(headers.get("x-rate-limit") or headers.get("ratelimit-limit")),
            number(headers.get("x-rate-limit-remaining") or headers.get("ratelimit-remaining")),
            number(headers.get("ratelimit-reset")),
        ),
    )
    # total=10; remaining=9; resets=41
    parts = dict(PART.findall(headers.get(EXPORT_HEADER, "")))
    if parts:
        yield (
            EXPORTS,
            Told(
                number(parts.get("total")),
                number(parts.get("remaining")),
                number(parts.get("resets")),
            ),
        )


def rights(api: Api) -> Iterator[Right]:
    """Ask for one of everything."""
    me = api.get("/api/v2/users/me.json").get("user") or {}
    # Nobody at all is somebody to Zendesk: it answers 200 and "Anonymous user".
    if not me.get("id"):
        raise RefusedError(
            f"{api.base}: the key is not known there",
            "is the address of its owner right, and access by token switched on?",
        )
    agent = "the key's owner must be an agent or an administrator"
    probes: tuple[tuple[str, str, bool, str, dict[str, Any]], ...] = (
        ("tickets", ADMIN, True, EXPORT, {"start_time": 1, "per_page": 1}),
        ("people", agent, True, "/api/v2/users.json", {"role": "agent"}),
        ("groups", agent, False, "/api/v2/groups.json", {}),
        ("schedules", PLANS, False, "/api/v2/business_hours/schedules.json", {}),
        ("custom statuses", agent, False, "/api/v2/custom_statuses.json", {}),
    )
    for what, mend, is_needed, path, asked in probes:
        try:
            api.get(path, EXPORTS if path == EXPORT else GENERAL, **asked)
        except (MissingRightError, GoneError):
            yield Right(what, False, is_needed, mend)
        else:
            yield Right(what, True, is_needed)


def count(api: Api, since: str) -> int | None:
    """Return how many tickets the account says it has; those deleted are not among them."""
    if since:
        return int(
            api.get("/api/v2/search/count.json", query=f"type:ticket created>={since}")["count"]
        )
    return int(api.get("/api/v2/tickets/count.json")["count"]["value"])


def outlook(api: Api, since: str) -> Outlook:
    """One request for each ticket, and one of the export's for some hundred."""
    tickets = count(api, since)
    if tickets is None:
        return Outlook(None, None)
    asked = tickets / (SHARE * api.paces[GENERAL].per_minute)
    exported = tickets / PER_PAGE / (SHARE * api.paces[EXPORTS].per_minute)
    return Outlook(tickets, max(asked, exported))


def pages(api: Api, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what changed, some hundred tickets at a time."""
    people = _People(api)
    team = people.everybody()
    place = dict(cursor)
    while True:
        asked: dict[str, Any] = {"per_page": PER_PAGE, "include": "comment_count"}
        if place.get("after"):
            asked["cursor"] = place["after"]
        else:
            asked["start_time"] = _instant(since)
        answer = api.get(EXPORT, EXPORTS, **asked)
        at = api.time - EXPORT_LAG
        newest = {str(each["id"]): each for each in sorted(answer["tickets"], key=_version)}
        tell(f"{len(newest):,} tickets changed")
        histories = api.each(_told_history(api, len(newest), tell), newest.values())
        items = [
            _item(ticket, audits) for ticket, audits in zip(newest.values(), histories, strict=True)
        ]
        is_last = bool(answer["end_of_stream"])
        # Without a cursor there was nothing, ever.
        place = {"after": answer.get("after_cursor") or place.get("after")}
        found = people.of(items)
        others = {table: [*team.get(table, ()), *found.get(table, ())] for table in team | found}
        yield Page(items, place, is_last, others, at)
        if is_last:
            return


def _instant(since: str) -> int:
    # A start of zero is refused.
    return int(datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp()) if since else 1


def _version(ticket: Mapping[str, Any]) -> str:
    # `updated_at` stands still while rules and merges go on changing a ticket.
    return f"{int(ticket.get('generated_timestamp') or 0):012d} {ticket.get('updated_at') or ''}"


def _told_history(
    api: Api, total: int, tell: Tell
) -> Callable[[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return what fetches a ticket's history, and tells how many of them are here: at the limit of
    an account they take a minute.
    """
    done = iter(range(1, total + 1))

    def fetch(ticket: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        found = _history(api, ticket)
        tell(f"{next(done):,} histories of {total:,} tickets that changed")
        return found

    return fetch


def _history(api: Api, ticket: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return all audits of a ticket; none where it was deleted."""
    found: list[Mapping[str, Any]] = []
    after: dict[str, Any] = {"page[size]": MANY}
    while True:
        try:
            path = f"/api/v2/tickets/{int(ticket['id'])}/audits.json"
            answer = api.get(path, **after)
        except GoneError:
            return found
        found += answer["audits"]
        meta = answer.get("meta") or {}
        if not meta.get("has_more"):
            return found
        after["page[after]"] = meta["after_cursor"]


def _item(ticket: Mapping[str, Any], audits: Sequence[Mapping[str, Any]]) -> Item:
    unique = list({audit["id"]: audit for audit in audits}.values())
    rows: dict[str, Sequence[Row]] = dict(rows_of_audits(ticket, unique))
    via = ticket.get("via") or {}
    rows["ticket"] = [
        {
            **{
                field: ticket.get(field)
                for field in (
                    "id",
                    "created_at",
                    "updated_at",
                    "status",
                    "subject",
                    "priority",
                    "type",
                    "assignee_id",
                    "group_id",
                    "requester_id",
                    "submitter_id",
                    "organization_id",
                    "due_at",
                    "custom_status_id",
                )
            },
            "via_channel": via.get("channel"),
            "merged_ticket_ids": merged_into_it(unique) or None,
        }
    ]
    rows["ticket_tag"] = [
        {"ticket_id": ticket["id"], "tag": tag} for tag in ticket.get("tags") or ()
    ]
    stated = ticket.get("comment_count")
    is_deleted = ticket.get("status") == "deleted"
    is_short = not is_deleted and (
        not any(event.get("type") == "Create" for audit in unique for event in audit["events"])
        or (stated is not None and len(rows["ticket_comment"]) < int(stated))
    )
    return Item(str(ticket["id"]), _version(ticket), rows, is_short)


class _People:
    """Who and what tickets speak of; each is asked for once in a run."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.users: dict[str, Row] = {}
        self.organizations: dict[str, Row] = {}

    def everybody(self) -> dict[str, list[Row]]:
        """Return what is small: the team, groups, schedules, custom statuses."""
        api = self.api
        agents = [
            user
            for role in ("agent", "admin")
            for user in self._all("/api/v2/users.json", "users", role=role)
        ]
        self.users |= {str(user["id"]): _user(user) for user in agents}
        groups = api.maybe(
            "groups",
            "the key's owner must be an agent",
            lambda: list(self._all("/api/v2/groups.json", "groups")),
        )
        statuses = api.maybe(
            "custom statuses",
            "the key's owner must be an agent",
            lambda: api.get("/api/v2/custom_statuses.json")["custom_statuses"],
        )
        found: dict[str, list[Row]] = {
            "user": list(self.users.values()),
            "group": [_named(group) for group in groups or ()],
            "custom_status": [
                {"id": each["id"], "agent_label": each["agent_label"]} for each in statuses or ()
            ],
        }
        return found | self._schedules()

    def _schedules(self) -> dict[str, list[Row]]:
        schedules = self.api.maybe(
            "schedules",
            PLANS,
            lambda: self.api.get("/api/v2/business_hours/schedules.json")["schedules"],
        )
        hours: list[Row] = []
        holidays: list[Row] = []
        for schedule in schedules or ():
            hours += [
                {
                    "id": schedule["id"],
                    "name": schedule.get("name"),
                    "time_zone": schedule["time_zone"],
                    "created_at": schedule.get("created_at"),
                    "start_time": each["start_time"],
                    "end_time": each["end_time"],
                }
                for each in schedule.get("intervals") or ()
            ]
            path = f"/api/v2/business_hours/schedules/{int(schedule['id'])}/holidays.json"
            holidays += [
                {
                    "schedule_id": schedule["id"],
                    "start_date": each["start_date"],
                    "end_date": each["end_date"],
                    "name": each.get("name"),
                }
                for each in self.api.get(path)["holidays"]
            ]
        return {"schedule": hours, "schedule_holiday": holidays}

    def of(self, items: Iterable[Item]) -> dict[str, list[Row]]:
        """Return the people and companies of some tickets."""
        mentioned: set[str] = set()
        companies: set[str] = set()
        for item in items:
            for row in item.rows["ticket"]:
                mentioned |= {
                    str(row[column])
                    for column in ("requester_id", "submitter_id", "assignee_id")
                    if row[column]
                }
                if row["organization_id"]:
                    companies.add(str(row["organization_id"]))
            for table in ("ticket_comment", "ticket_field_history"):
                mentioned |= {str(row["user_id"]) for row in item.rows[table] if row["user_id"]}
        people = {each for each in mentioned if each.isdigit()}
        for user in self._many("users", people - self.users.keys()):
            self.users[str(user["id"])] = _user(user)
        known = [self.users[each] for each in sorted(people & self.users.keys())]
        companies |= {str(user["organization_id"]) for user in known if user["organization_id"]}
        for company in self._many("organizations", companies - self.organizations.keys()):
            self.organizations[str(company["id"])] = _named(company)
        return {
            "user": known,
            "organization": [
                self.organizations[each] for each in sorted(companies & self.organizations.keys())
            ],
        }

    def _many(self, what: str, wanted: set[str]) -> Iterator[Mapping[str, Any]]:
        numbers = sorted(wanted)
        for first in range(0, len(numbers), MANY):
            yield from self.api.get(
                f"/api/v2/{what}/show_many.json", ids=",".join(numbers[first : first + MANY])
            )[what]

    def _all(self, path: str, what: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
        asked["page[size]"] = MANY
        while True:
            answer = self.api.get(path, **asked)
            yield from answer[what]
            meta = answer.get("meta") or {}
            if not meta.get("has_more"):
                return
            asked["page[after]"] = meta["after_cursor"]


def _user(user: Mapping[str, Any]) -> Row:
    return {
        column: user.get(column)
        for column in ("id", "role", "name", "organization_id", "created_at", "updated_at")
    }


def _named(thing: Mapping[str, Any]) -> Row:
    return {column: thing.get(column) for column in ("id", "name", "created_at", "updated_at")}


connector = Connector(
    title="Zendesk Support",
    source="zendesk",
    asks=(
        Ask("account", "Your Zendesk's name, as in NAME.zendesk.com"),
        Ask("email", "Mail address of the key's owner (empty for an OAuth token)", default=""),
        Ask("token", "The key", is_secret=True),
    ),
    key_words="Admin Center → Apps and integrations → APIs → API tokens, as an administrator",
    open=open_account,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=count,
    write=ZendeskDesk,
    is_from=by_zendesk,
)
