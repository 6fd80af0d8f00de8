"""The day as it goes: the rest is made anew, and what is offered closes gaps and opens none."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from helmdesk.plan.coverage import coverage_of
from helmdesk.plan.crews import Crew
from helmdesk.plan.demand import Demand, from_rows
from helmdesk.plan.simulation.people import Shift
from helmdesk.plan.staffing import Target
from helmdesk.plan.today import Offer, Today, offers, sentence, today_of, words_of

MONDAY = date(2026, 1, 5)
OPEN = range(18, 34)


def demand() -> Demand:
    """Busy days stay busy: each day's contacts are a share of the usual 30 all day long."""
    draw = np.random.default_rng(3)
    rows = []
    for day in range(84):
        if day % 7 < 5:
            share = draw.uniform(0.7, 1.3)
            rows += [
                (
                    MONDAY + timedelta(days=day),
                    30 * i,
                    round(30 * share),
                    7200.0 * share,
                    30 * share,
                )
                for i in OPEN
            ]
    return from_rows(
        "calls", "phone", rows, interval_minutes=30, waited_seconds=9000, abandoned=60,
        last_day=MONDAY + timedelta(days=83),
    )  # fmt: skip


@pytest.fixture(scope="module")
def crew() -> Crew:
    made = demand()
    return Crew("Berlin", ("calls",), made, (made,), {}, 10, 60.0)


def day_of(crew: Crew, came: float, over: int, shifts: list[Shift]) -> Today:
    found = coverage_of(crew, None, 1, Target(0.8, 60))
    seen = np.zeros(48)
    seen[OPEN.start : OPEN.stop] = came
    return today_of(found, shifts, seen, over)


def test_a_day_that_begins_busy_goes_on_busy(crew: Crew) -> None:
    usual = day_of(crew, 30, 24, [])
    busy, quiet = day_of(crew, 39, 24, []), day_of(crew, 21, 24, [])
    rest = slice(24, 34)
    assert quiet.expected[rest].sum() < usual.expected[rest].sum() < busy.expected[rest].sum()
    assert busy.expected[20] == 39 and busy.need[rest].max() >= usual.need[rest].max()
    # Days here keep their level all day: the rest follows the beginning nearly one to one.
    assert busy.expected[rest].mean() == pytest.approx(39, rel=0.1)
    assert "more than forecast" in sentence(busy) and "fewer than forecast" in sentence(quiet)
    assert day_of(crew, 30, 0, []).expected.sum() == usual.forecast.sum()


def test_a_day_that_is_over_says_so(crew: Crew) -> None:
    done = day_of(crew, 30, 48, [])
    assert done.is_over and sentence(done).startswith("The day is over: 480 contacts came")


def spare_of(**at: int) -> np.ndarray:
    left = np.full(48, 1.0)
    for name, people in at.items():
        hour, half = name.removeprefix("t").split("_")
        left[int(hour) * 2 + (half == "30")] = people
    return left


def test_a_break_moves_to_when_people_are_spare() -> None:
    shifts = [Shift("a", 0, 540, 1020, (), (0,), ((720, 750),))]
    found = offers(shifts, spare_of(t12_00=-1), range(22, 30), 30)
    assert found == [Offer("a", 720, 750, "break", 720, 750)]
    assert words_of(found[0], {"a": "Ann"}) == "Ann’s break at 12:30 instead of 12:00"
    # Not to where somebody would be missing then, and not into the past.
    tight = spare_of(t12_00=-1, t12_30=0, t11_30=0, t13_00=0)
    assert offers(shifts, tight, range(22, 30), 30)[0].then in (660, 810)
    none = np.zeros(48)
    none[24] = -1
    assert offers(shifts, none, range(22, 30), 30) == []
    assert all(o.then >= 720 for o in offers(shifts, spare_of(t12_00=-1), range(24, 32), 30))


def test_somebody_stays_longer_or_comes_earlier() -> None:
    stays = offers([Shift("a", 0, 480, 960)], spare_of(t16_00=-1, t16_30=-1), range(30, 38), 30)
    assert [(o.what, o.was, o.then) for o in stays] == [("stay", 960, 990)]
    comes = offers([Shift("b", 0, 960, 1200)], spare_of(t15_30=-1), range(28, 36), 30)
    assert [(o.what, o.was, o.then) for o in comes] == [("come", 960, 930)]
    # Nobody can come before now.
    assert offers([Shift("b", 0, 960, 1200)], spare_of(t15_30=-1), range(31, 36), 30) == []


def test_nobody_is_asked_twice() -> None:
    shifts = [Shift("a", 0, 540, 1020, ((720, 735), (780, 795)))]
    found = offers(shifts, spare_of(t12_00=-1, t13_00=-1), range(22, 34), 30)
    assert len(found) == 1
