"""Tails against SciPy's distributions of the same name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from helmdesk.statistics import tails


@pytest.mark.parametrize(
    ("cases", "a", "b"),
    [(8, 3.2, 1.1), (40, 90.0, 10.0), (400, 8.0, 200.0), (5_000, 400.0, 30.0), (1, 0.5, 0.5)],
)
def test_beta_binomial(cases: int, a: float, b: float) -> None:
    hits = np.unique(np.linspace(0, cases, 17).round())
    low, high = tails.beta_binomial(
        hits, np.full(hits.shape, float(cases)), np.full(hits.shape, a), np.full(hits.shape, b)
    )
    np.testing.assert_allclose(low, stats.betabinom.cdf(hits, cases, a, b), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(
        high, stats.betabinom.sf(hits - 1, cases, a, b), rtol=1e-8, atol=1e-10
    )


def test_beta_binomial_of_many_cases_and_of_unknown_ones() -> None:
    cases = np.array([tails.MANY + 1.0, tails.MANY + 1.0, np.nan])
    hits = np.array([0.80, 0.79, 0.5]) * np.nan_to_num(cases, nan=10)
    low, high = tails.beta_binomial(hits, cases, np.full(3, 8_000.0), np.full(3, 2_000.0))
    exact = stats.betabinom.cdf(np.floor(hits[:2]), tails.MANY + 1, 8_000, 2_000)
    np.testing.assert_allclose(low[:2], exact, rtol=0.02)
    assert low[0] + high[0] == pytest.approx(1, abs=0.01)
    assert np.isnan(low[2]) and np.isnan(high[2])


@pytest.mark.parametrize(("size", "chance"), [(3.7, 0.2), (50.0, 0.5), (400.0, 0.9)])
def test_negative_binomial(size: float, chance: float) -> None:
    hits = np.arange(0, 300, 7.0)
    low, high = tails.negative_binomial(
        hits, np.full(hits.shape, size), np.full(hits.shape, chance)
    )
    np.testing.assert_allclose(low, stats.nbinom.cdf(hits, size, chance), rtol=1e-7, atol=1e-14)
    np.testing.assert_allclose(high, stats.nbinom.sf(hits - 1, size, chance), rtol=1e-7, atol=1e-14)
    for tail in (0.001, 0.025, 0.5, 0.999):
        assert tails.negative_binomial_quantile(
            tail, np.array(size), np.array(chance)
        ) == stats.nbinom.ppf(tail, size, chance)


def test_student() -> None:
    t = np.array([-4.0, -1.0, 0.0, 2.5, np.nan])
    low, high = tails.student(t, 12)
    np.testing.assert_allclose(low, stats.t.cdf(t, 12), rtol=1e-9)
    np.testing.assert_allclose(high, stats.t.sf(t, 12), rtol=1e-9)
