"""Intervals against other people's code, and against their promise: coverage in simulation."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from helmdesk.statistics.difference import mover, poisson_interval
from helmdesk.statistics.order_statistic import rank_expressions, ranks
from helmdesk.statistics.proportion import mean_interval, net_share, ratio_of_counts, wilson
from helmdesk.statistics.survival import kaplan_meier_quantile


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_scipy(pair: tuple[int, int]) -> None:
    hits, cases = pair
    theirs = stats.binomtest(hits, cases).proportion_ci(0.95, method="wilson")
    ours = wilson(hits, cases)
    assert ours is not None
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_wilson_refuses_nonsense() -> None:
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="6 hits of 5"):
        wilson(6, 5)


@pytest.mark.parametrize(("n", "p"), [(20, 0.9), (50, 0.85), (400, 0.92), (40, 0.5)])
def test_wilson_covers(n: int, p: float) -> None:
    hits = np.arange(n + 1)
    covered = [low <= p <= high for low, high in (wilson(int(hit), n) or (0, 1) for hit in hits)]
    assert float(stats.binom.pmf(hits, n, p)[np.array(covered)].sum()) > 0.92


@pytest.mark.parametrize("q", [0.5, 0.9])
@pytest.mark.parametrize("n", [12, 40, 200, 1000])
def test_order_statistics_cover(n: int, q: float) -> None:
    """P(X_l <= quantile <= X_u) is a binomial sum; a missing bound counts as covering that side."""
    low, high = ranks(n, q)
    below = stats.binom.cdf(low - 1, n, q) if low else 0.0
    above = 1 - stats.binom.cdf(high - 1, n, q) if high else 0.0
    assert 1 - below - above >= 0.95


def test_order_statistics_are_honest_about_small_samples() -> None:
    assert ranks(0, 0.5) == (None, None)
    assert ranks(5, 0.5) == (None, None)
    assert ranks(100, 0.5) == (40, 61)
    with pytest.raises(ValueError, match="inside"):
        ranks(10, 1.0)


@given(st.integers(0, 3000), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9, 0.95]))
def test_rank_expressions_say_the_same(n: int, q: float) -> None:
    """The SQL form is the Python form, evaluated with Python's own functions."""
    names = {
        "floor": math.floor,
        "ceil": math.ceil,
        "sqrt": math.sqrt,
        "count": lambda _x: n,
        "x": None,
    }
    lower, upper = (eval(text, {"__builtins__": {}}, names) for text in rank_expressions("x", q))
    assert ((lower if lower >= 1 else None), (upper if upper <= n else None)) == ranks(n, q)


def test_mean_interval_is_the_textbook_one() -> None:
    values = [3.0, 5.0, 8.0, 13.0]
    found = mean_interval(sum(values), sum(v * v for v in values), len(values))
    half = 1.959963984540054 * np.std(values, ddof=1) / 2
    assert found == pytest.approx((np.mean(values) - half, np.mean(values) + half))
    assert mean_interval(3.0, 9.0, 1) is None


def test_net_share_interval_covers() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        positive, _passive, negative = rng.multinomial(200, [0.5, 0.3, 0.2])
        low, high = net_share(int(positive), int(negative), 200) or (0, 0)
        covered += low <= 0.3 <= high
    assert 0.93 <= covered / 2000 <= 0.97


def test_ratio_of_counts_covers() -> None:
    rng = np.random.default_rng(2)
    solved, created = rng.poisson(180, 4000), rng.poisson(200, 4000)
    inside = [
        low <= 0.9 <= high
        for low, high in (
            ratio_of_counts(s, c) or (0, 0) for s, c in zip(solved, created, strict=True)
        )
    ]
    assert 0.93 <= np.mean(inside) <= 0.97
    assert ratio_of_counts(0, 5) is None


def test_mover_is_newcombe_for_shares() -> None:
    """Newcombe (1998), method 10, 56/70 against 48/80: 0.0524 to 0.3339."""
    low, high = mover(56 / 70, wilson(56, 70) or (0, 0), 48 / 80, wilson(48, 80) or (0, 0))
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_poisson_interval_covers() -> None:
    counts = np.arange(0, 300)
    inside = np.array([low <= 100 <= high for low, high in map(poisson_interval, counts)])
    assert 0.93 <= float(stats.poisson.pmf(counts, 100)[inside].sum()) <= 0.97


def test_kaplan_meier_equals_scipy() -> None:
    rng = random.Random(3)
    times = [(round(rng.expovariate(1 / 100)) + 1.0, rng.random() < 0.75) for _ in range(400)]
    theirs = stats.ecdf(
        stats.CensoredData.right_censored([t for t, _ in times], [not ended for _, ended in times])
    ).sf
    steps = [(t, int(ended), int(not ended)) for t, ended in times]
    for q in (0.25, 0.5, 0.75):
        expected = next(
            t
            for t, s in zip(theirs.quantiles, theirs.probabilities, strict=True)
            if s <= 1 - q + 1e-12
        )
        assert kaplan_meier_quantile(steps, q).value == expected


def test_kaplan_meier_without_censoring_is_the_median() -> None:
    found = kaplan_meier_quantile([(float(t), 1, 0) for t in range(1, 102)], 0.5)
    assert found.value == 51
    assert found.low is not None and found.high is not None and found.low < 51 < found.high


def test_kaplan_meier_may_not_reach_the_median() -> None:
    assert kaplan_meier_quantile([(10.0, 1, 0), (20.0, 0, 9)], 0.5).value is None
    assert kaplan_meier_quantile([], 0.5).value is None


def test_open_tickets_are_not_dropped() -> None:
    """18% open: the median of solved tickets alone flatters, Kaplan-Meier does not."""
    rng = np.random.default_rng(8)
    true, horizon = rng.lognormal(math.log(100), 1.2, 20_000), 300.0
    steps = [(min(t, horizon), int(t <= horizon), int(t > horizon)) for t in true]
    assert 0.15 < np.mean(true > horizon) < 0.21
    estimate = kaplan_meier_quantile(steps, 0.5).value or 0
    assert estimate == pytest.approx(np.median(true), rel=0.03)
    assert np.median(true[true <= horizon]) < 0.8 * np.median(true)


def test_kaplan_meier_interval_covers() -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(600):
        ends, watched = rng.exponential(100, 120), rng.uniform(50, 400, 120)
        steps = [
            (float(min(e, w)), int(e <= w), int(e > w)) for e, w in zip(ends, watched, strict=True)
        ]
        found = kaplan_meier_quantile(steps, 0.5)
        covered += (found.low or 0) <= 100 * math.log(2) <= (found.high or math.inf)
    assert 0.92 <= covered / 600 <= 0.98
