"""Erlang B: who finds every line taken, and leaves at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from helmdesk.plan.queues.waiting import Array, as_arrays, whole_agents

# Below this the incomplete gamma function has lost its last digits, and the sum converges quickly.
UNDERFLOW = 1e-250
MOST_TERMS = 4000


def erlang_b(agents: ArrayLike, load: ArrayLike) -> Array:
    """Return the share of arrivals that find all of `agents` busy and are lost.

    Args:
        agents: whole numbers from 0.
        load: Erlangs offered: arrivals per unit of time × handle time in that unit.

    No load is never lost (unless nobody is there: then everything is).
    """
    n, a = as_arrays(agents=agents, load=load)
    return np.exp(log_erlang_b(whole_agents(n), a))


def log_erlang_b(n: Array, a: Array) -> Array:
    """Return the logarithm of the loss, which stays finite where the loss itself underflows.

    B = pmf(n; a) / cdf(n; a) of a Poisson variable; where its cdf underflows, 1/B is the sum of
    n!/((n−k)! aᵏ). Jagerman, Bell System Technical Journal 53 (1974).
    """
    from scipy.special import gammaincc

    with np.errstate(divide="ignore", invalid="ignore"):
        at_most = gammaincc(n + 1.0, a)
        logs = np.asarray(log_poisson(n, a) - np.log(at_most))
    far = (at_most < UNDERFLOW) & np.isfinite(a)
    if far.any():
        logs[far] = -_log_inverse(n[far], a[far])
    logs[np.isinf(a) | (n == 0)] = 0.0
    logs[(a == 0) & (n > 0)] = -np.inf
    return np.asarray(np.minimum(logs, 0.0))


def _log_inverse(n: Array, a: Array) -> Array:
    total, term = np.ones_like(a), np.ones_like(a)
    for k in range(MOST_TERMS):
        term = term * np.maximum(n - k, 0.0) / a
        total += term
        if (term <= total * 1e-17).all():
            break
    return np.log(total)


def log_poisson(n: Array, a: Array) -> Array:
    """Return log(aⁿ e⁻ᵃ / Γ(n+1)) without the cancellation of its three large terms.

    Loader, "Fast and accurate computation of binomial probabilities" (2000).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = (a - n) / n
        deviance = n * np.where(
            np.abs(offset) < 0.01, _log1p_less_itself(offset), np.log(a / n) - offset
        )
        logs = deviance - 0.5 * np.log(2 * math.pi * n) - stirling_error(n)
    return np.where(n == 0, -a, logs)


def _log1p_less_itself(x: Array) -> Array:
    """Return log(1+x) − x for small x."""
    total = np.zeros_like(x)
    for power in range(10, 1, -1):
        total = (-1.0) ** (power + 1) / power + x * total
    return total * x * x


def stirling_error(n: Array) -> Array:
    """Return log n! − log(√(2πn) (n/e)ⁿ)."""
    from scipy.special import gammaln

    with np.errstate(divide="ignore", invalid="ignore"):
        exact = gammaln(n + 1.0) - (0.5 * np.log(2 * math.pi * n) + n * np.log(n) - n)
        square = n * n
        series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / n
    return np.where(n < 16, exact, series)
