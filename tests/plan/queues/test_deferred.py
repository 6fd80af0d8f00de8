"""Work that can wait: no plan with a lower peak exists, and every target is met."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from helmdesk.errors import UsageError
from helmdesk.plan.queues import deferred_work


def lowest_peak(work: list[float], due: list[int], opened: list[bool], length: float) -> float:
    """Return the peak by linear programming over what is done in each interval."""
    size = len(work)
    come = np.cumsum(work)
    by = np.array([sum(w for w, d in zip(work, due, strict=True) if d <= i) for i in range(size)])
    sums = np.tril(np.ones((size, size)))
    column = np.zeros((size, 1))
    rows = np.vstack(
        [
            np.hstack([sums, column]),
            np.hstack([-sums, column]),
            np.hstack([np.eye(size), column - length]),
        ]
    )
    made = linprog(
        np.append(np.zeros(size), 1),
        A_ub=rows,
        b_ub=np.concatenate([come, -by, np.zeros(size)]),
        bounds=[(0, None if is_open else 0) for is_open in opened] + [(0, None)],
    )
    assert made.status == 0
    return float(made.fun)


def due_by_hand(opened: list[bool], target: int, *, always: bool) -> list[int]:
    """Return the interval by whose end the work of each is due, one by one."""
    size, due = len(opened), []
    for i in range(size):
        if always:
            end = i + target
            # Nobody could have done it: counted from the opening.
            starts = next((j for j in range(i, size) if opened[j]), size)
            due.append(end if starts <= end else starts + target)
            continue
        # The target's open intervals after those in which the work itself comes.
        left, j = target + (1 if opened[i] else 0), i
        while j < size and (left := left - opened[j]) > 0:
            j += 1
        due.append(j)
    return due


WEEK = st.lists(st.tuples(st.floats(0, 9), st.booleans()), min_size=1, max_size=14)


@given(week=WEEK, target=st.integers(1, 6), always=st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_plan_has_a_lower_peak(
    week: list[tuple[float, bool]], target: int, always: bool
) -> None:
    # The last interval is open, so that all that is due within the window can be done.
    work = [round(w, 3) for w, _ in week] + [0.0]
    opened = [is_open for _, is_open in week] + [True]
    made = deferred_work(
        work,
        target,
        length=0.5,
        is_open=opened,
        is_clock_always_running=always,
        is_repeating=False,
    )
    due = due_by_hand(opened, target, always=always)
    done = np.cumsum(made.agents) * 0.5
    came = np.cumsum(work)
    assert (done <= came + 1e-9).all()
    for i in range(len(work)):
        assert done[i] >= sum(w for w, d in zip(work, due, strict=True) if d <= i) - 1e-9 or (
            not opened[i]
        )
    assert not made.agents[~np.array(opened)].any()
    assert np.allclose(made.waiting, came - done, atol=1e-9)
    assert made.peak == pytest.approx(lowest_peak(work, due, opened, 0.5), abs=1e-7)


def test_a_day_of_mail() -> None:
    """240 letters of 6 minutes between 8 and 10, a target of four hours: spread over six."""
    hours = np.zeros(24)
    hours[8:10] = 12.0
    at_once = deferred_work(hours, 1, is_repeating=False)
    assert at_once.peak == pytest.approx(8.0)  # 24 hours of work over 8 to 11
    spread = deferred_work(hours, 4, is_repeating=False)
    assert spread.peak == pytest.approx(4.0)  # over 8 to 14
    assert spread.agents[8:14] == pytest.approx(np.full(6, 4.0))
    assert spread.waiting[9] == pytest.approx(16.0)


def test_a_week_that_repeats_does_all_its_work() -> None:
    draw = np.random.default_rng(2)
    work, opened = draw.exponential(2, 168), np.arange(168) % 24 >= 8
    made = deferred_work(work, 30, is_open=opened)
    assert made.agents.sum() == pytest.approx(work.sum())
    assert not made.overdue.any()


def test_mail_of_the_night_is_late_before_anybody_comes() -> None:
    work, opened = np.ones(24), np.arange(24) >= 8
    made = deferred_work(work, 4, is_open=opened, is_clock_always_running=True, is_repeating=False)
    # What comes before 4 is due before 8.
    assert made.overdue.tolist() == [1, 1, 1, 1] + [0] * 20
    closed = deferred_work(work, 4, is_open=np.zeros(24, bool))
    assert closed.peak == 0 and closed.overdue.sum() == 24


@pytest.mark.parametrize(
    ("work", "target", "more", "told"),
    [
        ([1, -1], 1, {}, "work is -1"),
        ([1, 1], 0, {}, "target of 0"),
        ([1, 1], 1, {"length": 0}, "intervals of 0"),
        ([1, 1], 1, {"is_open": [True]}, "shape"),
    ],
)
def test_what_makes_no_plan(work: list[float], target: int, more: dict, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        deferred_work(work, target, **more)
