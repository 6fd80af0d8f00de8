"""What became of tickets, and when that was known, for escalations and reopens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from desks import Event, load_events, make_desk
from helmdesk.predict.cases import past_cases, present_cases
from helmdesk.predict.targets import TARGETS

DAY = 86_400.0


def at(text: str) -> float:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC).timestamp()


def ticket(key: str, *steps: tuple[str, str, dict[str, Any]]) -> list[Event]:
    created = ("01-05T08:00", "created", {"channel": "email", "actor_kind": "customer"})
    return [
        {"type": kind, "ticket_id": key, "occurred_at": f"2026-{when}+00:00", **said}
        for when, kind, said in (created, *steps)
    ]


REPLY = {
    "direction": "outbound",
    "visibility": "public",
    "actor_kind": "human",
    "actor_id": "ann",
}
SOLVED, OPEN = {"status": "solved"}, {"status": "open"}
UP = {"escalation_kind": "functional"}
EVENTS = [
    *ticket("A", ("01-06T08:00", "escalated", UP), ("01-07T08:00", "status_changed", SOLVED)),
    *ticket("B", ("01-08T08:00", "status_changed", SOLVED)),
    *ticket(
        "C",
        ("01-06T08:00", "status_changed", SOLVED),
        ("01-09T08:00", "status_changed", OPEN),
        ("01-09T09:00", "message", REPLY),
        ("01-10T08:00", "status_changed", SOLVED),
    ),
    *ticket("D", ("01-06T08:00", "escalated", UP)),
    *ticket("E"),
    # Solved too lately to be certain that it holds.
    *ticket("F", ("01-29T08:00", "status_changed", SOLVED)),
    *ticket("G", ("01-30T08:00", "message", REPLY)),
]


def test_outcomes_are_known_when_they_happen_or_can_no_more(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk", time_zone="UTC", reopen_days=7)
    load_events(desk, EVENTS)
    with desk.marts.reader() as reader:
        past = {
            key: past_cases(reader.engine, TARGETS[key], "UTC") for key in ("escalation", "reopen")
        }
        present = {
            key: set(present_cases(reader.engine, TARGETS[key], "UTC").tickets) for key in past
        }
    found = {
        key: {
            str(each): (bool(bad), known)
            for each, bad, known in zip(cases.tickets, cases.is_bad, cases.known_at, strict=True)
        }
        for key, cases in past.items()
    }
    assert found["escalation"] == {
        "A": (True, at("01-06T08:00")),
        "B": (False, at("01-08T08:00")),
        "C": (False, at("01-10T08:00")),
        "D": (True, at("01-06T08:00")),
        "F": (False, at("01-29T08:00")),
    }
    assert found["reopen"] == {
        "A": (False, at("01-07T08:00") + 7 * DAY),
        "B": (False, at("01-08T08:00") + 7 * DAY),
        "C": (True, at("01-09T08:00")),
    }
    # D is escalated already; whatever is open may be opened again one day.
    assert present == {"escalation": {"E", "G"}, "reopen": {"D", "E", "G"}}
    for cases in past.values():
        assert (cases.at < cases.known_at).all() and np.isfinite(cases.at).all()
