"""Ranks among weeks at which nothing was begun: by hand, and against the promise in worlds where
nothing was done.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from action_worlds import WORLDS, begun_after_the_worst, review, weeks_of

from helmdesk.act.actions import Outcome
from helmdesk.statistics.placebo import (
    LEAST_DATES,
    Plan,
    compare,
    dates_of,
    foresee,
    last_spell,
    with_dates,
)


def test_means_effect_and_rank_are_those_worked_out_by_hand() -> None:
    # 0 1 0 1 … with a step of 3 at week 24: windows of four weeks have the mean 0.5, or 3.5.
    values = np.array([week % 2 + 3.0 * (week >= 24) for week in range(28)])
    found = compare(values, np.ones(28), Plan(start=24, after=4, before=4))
    assert found is not None
    assert (found.before, found.now, found.effect) == (0.5, 3.5, 3.0)
    # Weeks 4 to 20 have four before and four from then on, all of them before week 24.
    assert (found.dates, found.larger) == (17, 0)
    assert not found.is_enough and not found.is_real


def test_a_weight_counts_and_a_gap_does_not() -> None:
    values = np.array([1.0, np.nan, 2.0, 10.0, 20.0, 30.0])
    weights = np.array([1.0, 9.0, 3.0, 1.0, 1.0, 2.0])
    found = compare(values, weights, Plan(start=3, after=3, before=3))
    assert found is not None
    assert found.before == pytest.approx((1 + 3 * 2) / 4)
    assert found.now == pytest.approx((10 + 20 + 60) / 4)
    values[2] = np.nan  # two of three are missing
    assert compare(values, weights, Plan(start=3, after=3, before=3)) is None


def test_no_other_week_is_tried_across_the_start_or_the_beginning_of_its_level() -> None:
    plan = Plan(start=20, after=3, before=4, skip=1, since=10)
    # In [0, 10): 5 to 7; in [10, 20): 15 to 17; in [20, 30): 25 to 27.
    assert dates_of(30, plan).tolist() == [5, 6, 7, 15, 16, 17, 25, 26, 27]


def test_the_weeks_before_are_shortened_until_there_are_enough_to_compare_with() -> None:
    plan = Plan(start=40, after=8, before=26)
    assert len(dates_of(48, plan)) == 7
    # 20 weeks at thirteen before are enough, but reach over less than 1.5 · 21; 25 at eight do.
    shorter = with_dates(48, plan)
    assert shorter.before == 8 and len(dates_of(48, shorter)) == 25
    # A history of two years keeps half a year: 71 weeks for windows of 34.
    assert with_dates(112, replace(plan, start=104)).before == 26
    # Nineteen at eight are enough where nothing reaches far: better few than none.
    few = with_dates(42, replace(plan, start=34))
    assert few.before == 8 and len(dates_of(42, few)) == LEAST_DATES
    assert with_dates(30, Plan(start=22, after=8, before=16)).before == 16  # nothing would do


def test_the_least_effect_that_counts_is_rarer_than_one_in_twenty() -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=100)
    plan = Plan(start=92, after=8, before=26)
    found = compare(values, np.ones(100), plan)
    assert found is not None
    for shift in (found.critical + 1e-9, -found.critical - 1e-9):
        moved = values.copy()
        moved[92:] += shift - found.effect
        told = compare(moved, np.ones(100), plan)
        assert told is not None and told.is_real
    moved[92:] -= shift - (found.critical - 1e-6)
    told = compare(moved, np.ones(100), plan)
    assert told is not None and not told.is_real


def test_what_was_foreseen_is_told_four_times_in_five() -> None:
    random = np.random.default_rng(11)
    told = []
    for _ in range(300):
        values = random.normal(size=112)
        plan = Plan(start=104, after=8, before=26)
        values[104:] += foresee(values, np.ones(112), plan)
        found = compare(values, np.ones(112), plan)
        assert found is not None
        told.append(found.is_real and found.effect > 0)
    assert 0.7 <= np.mean(told) <= 0.9


def test_a_bad_spell_is_told_with_what_came_after_such_spells() -> None:
    # Every tenth and eleventh pair of weeks is worse by 4, and over after four weeks.
    values = np.zeros(56)
    for first in (4, 18, 32, 52):
        values[first : first + 4] = -4.0
    spell = last_spell(values, towards=1, after=8)
    assert spell is not None and spell.is_unusual
    assert spell.level == -4.0
    assert spell.rebound > 2.0
    calm = last_spell(values, towards=-1, after=8)
    assert calm is not None and not calm.is_unusual
    assert last_spell(values[:20], towards=1) is None


@pytest.mark.parametrize("world", WORLDS)
def test_nothing_that_was_done_rarely_worked(world: str) -> None:
    random = np.random.default_rng(101)
    values, others = weeks_of(random, world, 150, 112)
    for series in (values, values - others):
        worked = [review(each, 104).judged.outcome is Outcome.WORKED for each in series]
        assert np.mean(worked) <= 0.08


@pytest.mark.parametrize("world", WORLDS)
def test_who_starts_after_a_bad_spell_is_warned(world: str) -> None:
    random = np.random.default_rng(102)
    found = [review(values, start) for values, start in begun_after_the_worst(random, world, 150)]
    warned = [each.spell is not None and each.spell.is_unusual for each in found]
    assert np.mean(warned) >= 0.95
    assert np.mean([each.judged.outcome is Outcome.WORKED for each in found]) <= 0.12
