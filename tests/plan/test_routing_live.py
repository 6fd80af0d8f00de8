"""A queue as the helpdesk has it now, with what the desk knows: by hand."""

from __future__ import annotations

from dataclasses import replace

from helmdesk.act.routing.helpdesk import State
from helmdesk.plan.routing.duty import Duty, Known
from helmdesk.plan.routing.habits import habits_of
from helmdesk.plan.routing.live import live_snapshot
from helmdesk.plan.routing.replay import Promise
from plan.test_routing_replay import BEGIN, HOUR, WEEK, past

NOW = BEGIN + 9 * WEEK + 10 * HOUR  # a Monday at ten


def test_who_waits_and_who_is_there():
    history = past(weeks=9)
    stay = next(s for s in history.stays if s.ticket == "t00005")
    others = [s for s in history.stays if s is not stay]
    mine = replace(stay, ticket="brand:5", entered_at=NOW - 900, topic="billing", customer="only")
    knows = replace(others[-1], customer="only", taken_at=NOW - 3600, agent="p3")
    duty = {**history.duty, "p0": Duty([])}  # p0 is away today
    history = replace(
        history,
        stays=[*others[:-1], knows, mine],
        duty=duty,
        promises={"brand:5": Promise(NOW + 2700, NOW, False)},
        known={**history.known, "p1": Known.WORK},
    )
    habits = habits_of(history.stays, [], past().duty)
    states = [
        State("5", "A", "", True, "s5", created_at=NOW - 5000, priority=1),
        State("6", "A", "p2", True, "s6", created_at=NOW - 9000),
        State("7", "A", "", True, "s7", created_at=NOW - 600),
        State("8", "A", "", True, "s8", is_settled=False, created_at=NOW - 1),
        State("9", "A", "", True, "s9", created_at=NOW - 300),
    ]
    found = live_snapshot(
        states, history, habits, "A", {"p2": 1.5}, {"brand:5": 0.4}, NOW,
        lambda own: own.removeprefix("brand:"), {"9": "p4"},
    )  # fmt: skip
    contacts = {each.id: each for each in found.contacts}
    # One was changed this very second, for one somebody was named before.
    assert set(contacts) == {"5", "6", "7"}
    five = contacts["5"]
    assert (five.arrived_at, five.target_seconds, five.priority) == (NOW - 900, 3600, 1)
    assert (five.known_by, five.risk, five.version) == (("p3",), 0.4, "s5")
    assert [need.skill for need in five.needs] == ["billing"]
    assert contacts["6"].assignee == "p2"
    # What the desk does not have yet is known from the helpdesk alone.
    assert (contacts["7"].arrived_at, contacts["7"].known_by) == (NOW - 600, ())
    people = {each.id: each for each in found.agents}
    assert set(people) == {"p1", "p2", "p3", "p4", "p5"}
    assert {key: each.used for key, each in people.items() if each.used} == {"p2": 2.0, "p4": 2.0}
    assert people["p2"].owed == 1.5
    assert people["p1"].until is None and people["p2"].until == NOW + 7 * HOUR
    assert found.taken_at == NOW
