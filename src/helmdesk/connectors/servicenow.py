"""ServiceNow: incidents, cases or requests of one table by their last change, and what was deleted.

Rules of access take rows out of a page after it was cut, so a short page is not the last one: the
next step begins behind the last row seen, by its stamp and its number, until nothing comes. What is
written in a query is read in the time zone of the key's owner, which must therefore be GMT; that is
tried, since a wrong one leaves out hours in silence.

A table shows a ticket as it stands; what it shows at every change is kept from the first run on.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from helmdesk.connectors.parts.access import ConnectError, GoneError, MissingRightError
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
from helmdesk.connectors.parts.window import Seen, instant_of
from helmdesk.errors import UsageError

PER_PAGE = 500
TABLES, COUNTS = "/api/now/table/", "/api/now/stats/"
NAME = re.compile(r"[a-z][a-z0-9_]*")
CHANGED, NUMBER, OPENED = "sys_updated_on", "sys_id", "opened_at"
TIMES = (OPENED, "resolved_at", "closed_at", CHANGED)
WORDS = (
    "number", "short_description", "priority", "contact_type", "category", "assigned_to",
    "assignment_group", "caller_id", "company", "close_code",
)  # fmt: skip
STATE, REASON, CALLER = "state", "hold_reason", "Awaiting Caller"
MINUTES_AN_HOUR = 60
READ = "give the key's owner a role that reads {}, such as itil"
AUDIT = "give the key's owner the right to read sys_audit_delete"
GMT = "set the time zone of the key's owner in ServiceNow to GMT"
Record = Mapping[str, Any]


def open_account(said: Mapping[str, str]) -> Api:
    """Connect to an instance.

    Raises:
        UsageError: no name of a table.
    """
    if not NAME.fullmatch(said["table"]):
        raise UsageError(f"table '{said['table']}': write its name in ServiceNow, such as incident")
    secret, scheme = said["token"], "Bearer"
    if said.get("user"):
        secret = base64.b64encode(f"{said['user']}:{secret}".encode()).decode()
        scheme = "Basic"
    return _Instance(
        base_address(said["account"], "service-now.com"),
        headers={"authorization": f"{scheme} {secret}"},
        secrets=(said["token"], secret),
        # An instance has no limit of its own unless somebody sets one.
        limits={GENERAL: 300},
        told=_told,
        table=said["table"],
    )


class _Instance(Api):
    """An instance, and the table of its tickets."""

    def __init__(self, base: str, *, table: str, **more: Any) -> None:
        super().__init__(base, **more)
        self.table = table


def _table_of(api: Api) -> str:
    assert isinstance(api, _Instance)
    return api.table


def _told(headers: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    an_hour = number(headers.get("x-ratelimit-limit"))
    yield GENERAL, Told(an_hour / MINUTES_AN_HOUR if an_hour else None)


def _rows(api: Api, table: str, query: str, fields: str, size: int = PER_PAGE) -> list[Record]:
    """Return records, each cell with its value and what people are shown."""
    answer = api.get(
        f"{TABLES}{table}",
        sysparm_query=query,
        sysparm_fields=fields,
        sysparm_limit=size,
        sysparm_display_value="all",
        sysparm_exclude_reference_link="true",
    )
    return list(answer["result"])


def _value(record: Record, column: str) -> str:
    return str((record.get(column) or {}).get("value") or "")


def _shown(record: Record, column: str) -> str | None:
    cell = record.get(column) or {}
    return str(cell.get("display_value") or cell.get("value") or "") or None


def rights(api: Api) -> Iterator[Right]:
    """Ask for one of everything."""
    table = _table_of(api)
    probes = (
        ("tickets", READ.format(table), True, table),
        ("people", READ.format("sys_user"), False, "sys_user"),
        ("groups", READ.format("sys_user_group"), False, "sys_user_group"),
        ("words of states", READ.format("sys_choice"), False, "sys_choice"),
        ("deletions", AUDIT, False, "sys_audit_delete"),
    )
    for what, mend, is_needed, probed in probes:
        try:
            _rows(api, probed, "", NUMBER, 1)
        except (MissingRightError, GoneError):
            yield Right(what, False, is_needed, mend)
            if is_needed:
                return
        else:
            yield Right(what, True, is_needed)
    yield Right("times in GMT", _takes_gmt(api, table), True, GMT)


def _takes_gmt(api: Api, table: str) -> bool:
    """Whether a stamp that the table gave finds its own row again."""
    newest = _rows(api, table, f"ORDERBYDESC{CHANGED}", f"{NUMBER},{CHANGED}", 1)
    if not newest:
        return True
    (one,) = newest
    stamp, own = _value(one, CHANGED), _value(one, NUMBER)
    # It may have changed just now: at or after its stamp, and then before the one that follows it.
    after = _rows(api, table, f"{NUMBER}={own}^{CHANGED}>={stamp}", NUMBER, 1)
    exact = _rows(api, table, f"{NUMBER}={own}^{CHANGED}>{stamp}", f"{NUMBER},{CHANGED}", 1)
    return bool(after) and all(_value(each, CHANGED) > stamp for each in exact)


def count(api: Api, since: str) -> int | None:
    """Return how many tickets the instance says it has."""
    asked: dict[str, Any] = {"sysparm_count": "true"}
    if since:
        asked["sysparm_query"] = f"{OPENED}>={since} 00:00:00"
    answer = api.get(f"{COUNTS}{_table_of(api)}", GENERAL, cost=1, **asked)
    return int(answer["result"]["stats"]["count"])


def outlook(api: Api, since: str) -> Outlook:
    """Two requests for each page."""
    tickets = count(api, since)
    if tickets is None:
        return Outlook(None, None)
    return Outlook(tickets, 2 * tickets / PER_PAGE / (SHARE * api.paces[GENERAL].per_minute))


def pages(api: Api, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what changed; then what was deleted.

    Raises:
        ConnectError: the instance reads times of a query in another zone, or gives rows in another
        order than it was asked for.
    """
    table = _table_of(api)
    if not _takes_gmt(api, table):
        raise ConnectError("ServiceNow reads our times in another time zone", GMT)
    states = _States(api, table)
    seen, at = Seen.of(cursor), api.time
    gone = cursor.get("deletions") or {}
    fields = ",".join((NUMBER, *TIMES, STATE, REASON, *WORDS))
    for found in _changes(api, table, "", CHANGED, fields, seen.begin(since)):
        new = [
            each
            for each in found
            if _value(each, "number") and seen.take(_value(each, NUMBER), _value(each, CHANGED))
        ]
        seen.advance(_instant(found[-1], CHANGED), instant_of)
        tell(f"{len(new):,} tickets changed")
        items = [
            Item(_value(each, "number"), _value(each, CHANGED), {"tickets": [states.row(each)]})
            for each in new
        ]
        yield Page(items, {**seen.cursor(), "deletions": gone}, is_last=False)
    deleted = Seen.of(gone)
    items = api.maybe("deletions", AUDIT, lambda: _deletions(api, table, deleted, since)) or []
    yield Page(items, {**seen.cursor(), "deletions": deleted.cursor()}, is_last=True, at=at)


def _deletions(api: Api, table: str, seen: Seen, since: str) -> list[Item]:
    """Return tickets that were deleted; their numbers are what the audit shows of them."""
    created = "sys_created_on"
    fields = f"{NUMBER},display_value,{created}"
    query = f"tablename={table}^"
    items: list[Item] = []
    for found in _changes(api, "sys_audit_delete", query, created, fields, seen.begin(since)):
        for each in found:
            ticket, stamp = _value(each, "display_value"), _value(each, created)
            if ticket and seen.take(ticket, stamp):
                items.append(Item(ticket, stamp, {}, deleted_at=f"{stamp}Z"))
        seen.advance(_instant(found[-1], created), instant_of)
    return items


def _changes(
    api: Api, table: str, query: str, stamp: str, fields: str, begin: datetime
) -> Iterator[list[Record]]:
    """Give pages of rows by their stamp and number, until nothing comes."""
    place, last = _text(begin), ""
    while True:
        found: list[Record] = []
        if last:
            alike = f"{query}{stamp}={place}^{NUMBER}>{last}^ORDERBY{NUMBER}"
            found = _rows(api, table, alike, fields)
        if not found:
            later = f"{query}{stamp}{'>' if last else '>='}{place}"
            found = _rows(api, table, f"{later}^ORDERBY{stamp}^ORDERBY{NUMBER}", fields)
        if not found:
            return
        keys = [(_value(each, stamp), _value(each, NUMBER)) for each in found]
        if keys != sorted(keys) or keys[0] <= (place, last):
            raise ConnectError(
                "the account gives tickets in another order than it was asked for",
                "nothing of them was taken; tell the makers of this connector",
            )
        yield found
        place, last = keys[-1]


def _instant(record: Record, column: str) -> datetime:
    return instant_of(_value(record, column))


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


class _States:
    """What the numbers of states are called, in English whatever the key's owner reads."""

    def __init__(self, api: Api, table: str) -> None:
        self.labels = api.maybe(
            "words of states", READ.format("sys_choice"), lambda: _choices(api, table, STATE)
        )
        self.reasons = api.maybe(
            "words of states", READ.format("sys_choice"), lambda: _choices(api, table, REASON)
        )

    def of(self, record: Record) -> str | None:
        """Return a ticket's state; who waits for the caller waits for them, not just somehow."""
        reason = (self.reasons or {}).get(_value(record, REASON)) or _shown(record, REASON)
        if reason == CALLER:
            return CALLER
        return (self.labels or {}).get(_value(record, STATE)) or _shown(record, STATE)

    def words(self) -> list[str]:
        """Return every state there is."""
        return [*dict.fromkeys((self.labels or {}).values()), CALLER]

    def row(self, record: Record) -> Row:
        """Return a ticket as a row of a list of ServiceNow's."""
        return {
            **{column: _shown(record, column) for column in WORDS},
            **{column: _value(record, column) or None for column in TIMES},
            STATE: self.of(record),
        }


def _choices(api: Api, table: str, element: str) -> dict[str, str]:
    """Return labels by value; a table's own go before those of what it extends."""
    query = f"nameIN{table},task^element={element}^language=en^inactive=false"
    found = _rows(api, "sys_choice", query, f"{NUMBER},name,value,label")
    told = sorted(found, key=lambda each: (_value(each, "name") == table, _value(each, NUMBER)))
    return {_value(each, "value"): _value(each, "label") for each in told}


def example(api: Api) -> list[Row]:
    """Return a ticket in each state."""
    words = _States(api, _table_of(api)).words()
    at = "2026-01-02 03:04:05"
    told = {
        "number": "INC0000001", "short_description": "Subject", "priority": "3 - Moderate",
        "contact_type": "Phone", "category": "Category", "assigned_to": "Ann Agent",
        "assignment_group": "Desk", "caller_id": "Carl Caller", "company": "Company",
        "close_code": "Solved (Permanently)", **dict.fromkeys(TIMES, at),
    }  # fmt: skip
    return [{**told, "number": f"INC{n:07d}", STATE: word} for n, word in enumerate(words, 1)]


connector = Connector(
    title="ServiceNow",
    source="mapping",
    asks=(
        Ask("account", "Your instance's name, as in NAME.service-now.com"),
        Ask("user", "User name of the key's owner (empty for an OAuth token)", default=""),
        Ask("token", "Their password, or the OAuth token", is_secret=True),
        Ask("table", "Table of the tickets: incident, sn_customerservice_case", default="incident"),
    ),
    key_words=(
        "All → User administration → Users: a user of its own with a role that reads the tickets,"
        " time zone GMT, web service access only"
    ),
    open=open_account,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=count,
    example=example,
    is_from=by_token,
)
