"""Intervals for shares. Pure functions of counts."""

from __future__ import annotations

import math

from helmdesk.statistics.normal import normal_tail

Z95 = 1.959963984540054


def wilson(hits: float, cases: float, z: float = Z95) -> tuple[float, float] | None:
    """Return the Wilson score interval of a share as numbers from 0 to 1; None without cases.

    Source: E. B. Wilson, JASA 22 (1927) 209-212.

    Raises:
        ValueError: hits outside 0..cases.
    """
    if cases == 0:
        return None
    if not 0 <= hits <= cases:
        raise ValueError(f"{hits} hits of {cases} cases")
    p, z2 = hits / cases, z * z
    centre = (p + z2 / (2 * cases)) / (1 + z2 / cases)
    half = z * math.sqrt(p * (1 - p) / cases + z2 / (4 * cases * cases)) / (1 + z2 / cases)
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == cases else min(1.0, centre + half)
    return low, high


def net_share(
    positive: int, negative: int, cases: int, z: float = Z95
) -> tuple[float, float] | None:
    """Return the normal interval of (positive - negative) / cases, cut to -1..1; None under two
    cases.

    Variance of a difference of two shares of one multinomial sample: (p + q - (p - q)^2) / n.
    """
    if cases < 2:
        return None
    net = (positive - negative) / cases
    half = z * math.sqrt(max(0.0, (positive + negative) / cases - net * net) / cases)
    return max(-1.0, net - half), min(1.0, net + half)


def ratio_of_counts(
    numerator: float, denominator: float, z: float = Z95
) -> tuple[float, float] | None:
    """Return the log-scale interval of a ratio of two Poisson counts; None when either is 0.

    Counts that rise and fall together (what is created is solved soon after) make it wider than
    needed.
    """
    if numerator <= 0 or denominator <= 0:
        return None
    factor = math.exp(z * math.sqrt(1 / numerator + 1 / denominator))
    ratio = numerator / denominator
    return ratio / factor, ratio * factor


def difference_of_counts(
    numerator: float, denominator: float, z: float = Z95
) -> tuple[float, float]:
    """Return the normal interval of the difference of two Poisson counts."""
    half = z * math.sqrt(numerator + denominator)
    return numerator - denominator - half, numerator - denominator + half


def around(value: float, half: float, is_positive: bool) -> tuple[float, float]:
    """Return the interval ``value ± half``; on the log scale where it would leave what can only be
    positive.

    The delta method puts the standard error of a logarithm at error ÷ value; few, skewed values
    need this form (W. G. Cochran, Sampling Techniques, 3rd ed., 6.4 and 6.6), many large ones do
    not differ by it.
    """
    if not is_positive or half < value or value <= 0:
        return value - half, value + half
    factor = math.exp(half / value)
    return value / factor, value * factor


def mean_interval(
    total: float, total_of_squares: float, cases: int, z: float = Z95, *, is_positive: bool = False
) -> tuple[float, float] | None:
    """Return the normal interval of a mean from its sums; None under two cases.

    Args:
        is_positive: no single value is below zero: nor is the interval.
    """
    if cases < 2:
        return None
    mean = total / cases
    variance = max(0.0, (total_of_squares - cases * mean * mean) / (cases - 1))
    return around(mean, z * math.sqrt(variance / cases), is_positive)


def ratio_of_sums(
    total: float,
    base: float,
    squares: float,
    products: float,
    base_squares: float,
    cases: int,
    z: float = Z95,
    *,
    is_positive: bool = False,
) -> tuple[float, float] | None:
    """Return the linearised interval of total ÷ base over `cases` independent observations; None
    under two.

    Args:
        squares, products, base_squares: sums of x², x·y and y² over the observations.
        is_positive: no single x is below zero: nor is the interval.

    Source: W. G. Cochran, Sampling Techniques, 3rd ed., section 2.11.
    """
    if cases < 2 or base <= 0:
        return None
    ratio = total / base
    residual = max(0.0, squares - 2 * ratio * products + ratio * ratio * base_squares)
    return around(ratio, z * math.sqrt(residual * cases / (cases - 1)) / base, is_positive)


def share_difference_p(
    hits_before: float, cases_before: float, hits_now: float, cases_now: float
) -> float:
    """Return the one-sided p-value that a share rose: the score test of two independent shares; 1
    without cases.

    Source: R. Newcombe, Statistics in Medicine 17 (1998) 873-890 (the pooled test he compares
    with).
    """
    if not cases_before or not cases_now:
        return 1.0
    pooled = (hits_before + hits_now) / (cases_before + cases_now)
    error = math.sqrt(pooled * (1 - pooled) * (1 / cases_before + 1 / cases_now))
    return (
        normal_tail((hits_now / cases_now - hits_before / cases_before) / error) if error else 1.0
    )
