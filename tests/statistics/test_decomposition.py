"""A change taken apart: nothing is left over, and each part is what it is called."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmdesk.statistics.decomposition import mix_by_dimension, product_parts, rate_and_mix


def arrays(*rows: list[float]) -> list[np.ndarray]:
    return [np.array(row, dtype=float) for row in rows]


segments = st.lists(st.tuples(*(st.integers(0, 5000),) * 4), min_size=1, max_size=12)


@given(segments)
def test_rate_and_mix_leave_nothing_over(rows: list[tuple[int, int, int, int]]) -> None:
    table = np.array(rows, dtype=float).T
    before_base, now_base = table[0], table[2]
    if before_base.sum() == 0 or now_base.sum() == 0:
        return
    before_top, now_top = np.minimum(table[1], before_base), np.minimum(table[3], now_base)
    found = rate_and_mix(before_top, before_base, now_top, now_base)
    assert abs(found.residual) < 1e-12
    assert found.change == pytest.approx(
        now_top.sum() / now_base.sum() - before_top.sum() / before_base.sum(), abs=1e-12
    )


def test_only_the_mix_moved() -> None:
    """90% and 60% in both periods; the worse queue grew from a fifth to a half."""
    found = rate_and_mix(*arrays([720, 120], [800, 200], [450, 300], [500, 500]))
    assert found.rate == pytest.approx([0, 0], abs=1e-15)
    assert found.mix.sum() == pytest.approx(0.75 - 0.84)
    # Less of a better queue and more of a worse one are both bad news.
    assert (found.mix < 0).all()


def test_only_one_rate_moved() -> None:
    found = rate_and_mix(*arrays([720, 120], [800, 200], [720, 100], [800, 200]))
    assert found.rate == pytest.approx([0, 0.2 * -0.1])
    assert found.mix == pytest.approx([0, 0], abs=1e-15)
    assert math.isfinite(found.rate_error[1])


def test_a_segment_in_one_period_is_pure_mix() -> None:
    found = rate_and_mix(*arrays([80, 0], [100, 0], [80, 20], [100, 100]))
    assert found.rate == pytest.approx([0, 0])
    assert math.isnan(found.rate_error[1])
    assert found.mix.sum() == pytest.approx(0.5 - 0.8)


def test_simpson_is_seen() -> None:
    """Both queues improved by ten points, and the whole fell, because the hard queue grew."""
    found = rate_and_mix(*arrays([1600, 300], [2000, 1000], [900, 800], [1000, 2000]))
    assert found.standardised[0] > 0 > found.change
    assert found.is_simpson


def test_dimensions_share_the_mix_and_only_the_one_that_shifted_has_any() -> None:
    random = np.random.default_rng(1)
    codes = np.array(
        [
            (channel, tier, region)
            for channel in range(3)
            for tier in range(3)
            for region in range(2)
        ]
    )
    good = np.array([0.95, 0.9, 0.7])[codes[:, 0]]
    before = random.integers(800, 1200, len(codes)).astype(float)
    now = before * np.array([0.6, 1.0, 1.4])[codes[:, 0]]
    shares = mix_by_dimension(codes, before * good, before, now * good, now)
    whole = rate_and_mix(before * good, before, now * good, now).mix.sum()
    assert shares.sum() == pytest.approx(whole, abs=1e-12)
    assert shares[0] == pytest.approx(whole, rel=0.02)
    assert shares[1:] == pytest.approx([0, 0], abs=abs(whole) * 0.02)


@given(st.lists(st.tuples(*(st.integers(0, 1000),) * 6), min_size=1, max_size=6))
def test_factors_of_a_product_leave_nothing_over(rows: list[tuple[int, ...]]) -> None:
    table = np.array(rows, dtype=float).T
    before, now = list(table[:3]), list(table[3:])
    change = float((now[0] * now[1] * now[2]).sum() - (before[0] * before[1] * before[2]).sum())
    assert product_parts(before, now).sum() == pytest.approx(change, rel=1e-6, abs=1e-6)


def test_workload_by_hand() -> None:
    """Twice the contacts at equal handle time: all of it is volume."""
    parts = product_parts(arrays([100], [5]), arrays([200], [5]))
    assert parts == pytest.approx([500, 0])
    # 100 × 5 to 200 × 10: two equal growths share 1,500 alike.
    assert product_parts(arrays([100], [5]), arrays([200], [10])) == pytest.approx([750, 750])
