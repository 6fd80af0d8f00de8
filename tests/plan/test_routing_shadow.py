"""Shadow: nothing that came later is known when somebody is named; the report by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from helmdesk.act.routing.rules import Rules
from helmdesk.plan.routing.habits import habits_of
from helmdesk.plan.routing.replay import History, known_by
from helmdesk.plan.routing.report import Compared, report_of
from helmdesk.plan.routing.shadow import Shadow, after, id_of
from helmdesk.plan.routing.stays import Stay
from plan.test_routing_replay import BEGIN, DAY, HOUR, WEEK, past

START = BEGIN + 10 * WEEK


def cut(stay: Stay, until: float) -> Stay:
    """Return a stay as it is known at an instant."""
    if stay.taken_at > until:
        return replace(stay, taken_at=math.inf, left_at=math.inf, agent="", hold=())
    hold = tuple((begin, end if end <= until else math.inf) for begin, end in stay.hold)
    return replace(stay, hold=hold, left_at=stay.left_at if stay.left_at <= until else math.inf)


def named(history: History, habits: object, until: float) -> dict[str, tuple[float, str]]:
    shadow = Shadow(history, habits, "A", Rules(), {}, {}, {})  # type: ignore[arg-type]
    return {
        each.contact: (shown.at, each.agent)
        for shown in shadow.looks(START, until)
        for each in shown.decisions
    }


@pytest.mark.parametrize("hours", [11, 12.5, 13, 14.01, 35])
def test_what_came_later_changes_nothing(hours: float):
    history = past(weeks=12)
    habits = habits_of([s for s in history.stays if s.entered_at < START], [], history.duty)
    now = START + hours * HOUR
    then = [cut(stay, now) for stay in history.stays if stay.entered_at <= now]
    known = replace(history, stays=then, promises={})
    whole = named(replace(history, promises={}), habits, START + WEEK)
    assert {key: row for key, row in whole.items() if row[0] <= now} == named(known, habits, now)
    assert whole and len(named(known, habits, now)) > 3


def test_each_is_named_once_and_after_it_came():
    history = past(weeks=12)
    habits = habits_of([s for s in history.stays if s.entered_at < START], [], history.duty)
    shadow = Shadow(history, habits, "A", Rules(), {}, {}, {})
    shown = shadow.looks(START, START + WEEK)
    became = after(history)
    names = [each.contact for look in shown for each in look.decisions]
    assert len(names) == len(set(names))
    came = {id_of(stay): stay for stay in history.stays if START <= stay.entered_at < START + WEEK}
    # All but who was taken within the minute, or came when all hands were full.
    assert 0.9 * len(came) <= len(names) <= len(came)
    for look in shown:
        for each in look.decisions:
            assert came[each.contact].entered_at < look.at < became[each.contact].taken_at
            assert look.at - came[each.contact].entered_at <= HOUR


def test_looking_in_two_parts_is_looking_once():
    history = past(weeks=12)
    habits = habits_of([s for s in history.stays if s.entered_at < START], [], history.duty)
    middle = START + 12 * HOUR + 30
    first = Shadow(history, habits, "A", Rules(), {}, {}, {})
    one = first.looks(START, middle)
    second = Shadow(history, habits, "A", Rules(), first.named, first.owed, {})
    two = second.looks(middle, START + DAY)
    parts = {e.contact: e.agent for s in (*one, *two) for e in s.decisions}
    whole = {key: agent for key, (_, agent) in named(history, habits, START + DAY).items()}
    assert parts == whole


def test_who_knows_a_customer_is_who_had_taken_a_case_by_then():
    base = past(weeks=1).stays[0]

    def stay(entered: float, taken: float, agent: str) -> Stay:
        return replace(base, customer="c", entered_at=entered, taken_at=taken, agent=agent)

    stays = [
        stay(0, 10, "ann"), stay(20, 500, "bob"), stay(30, 40, "cid"), stay(100, 110, "dot"),
        stay(100 * DAY, 100 * DAY + 5, "eve"),
    ]  # fmt: skip
    found = known_by(stays, [0, 3, 4])
    assert found == {3: ("cid", "ann")}, "bob took his later; after 90 days nobody is known"


def row(week: int, named: float, taken: float, **said: object) -> Compared:
    at = week * WEEK
    given = {
        "agent": "ann", "taken_by": "bob", "knows_named": False, "knows_taken": False,
        "was_late": None, "due_at": math.inf, "is_before": True,
    }  # fmt: skip
    return Compared(entered_at=at, named_at=at + named, taken_at=at + taken, **{**given, **said})  # type: ignore[arg-type]


def test_the_report_by_hand():
    rows = [
        *(row(w, 30, 600 + 60 * w, taken_by="ann", knows_named=True) for w in range(4)),
        *(row(w, 60, 1000, was_late=True, due_at=w * WEEK + (50 if w else 70)) for w in range(4)),
        *(row(w, 45, 800, was_late=False, is_before=False) for w in range(4)),
        row(0, 30, math.inf, taken_by=""),
    ]
    found = report_of(rows)
    assert (found.decisions, found.since, found.settled) == (13, 4, 12)
    assert found.agreed and found.agreed[0] == pytest.approx(4 / 12)
    # Wilson's interval of 4 of 12, worked out by its formula.
    assert found.agreed[1:] == pytest.approx((0.1381, 0.6094), abs=2e-4)
    assert (found.named, found.taken) == (45, 800)
    # Medians of each week: 45 named, 800 taken: no spread.
    assert found.wait and (found.wait.change, found.wait.low, found.wait.high) == (-755, -755, -755)
    assert found.knows and found.knows.change == pytest.approx(1 / 3)
    assert (found.promised, found.late) == (8, 4)
    assert found.in_time and found.in_time[0] == 0.25, "named at 60 s; due at 70 s once, else at 50"
    assert not found.is_told and not found.is_enough
    assert report_of([]).agreed is None and report_of([]).wait is None
