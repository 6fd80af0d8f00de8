"""Interval of the mean of skewed times, taken where they are less skewed. Pure."""

from __future__ import annotations

import math

import numpy as np


def log_mean_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float] | None:
    """Return the interval of the arithmetic mean of positive values: Cox's, on the log scale with
    Student's t.

    None under two positive values; values that are not positive take no part (a zero has no
    logarithm).

    Source: U. Olsson, Journal of Statistics Education 13 (2005).
    """
    from scipy.special import stdtrit

    logs = np.log(values[values > 0])
    n = len(logs)
    if n < 2:
        return None
    variance = float(logs.var(ddof=1))
    centre = float(logs.mean()) + variance / 2
    half = float(stdtrit(n - 1, (1 + level) / 2)) * math.sqrt(
        variance / n + variance**2 / (2 * (n - 1))
    )
    return math.exp(centre - half), math.exp(centre + half)
