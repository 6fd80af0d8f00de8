"""When a customer waits for us, and what ends the wait; times short enough to check by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desks import Event, load_events, make_desk, ticket
from helmdesk.desk.desk import Desk

DAY = "2026-01-{}:00Z"


def at(when: str) -> str:
    """Return an instant of the first week, as in "05T09:00"."""
    return DAY.format(when)


def says(when: str, kind: str, ticket_id: str = "A", **columns: Any) -> Event:
    return {
        "type": "message",
        "ticket_id": ticket_id,
        "occurred_at": at(when),
        "actor_kind": kind,
        "actor_id": f"{kind}-1",
        "direction": "inbound" if kind == "customer" else "outbound",
        "visibility": "public",
        **columns,
    }


def becomes(when: str, status: str, ticket_id: str = "A") -> Event:
    return {
        "type": "status_changed",
        "ticket_id": ticket_id,
        "occurred_at": at(when),
        "status": status,
        "actor_kind": "human",
    }


def told(when: str, kind: str) -> Event:
    return {"type": kind, "ticket_id": "A", "occurred_at": at(when), "actor_kind": "bot"}


def opened(**columns: Any) -> list[Event]:
    return ticket("A", at("05T09:00"), **columns)


def desk_of(tmp_path: Path, *events: Event) -> Desk:
    desk = make_desk(tmp_path / "desk")
    # Another ticket whose customer is answered says until when everything is known.
    load_events(desk, [*events, *ticket("Z", at("20T09:00"), at("20T09:00"))])
    return desk


def turns(desk: Desk) -> list[tuple[str, str | None, int | None]]:
    with desk.engine() as engine:
        found = engine.run(
            "select asked_at, ended_by, reply_seconds from replies where ticket_id = 'A' order by"
            " asked_at"
        )
    return [(f"{asked:%dT%H:%M}", ended, seconds) for asked, ended, seconds in found]


TURNS: dict[str, tuple[list[Event], list[tuple[str, str | None, int | None]]]] = {
    "a burst counts from its first": (
        [says("05T09:00", "customer"), says("05T09:30", "customer"), says("05T10:00", "human")],
        [("05T09:00", "person", 3600)],
    ),
    "a bot answers for bots": (
        [
            says("05T09:00", "customer"),
            says("05T09:01", "bot"),
            says("15T09:00", "customer"),
            says("15T09:20", "human"),
        ],
        [("05T09:00", "bot", None), ("15T09:00", "person", 1200)],
    ),
    "an assistant answers for bots": (
        [says("05T09:00", "customer"), says("05T09:01", "ai_agent"), says("07T09:00", "human")],
        [("05T09:00", "bot", None)],
    ),
    "an acknowledgement answers nobody": (
        [
            says("05T09:00", "customer"),
            says("05T09:01", "bot", is_automated=True),
            says("05T09:02", "automation"),
            says("05T09:30", "customer"),
            says("05T10:00", "human"),
        ],
        [("05T09:00", "person", 3600)],
    ),
    "a note answers nobody": (
        [
            says("05T09:00", "customer"),
            says("05T09:01", "human", visibility="internal"),
            says("05T10:00", "human"),
        ],
        [("05T09:00", "person", 3600)],
    ),
    "a solve ends a goodbye, the return is a turn of its own": (
        [
            says("05T09:00", "customer"),
            says("05T09:10", "human"),
            says("05T09:20", "customer"),
            becomes("05T09:30", "solved"),
            becomes("08T09:00", "open"),
            says("08T09:00", "customer"),
            says("08T13:00", "human"),
        ],
        [("05T09:00", "person", 600), ("05T09:20", "solve", None), ("08T09:00", "person", 14400)],
    ),
    "thanks on a solved ticket are not why it came back": (
        [
            says("05T09:00", "customer"),
            says("05T09:10", "human"),
            becomes("05T09:10", "solved"),
            says("05T10:00", "customer"),
            says("08T09:00", "customer"),
            becomes("08T09:00", "open"),
            says("08T09:30", "human"),
        ],
        [("05T09:00", "person", 600), ("05T10:00", "solve", None), ("08T09:00", "person", 1800)],
    ),
    "a question on a solved ticket waits since it was asked, once somebody sees it": (
        [
            says("05T09:00", "customer"),
            says("05T09:10", "human"),
            becomes("05T09:10", "solved"),
            says("06T10:00", "customer"),
            becomes("07T10:00", "open"),
            says("07T11:00", "human"),
        ],
        [("05T09:00", "person", 600), ("06T10:00", "person", 90000)],
    ),
    "a solve in the moment of its reply does not take the reply away": (
        [says("05T09:00", "customer"), becomes("05T09:59", "solved"), says("05T10:00", "human")],
        [("05T09:00", "person", 3600)],
    ),
    "from the hand-over the customer waits for a person": (
        [
            told("05T09:00", "bot_started"),
            says("05T09:00", "customer"),
            says("05T09:05", "customer"),
            told("05T09:20", "bot_handoff"),
            says("05T09:21", "bot"),
            says("05T09:50", "human"),
        ],
        [("05T09:20", "person", 1800)],
    ),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_turn_ends(tmp_path: Path, name: str) -> None:
    events, expected = TURNS[name]
    assert turns(desk_of(tmp_path, *opened(), *events)) == expected


@pytest.mark.parametrize(
    ("events", "since"),
    [
        ([says("05T09:00", "customer"), says("05T09:30", "customer")], "05T09:00"),
        ([says("05T09:00", "customer"), says("05T09:30", "human")], None),
        ([says("05T09:00", "customer"), becomes("05T09:30", "solved")], None),
        (
            [
                says("05T09:00", "customer"),
                becomes("05T09:30", "closed"),
                says("05T09:40", "customer"),
            ],
            None,
        ),
        ([says("05T09:00", "customer"), says("05T09:01", "bot")], None),
        # The description of a ticket is its customer's first word, also where no message repeats
        # it.
        ([says("05T11:00", "customer")], "05T09:00"),
        ([says("05T10:00", "human"), says("05T11:00", "customer")], "05T11:00"),
    ],
)
def test_waiting_since(tmp_path: Path, events: list[Event], since: str | None) -> None:
    desk = desk_of(tmp_path, *opened(), *events)
    with desk.engine() as engine:
        ((found,),) = engine.run("select waiting_since from tickets where ticket_id = 'A'")
    assert (f"{found:%dT%H:%M}" if found else None) == since
    assert desk.measure("customers_waiting")[0].value == (0 if since is None else 1)
    assert {m.group[0][1]: m.value for m in desk.measure("ticket_volume", by="waiting")} == (
        {"no": 2} if since is None else {"no": 1, "yes": 1}
    )


def test_where_no_message_was_ever_told_nobody_is_said_to_wait(tmp_path: Path) -> None:
    found = desk_of(tmp_path, *opened()).measure("customers_waiting")[0]
    assert (found.value, found.n) == (None, 0)


def test_rows_of_the_backlog_say_who_waits(tmp_path: Path) -> None:
    events = [
        says("05T09:00", "customer"),
        says("05T10:00", "human"),
        says("05T12:00", "customer"),
        *ticket("B", at("05T09:00")),
        says("05T10:00", "human", "B"),
    ]
    desk = desk_of(tmp_path, *opened(), *events)

    def waiting(**asked: Any) -> dict[str, tuple[str | None, int | None]]:
        return {
            row["ticket_id"]: (
                row["waiting_since"] and f"{row['waiting_since']:%dT%H:%M}",
                row["waited_seconds"],
            )
            for row in desk.drill("backlog", **asked).to_pylist()
        }

    assert waiting() == {"A": ("05T12:00", (14 * 24 + 21) * 3600), "B": (None, None)}
    # At an earlier instant, what was true then.
    assert waiting(end="2026-01-05T09:30:01Z"[:19]) == {
        "A": ("05T09:00", 1801),
        "B": ("05T09:00", 1801),
    }


def test_a_bot_that_answered_is_not_charged_to_people(tmp_path: Path) -> None:
    events = [
        says("05T09:00", "customer"),
        says("05T09:01", "bot"),
        says("15T09:00", "customer"),
        says("15T09:20", "human"),
    ]
    desk = desk_of(tmp_path, *opened(), *events)
    assert desk.measure("first_response_time")[0].value == 1200
    assert desk.measure("first_response_time", variant="from_created")[0].value == 10 * 86400 + 1200
