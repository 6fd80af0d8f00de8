"""A Salesforce organisation, hand-written from its published interface.

Answers come in pieces that say themselves whether there is more; a field that the user may not see
is none, and a question for it fails as a whole; deleted cases are in `queryAll` alone; many cases
bear one stamp; requests are counted by the day.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from connectors.fake import Asked, Said

KEY, SECRET, SESSION = "3MVG9.helm", "sf-s3cret", "00D!session"
DATA = "/services/data/v61.0"
STATUSES = {"New": False, "Working": False, "Waiting on Customer": False, "Fixed by vendor": True}


def iso(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class FakeSalesforce:
    """An organisation that lives."""

    def __init__(self, seed: int = 1, piece: int = 2) -> None:
        self.random, self.piece = random.Random(seed), piece
        self.now = 1_760_000_000
        self.before_answer: Callable[[Asked], None] = lambda _asked: None
        self.hidden: set[str] = set()
        self.cases: dict[str, dict[str, Any]] = {}
        self.pieces: dict[str, list[dict[str, Any]]] = {}
        self.used, self.allowed = 1, 1_000_000
        self.numbers = iter(range(1, 1 << 30))

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.now += self.random.choice((0, 0, 0, 40, 400))
            choice, alive = self.random.random(), sorted(self.alive())
            if choice < 0.4 or not alive:
                self.create()
                continue
            case = next(
                each for each in self.cases.values()
                if each["CaseNumber"] == self.random.choice(alive) or each["CaseNumber"] == alive[0]
            )  # fmt: skip
            if choice < 0.5:
                case |= {"IsDeleted": True, "SystemModstamp": iso(self.now)}
            else:
                self.change(case, self.random.choice(list(STATUSES)))

    def create(self) -> dict[str, Any]:
        number = next(self.numbers)
        case = {
            "Id": f"500{self.random.randrange(36**6):06x}{number:09d}",
            "CaseNumber": f"{number:08d}",
            "CreatedDate": iso(self.now),
            "ClosedDate": None,
            "SystemModstamp": iso(self.now),
            "Status": "New",
            "IsClosed": False,
            "IsDeleted": False,
            "Priority": "High",
            "Origin": "Web",
            "Type": None,
            "Subject": f"Case {number}",
            "ContactId": "003x",
            "OwnerId": "005x",
            "Owner": {"attributes": {"type": "User"}, "Name": "Ann Agent"},
            "AccountId": "001x",
            "Account": {"attributes": {"type": "Account"}, "Name": "Acme"},
        }
        self.cases[case["Id"]] = case
        return case

    def change(self, case: dict[str, Any], status: str) -> None:
        case |= {"Status": status, "IsClosed": STATUSES[status], "SystemModstamp": iso(self.now)}
        case["ClosedDate"] = iso(self.now) if STATUSES[status] else None

    def alive(self) -> set[str]:
        return {each["CaseNumber"] for each in self.cases.values() if not each["IsDeleted"]}

    def gone(self) -> set[str]:
        return {each["CaseNumber"] for each in self.cases.values() if each["IsDeleted"]}

    def is_passing(self, record: dict[str, Any]) -> bool:
        """Whether a record tells a state that a row showed before its last change."""
        if "row_id" in record or record["type"] not in ("seen", "status_changed"):
            return False
        (case,) = [x for x in self.cases.values() if x["CaseNumber"] == record["ticket_id"]]
        last = case["SystemModstamp"]
        return bool(record["occurred_at"][:19] != last.replace("T", " ")[:19])

    def answer(self, asked: Asked) -> Said:
        self.before_answer(asked)
        headers = {
            "Date": format_datetime(datetime.fromtimestamp(self.now, UTC), usegmt=True),
            "Sforce-Limit-Info": f"api-usage={self.used}/{self.allowed}",
        }
        if asked.headers.get("authorization") != f"Bearer {SESSION}":
            return Said([{"errorCode": "INVALID_SESSION_ID"}], 401, headers)
        content, status = self._route(asked)
        return Said(content, status, headers)

    def _route(self, asked: Asked) -> tuple[Any, int]:
        if asked.path == f"{DATA}/sobjects/Case/describe":
            if "Case" in self.hidden:
                return [{"errorCode": "NOT_FOUND"}], 404
            case = self.create()
            del self.cases[case["Id"]]
            names = [name for name in case if name not in self.hidden | {"Owner", "Account"}]
            return {"fields": [{"name": name} for name in names]}, 200
        if asked.path in self.pieces:
            return self._cut(self.pieces.pop(asked.path)), 200
        question = asked.query.get("q", "")
        if question.startswith("SELECT COUNT() FROM Case"):
            return {"totalSize": len(self.alive()), "done": True, "records": []}, 200
        if question.endswith("FROM CaseStatus"):
            told = [{"MasterLabel": name, "IsClosed": ends} for name, ends in STATUSES.items()]
            return {"done": True, "records": told}, 200
        return self._cases(question, asked.path.endswith("/queryAll"))

    def _cases(self, question: str, is_all: bool) -> tuple[Any, int]:
        found = re.fullmatch(
            r"SELECT (.+) FROM Case WHERE (.+) ORDER BY SystemModstamp, Id LIMIT (\d+)", question
        )
        if not found:
            return [{"errorCode": "MALFORMED_QUERY"}], 400
        names = found[1].split(", ")
        if any(name.split(".")[0] in self.hidden for name in names):
            return [{"errorCode": "INVALID_FIELD"}], 400
        rows = sorted(self.cases.values(), key=lambda each: (each["SystemModstamp"], each["Id"]))
        first = re.fullmatch(r"SystemModstamp >= (\S+)Z", found[2])
        later = re.fullmatch(
            r"\(SystemModstamp > (\S+)Z OR \(SystemModstamp = \1Z AND Id > '(\w+)'\)\)", found[2]
        )
        if first:
            rows = [each for each in rows if each["SystemModstamp"] >= f"{first[1]}+0000"]
        elif later:
            place = (f"{later[1]}+0000", later[2])
            rows = [each for each in rows if (each["SystemModstamp"], each["Id"]) > place]
        else:
            return [{"errorCode": "MALFORMED_QUERY"}], 400
        rows = [each for each in rows if is_all or not each["IsDeleted"]][: int(found[3])]
        wanted = {name.split(".")[0] for name in names}
        return self._cut([{k: v for k, v in row.items() if k in wanted} for row in rows]), 200

    def _cut(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        shown, rest = rows[: self.piece], rows[self.piece :]
        told: dict[str, Any] = {"totalSize": len(rows), "done": not rest, "records": shown}
        if rest:
            told["nextRecordsUrl"] = f"{DATA}/query/01g{len(self.pieces)}-{self.random.random()}"
            self.pieces[told["nextRecordsUrl"]] = rest
        return told
