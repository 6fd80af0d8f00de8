"""Fewest people that keep a promise: checked one by one, refused where nobody can promise it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmdesk.errors import UsageError
from helmdesk.plan.queues import ServiceLevel
from helmdesk.plan.staffing import LiveQueue, Target, required, scheduled


def queue(contacts: list[float], handle: float = 180.0, **more: float) -> LiveQueue:
    return LiveQueue(np.array(contacts, float), np.array(handle), **more)  # type: ignore[arg-type]


def test_the_textbook_s_fourteen() -> None:
    made = required(queue([100, 100]), Target())
    assert made.agents.tolist() == [14, 14]
    assert made.waiting.service_level() == pytest.approx([0.88835, 0.88835], abs=5e-6)
    assert made.agent_hours == 14.0


def test_below_the_load_where_people_leave() -> None:
    # 100 Erlangs, patience 5 handle times, up to 15% may leave: 86 people.
    busy = LiveQueue(np.array([100.0]), np.array(1.0), 5.0, interval_seconds=1.0)
    made = required(busy, Target(service_level=None, abandonment=0.15))
    assert made.agents.tolist() == [86]


def test_no_contacts_need_nobody() -> None:
    made = required(queue([0, 10, 0], patience_seconds=120), Target())
    assert made.agents.tolist()[::2] == [0, 0] and made.is_reached.all()
    assert required(queue([]), Target()).agents.size == 0


@given(
    contacts=st.floats(0.1, 400),
    handle=st.floats(20, 900),
    patience=st.sampled_from([20.0, 180.0, math.inf]),
    variant=st.sampled_from(list(ServiceLevel)),
    level=st.floats(0.3, 0.98),
    chats=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_one_fewer_breaks_the_promise(
    contacts: float, handle: float, patience: float, variant: ServiceLevel, level: float,
    chats: bool,
) -> None:  # fmt: skip
    beside = (handle, 1.3 * handle) if chats else ()
    one = LiveQueue(np.array([contacts]), np.array(handle), patience, chat_seconds=beside)
    target = Target(level, 30, variant)
    agents = int(required(one, target).agents[0])
    held = [
        bool(one.waiting(n, 30).service_level(variant)[0] >= level) for n in range(1, agents + 20)
    ]
    assert held.index(True) + 1 == agents
    assert all(held[agents - 1 :])


def test_every_part_of_a_promise_holds() -> None:
    many = queue([60.0, 400.0], patience_seconds=90)
    parts = {
        "service_level": Target(0.8, 20),
        "answer_seconds": Target(None, answer_seconds=6),
        "abandonment": Target(None, abandonment=0.02),
        "occupancy": Target(None, occupancy=0.85),
    }
    alone = [required(many, target).agents for target in parts.values()]
    all_of_them = Target(0.8, 20, answer_seconds=6, abandonment=0.02, occupancy=0.85)
    assert required(many, all_of_them).agents.tolist() == np.max(alone, axis=0).tolist()


def test_redials_need_more() -> None:
    target = Target(None, abandonment=0.1)
    once = required(queue([400.0], patience_seconds=60), target)
    again = required(queue([400.0], patience_seconds=60, redial=0.9), target)
    assert again.agents[0] > once.agents[0]


def test_a_target_beyond_the_seats_says_so() -> None:
    made = required(queue([100, 30]), Target(0.999, 1), most=15)
    assert made.is_reached.tolist() == [False, True]
    assert made.agents[0] == 15
    assert made.waiting.service_level()[0] < 0.999


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: Target(1.0), "a service level of 100%; no number of people"),
        (lambda: Target(80), "service level 80; give a share"),
        (lambda: Target(0.8, -1), "within -1 seconds"),
        (lambda: Target(None, answer_seconds=0), "a mean wait of 0 seconds"),
        (lambda: Target(None), "a target of nothing"),
        (lambda: Target(abandonment=0.0), "abandonment 0; give a share"),
        (lambda: scheduled(10, 1.0), "shrinkage 1; give a share"),
        (lambda: required(queue([1]), Target(), most=-1), "at most -1 people"),
        (lambda: required(queue([1e12]), Target()), "more than 10,000,000 people"),
        (lambda: queue([1], interval_seconds=0), "intervals of 0 seconds"),
    ],
)
def test_what_cannot_be_promised(made: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        made()  # type: ignore[operator]


def test_shrinkage_divides() -> None:
    assert scheduled([7, 14, 0], 0.3).tolist() == [10, 20, 0]
    assert scheduled(70, 0.3) == 100  # 100.00000000000001 people is 100
    assert scheduled(10, [0, 0.25, 0.5]).tolist() == [10, 14, 20]
