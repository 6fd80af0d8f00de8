"""Those who wait and may give up, exactly: the wait that everybody is offered, integrated.

Given that nobody is free, the wait offered has a density proportional to
exp(−sv + (λ/θ)(1 − e^(−θv))), s being the rate at which the busy staff frees itself (nμ). All that
is asked of a queue with impatient people are integrals over it, of positive functions only; so
nothing cancels, whatever the load and the patience. Zeltyn and Mandelbaum, "Call centers with
impatient customers" (Queueing Systems 51, 2005).

Time is measured in mean patience: x = s/θ, y = λ/θ, z = θv. About its peak z* = max(0, log(y/x))
the exponent is −d·u − k·h(u) with u = z − z*, h(u) = u − 1 + e⁻ᵘ, d = max(x − y, 0), k = min(x, y).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from helmdesk.plan.queues.waiting import Array

# One high-order rule for each piece: the integrand is smooth, and errors stay below 1e-13.
NODES = 48
# What lies below e^-40 of the peak is nothing.
DEPTH = 40.0
# From this x or y on the whole density lies within .3 of its peak, in mean patience.
SHARP = 1000.0
# As many as the fast memory holds.
CELLS_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class Offered:
    """Of those who find nobody free; times in mean patience.

    Attributes:
        log_scale: log of s × the integral of the density (M of Palm).
        abandons: share that leaves before it is answered.
        answered_within, answered_after: shares answered by and after the threshold.
        answered_wait: integral of the wait over those answered.
        still_there: share offered a wait beyond the threshold.
    """

    log_scale: Array
    abandons: Array
    answered_within: Array
    answered_wait: Array
    still_there: Array


def offered_wait(x: Array, y: Array, limit: Array) -> Offered:
    """Return the integrals for x > 0, y ≥ 0 and a threshold in mean patience, of one shape."""
    made = np.empty((5, x.size))
    flat = x.ravel(), y.ravel(), limit.ravel()
    is_sharp = np.minimum(flat[0], flat[1]) > SHARP
    for sharp in (False, True):
        (cells,) = np.nonzero(is_sharp == sharp)
        for start in range(0, cells.size, CELLS_AT_ONCE):
            some = cells[start : start + CELLS_AT_ONCE]
            made[:, some] = _integrals(*(part[some] for part in flat), sharp=sharp)
    return Offered(*made.reshape(5, *x.shape))


def _integrals(x: Array, y: Array, limit: Array, *, sharp: bool) -> tuple[Array, ...]:
    with np.errstate(divide="ignore", over="ignore", invalid="ignore", under="ignore"):
        peak = np.where(y > x, np.log(y / x), 0.0)
        slope, curve = np.maximum(x - y, 0.0), np.minimum(x, y)
        depth = DEPTH / curve
        low = np.maximum(-peak, -np.sqrt(2.0 * depth))
        high = np.minimum(DEPTH / slope, (depth + np.sqrt(depth * (depth + 8.0))) / 2.0)
        # Past 40 times their patience nobody is left, and the density is a plain exponential.
        high = np.minimum(high, DEPTH)
        cut = np.clip(limit - peak, low, high)
        early = _piece(low, cut, peak, slope, curve, sharp=sharp)
        late = _piece(cut, high, peak, slope, curve, sharp=sharp)
        tail = np.exp(-slope * high - curve * (_bow(high) if sharp else high + np.expm1(-high))) / x
        beyond = tail * np.exp(-x * np.maximum(limit - peak - high, 0.0))
        whole = early[0] + late[0] + tail
        log_peak = np.where(y > x, x * ((y - x) / x - peak), 0.0)
        return (
            np.log(x) + np.log(whole) + log_peak,
            (early[1] + late[1] + tail) / whole,
            early[2] / whole,
            (early[3] + late[3]) / whole,
            (late[0] + beyond) / whole,
        )


def _piece(
    start: Array, end: Array, peak: Array, slope: Array, curve: Array, *, sharp: bool
) -> tuple[Array, Array, Array, Array]:
    """Return the integrals of the density, of it × the share that has left, × the share that has
    stayed, and × stayed × the wait, over [start, end].
    """
    nodes, weights = _rule()
    width = end - start
    u = start[:, None] + width[:, None] * nodes
    if sharp:
        bow = _bow(u)
        less = bow - u
    else:
        less = np.expm1(-u)
        bow = u + less
    density = np.exp(-slope[:, None] * u - curve[:, None] * bow)
    whole = density @ weights * width
    less *= density
    fallen = less @ weights * width
    less += density
    less *= u
    leaning = less @ weights * width
    stay = np.exp(-peak)
    stayed = stay * (whole + fallen)
    return (
        whole,
        -np.expm1(-peak) * whole - stay * fallen,
        stayed,
        stay * leaning + peak * stayed,
    )


def _bow(u: Array) -> Array:
    """Return u − 1 + e⁻ᵘ by its series, for |u| up to .3."""
    series = np.full_like(u, 1 / 3628800)
    for factorial in (362880, 40320, 5040, 720, 120, 24, 6, 2):
        series *= -u
        series += 1 / factorial
    return u * u * series


@cache
def _rule() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1.0) / 2.0, weights / 2.0
