"""Days that have been, given out again: parts by hand, and a desk whose past is known in full."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from helmdesk.act.routing.rules import Rules
from helmdesk.act.routing.snapshot import Agent, Contact
from helmdesk.errors import NotFoundError
from helmdesk.plan.routing.duty import Duty, Known, from_signs
from helmdesk.plan.routing.floor import Case, Crowd, as_people_do, as_routed
from helmdesk.plan.routing.replay import History, Promise, replay
from helmdesk.plan.routing.stays import Stay, Stretch, priority_of, stays_of
from helmdesk.plan.routing.words import (
    check_sentence,
    ground_sentence,
    missed_sentence,
    rows_of,
    verdict_sentence,
)
from helmdesk.records.schema import STATUSES

HOUR, DAY, WEEK = 3600.0, 86_400.0, 604_800.0
BEGIN = 1_767_571_200.0  # Monday 5 January 2026
EVER = math.inf


def stretch(start: float, end: float, status: str, agent: str = "", team: str = "A") -> Stretch:
    assert status in STATUSES
    is_open = status not in ("solved", "closed")
    return Stretch("t", start, end, status, is_open, agent, team, "2 - High", customer="c")


def test_a_stay_is_from_the_queue_to_whoever_took_it():
    (found,) = stays_of(
        [
            stretch(0, 10, "new"),
            stretch(10, 20, "open", "ann"),
            stretch(20, 50, "waiting_customer", "ann"),
            stretch(50, 60, "open", "ann"),
            stretch(60, EVER, "solved", "ann"),
        ]
    )
    assert (found.entered_at, found.taken_at, found.left_at) == (0, 10, 60)
    assert (found.agent, found.waited, found.was_handed_on, found.priority) == (
        "ann",
        True,
        False,
        2,
    )
    assert found.hold == ((10, 20), (50, 60)), "what waits for the customer is in nobody's hands"


def test_handing_on_and_coming_back_are_stays_of_their_own():
    found = stays_of(
        [
            stretch(0, 10, "new"),
            stretch(10, 20, "open", "ann"),
            stretch(20, 30, "open", "bob"),
            stretch(30, 40, "open", "", "B"),
            stretch(40, 50, "open", "cid", "B"),
            stretch(50, 60, "solved", "cid", "B"),
            stretch(60, EVER, "open", "cid", "B"),
        ]
    )
    assert [
        (s.queue, s.agent, s.entered_at, s.left_at, s.waited, s.was_handed_on, s.is_first)
        for s in found
    ] == [
        ("A", "ann", 0, 20, True, True, True),
        ("A", "bob", 20, 30, False, True, False),
        ("B", "cid", 30, 50, True, False, False),
        ("B", "cid", 60, EVER, False, False, False),
    ]


def test_nobody_took_it():
    (found,) = stays_of([stretch(0, 10, "new"), stretch(10, EVER, "closed")])
    assert (found.taken_at, found.agent, found.hold) == (EVER, "", ())
    words = ("1 - Critical", "High", "", "low", "7")
    assert [priority_of(word) for word in words] == [1, 2, 3, 4, 4]


def test_seconds_on_duty():
    duty = Duty([(100, 200), (300, 400), (150, 180)])
    assert duty.spans == [(100, 200), (300, 400)]
    assert [duty.until(at) for at in (50, 100, 150, 250, 350, 999)] == [0, 0, 50, 100, 150, 200]
    assert duty.between(150, 350) == 100
    assert duty.after(150, 50) == 200, "the end of a shift, not the start of the next"
    assert duty.after(150, 60) == 310
    assert duty.after(0, 0) == 100 and duty.after(120, 0) == 120
    assert duty.after(350, 51) == EVER
    assert duty.span_at(250) is None and duty.span_at(300) == (300, 400)
    assert duty.leaves_at(150) == 400 and Duty([(0, 1), (20_000, 20_001)]).leaves_at(0) == 1
    assert Duty([]).after(5, 0) == EVER and Duty([]).until(5) == 0


def test_who_was_there_by_what_they_did():
    # Too few signs to know usual hours: half an hour around the first and the last of a day.
    assert from_signs([(0, 9 * HOUR), (0, 11 * HOUR), (2, 10 * HOUR)], lambda d: d * DAY) == [
        (8.5 * HOUR, 11.5 * HOUR),
        (2 * DAY + 9.5 * HOUR, 2 * DAY + 10.5 * HOUR),
    ]
    # Twenty days from eight to four: one sign at ten stands for the whole of them.
    signs = [(day, at * HOUR) for day in range(20) for at in (8, 16)]
    found = from_signs([*signs, (30, 10 * HOUR)], lambda day: day * DAY)
    assert found[-1] == (30 * DAY + 8 * HOUR, 30 * DAY + 16 * HOUR)


def case(number: int, at: float, ready: float, work: float, **said: object) -> Case:
    contact = Contact(f"{number:03}", "A", "case", at, HOUR, **said)  # type: ignore[arg-type]
    return Case(number, contact, ready, work)


def crowd(*names: str, capacity: float = 2.0, until: float = 10 * HOUR) -> Crowd:
    return Crowd(
        {name: Agent(name, ("A",), {}, capacity) for name in names},
        {name: Duty([(0.0, until)]) for name in names},
    )


def test_people_take_the_oldest_when_they_have_room():
    found = as_people_do([case(0, 0, 100, 500), case(1, 10, 50, 500), case(2, 20, 60, 10)],
                         crowd("ann"), DAY)  # fmt: skip
    # Ready at 50, 60 and 100; one in hand at once.
    assert found.taken_at == {1: 50, 2: 550, 0: 560}
    assert found.left_at == {1: 550, 2: 560, 0: 1060}


def test_work_goes_on_with_the_next_shift():
    people = Crowd({"ann": Agent("ann", ("A",), {}, 2.0)}, {"ann": Duty([(0, 100), (1000, 1100)])})
    found = as_people_do([case(0, 0, 50, 80)], people, DAY)
    assert found.left_at == {0: 1030}


def test_routing_gives_out_at_the_next_minute_and_only_to_who_is_there():
    people = Crowd(
        {name: Agent(name, ("A",), {}, 2.0) for name in ("ann", "bob")},
        {"ann": Duty([(0, HOUR)]), "bob": Duty([(2 * HOUR, 4 * HOUR)])},
    )
    cases = [case(0, 10, 5000, 60), case(1, 70, 5000, 60), case(2, 1.5 * HOUR, 9000, 60)]
    rules = Rules(warm_up_seconds=0)
    found = as_routed(cases, people, DAY, rules, begins_late=False)
    assert found.agent == {0: "ann", 1: "ann", 2: "bob"}
    assert found.taken_at == {0: 60, 1: 180, 2: 2 * HOUR + 60}
    late = as_routed(cases, people, DAY, rules, begins_late=True)
    assert late.taken_at[0] == 60 and late.left_at[0] == EVER, "ready after ann has left for good"


def test_what_else_is_in_hand_leaves_no_room():
    people = replace(crowd("ann"), load=[(0.0, "ann", 2.0), (500.0, "ann", -2.0)])
    one = [case(0, 10, 10, 60)]
    found = as_routed(one, people, DAY, Rules(warm_up_seconds=0), begins_late=False)
    assert found.taken_at == {0: 540}
    assert as_people_do(one, people, DAY).taken_at == {0: 500}


def past(weeks: int = 20, wait: float = 1800.0, changed_after: float = EVER) -> History:
    """Six people, nine to five; somebody takes every case after half an hour or so, at random, and
    needs twenty minutes; of the same customer's cases each goes to anybody."""
    draw, stays, promises = random.Random(3), [], {}
    people = [f"p{i}" for i in range(6)]
    days = [BEGIN + day * DAY for day in range(7 * (weeks + 9)) if day % 7 < 5]
    for day in (d for d in days if d < BEGIN + weeks * WEEK):
        for _ in range(12):
            at = day + draw.uniform(9, 15) * HOUR
            usual = wait if at < changed_after else 4 * wait
            taken = at + usual * draw.uniform(0.5, 1.5)
            ticket, agent = f"t{len(stays):05}", draw.choice(people)
            stays.append(
                Stay(
                    ticket, "A", "email", "", f"c{draw.randrange(40)}", "", 3, at, taken,
                    taken + 1200, agent, ((taken, taken + 1200),), True, False, True,
                )
            )  # fmt: skip
            promises[ticket] = Promise(at + 2100, taken + 60, taken + 60 > at + 2100)
    stays.sort(key=lambda each: each.entered_at)
    duty = {name: Duty([(day + 9 * HOUR, day + 17 * HOUR) for day in days]) for name in people}
    known = dict.fromkeys(people, Known.LOG)
    return History(stays, duty, known, (), promises, BEGIN, BEGIN + (weeks + 9) * WEEK)


def test_a_steady_past_is_given_again_and_may_be_believed():
    history = past()
    start = BEGIN + 16 * WEEK
    found = replay(history, start, start + 4 * WEEK, Rules())
    assert (found.cases, found.people, found.promised, found.left) == (240, 6, 240, 0)
    assert len(found.check.weeks) == 8
    assert found.check.is_reliable and found.check.is_missed_reliable
    wait = found.moved["wait"]
    # By hand: half of the waits lie below half an hour; routing gives out at the next full minute.
    assert found.measured["wait"] == pytest.approx(1800, rel=0.08)
    assert wait.now == pytest.approx(1800, rel=0.08)
    assert wait.then == pytest.approx(30, abs=5) and wait.high < -1500
    # Late is whoever waits more than 2,040 of 900 to 2,700 seconds: 660 of 1,800.
    assert found.measured["missed"] == pytest.approx(660 / 1800, abs=0.07)
    assert found.moved["missed"].now == pytest.approx(660 / 1800, abs=0.05)
    assert found.moved["missed"].then == 0.0
    # Those who begin as late as ever are late as often as ever.
    assert found.moved["missed_late"].change == pytest.approx(0.0, abs=0.02)
    # One or two of six know the customer, by chance; routing finds them nearly always.
    assert found.moved["known"].now == pytest.approx(0.3, abs=0.08)
    assert found.moved["known"].then > 0.9
    said = " ".join([check_sentence(found.check), ground_sentence(found), verdict_sentence(found)])
    assert "no more than chance explains" in said and "the log of what they did" in said
    assert "240 cases" in said and missed_sentence(found) == ""
    assert [row.key for row in rows_of(found)] == [
        "wait", "long_wait", "missed", "missed_late", "known", "handed_on",
    ]  # fmt: skip


def test_a_past_that_changed_is_not_given_again_and_nothing_is_concluded():
    start = BEGIN + 16 * WEEK
    history = past(changed_after=start - 3 * WEEK)
    found = replay(history, start, start + WEEK, Rules())
    assert not found.check.is_reliable
    assert check_sentence(found.check).startswith("Do not rely on these numbers.")
    assert "shorter than they were" in check_sentence(found.check)
    assert verdict_sentence(found).startswith("The numbers are shown for looking only")


def test_without_weeks_before_nothing_is_concluded():
    found = replay(past(weeks=3), BEGIN, BEGIN + 3 * WEEK, Rules())
    assert not found.check.weeks and not found.check.is_reliable
    assert check_sentence(found.check).startswith("Not checked: 0 weeks")
    with pytest.raises(NotFoundError, match="no case came without a person"):
        replay(past(weeks=3), BEGIN + 5 * WEEK, BEGIN + 6 * WEEK, Rules())


def test_no_promise_no_word_of_it():
    history = replace(past(), promises={})
    start = BEGIN + 16 * WEEK
    found = replay(history, start, start + WEEK, Rules())
    assert "none of these cases" in missed_sentence(found)
    assert "missed" not in {row.key for row in rows_of(found)}
    assert "late" not in verdict_sentence(found)
