"""Writing into Zendesk over HTTP, while people click and the network fails: never over a person."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
import stamina

from connectors.fake import Asked, Faults, Said, serve
from connectors.live import QuickClock
from effort import tries
from helmdesk.act.routing.modes import Mode
from helmdesk.act.routing.writing import Outcome, Wanted, write_one
from helmdesk.connectors import zendesk
from helmdesk.connectors.parts.zendesk_writing import ZendeskDesk

TOKEN = "k" * 20
START = 1_790_000_000


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=8):
        yield


class Account:
    """A Zendesk in which people work: stamps are whole seconds, as in life.

    Attributes:
        over: writes of ours that went over what a person did after we had looked.
    """

    def __init__(self, seed: int, tickets: int = 6) -> None:
        self.draw = random.Random(seed)
        self.now = float(START)
        self.lock = threading.RLock()
        self.over: list[int] = []
        self.written: list[dict[str, Any]] = []
        self.refused = 0
        self.changes = 0
        self.tickets = {
            number: {"status": "open", "assignee_id": None, "group_id": 5, "changed_at": START - 60,
                     "seen": 0, "human": 0}
            for number in range(1, tickets + 1)
        }  # fmt: skip

    def human(self) -> None:
        """Somebody does something, somewhere."""
        with self.lock:
            self.now += self.draw.choice([0.0, 0.1, 0.4, 1.0, 3.0])
            ticket = self.tickets[self.draw.choice(list(self.tickets))]
            kind = self.draw.randrange(4)
            if kind == 0:
                ticket["assignee_id"] = self.draw.choice([101, 102, None])
            elif kind == 1:
                ticket["group_id"] = self.draw.choice([5, 6])
            elif kind == 2:
                ticket["status"] = self.draw.choice(["open", "pending", "solved"])
            self.touch(ticket)
            ticket["human"] = self.changes

    def touch(self, ticket: dict[str, Any]) -> None:
        self.changes += 1
        ticket["changed_at"] = int(self.now)

    def row(self, number: int) -> dict[str, Any]:
        ticket = self.tickets[number]
        return {
            "id": number,
            "status": ticket["status"],
            "assignee_id": ticket["assignee_id"],
            "group_id": ticket["group_id"],
            "priority": "high",
            "created_at": iso(START - 3600),
            "updated_at": iso(ticket["changed_at"]),
        }

    def answer(self, asked: Asked) -> Said:
        with self.lock:
            said, status = self._route(asked)
            date = format_datetime(datetime.fromtimestamp(int(self.now), UTC), usegmt=True)
            return Said(said, status, {"Date": date})

    def _route(self, asked: Asked) -> tuple[Any, int]:
        if asked.path.endswith("/groups.json"):
            return {"groups": [{"id": 5, "name": "Billing"}, {"id": 6, "name": "Repairs"}]}, 200
        if asked.path.endswith("/search.json"):
            assert 'group:"Billing"' in asked.query["query"]
            found = [n for n, t in self.tickets.items()
                     if t["group_id"] == 5 and t["status"] != "solved"]  # fmt: skip
            for number in found:
                self.tickets[number]["seen"] = self.changes
            return {"results": [self.row(n) for n in found], "next_page": None}, 200
        number = int(asked.path.rsplit("/", 1)[1].removesuffix(".json"))
        if number not in self.tickets:
            return {"error": "RecordNotFound"}, 404
        if asked.method == "PUT":
            return self._put(number, asked.body["ticket"])
        return {"ticket": self.row(number)}, 200

    def _put(self, number: int, change: dict[str, Any]) -> tuple[Any, int]:
        ticket = self.tickets[number]
        assert change["safe_update"] is True
        if change["updated_stamp"] != iso(ticket["changed_at"]):
            self.refused += 1
            return {"error": "UpdateConflict"}, 409
        if ticket["human"] > ticket["seen"]:
            self.over.append(number)
        ticket["assignee_id"] = change.get("assignee_id", ticket["assignee_id"])
        self.now += 1
        self.touch(ticket)
        self.written.append(change)
        return {"ticket": self.row(number)}, 200


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def opened(account: Account, faults: Faults | None = None) -> Iterator[ZendeskDesk]:
    with serve(account.answer, faults) as server:
        api = zendesk.open_account({"account": server.url, "token": TOKEN, "email": ""})
        api.use(QuickClock())
        try:
            yield ZendeskDesk(api)
        finally:
            api.close()


def look_and_write(desk: ZendeskDesk, mode: Mode = Mode.ASSIGN) -> list[Outcome]:
    """Give every ticket that nobody has to 900, as one look of routing does."""
    found = []
    for state in desk.open_tickets("Billing"):
        if state.assignee:
            continue
        wanted = Wanted(state.ticket, "Billing", "", state.stamp, "900", "note", state.is_settled)
        found.append(
            write_one(desk, wanted, mode, is_preview=False, may_go_on=lambda: True,
                      begin=lambda: None)
        )  # fmt: skip
    return found


def test_a_ticket_is_read_and_given():
    account = Account(1, tickets=2)
    account.tickets[2]["assignee_id"] = 101
    with opened(account) as desk:
        states = desk.open_tickets("Billing")
        assert [(s.ticket, s.queue, s.assignee, s.is_open, s.priority) for s in states] == [
            ("1", "Billing", "", True, 2),
            ("2", "Billing", "101", True, 2),
        ]
        assert states[0].stamp == iso(START - 60) and states[0].is_settled
        assert look_and_write(desk) == [Outcome.WRITTEN]
        assert account.tickets[1]["assignee_id"] == 900
        read = desk.read("1")
        assert read and read.assignee == "900" and not read.is_settled
        assert desk.read("77") is None
        assert not desk.write_if_unchanged("2", iso(START), assignee="900")
        assert account.tickets[2]["assignee_id"] == 101


def test_a_suggestion_is_an_internal_note():
    account = Account(1, tickets=1)
    with opened(account) as desk:
        assert look_and_write(desk, Mode.SUGGEST) == [Outcome.WRITTEN]
    assert account.written == [
        {"safe_update": True, "updated_stamp": iso(START - 60),
         "comment": {"body": "note", "public": False}}
    ]  # fmt: skip
    assert account.tickets[1]["assignee_id"] is None


@pytest.mark.parametrize("faulty", [False, True])
def test_people_click_at_the_same_time(faulty: bool):
    """Threads of people beside the writer, over a network that loses answers."""
    outcomes: list[Outcome] = []
    account = Account(7 + faulty)
    done = threading.Event()

    def people() -> None:
        while not done.wait(0.004):
            account.human()

    threads = [threading.Thread(target=people, daemon=True) for _ in range(2)]
    with opened(account, Faults(3, 0.15) if faulty else None) as desk:
        for thread in threads:
            thread.start()
        try:
            for _ in range(tries(25, 1500)):
                outcomes += look_and_write(desk)
                with account.lock:
                    account.now += 2
                    for ticket in account.tickets.values():
                        if account.draw.random() < 0.5:
                            ticket.update(assignee_id=None, group_id=5, status="open")
                            account.touch(ticket)
                            ticket["human"] = account.changes
                    account.now += 3
        finally:
            done.set()
            for thread in threads:
                thread.join()
    assert account.over == []
    assert Outcome.WRITTEN in outcomes and {Outcome.CHANGED, Outcome.UNSETTLED} & set(outcomes)
