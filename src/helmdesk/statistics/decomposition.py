"""A change taken apart so that nothing is left over: rate and mix, dimensions, factors. Pure.

Source: E. M. Kitagawa, JASA 50 (1955), in the symmetric form with mix centred on the average; L. S.
Shapley (1953) for sharing the mix between dimensions; B. W. Ang, Energy Policy 33 (2005) for the
logarithmic-mean form of products.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helmdesk.statistics.cells import tell_apart


@dataclass(frozen=True)
class RateAndMix:
    """Terms of one change, (segments,) each; together they are the change.

    Attributes:
        rate: what each segment changed in itself, weighted by its average share.
        mix: what each segment's changed share does, against the average of the whole.
        rate_error: standard error of each rate term; nan where a segment is in one period only.
        change: value now less value before.
    """

    rate: np.ndarray
    mix: np.ndarray
    rate_error: np.ndarray
    change: float

    @property
    def residual(self) -> float:
        """What the terms leave over: rounding."""
        return float(self.rate.sum() + self.mix.sum() - self.change)

    @property
    def standardised(self) -> tuple[float, float]:
        """The change at constant mix, and its standard error."""
        return float(self.rate.sum()), float(math.sqrt(np.nansum(self.rate_error**2)))

    @property
    def is_simpson(self) -> bool:
        """Whether the whole moved against what its segments did, and they did it clearly."""
        within, error = self.standardised
        return error > 0 and abs(within) > 1.96 * error and within * self.change < 0


def rate_and_mix(
    before_top: np.ndarray,
    before_base: np.ndarray,
    now_top: np.ndarray,
    now_base: np.ndarray,
    before_error: np.ndarray | None = None,
    now_error: np.ndarray | None = None,
) -> RateAndMix:
    """Return the exact parts of the change of Σ top ÷ Σ base over segments.

    Args:
        before_top, now_top: numerators by segment: hits, or totals of a mean.
        before_base, now_base: denominators by segment, not negative; each period needs some.
        before_error, now_error: standard errors of the segments' own values; None takes those of
        shares.

    A segment in one period only borrows its own value for the other: it is pure mix.
    """
    total_before, total_now = before_base.sum(), now_base.sum()
    whole_before, whole_now = before_top.sum() / total_before, now_top.sum() / total_now
    value_before = np.divide(
        before_top, before_base, out=np.zeros(len(before_top)), where=before_base > 0
    )
    value_now = np.divide(now_top, now_base, out=np.zeros(len(now_top)), where=now_base > 0)
    value_before = np.where(before_base > 0, value_before, value_now)
    value_now = np.where(now_base > 0, value_now, value_before)
    share_before, share_now = before_base / total_before, now_base / total_now
    middle_share, middle = (share_before + share_now) / 2, (whole_before + whole_now) / 2
    rate = middle_share * (value_now - value_before)
    mix = (share_now - share_before) * ((value_before + value_now) / 2 - middle)
    if before_error is None or now_error is None:
        before_error, now_error = (
            _share_error(value_before, before_base),
            _share_error(value_now, now_base),
        )
    is_both = (before_base > 0) & (now_base > 0)
    error = np.where(is_both, middle_share * np.sqrt(before_error**2 + now_error**2), np.nan)
    return RateAndMix(rate, mix, error, float(whole_now - whole_before))


def _share_error(share: np.ndarray, cases: np.ndarray) -> np.ndarray:
    inside = np.clip(share * (1 - share), 0, None)
    return np.asarray(np.sqrt(np.divide(inside, cases, out=np.zeros(len(cases)), where=cases > 0)))


def mix_by_dimension(
    codes: np.ndarray,
    before_top: np.ndarray,
    before_base: np.ndarray,
    now_top: np.ndarray,
    now_base: np.ndarray,
) -> np.ndarray:
    """Return how much of the mix effect of all dimensions together each one brings: (dimensions,),
    adding up to it.

    Args:
        codes: (leaves, dimensions) small non-negative integers; at most six dimensions (2^d subsets
        are tried).
    """
    width = codes.shape[1]
    sizes = codes.max(axis=0, initial=0) + 1
    worth: dict[frozenset[int], float] = {frozenset(): 0.0}
    for size in range(1, width + 1):
        for chosen in itertools.combinations(range(width), size):
            _, groups = tell_apart(codes, chosen, sizes)
            sums = [
                np.bincount(groups, part) for part in (before_top, before_base, now_top, now_base)
            ]
            worth[frozenset(chosen)] = float(rate_and_mix(*sums).mix.sum())
    shares = np.zeros(width)
    for dimension in range(width):
        others = [place for place in range(width) if place != dimension]
        for size in range(width):
            weight = math.factorial(size) * math.factorial(width - size - 1) / math.factorial(width)
            for chosen in itertools.combinations(others, size):
                shares[dimension] += weight * (
                    worth[frozenset((*chosen, dimension))] - worth[frozenset(chosen)]
                )
    return shares


def product_parts(before: Sequence[np.ndarray], now: Sequence[np.ndarray]) -> np.ndarray:
    """Return how much each factor of Σ f1·f2·… changed the sum: (factors,), adding up to the change
    exactly.

    Args:
        before, now: one (segments,) array a factor, not negative. A segment that has a zero factor
        in one period
            counts with the limit of the logarithmic mean: all of it goes to the factors that were
            or became zero.
    """
    product_before = np.prod(np.vstack(before), axis=0)
    product_now = np.prod(np.vstack(now), axis=0)
    weight = _log_mean(product_now, product_before)
    parts = np.zeros(len(before))
    is_plain = (product_before > 0) & (product_now > 0)
    for place, (first, second) in enumerate(zip(before, now, strict=True)):
        ratio = np.divide(second, first, out=np.ones(len(first)), where=is_plain)
        parts[place] = float((weight * np.log(ratio))[is_plain].sum())
    gone = ~is_plain
    zeros = np.vstack(
        [((first == 0) | (second == 0)) for first, second in zip(before, now, strict=True)]
    )[:, gone]
    count = np.maximum(zeros.sum(axis=0), 1)
    parts += (zeros * ((product_now - product_before)[gone] / count)).sum(axis=1)
    return parts


def _log_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    is_plain = (a > 0) & (b > 0)
    ratio = np.divide(a, b, out=np.ones(len(a)), where=is_plain)
    is_equal = np.abs(ratio - 1) < 1e-9
    logs = np.where(is_plain & ~is_equal, np.log(np.where(is_plain, ratio, 1.0)), 1.0)
    return np.where(is_plain, np.where(is_equal, (a + b) / 2, (a - b) / logs), 0.0)
