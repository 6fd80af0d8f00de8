"""What was done on a merged ticket was done for the one that survives."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from desks import Event, load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.facts.build import incremental

AT = "2026-01-05T{}:00Z"


def work(ticket_id: str, start: str, end: str) -> list[Event]:
    return [
        {"type": name, "ticket_id": ticket_id, "agent_id": "ann", "occurred_at": AT.format(at)}
        for name, at in (("work_started", start), ("work_ended", end))
    ]


def merged(ticket_id: str, into: str, at: str) -> Event:
    return {
        "type": "merged_into",
        "ticket_id": ticket_id,
        "target_ticket_id": into,
        "occurred_at": AT.format(at),
    }


def reply(ticket_id: str, at: str, who: str) -> Event:
    return {
        "type": "message",
        "ticket_id": ticket_id,
        "occurred_at": AT.format(at),
        "actor_kind": "human",
        "actor_id": who,
        "direction": "outbound",
        "visibility": "public",
    }


def call(ticket_id: str, leg: str, start: str, end: str) -> list[Event]:
    return [
        {
            "type": kind,
            "leg_id": leg,
            "ticket_id": ticket_id,
            "occurred_at": AT.format(at),
            "agent_id": agent,
            "channel": "phone",
        }
        for kind, at, agent in (
            ("offered", start, None),
            ("answered", start, "ann"),
            ("ended", end, None),
        )
    ]


EVENTS = [
    *ticket("A", AT.format("09:00")),
    *work("A", "09:00", "09:51"),
    reply("A", "09:10", "ann"),
    merged("A", "B", "10:00"),
    *ticket("B", AT.format("09:30")),
    *work("B", "10:00", "10:26"),
    reply("B", "10:20", "bob"),
    merged("B", "C", "11:00"),
    *ticket("C", AT.format("10:30"), AT.format("12:00")),
    *call("C", "c1", "11:00", "11:10"),
    reply("C", "11:30", "ann"),
]


def test_work_calls_replies_and_touches_follow_a_chain_of_merges(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, EVENTS)
    assert desk.measure("average_handle_time", variant="per_ticket")[0].value == (51 + 26 + 10) * 60
    assert desk.measure("replies_per_ticket")[0].value == 3
    assert desk.measure("touches", variant="people")[0].value == 2
    assert desk.ticket("A").ticket["survivor_ticket_id"] == "C"


def test_costs_are_shared_out_by_all_the_work(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    cost = {
        "type": "cost_recorded",
        "category": "salaries",
        "amount": 100.0,
        "currency": "EUR",
        "occurred_at": "2026-01-01",
        "start_at": "2026-01-01",
        "end_at": "2026-02-01",
    }
    load_events(
        desk,
        [
            *EVENTS,
            *ticket("D", AT.format("09:00"), AT.format("09:30")),
            *work("D", "09:00", "09:29"),
            cost,
        ],
    )
    rows = {row["ticket_id"]: row["amount"] for row in desk.drill("cost_per_ticket").to_pylist()}
    assert rows == {"C": pytest.approx(75), "D": pytest.approx(25)}


def test_a_circle_of_merges_keeps_its_work(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(
        desk,
        [
            *ticket("A", AT.format("09:00")),
            *work("A", "09:00", "09:30"),
            merged("A", "B", "10:00"),
            *ticket("B", AT.format("09:00")),
            merged("B", "A", "10:00"),
        ],
    )
    with desk.engine() as engine:
        assert engine.run("select ticket_id, handle_seconds from tickets order by 1") == [
            ("A", 1800),
            ("B", None),
        ]


@pytest.mark.parametrize(
    "late", ["the merge", "the work", "the ticket", "another merge", "another's reply"]
)
def test_a_refresh_sees_what_a_full_build_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    monkeypatch.setattr(incremental, "MOST", 100.0)
    later: dict[str, list[Event]] = {
        "the merge": [event for event in EVENTS if event["type"] == "merged_into"],
        "the work": [
            event
            for event in EVENTS
            if event["type"].startswith("work_") and event["ticket_id"] == "A"
        ],
        "the ticket": [
            event for event in EVENTS if event["ticket_id"] == "A" and event["type"] == "created"
        ],
        "another merge": [
            event
            for event in EVENTS
            if event["type"] == "merged_into" and event["ticket_id"] == "B"
        ],
        "another's reply": [
            event for event in EVENTS if event["type"] == "message" and event["ticket_id"] == "B"
        ],
    }
    desk = make_desk(tmp_path / "desk")
    end = ticket("Z", "2026-01-06", "2026-01-06")
    load_events(desk, [*(event for event in EVENTS if event not in later[late]), *end])
    steps: list[str] = []
    desk.load_with(
        lambda staging: _stage(staging, later[late]), "test", "later", on_step=steps.append
    )
    assert any(step.startswith("refreshing") for step in steps), steps
    assert not any("anew" in step for step in steps)
    refreshed = _content(desk)
    desk.refresh(is_forced=True)
    assert _content(desk) == refreshed


def _stage(staging: object, events: list[Event]) -> None:
    from desks import stage

    stage(staging, events)  # type: ignore[arg-type]


def _content(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    connection = duckdb.connect(str(desk.marts.published_path()), read_only=True)
    tables = [
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where table_name <> 'refreshes'"
        ).fetchall()
    ]
    found = {
        name: connection.execute(f"select * from {name} order by all").fetchall() for name in tables
    }
    connection.close()
    return found
