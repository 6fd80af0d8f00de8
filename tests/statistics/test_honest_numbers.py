"""Intervals for answers in clusters, skewed means, open work, small groups and the silent: their
promises in simulation.
"""

from __future__ import annotations

import numpy as np
import pytest

from helmdesk.statistics.clustered import clustered_share, design_effect
from helmdesk.statistics.detectable import detectable_from_errors, detectable_share
from helmdesk.statistics.post_stratification import post_stratify, tipping_point
from helmdesk.statistics.proportion import wilson
from helmdesk.statistics.shrinkage import funnel, shrink
from helmdesk.statistics.skewed import log_mean_interval
from helmdesk.statistics.survival import survival_curve

ROUNDS = 600


def test_clustered_answers_are_covered_and_plain_ones_are_not() -> None:
    random = np.random.default_rng(1)
    plain = adjusted = 0
    for _ in range(ROUNDS):
        cases = np.maximum(1, random.poisson(10, 40))
        hits = random.binomial(cases, random.beta(0.85 * 5.67, 0.15 * 5.67, 40)).astype(float)
        naive, wide = wilson(hits.sum(), cases.sum()), clustered_share(hits, cases.astype(float))
        assert naive is not None
        assert wide is not None
        plain += naive[0] <= 0.85 <= naive[1]
        adjusted += wide[0] <= 0.85 <= wide[1]
    assert plain / ROUNDS < 0.87
    assert 0.93 <= adjusted / ROUNDS <= 0.975


def test_answers_that_do_not_cluster_cost_nothing() -> None:
    cases = np.ones(400)
    hits = (np.arange(400) % 5 > 0).astype(float)
    assert design_effect(hits, cases) == pytest.approx(1, abs=0.01)
    assert clustered_share(hits, cases) == pytest.approx(wilson(320, 400), abs=0.002)
    assert clustered_share(np.zeros(3), np.zeros(3)) is None
    assert design_effect(np.array([3.0]), np.array([4.0])) == 1


def test_means_of_skewed_times_are_covered() -> None:
    random, covered = np.random.default_rng(2), 0
    for _ in range(ROUNDS):
        interval = log_mean_interval(random.lognormal(3, 1.2, 60))
        assert interval is not None
        covered += interval[0] <= np.exp(3 + 1.2**2 / 2) <= interval[1]
    assert 0.93 <= covered / ROUNDS <= 0.975
    assert log_mean_interval(np.array([5.0])) is None


def test_open_work_is_no_longer_than_it_is() -> None:
    """A fifth still open: closed work alone looks a third faster than it is."""
    random = np.random.default_rng(3)
    medians, closed = [], []
    for _ in range(60):
        true = random.lognormal(np.log(30), 1.6, 3000)
        age = random.uniform(0, 336, 3000)
        curve = survival_curve(np.minimum(true, age), true <= age)
        medians.append(curve.quantile(0.5))
        closed.append(np.median(true[true <= age]))
    assert np.mean(medians) == pytest.approx(30, rel=0.03)
    assert np.mean(closed) < 24


def test_a_curve_by_hand() -> None:
    """1, 2, 2+, 4: after 1 three quarters run on, after 2 half of them... and the last one ends at
    4.
    """
    curve = survival_curve(np.array([1.0, 2.0, 2.0, 4.0]), np.array([True, True, False, True]))
    assert curve.times.tolist() == [1, 2, 4]
    assert curve.survival == pytest.approx([0.75, 0.5, 0])
    assert curve.quantile(0.5) == 2
    assert curve.restricted_mean(3) == pytest.approx(1 + 0.75 + 0.5)
    assert curve.ended_by(1.5) == pytest.approx(0.25)
    assert curve.ended_by(0.5) == 0
    assert survival_curve(np.array([1.0, 2.0]), np.array([True, False])).quantile(0.9) is None


def test_small_groups_are_drawn_to_the_whole() -> None:
    random = np.random.default_rng(4)
    errors = np.zeros(2)
    for _ in range(100):
        true = np.clip(random.normal(0.85, 0.03, 40), 0, 1)
        hits = random.binomial(25, true).astype(float)
        cases = np.full(40, 25.0)
        errors += (
            ((hits / cases - true) ** 2).mean(),
            ((shrink(hits, cases).shares - true) ** 2).mean(),
        )
    assert np.sqrt(errors[1]) < 0.55 * np.sqrt(errors[0])


def test_groups_that_do_not_differ_are_all_the_whole() -> None:
    found = shrink(np.array([8.0, 8.0, 0.0]), np.array([10.0, 10.0, 0.0]))
    assert found.shares == pytest.approx([0.8, 0.8, 0.8])
    assert found.weight == float("inf")


def test_a_funnel_seldom_flags_equals() -> None:
    random, outside = np.random.default_rng(5), 0
    for _ in range(200):
        cases = np.full(40, 25.0)
        hits = random.binomial(25, 0.85, 40).astype(float)
        limits = funnel(hits, cases)
        outside += bool((hits / cases < limits.low998 - 1e-12).any())
    assert outside / 200 <= 0.05
    assert (limits.low998 <= limits.low95).all()
    assert (limits.high95 <= limits.high998).all()


def test_who_answered_is_weighted_back() -> None:
    """The slow half answers half as often: a raw share is too friendly, the weighted one is
    right.
    """
    found = post_stratify(
        np.array([360.0, 140.0]), np.array([400.0, 200.0]), np.array([1000.0, 1000.0])
    )
    assert found.raw == pytest.approx(500 / 600)
    assert found.share == pytest.approx((0.9 + 0.7) / 2)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.8 < found.high
    nobody = post_stratify(np.zeros(2), np.zeros(2), np.array([5.0, 5.0]))
    assert nobody.share is None
    part = post_stratify(np.array([8.0, 0.0]), np.array([10.0, 0.0]), np.array([50.0, 50.0]))
    assert part.uncovered == 0.5


def test_the_tipping_point() -> None:
    """80% of the 30% who answered; to reach 85% the silent must be 7.1 points happier."""
    found = tipping_point(0.80, 0.30, 0.85)
    assert found == pytest.approx(0.05 / 0.7)
    assert 0.3 * 0.80 + 0.7 * (0.80 + (found or 0)) == pytest.approx(0.85)
    assert tipping_point(0.8, 1.0, 0.85) is None


def test_what_could_be_seen() -> None:
    random = np.random.default_rng(6)
    least = detectable_share(0.85, 400, 400)
    assert least is not None
    seen = 0
    for _ in range(ROUNDS):
        before, now = random.binomial(400, 0.85) / 400, random.binomial(400, 0.85 - least) / 400
        error = np.sqrt(before * (1 - before) / 400 + now * (1 - now) / 400)
        seen += abs(now - before) > 1.96 * error
    assert 0.74 <= seen / ROUNDS <= 0.86
    assert detectable_share(0.85, 0, 10) is None
    assert detectable_from_errors(3, 4) == pytest.approx(5 * 2.80, abs=0.02)
