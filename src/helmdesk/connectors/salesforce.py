"""Salesforce: cases by their last change, deleted and merged ones too.

A field that the user may not see is not there for Salesforce, and a question for it fails as a
whole: so the object is asked first which fields it has. A short answer is not the last one; it says
itself whether there is more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from helmdesk.connectors.parts.access import ConnectError, MissingRightError, RefusedError
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
from helmdesk.connectors.parts.waking import by_token
from helmdesk.connectors.parts.window import Seen, instant_of
from helmdesk.errors import HelmdeskError

VERSION = "v61.0"
DATA = f"/services/data/{VERSION}"
PER_PAGE = 2_000
NEEDED = ("Id", "CaseNumber", "CreatedDate", "Status", "IsClosed", "SystemModstamp", "IsDeleted")
NAMES = {
    "CaseNumber": "Case Number",
    "CreatedDate": "Date/Time Opened",
    "ClosedDate": "Date/Time Closed",
    "SystemModstamp": "Last Modified Date",
    "Priority": "Priority",
    "Origin": "Case Origin",
    "Type": "Type",
    "Subject": "Subject",
    "ContactId": "Contact ID",
}
"""Fields, and what they are called in an export of cases."""
OWNER, ACCOUNT = "OwnerId", "AccountId"
ENDED = "Closed"
FIELDS = "the user's profile must see this field of cases"
CASES = "the user's profile must be allowed to read cases, all of them (View All)"
LONGEST = 60.0


def open_account(said: Mapping[str, str]) -> Api:
    """Sign in as a program, and connect.

    Raises:
        RefusedError: the app's key or secret is wrong. ConnectError: no answer.
    """
    base = base_address(said["account"], "my.salesforce.com")
    token = _signed_in(base, said["key"], said["token"])
    return Api(
        base,
        headers={"authorization": f"Bearer {token}"},
        secrets=(said["token"], token),
        limits={GENERAL: 60},
        told=_told,
    )


def _signed_in(base: str, key: str, secret: str) -> str:
    try:
        import httpx2
    except ImportError as error:
        raise HelmdeskError(
            f"the packages for live accounts are not installed ({error.name}); run: pip install"
            " 'helmdesk[connect]'"
        ) from error
    said = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
    try:
        answer = httpx2.post(
            f"{base}/services/oauth2/token", data=said, timeout=LONGEST, follow_redirects=False
        )
    except httpx2.TransportError as error:
        why = str(error).replace(secret, "***")
        raise ConnectError(f"{base}: no answer to the sign-in ({why})", "is it right?") from None
    if answer.status_code in (400, 401):
        raise RefusedError(
            f"{base}: the app's key or secret is wrong, or it may not sign in by itself",
            "allow the client credentials flow in the app and choose the user that it runs as",
        )
    try:
        return str(answer.json()["access_token"])
    except (ValueError, KeyError, TypeError):
        raise ConnectError(
            f"{base}: no sign-in ({answer.status_code})", "is it the address of your own domain?"
        ) from None


def _told(headers: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    """Read what was used of the day's requests; whoever works there needs the rest."""
    found = re.search(r"api-usage=(\d+)/(\d+)", headers.get("sforce-limit-info", ""))
    if found and int(found[1]) > SHARE * int(found[2]):
        raise ConnectError(
            f"{found[1]} of the {found[2]} requests that the organisation has in a day are used",
            "it goes on by itself when there are more; what was fetched is kept",
        )
    yield GENERAL, Told()


def _fields(api: Api) -> set[str]:
    """Return the fields of cases that the user may see."""
    told = api.get(f"{DATA}/sobjects/Case/describe")
    return {str(each["name"]) for each in told["fields"]}


def rights(api: Api) -> Iterator[Right]:
    """See which fields there are."""
    try:
        there = _fields(api)
    except HelmdeskError as error:
        if isinstance(error, RefusedError):
            raise
        yield Right("cases", False, is_needed=True, mend=CASES)
        return
    lacking = [each for each in NEEDED if each not in there]
    needed = f"these fields of cases: {', '.join(lacking)}" if lacking else ""
    yield Right("cases", not lacking, is_needed=True, mend=needed)
    for name in (*NAMES, OWNER, ACCOUNT):
        if name not in NEEDED:
            yield Right(f"{name} of cases", name in there, mend=FIELDS)


def count(api: Api, since: str) -> int | None:
    """Return how many cases there are that were not deleted."""
    where = f" WHERE CreatedDate >= {_literal(instant_of(since))}" if since else ""
    return int(api.get(f"{DATA}/query", q=f"SELECT COUNT() FROM Case{where}")["totalSize"])


def outlook(api: Api, since: str) -> Outlook:
    """One request for two thousand cases."""
    tickets = count(api, since) or 0
    return Outlook(tickets, tickets / PER_PAGE / (SHARE * 60))


def pages(api: Api, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what changed in the order of the last change, two thousand cases at a time."""
    there = _fields(api)
    if lacking := [each for each in NEEDED if each not in there]:
        raise MissingRightError(f"cases come without {', '.join(lacking)}", FIELDS)
    for name in (*NAMES, OWNER, ACCOUNT):
        if name not in there:
            api.missing[f"{name} of cases"] = FIELDS
    seen = Seen.of(cursor)
    place = f"SystemModstamp >= {_literal(seen.begin(since))}"
    while True:
        at = api.time
        found = _page(api, there, place)
        for each, following in pairwise(found):
            if _place(each) >= _place(following):
                raise ConnectError(
                    "the account gives cases in another order than it was asked for",
                    "nothing of them was taken; tell the makers of this connector",
                )
        new = [each for each in found if seen.take(each["Id"], _version(each))]
        if found:
            last = found[-1]
            seen.advance(instant_of(last["SystemModstamp"]), _changed_at)
            same = _literal(instant_of(last["SystemModstamp"]))
            place = (
                f"(SystemModstamp > {same} OR (SystemModstamp = {same} AND Id > '{last['Id']}'))"
            )
        tell(f"{len(new):,} cases changed")
        is_last = len(found) < PER_PAGE
        yield Page([_item(each) for each in new], seen.cursor(), is_last, at=at)
        if is_last:
            return


def _page(api: Api, there: set[str], place: str) -> list[Mapping[str, Any]]:
    named = [name for name in (*NEEDED, *NAMES) if name in there]
    own = ["Owner.Name"] if OWNER in there else []
    company = ["Account.Name"] if ACCOUNT in there else []
    question = (
        f"SELECT {', '.join(dict.fromkeys([*named, *own, *company]))} FROM Case WHERE {place}"
        f" ORDER BY SystemModstamp, Id LIMIT {PER_PAGE}"
    )
    # queryAll: deleted ones too, as long as they lie in the bin.
    answer = api.get(f"{DATA}/queryAll", q=question)
    found = list(answer["records"])
    while not answer["done"]:
        answer = api.get(_following(answer["nextRecordsUrl"]))
        found += answer["records"]
    return found


def _following(path: str) -> str:
    if not path.startswith(f"{DATA}/"):
        raise ConnectError(f"the account points to {path}", "tell the makers of this connector")
    return path


def _literal(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def _place(case: Mapping[str, Any]) -> tuple[datetime, str]:
    return instant_of(case["SystemModstamp"]), str(case["Id"])


def _version(case: Mapping[str, Any]) -> str:
    return f"{instant_of(case['SystemModstamp']).isoformat()}#{case['IsDeleted']}"


def _changed_at(version: str) -> datetime:
    return instant_of(version.partition("#")[0])


def _item(case: Mapping[str, Any]) -> Item:
    number = str(case["CaseNumber"])
    if case["IsDeleted"]:
        at = instant_of(case["SystemModstamp"]).isoformat()
        return Item(number, _version(case), {}, deleted_at=at)
    return Item(number, _version(case), {"tickets": [row_of(case)]})


def row_of(case: Mapping[str, Any]) -> Row:
    """Return a case as a row of an export of cases. Whether a status ends a case is said by
    Salesforce, whatever it is called.
    """
    return {
        **{name: case.get(field) for field, name in NAMES.items()},
        "Status": ENDED if case["IsClosed"] else case["Status"],
        "Case Owner": (case.get("Owner") or {}).get("Name"),
        "Account Name": (case.get("Account") or {}).get("Name"),
    }


def example(api: Api) -> list[Row]:
    """Return a case in each status."""
    at = "2026-01-02T03:04:05.000+0000"
    case = {
        **dict.fromkeys(NAMES, "1"), "CreatedDate": at, "ClosedDate": at, "SystemModstamp": at,
        "Owner": {"Name": "Ann"}, "Account": {"Name": "Acme"},
    }  # fmt: skip
    told = api.get(f"{DATA}/query", q="SELECT MasterLabel, IsClosed FROM CaseStatus")["records"]
    return [
        {**row_of({**case, "Status": each["MasterLabel"], "IsClosed": each["IsClosed"]})}
        for each in told
    ]


connector = Connector(
    title="Salesforce Service Cloud",
    source="mapping",
    asks=(
        Ask("account", "Your Salesforce's own domain, as in NAME.my.salesforce.com"),
        Ask("key", "The app's consumer key"),
        Ask("token", "The app's consumer secret", is_secret=True),
    ),
    key_words="Setup → App Manager → New External Client App, with the scope api and the client"
    " credentials flow, run as a user who sees all cases",
    open=open_account,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=count,
    example=example,
    is_from=by_token,
)
