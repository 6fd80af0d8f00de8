"""A queue as the helpdesk has it now, with what the desk knows: by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from helmdesk.act.routing.decision import Cause
from helmdesk.act.routing.helpdesk import State
from helmdesk.act.routing.rules import Rules
from helmdesk.act.routing.snapshot import Agent, Contact
from helmdesk.act.routing.table import cause_of
from helmdesk.desk.desk import Desk
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


def held(changed_at: float, told_until: float = NOW, **changes: Any) -> Contact:
    """Return what is known of ticket 6, which p2 has since four hours ago."""
    history = past(weeks=9)
    solved = replace(
        history.stays[0], ticket="t6", entered_at=NOW - 90 * HOUR, taken_at=NOW - 89 * HOUR,
        left_at=NOW - 80 * HOUR, agent="p2", was_handed_on=False,
    )  # fmt: skip
    mine = replace(
        solved, entered_at=NOW - 4 * HOUR, taken_at=NOW - 4 * HOUR, left_at=math.inf, is_first=False
    )
    stays = [*history.stays[1:], mine]
    if changes.pop("came_back", False):
        stays = [*history.stays[1:], solved, mine]
    history = replace(history, stays=stays, told_until=told_until, acts=changes.pop("acts", {}))
    habits = habits_of(history.stays, [], past().duty)
    states = [State("t6", "A", "p2", True, "s", created_at=NOW - 9 * HOUR, changed_at=changed_at)]
    found = live_snapshot(states, history, habits, "A", {}, {}, NOW, **changes)
    assert len(found.contacts) == 1
    return found.contacts[0]


def cause(contact: Contact, there: bool = True) -> Cause | None:
    agent = Agent("p2", ("A",), {}, is_there=there)
    return cause_of(contact, {"p2": agent}, Rules(), NOW)


def test_whoever_gives_no_sign_for_two_hours_loses_it() -> None:
    silent = held(NOW - 4 * HOUR)
    assert (silent.assigned_at, silent.acted_at) == (NOW - 4 * HOUR, None)
    assert cause(silent) is Cause.SILENT
    wrote = held(NOW - 3 * HOUR, acts={("t6", "p2"): NOW - 3 * HOUR})
    assert wrote.acted_at == NOW - 3 * HOUR and cause(wrote) is None
    # What somebody wrote before they had it is no sign, nor what others write.
    others = held(NOW - 4 * HOUR, acts={("t6", "p2"): NOW - 5 * HOUR, ("t6", "p1"): NOW - HOUR})
    assert cause(others) is Cause.SILENT


def test_what_the_desk_has_not_heard_of_is_a_sign() -> None:
    """Changed since the data end: perhaps by whoever has it."""
    assert cause(held(NOW - HOUR, told_until=NOW - 2 * HOUR)) is None
    # A helpdesk that does not say when it was changed takes nothing from anybody.
    assert cause(held(math.inf)) is None


def test_what_waits_for_somebody_else_is_in_nobodys_hands() -> None:
    history = past(weeks=9)
    habits = habits_of(history.stays, [], history.duty)
    waits = State("t6", "A", "p2", True, "s", changed_at=NOW - 4 * HOUR, is_waiting=True)
    found = live_snapshot([waits], history, habits, "A", {}, {}, NOW)
    assert not found.contacts and not any(agent.used for agent in found.agents)


def test_what_came_back_goes_to_whoever_is_there() -> None:
    back = held(NOW - 4 * HOUR, came_back=True)
    assert back.is_reopened and cause(back, there=False) is Cause.REOPENED
    # Whoever is there has two hours for it, and whoever has written keeps it.
    assert cause(back) is Cause.SILENT
    wrote = held(NOW - HOUR, came_back=True, acts={("t6", "p2"): NOW - HOUR})
    assert cause(wrote, there=False) is None


def test_what_people_gave_to_somebody_else_stays_there() -> None:
    """Named before: only what is with that person still is looked at again."""
    assert held(NOW - 4 * HOUR, standing={"t6": "p2"}).assignee == "p2"
    with pytest.raises(AssertionError):
        held(NOW - 4 * HOUR, standing={"t6": "p1"})


def test_signs_are_what_people_wrote(small_desk: Desk) -> None:
    begin, end = datetime(2026, 3, 1), datetime(2026, 4, 1)
    history = small_desk.plan.routing_past(begin, end)
    with small_desk.engine() as engine:
        rows = engine.run(
            "select ticket_id, actor_id, actor_kind, is_customer, is_automated, sent_at"
            " from messages"
        )
    expected: dict[tuple[str, str], float] = {}
    for ticket, actor, kind, is_customer, is_automated, sent_at in rows:
        by_people = actor and kind == "human" and not is_customer and not is_automated
        if by_people and begin <= sent_at < end:
            at = sent_at.replace(tzinfo=UTC).timestamp()
            expected[ticket, actor] = max(at, expected.get((ticket, actor), 0.0))
    assert history.acts == expected and len(expected) > 20
    assert {agent for _, agent in expected} & set(history.duty)
