"""Scheduled calls against a model in plain Python, for any history of them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desks import Event, load_events, make_desk
from helmdesk.desk.desk import Desk

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FAR = datetime(2200, 1, 1)  # what the engine's far end lies beyond


def history(rng: random.Random, number: int) -> list[Event]:
    """One booking with whatever may happen to it, at distinct times in order."""
    booking, at = f"b{number}", BEGIN + rng.randint(0, 200) * HOUR
    events: list[Event] = []

    def say(kind: str, **columns: Any) -> None:
        nonlocal at
        at += timedelta(minutes=rng.randint(1, 3000))
        events.append({"type": kind, "booking_id": booking, "occurred_at": at, **columns})

    def times() -> dict[str, datetime]:
        start = at + timedelta(minutes=rng.randint(1, rng.choice((6000, 60000))))
        return {"start_at": start, "end_at": start + HOUR / 2}

    if rng.random() < 0.5:
        say("link_issued", customer_id=f"c{number}")
    say("booked", **times())
    for _ in range(rng.randint(0, 4)):
        kind = rng.choice(("moved", "moved", "cancelled", "no_show", "held_booking", "link_reused"))
        say(kind, **(times() if kind == "moved" else {}))
    return events


def judged(events: list[Event], as_of: datetime) -> dict[str, Any]:
    """What a person would say who reads the history from first to last."""
    state, is_no_show, is_fresh_miss = "ahead", False, False
    start = end = held_at = None
    asked_at = booked_at = None
    for event in events:
        match event["type"]:
            case "link_issued":
                asked_at = event["occurred_at"]
            case "booked" | "moved":
                booked_at = booked_at or event["occurred_at"]
                start, end, is_fresh_miss = event["start_at"], event["end_at"], False
                state = state if state == "held" else "ahead"
            case "cancelled":
                state = state if state == "held" else "cancelled"
            case "no_show":
                # A later word about an appointment takes the place of an earlier one.
                is_fresh_miss, state = True, "no_show"
                is_no_show = True
            case "held_booking":
                if is_fresh_miss:
                    is_no_show = any(
                        earlier["type"] == "no_show" and later["type"] == "moved"
                        for place, earlier in enumerate(events)
                        for later in events[place + 1 :]
                        if later["occurred_at"] < event["occurred_at"]
                    )
                state, held_at = "held", event["occurred_at"]
    if state == "ahead" and end is not None and end <= as_of:
        state = "untold"
    return {
        "outcome": state,
        "is_no_show": is_no_show,
        "moves": sum(event["type"] == "moved" for event in events),
        "asked_at": asked_at or booked_at,
        "held_at": (held_at if held_at <= end else start) if state == "held" else None,
    }


def plain(events: list[Event]) -> bool:
    """Whether no call is judged twice: what the words say then is beyond doubt."""
    judging = [e["type"] for e in events if e["type"] in ("cancelled", "no_show", "held_booking")]
    after = [e["type"] for e in events]
    is_moved_later = any(
        after[place] in ("cancelled", "held_booking") and "moved" in after[place:]
        for place in range(len(after))
    )
    return len(judging) <= 2 and not (is_moved_later and "held_booking" in judging)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, list[list[Event]]]:
    rng = random.Random(20261128)
    histories = [each for each in (history(rng, n) for n in range(600)) if plain(each)]
    desk = make_desk(tmp_path_factory.mktemp("bookings") / "desk")
    load_events(desk, [event for events in histories for event in events])
    return desk, histories


def rows(desk: Desk, sql: str) -> list[tuple[Any, ...]]:
    with desk.marts.reader() as reader:
        return list(reader.engine.run(sql))


def test_every_call_is_judged_as_a_reader_would(told: tuple[Desk, list[list[Event]]]) -> None:
    desk, histories = told
    ((as_of,),) = rows(desk, "select as_of from mart")
    found = {
        booking: {
            "outcome": outcome,
            "is_no_show": is_no_show,
            "moves": moves,
            "asked_at": asked_at.replace(tzinfo=UTC),
            "held_at": held_at.replace(tzinfo=UTC) if held_at < FAR else None,
        }
        for booking, outcome, is_no_show, moves, asked_at, held_at in rows(
            desk,
            "select booking_id, call_outcome, is_no_show, moves, asked_at, held_at from bookings",
        )
    }
    assert len(found) == len(histories) > 300
    seen = set()
    for events in histories:
        expected = judged(events, as_of.replace(tzinfo=UTC))
        seen.add(expected["outcome"])
        assert found[events[0]["booking_id"]] == expected, events
    assert seen == {"ahead", "held", "no_show", "cancelled", "untold"}


def test_nothing_is_lost_or_negative(told: tuple[Desk, list[list[Event]]]) -> None:
    desk, histories = told
    kinds = [event["type"] for events in histories for event in events]
    assert rows(desk, "select sum(moves) from bookings") == [(kinds.count("moved"),)]
    assert rows(
        desk, "select link_use, count(*) from booking_links group by link_use order by link_use"
    ) == [("issued", kinds.count("link_issued")), ("reused", kinds.count("link_reused"))]
    assert rows(
        desk,
        "select count(*) from bookings where lead_seconds < 0 or wait_seconds < 0"
        " or is_held <> (held_at < forever()) or (is_held and call_outcome <> 'held')",
    ) == [(0,)]
    # Each call and each vain try is one way in, once.
    assert rows(desk, "select count(*), count(distinct entry_id) from entries") == [
        (len(histories) + kinds.count("link_reused"),) * 2
    ]
