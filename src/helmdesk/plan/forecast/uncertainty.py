"""How far off forecasts have been, carried over to the next one. Pure.

Everything is on the scale of roots, on which counts of any size vary alike. Nothing is assumed of
the errors' distribution: their own quantiles are taken (split conformal).
"""

from __future__ import annotations

import math

import numpy as np

from helmdesk.plan.forecast.competition import Trial
from helmdesk.plan.queues.waiting import Array

OFFSET = 0.375
# Variance of the root of a Poisson count.
POISSON = 0.25


def interval(expected: Array, trial: Trial, share: float) -> tuple[Array, Array]:
    """Return bounds between which so large a share of intervals came in the past.

    Args:
        expected: (days × intervals) forecast.
        trial: what the same model said before, and what came.
        share: as 0.8; a tenth then lies below and a tenth above.

    Intervals that were expected to bring nothing, and did, tell nothing of the others.
    """
    is_open = trial.expected > 1e-9
    errors = np.sort(
        (_root(trial.actual) - _root(trial.expected))[is_open & ~np.isnan(trial.actual)]
    )
    if not errors.size:
        return expected.copy(), expected.copy()
    tail = (1.0 - share) / 2.0
    low, high = _quantile(errors, tail), _quantile(errors, 1.0 - tail)
    roots = _root(expected)
    bounds = [np.maximum(np.maximum(roots + off, 0.0) ** 2 - OFFSET, 0.0) for off in (low, high)]
    is_nothing = expected <= 1e-9
    # What is expected lies within, even where it was mostly too high or too low.
    least, most = np.minimum(bounds[0], expected), np.maximum(bounds[1], expected)
    return np.where(is_nothing, 0.0, least), np.where(is_nothing, 0.0, most)


def _root(values: Array) -> Array:
    return np.asarray(np.sqrt(values + OFFSET))


def _quantile(ordered: Array, q: float) -> float:
    """Return the conformal quantile: of n + 1 places, so that few errors give wider bounds."""
    n = ordered.size
    place = math.floor(q * (n + 1)) if q < 0.5 else math.ceil(q * (n + 1))
    return float(ordered[min(max(place, 1), n) - 1])


def rate_paths(expected: Array, trial: Trial | None, paths: int, seed: int = 0) -> Array:
    """Return what may be expected instead, (paths × days × intervals), for plans to be tried on.

    Whole days are wrong together, and the days of one forecast too: the two variances are taken
    from the past totals of days, less what chance alone makes of a count. The shape of a day is
    kept. The seed makes two answers to one question equal.
    """
    made = np.broadcast_to(expected, (paths, *expected.shape)).copy()
    if trial is None:
        return made
    weeks, days = _variances(trial)
    draw = np.random.default_rng(seed)
    off = math.sqrt(weeks) * draw.standard_normal((paths, 1)) + math.sqrt(
        days
    ) * draw.standard_normal((paths, expected.shape[0]))
    totals = np.sqrt(expected.sum(axis=1))
    share = np.divide(off, totals[None, :], out=np.zeros_like(off), where=totals[None, :] > 0)
    made *= (np.maximum(1.0 + share, 0.0) ** 2)[:, :, None]
    return made


def _variances(trial: Trial) -> tuple[float, float]:
    """Return the variance common to the days of one forecast, and that of single days, of roots of
    totals.
    """
    known = ~np.isnan(trial.actual).any(axis=2)
    expected = np.where(known, np.nansum(trial.expected, axis=2), np.nan)
    actual = np.where(known, np.nansum(trial.actual, axis=2), np.nan)
    errors = np.sqrt(actual) - np.sqrt(expected)
    errors[expected <= 0] = np.nan
    groups = [row[~np.isnan(row)] for row in errors]
    groups = [row for row in groups if row.size]
    if not groups:
        return 0.0, 0.0
    alone = [row.var(ddof=1) for row in groups if row.size > 1]
    if not alone:
        whole = np.concatenate(groups)
        return 0.0, max(float((whole**2).mean()) - POISSON, 0.0)
    within = float(np.mean(alone))
    means = np.array([row.mean() for row in groups])
    size = float(np.mean([row.size for row in groups]))
    between = max(float((means**2).mean()) - within / size, 0.0)
    return between, max(within - POISSON, 0.0)
