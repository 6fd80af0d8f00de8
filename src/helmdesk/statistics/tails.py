"""Tails of the predictive distributions, straight from SciPy's special functions.

`scipy.stats` offers the same by name, but importing it costs half a second, which is more than most
questions.
"""

from __future__ import annotations

import numpy as np

# Beyond so many cases the beta distribution of the same mean and variance is the same to three
# digits.
MANY = 200_000


def beta_binomial(
    hits: np.ndarray, cases: np.ndarray, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return P(X <= hits) and P(X >= hits); arrays of one shape, nan where cases are unknown."""
    from scipy.special import betainc, betaln

    hits, cases, a, b = np.broadcast_arrays(
        *(np.asarray(part, dtype=float) for part in (hits, cases, a, b))
    )
    low, high = np.full(hits.shape, np.nan), np.full(hits.shape, np.nan)
    for place in np.ndindex(hits.shape):
        n, x = cases[place], hits[place]
        if not np.isfinite(n + x):
            continue
        if n > MANY:
            strength = a[place] + b[place]
            resembling = 1 / (strength + 1)
            narrowed = 1 / (resembling + (1 - resembling) / n) - 1
            mean = a[place] / strength
            below = betainc(
                mean * narrowed,
                (1 - mean) * narrowed,
                np.clip(np.array([x + 0.5, x - 0.5]) / n, 0, 1),
            )
            low[place], high[place] = below[0], 1 - below[1]
            continue
        k = np.arange(int(n) + 1)
        logs = (
            betaln(k + a[place], n - k + b[place])
            - betaln(a[place], b[place])
            - betaln(n - k + 1, k + 1)
            - np.log(n + 1)
        )
        chance = np.exp(logs)
        # A small tail is summed itself, never taken from one.
        low[place], high[place] = min(chance[k <= x].sum(), 1.0), min(chance[k >= x].sum(), 1.0)
    return low, high


def negative_binomial(
    hits: np.ndarray, size: np.ndarray, chance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return P(X <= hits) and P(X >= hits) of the number of failures before `size` successes of the
    given chance.
    """
    from scipy.special import betainc, betaincc

    hits = np.asarray(hits, dtype=float)
    at_least = np.where(hits > 0, betaincc(size, np.maximum(hits, 1), chance), 1.0)
    return np.asarray(betainc(size, hits + 1, chance)), np.asarray(at_least)


def negative_binomial_quantile(tail: float, size: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return the least whole number of failures with P(X <= it) of at least `tail`."""
    from scipy.special import nbdtrik

    found = np.ceil(nbdtrik(tail, size, chance) - 1e-9)
    return np.asarray(np.maximum(np.nan_to_num(found), 0.0))


def student(t: np.ndarray, freedom: float) -> tuple[np.ndarray, np.ndarray]:
    """Return P(T <= t) and P(T >= t)."""
    from scipy.special import stdtr

    return np.asarray(stdtr(freedom, t)), np.asarray(stdtr(freedom, -np.asarray(t)))
