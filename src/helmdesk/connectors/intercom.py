"""Intercom: conversations by their last change, each with all its parts, and the people in them.

A search gives conversations without their parts, so each is asked for by itself. Of a long one
Intercom gives the newest 500 parts and says how many there are: what is missing is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
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
from helmdesk.connectors.parts.waking import by_intercom
from helmdesk.connectors.parts.window import Changes, Seen, instant_of, text_of

PER_PAGE = 150
PER_CONVERSATION = 2
"""Requests: the conversation, and mostly one contact."""
WINDOWS_A_MINUTE = 6
"""Limits are stated for ten seconds."""
READ = "switch on '{}' for the app, under Authentication → Permissions"


def open_account(said: Mapping[str, str]) -> Api:
    """Connect to a workspace."""
    return Api(
        base_address(said["account"]),
        headers={"authorization": f"Bearer {said['token']}", "intercom-version": "2.11"},
        secrets=(said["token"],),
        limits={GENERAL: 10_000},
        told=_told,
    )


def _told(headers: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    limit = number(headers.get("x-ratelimit-limit"))
    left = number(headers.get("x-ratelimit-remaining"))
    yield (
        GENERAL,
        Told(
            limit and limit * WINDOWS_A_MINUTE,
            None if left is None else left * WINDOWS_A_MINUTE,
            60 / WINDOWS_A_MINUTE,
        ),
    )


def rights(api: Api) -> Iterator[Right]:
    """Ask for one of everything."""
    probes: tuple[tuple[str, str, bool, Callable[[], Any]], ...] = (
        (
            "conversations",
            "Read conversations",
            True,
            lambda: _search(api, "updated_at", 0, size=1),
        ),
        ("admins and teams", "Read admins", False, lambda: api.get("/admins")),
        (
            "contacts",
            "Read one user and one company",
            False,
            lambda: api.get("/contacts", per_page=1),
        ),
    )
    for what, permission, is_needed, ask in probes:
        try:
            ask()
        except MissingRightError:
            yield Right(what, False, is_needed, READ.format(permission))
        else:
            yield Right(what, True, is_needed)


def _search(api: Api, field: str, begin: int, *, size: int, after: str = "") -> Any:
    """Ask for conversations from an instant on, the earliest first."""
    paging: dict[str, Any] = {"per_page": size}
    if after:
        paging["starting_after"] = after
    return api.search(
        "/conversations/search",
        {
            # There is no "at or after".
            "query": {"field": field, "operator": ">", "value": begin - 1},
            "sort": {"field": field, "order": "ascending"},
            "pagination": paging,
        },
    )


def count(api: Api, since: str) -> int | None:
    """Return how many conversations the workspace says it has."""
    begin = int(instant_of(since or "2000-01-01").timestamp())
    return int(_search(api, "created_at", begin, size=1)["total_count"])


def outlook(api: Api, since: str) -> Outlook:
    """Some requests for each conversation."""
    tickets = count(api, since)
    if tickets is None:
        return Outlook(None, None)
    asked = tickets * PER_CONVERSATION
    return Outlook(tickets, asked / (SHARE * api.paces[GENERAL].per_minute))


def pages(api: Api, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what changed, some conversations at a time."""
    people = _People(api)
    seen = Seen.of(cursor)
    at = api.time
    for found, is_last in _changes(api).since(seen.begin(since)):
        new = [each for each in found if seen.take(str(each["id"]), str(each["updated_at"]))]
        if found:
            seen.advance(_changed_at(found[-1]), lambda version: _instant(int(version)))
        tell(f"{len(new):,} conversations changed")
        items = list(api.each(lambda each: _item(api, each), new))
        yield Page(items, seen.cursor(), is_last, people.of(items), at)


def _changes(api: Api) -> Changes[Mapping[str, Any]]:
    after: list[str] = []

    def fetch(begin: datetime, page: int) -> list[Mapping[str, Any]]:
        # What comes next within one instant is told by the answer before.
        token = after[-1] if page > 1 and after else ""
        answer = _search(api, "updated_at", int(begin.timestamp()), size=PER_PAGE, after=token)
        following = (answer.get("pages") or {}).get("next") or {}
        after[:] = [following["starting_after"]] if following.get("starting_after") else []
        found: list[Mapping[str, Any]] = answer["conversations"]
        return found

    return Changes(fetch, _changed_at, PER_PAGE)


def _instant(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


def _changed_at(conversation: Mapping[str, Any]) -> datetime:
    return _instant(conversation["updated_at"])


def _at(stamp: int | None) -> str | None:
    return text_of(_instant(stamp)) if stamp else None


def _item(api: Api, found: Mapping[str, Any]) -> Item:
    """Return a conversation with all its parts; its version is what the search saw."""
    version = f"{int(found['updated_at']):012d}"
    try:
        whole = api.get(f"/conversations/{int(found['id'])}", display_as="plaintext")
    except GoneError:
        return Item(str(found["id"]), version, {}, deleted_at=text_of(api.time))
    listed = whole.get("conversation_parts") or {}
    parts = {str(part["id"]): part for part in listed.get("conversation_parts") or ()}
    stated = (whole.get("statistics") or {}).get("count_conversation_parts")
    there = max(int(listed.get("total_count") or 0), int(stated or 0))
    return Item(str(found["id"]), version, _rows(whole, parts.values()), there > len(parts))


def _rows(whole: Mapping[str, Any], parts: Iterable[Mapping[str, Any]]) -> dict[str, list[Row]]:
    source = whole.get("source") or {}
    author = source.get("author") or {}
    rating = whole.get("conversation_rating") or {}
    sla = whole.get("sla_applied") or {}
    admin, team = whole.get("admin_assignee_id"), whole.get("team_assignee_id")
    number_ = whole["id"]
    return {
        "conversation_history": [
            {
                "id": number_,
                "created_at": _at(whole["created_at"]),
                "updated_at": _at(whole["updated_at"]),
                "state": whole["state"],
                "assignee_id": admin or team,
                "assignee_type": "admin" if admin else "team" if team else None,
                "conversation_rating_created_at": _at(rating.get("created_at")),
                "conversation_rating_remark": rating.get("remark"),
                "conversation_rating_value": rating.get("rating"),
                "priority": whole.get("priority"),
                "sla_name": sla.get("sla_name"),
                "sla_status": sla.get("sla_status"),
                "source_author_id": author.get("id"),
                "source_author_type": author.get("type"),
                "source_type": source.get("type"),
                "source_subject": source.get("subject"),
                "source_body": source.get("body"),
                "source_delivered_as": source.get("delivered_as"),
            }
        ],
        "conversation_part_history": [_part(number_, part) for part in parts],
        "conversation_contact_history": [
            {"conversation_id": number_, "contact_id": each["id"]}
            for each in (whole.get("contacts") or {}).get("contacts") or ()
        ],
        "conversation_tag_history": [
            {"conversation_id": number_, "tag_id": each["id"]} for each in _tags(whole)
        ],
        "tag": [{"id": each["id"], "name": each["name"]} for each in _tags(whole)],
    }


def _tags(whole: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((whole.get("tags") or {}).get("tags") or ())


def _part(conversation: Any, part: Mapping[str, Any]) -> Row:
    author, assigned = part.get("author") or {}, part.get("assigned_to") or {}
    return {
        "id": part["id"],
        "conversation_id": conversation,
        "part_type": part["part_type"],
        "created_at": _at(part["created_at"]),
        "author_id": author.get("id"),
        "author_type": author.get("type"),
        "assigned_to_id": assigned.get("id"),
        "assigned_to_type": assigned.get("type"),
        "body": part.get("body") or None,
    }


class _People:
    """Who conversations speak of; each is asked for once in a run."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.contacts: dict[str, Mapping[str, Any] | None] = {}
        self.companies: dict[str, Mapping[str, Any] | None] = {}
        mend = READ.format("Read admins")
        self.admins = api.maybe("admins", mend, lambda: api.get("/admins")["admins"]) or []
        self.teams = api.maybe("teams", mend, lambda: api.get("/teams")["teams"]) or []

    def of(self, items: Iterable[Item]) -> dict[str, list[Row]]:
        """Return the team, and the contacts and companies of some conversations."""
        wanted = dict.fromkeys(
            str(row["contact_id"])
            for item in items
            for row in item.rows.get("conversation_contact_history", ())
        )
        self._learn("contacts", self.contacts, wanted)
        contacts = [found for each in wanted if (found := self.contacts[each])]
        owned = {
            str(contact["id"]): [
                str(each["id"]) for each in (contact.get("companies") or {}).get("data") or ()
            ]
            for contact in contacts
        }
        companies = dict.fromkeys(each for listed in owned.values() for each in listed)
        self._learn("companies", self.companies, companies)
        return {
            "admin": [{"id": each["id"], "name": each.get("name")} for each in self.admins],
            "team": [{"id": each["id"], "name": each["name"]} for each in self.teams],
            "team_admin": [
                {"team_id": team["id"], "admin_id": admin}
                for team in self.teams
                for admin in team.get("admin_ids") or ()
            ],
            "contact_history": [
                {
                    "id": each["id"],
                    "updated_at": _at(each["updated_at"]),
                    "name": each.get("name"),
                    "role": each.get("role"),
                }
                for each in contacts
            ],
            "contact_company_history": [
                {"contact_id": contact, "company_id": company}
                for contact, listed in owned.items()
                for company in listed
            ],
            "company_history": [
                {
                    "id": company["id"],
                    "updated_at": _at(company["updated_at"]),
                    "name": company.get("name"),
                    "plan_name": (company.get("plan") or {}).get("name"),
                    "monthly_spend": company.get("monthly_spend"),
                }
                for each in companies
                if (company := self.companies[each])
            ],
        }

    def _learn(
        self, what: str, known: dict[str, Mapping[str, Any] | None], wanted: Iterable[str]
    ) -> None:
        def ask(id_: str) -> Mapping[str, Any] | None:
            try:
                return self.api.maybe(
                    what,
                    READ.format("Read one user and one company"),
                    lambda: self.api.get(f"/{what}/{id_}"),
                )
            except GoneError:
                return None

        new = [each for each in wanted if each not in known]
        known.update(zip(new, self.api.each(ask, new), strict=True))


connector = Connector(
    title="Intercom",
    source="intercom",
    asks=(
        Ask(
            "account",
            "Address of your region: api.intercom.io, api.eu.intercom.io or api.au.intercom.io",
            default="api.intercom.io",
        ),
        Ask("token", "The access token", is_secret=True),
    ),
    key_words="Developer Hub → your app → Configure → Authentication → Access token",
    open=open_account,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=count,
    is_from=by_intercom,
)
