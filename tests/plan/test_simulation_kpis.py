"""A week lived through means what the catalogue means: loaded as calls it measures the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from desks import Event, load_events, make_desk
from helmdesk.plan.simulation.kernel import Lived, live_through
from helmdesk.plan.simulation.kpis import kpi
from helmdesk.plan.simulation.people import Shift
from helmdesk.plan.simulation.tape import Habits, at_volume, draw_tapes

MONDAY = datetime(2026, 7, 6, tzinfo=UTC)
HABITS = (
    Habits("phone", np.array([200.0, 300.0, 400.0]), 90.0, 30.0, 10.0),
    Habits("chat", np.array([400.0, 600.0]), 240.0, 60.0, 10.0),
)


def week() -> Lived:
    rates = np.zeros((1, 2, 2, 48))
    rates[:, :, :, 18:34] = [[[[16.0]], [[8.0]]]]
    people = [
        Shift(f"a{n}", day, 540 + 30 * (n % 2), 1020, meals=((720, 750),), queues=(0, 1))
        for n in range(5)
        for day in range(2)
    ]
    (tape,) = draw_tapes(rates, HABITS, 30)
    tape = at_volume(tape, 1)
    # Records are kept to the second.
    whole = replace(tape, at=np.floor(tape.at), patience=np.ceil(tape.patience))
    return live_through(whole, people, (1, 1))


def calls(lived: Lived) -> list[Event]:
    events: list[Event] = [
        {
            "type": "queue",
            "occurred_at": MONDAY,
            "entity_id": habit.name,
            "valid_from": MONDAY,
            "name": habit.name,
            "channel": habit.name,
            "threshold_seconds": int(habit.threshold_seconds),
            "short_abandon_seconds": int(habit.short_seconds),
        }
        for habit in HABITS
    ]
    tape = lived.tape
    for number in range(len(tape)):
        at = MONDAY + timedelta(seconds=float(tape.at[number]))
        until = at + timedelta(seconds=float(lived.wait[number]))
        queue = HABITS[tape.queue[number]].name
        leg = {"leg_id": f"leg-{number}", "queue_id": queue, "channel": queue}
        events.append({"type": "offered", "occurred_at": at, "direction": "inbound", **leg})
        if lived.is_answered[number]:
            done = until + timedelta(seconds=float(tape.work[number]))
            events.append({"type": "answered", "occurred_at": until, "agent_id": "a", **leg})
            events.append({"type": "ended", "occurred_at": done, **leg})
        else:
            events.append({"type": "abandoned", "occurred_at": until, **leg})
    return events


def test_the_catalogue_measures_the_same(tmp_path: Path) -> None:
    lived = week()
    assert len(lived.tape) > 500 and 0.02 < 1 - lived.is_answered.mean() < 0.5
    desk = make_desk(tmp_path / "desk", time_zone="UTC")
    load_events(desk, calls(lived))
    for key in ("service_level", "missed_contact_rate", "average_speed_of_answer"):
        (row,) = desk.measure(key, start="2026-07-06", end="2026-07-09")
        assert row.value == pytest.approx(kpi(key, lived, HABITS), abs=1e-9), key
