"""Jira Service Management in the cloud: issues by their last change, each with its history and
all its comments.

A search's times are minutes of the key's owner, so a step begins at a whole minute, and where the
owner's clock goes back, an hour earlier. A short page of a search is not its last one, and gives
some of an issue's comments and history only: both are asked for on their own. Jira tells of no
deletion; its own count shows the difference.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from helmdesk.connectors.parts.access import ConnectError, GoneError, MissingRightError
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
    Rows,
    Tell,
)
from helmdesk.connectors.parts.pace import SHARE
from helmdesk.connectors.parts.waking import by_jira
from helmdesk.connectors.parts.window import Seen, instant_of
from helmdesk.errors import UsageError

REST = "/rest/api/2"
SEARCH, COUNT = f"{REST}/search/jql", f"{REST}/search/approximate-count"
PER_PAGE = 100
KEYS = re.compile(r"[A-Z][A-Z0-9_]*")
HISTORY = ("status", "assignee", "priority", "issuetype", "resolution")
FIELDS = (
    *HISTORY, "summary", "created", "updated", "resolutiondate", "statuscategorychangedate",
    "project", "reporter", "creator", "comment",
)  # fmt: skip
# By their keys: names are in the language of the key's owner.
CATEGORIES = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}
BROWSE = "the key's owner must be able to browse the projects"
GROUPS = "the key's owner needs the right to browse users and groups"
Issue = Mapping[str, Any]


class _Site(Api):
    """A site, its projects, and the clock of the key's owner."""

    def __init__(self, base: str, *, projects: Sequence[str], **more: Any) -> None:
        super().__init__(base, **more)
        self.projects = projects
        self._zone: ZoneInfo | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone that times in a search are read in."""
        if self._zone is None:
            self._zone = ZoneInfo(self.get(f"{REST}/myself").get("timeZone") or "UTC")
        return self._zone

    def jql(self, field: str, begin: datetime) -> str:
        """Return the question for issues of which a time is not before an instant."""
        which = (
            f"project in ({', '.join(self.projects)})"
            if self.projects
            else 'projectType in ("service_desk")'
        )
        return f'{which} AND {field} >= "{_minute_of(begin, self.zone)}"'


def _minute_of(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    if any(local.replace(fold=fold).astimezone(UTC) > instant for fold in (0, 1)):
        # Where clocks go back a time is two instants; the search takes it for one of them.
        local = (instant - timedelta(hours=3)).astimezone(zone)
    return local.strftime("%Y-%m-%d %H:%M")


def open_account(said: Mapping[str, str]) -> Api:
    """Connect to a site.

    Raises:
        UsageError: no keys of projects.
    """
    projects = [each for each in re.split(r"[,\s]+", said.get("projects", "").upper()) if each]
    if wrong := next((each for each in projects if not KEYS.fullmatch(each)), ""):
        raise UsageError(f"project '{wrong}': write keys such as SUP, IT")
    secret = base64.b64encode(f"{said['email']}:{said['token']}".encode()).decode()
    return _Site(
        base_address(said["account"], "atlassian.net"),
        headers={"authorization": f"Basic {secret}"},
        secrets=(said["token"], secret),
        # Jira counts work, not requests, and says when it is too much.
        limits={GENERAL: 300},
        told=_told,
        projects=projects,
    )


def _told(_headers: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    yield GENERAL, Told()


def _site(api: Api) -> _Site:
    assert isinstance(api, _Site)
    return api


def rights(api: Api) -> Iterator[Right]:
    """Ask for one of everything."""
    site = _site(api)
    # Nobody at all may search, and finds nothing.
    api.get(f"{REST}/myself")
    begin = instant_of("2000-01-01")
    try:
        found = api.search(SEARCH, {"jql": site.jql("updated", begin), "maxResults": 1})
    except MissingRightError:
        found = {}
    yield Right("issues", bool(found.get("issues")), True, f"{BROWSE}, and there must be an issue")
    try:
        _service_groups(api)
    except MissingRightError:
        yield Right("groups", False, mend=f"{GROUPS}; they tell agents from customers")
    else:
        yield Right("groups", True)


def count(api: Api, since: str) -> int | None:
    """Return how many issues the site says it has, about: it calls the count approximate."""
    jql = _site(api).jql("created", instant_of(since or "2000-01-01"))
    return int(api.search(COUNT, {"jql": jql})["count"])


def outlook(api: Api, since: str) -> Outlook:
    """A search, a question for histories, and one for comments of a tenth of the issues."""
    tickets = count(api, since)
    if tickets is None:
        return Outlook(None, None)
    requests = tickets * (2 / PER_PAGE + 0.1)
    return Outlook(tickets, requests / (SHARE * api.paces[GENERAL].per_minute))


def pages(api: Api, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what changed, some hundred issues at a time."""
    words = _words(api)
    groups = api.maybe("groups", GROUPS, lambda: _service_groups(api)) or []
    seen, at = Seen.of(cursor), api.time
    for found, is_last in _changes(_site(api), seen.begin(since)):
        new = [each for each in found if seen.take(str(each["id"]), _stamp(each))]
        if found:
            seen.advance(_changed_at(found[-1]), instant_of)
        tell(f"{len(new):,} issues changed")
        histories = _histories(api, new)
        comments = api.each(lambda each: _comments(api, each), new)
        people: dict[str, Row] = {}
        items = []
        for issue, (said, is_short) in zip(new, comments, strict=True):
            told = histories.get(str(issue["id"]), [])
            people |= _people(issue, told, said)
            items.append(Item(str(issue["id"]), _stamp(issue), _rows(issue, told, said), is_short))
        projects = {each["fields"]["project"]["id"]: each["fields"]["project"] for each in new}
        others: dict[str, Sequence[Row]] = {
            **words,
            "user": list(people.values()),
            "user_group": groups,
            "project": [{"id": each["id"], "name": each["name"]} for each in projects.values()],
        }
        yield Page(items, seen.cursor(), is_last, others, at)


def _changes(site: _Site, begin: datetime) -> Iterator[tuple[list[Issue], bool]]:
    """Give issues by their last change, each time with whether that is all.

    A page is gone on from only within one minute, the smallest step of a search; a minute that took
    several pages is read until a reading brings nothing new: what changes meanwhile leaves it, and
    everything behind moves up, perhaps past the edge of a page.

    Raises:
        ConnectError: the site gives issues in another order than it was asked for.
    """
    place = _whole_minute(begin)
    while True:
        known: dict[str, Issue] = {}
        is_new, pages, is_last = True, 2, False
        while is_new and pages > 1:
            found, pages, is_last = _read(site, place)
            is_new = any(str(each["id"]) not in known for each in found)
            known |= {str(each["id"]): each for each in found}
        yield sorted(known.values(), key=_stamp), is_last
        if is_last:
            return
        place = max(_minute(each) for each in known.values())


def _read(site: _Site, place: datetime) -> tuple[list[Issue], int, bool]:
    """Return issues from a minute on until one of another minute, in how many pages, and whether
    those are all.
    """
    found: list[Issue] = []
    pages, token = 0, dict[str, Any]()
    while True:
        answer = site.search(
            SEARCH,
            {
                "jql": f"{site.jql('updated', place)} ORDER BY updated ASC, id ASC",
                "fields": list(FIELDS),
                "maxResults": PER_PAGE,
                **token,
            },
        )
        pages += 1
        found += answer["issues"]
        if pages == 1 and (minutes := [_minute(each) for each in found]) != sorted(minutes):
            raise ConnectError(
                "the account gives tickets in another order than it was asked for",
                "nothing of them was taken; tell the makers of this connector",
            )
        is_last = bool(answer.get("isLast")) or not answer.get("nextPageToken")
        if is_last or (found and _minute(found[-1]) > place):
            # Where clocks go back the search begins hours before: that came already.
            return [each for each in found if _minute(each) >= place], pages, is_last
        token = {"nextPageToken": answer["nextPageToken"]}


def _whole_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _minute(issue: Issue) -> datetime:
    return _whole_minute(_changed_at(issue))


def _time(told: Any) -> str | None:
    """Return a time as the tables write it, in UTC; histories tell milliseconds."""
    if told is None:
        return None
    if isinstance(told, int):
        instant = datetime.fromtimestamp(told / 1000, UTC)
    else:
        instant = instant_of(told)
    return instant.strftime("%Y-%m-%d %H:%M:%S.%f")


def _stamp(issue: Issue) -> str:
    return str(_time(issue["fields"]["updated"]))


def _changed_at(issue: Issue) -> datetime:
    return instant_of(issue["fields"]["updated"])


def _histories(api: Api, issues: Sequence[Issue]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the changes of issues by the issue, oldest first."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    after: dict[str, Any] = {}
    while issues:
        answer = api.search(
            f"{REST}/changelog/bulkfetch",
            {
                "issueIdsOrKeys": [str(each["id"]) for each in issues],
                "fieldIds": list(HISTORY),
                "maxResults": 1000,
                **after,
            },
        )
        for each in answer["issueChangeLogs"]:
            own = found.setdefault(str(each["issueId"]), {})
            own.update((str(change["id"]), change) for change in each["changeHistories"])
        if not answer.get("nextPageToken"):
            break
        after = {"nextPageToken": answer["nextPageToken"]}
    return {
        issue: sorted(changes.values(), key=lambda each: (str(_time(each["created"])), each["id"]))
        for issue, changes in found.items()
    }


def _comments(api: Api, issue: Issue) -> tuple[list[Mapping[str, Any]], bool]:
    """Return all comments of an issue, and whether some are missing."""
    told = issue["fields"].get("comment") or {}
    found, total = list(told.get("comments") or ()), int(told.get("total") or 0)
    if len(found) >= total:
        return found, False
    found = []
    while len(found) < total:
        path = f"{REST}/issue/{int(issue['id'])}/comment"
        try:
            answer = api.get(path, startAt=len(found), maxResults=PER_PAGE)
        except GoneError:
            break
        if not answer["comments"]:
            break
        found += answer["comments"]
        total = int(answer["total"])
    unique = list({str(each["id"]): each for each in found}.values())
    return unique, len(unique) < total


def _id(thing: Any) -> str | None:
    return str(thing["id"]) if thing else None


def _person(thing: Any) -> str | None:
    return str(thing["accountId"]) if thing else None


def _rows(
    issue: Issue, changes: Sequence[Mapping[str, Any]], comments: Sequence[Mapping[str, Any]]
) -> Rows:
    told, own = issue["fields"], str(issue["id"])
    return {
        "issue": [
            {
                "id": own,
                "key": issue["key"],
                "summary": told.get("summary"),
                "assignee": _person(told.get("assignee")),
                "reporter": _person(told.get("reporter")),
                "creator": _person(told.get("creator")),
                "priority": _id(told.get("priority")),
                "issue_type": _id(told.get("issuetype")),
                "project": _id(told["project"]),
                "resolution": _id(told.get("resolution")),
                "status": _id(told["status"]),
                "created": _time(told["created"]),
                "updated": _time(told["updated"]),
                "resolved": _time(told.get("resolutiondate")),
                "status_category_changed": _time(told.get("statuscategorychangedate")),
            }
        ],
        "issue_field_history": list(_history(issue, changes)),
        "comment": [
            {
                "id": str(each["id"]),
                "issue_id": own,
                "author_id": _person(each.get("author")),
                "created": _time(each["created"]),
                "body": each.get("body"),
                # Without a service desk there is nobody outside who could not read it.
                "is_public": each.get("jsdPublic", True),
            }
            for each in comments
        ],
    }


def _history(issue: Issue, changes: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Give the value of each field at the beginning, where it changed since, and the changes."""
    begun: set[str] = set()
    for change in changes:
        for each in change["items"]:
            field = str(each.get("fieldId"))
            if field not in HISTORY:
                continue
            row = {"issue_id": str(issue["id"]), "field_id": field}
            if field not in begun:
                begun.add(field)
                at = _time(issue["fields"]["created"])
                yield {**row, "time": at, "value": each.get("from"), "author_id": None}
            yield {
                **row,
                "time": _time(change["created"]),
                "value": each.get("to"),
                "author_id": _person(change.get("author")),
            }


def _people(
    issue: Issue, changes: Iterable[Mapping[str, Any]], comments: Iterable[Mapping[str, Any]]
) -> dict[str, Row]:
    """Return who is named, by the number of the account."""
    told = issue["fields"]
    named = [told.get(role) for role in ("assignee", "reporter", "creator")]
    named += [each.get("author") for each in (*changes, *comments)]
    return {
        str(each["accountId"]): {
            "id": each["accountId"],
            "name": each.get("displayName") or each["accountId"],
            "account_type": each.get("accountType"),
        }
        for each in named
        if each
    }


def _words(api: Api) -> dict[str, list[Row]]:
    """Return what the numbers of issues mean."""
    statuses = api.get(f"{REST}/status")
    found: dict[str, list[Row]] = {
        "status": [
            {
                "id": str(each["id"]),
                "name": each.get("untranslatedName") or each["name"],
                "status_category_id": str(each["statusCategory"]["id"]),
            }
            for each in statuses
        ],
        "status_category": [
            {"id": number, "name": CATEGORIES.get(key, key)}
            for number, key in {
                str(each["statusCategory"]["id"]): each["statusCategory"]["key"]
                for each in statuses
            }.items()
        ],
    }
    for table, path in (
        ("priority", "priority"), ("resolution", "resolution"), ("issue_type", "issuetype"),
    ):  # fmt: skip
        found[table] = [
            {"id": str(each["id"]), "name": each.get("untranslatedName") or each["name"]}
            for each in api.get(f"{REST}/{path}")
        ]
    return found


def _service_groups(api: Api) -> list[Row]:
    """Return who is in a group of a service desk: those are its agents."""
    found: list[Row] = []
    picked = api.get(f"{REST}/groups/picker", query="service", maxResults=PER_PAGE)
    for group in picked["groups"]:
        first = 0
        while True:
            answer = api.get(
                f"{REST}/group/member", groupId=group["groupId"], startAt=first, maxResults=50
            )
            found += [
                {"user_id": each["accountId"], "group_name": group["name"]}
                for each in answer["values"]
            ]
            first += len(answer["values"])
            if answer.get("isLast") or not answer["values"]:
                break
    return found


connector = Connector(
    title="Jira Service Management",
    source="jira",
    asks=(
        Ask("account", "Your site's name, as in NAME.atlassian.net"),
        Ask("email", "Mail address of the key's owner"),
        Ask("token", "The API token", is_secret=True),
        Ask(
            "projects",
            "Keys of the projects, such as SUP, IT (empty for all service projects)",
            default="",
        ),
    ),
    key_words="id.atlassian.com → Security → API tokens, by a user who sees the service projects",
    open=open_account,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=count,
    is_from=by_jira,
)
