"""Where a series changed its level or its slope: piecewise-linear optimal partitioning. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

SHORTEST = 6
PENALTY = 3.0
ROUNDS = 4
# Beyond this a short series is hardly told from a random walk.
STRONGEST = 0.95


def change_points(
    values: Sequence[float] | np.ndarray, penalty: float = PENALTY, shortest: int = SHORTEST
) -> list[int]:
    """Return the places (0-based, ascending) at which a new straight line begins; empty when one
    line is enough.

    Each further line must save more than ``penalty · σ² · (1 + ρ) / (1 − ρ) · ln n`` of squared
    error. The noise σ² and its autocorrelation ρ are first those of one line through everything, as
    if its weeks were independent, and are then estimated anew four times from the residuals of the
    lines found: neighbouring weeks that resemble each other are no evidence of a change.

    Args:
        values: at equal steps, without gaps.
        penalty: 3 invents a change in one of sixty series of two years of independent noise, and in
        one of three of
            strongly autocorrelated noise (ρ = 0.6).
        shortest: fewest values that make a line.

    Source: optimal partitioning (B. Jackson et al., IEEE Signal Processing Letters 12 (2005)), with
    the effective sample size of an AR(1) series in the penalty.
    """
    y = np.asarray(values, dtype=float)
    if len(y) < 2 * shortest:
        return []
    cost = _LineCost(y)
    found: list[int] = []
    variance, correlation = _noise(y, found)[0], 0.0
    for _ in range(ROUNDS):
        if variance <= 0:
            return found
        price = penalty * variance * (1 + correlation) / (1 - correlation) * np.log(len(y))
        found = _partition(cost, len(y), price, shortest)
        variance, correlation = _noise(y, found)
    return found


class _LineCost:
    """Squared error of the best straight line over any stretch, from running sums."""

    def __init__(self, y: np.ndarray) -> None:
        t = np.arange(len(y), dtype=float)
        y = y - y.mean()
        self._sums = [
            np.concatenate(([0.0], np.cumsum(part))) for part in (t, t * t, y, t * y, y * y)
        ]

    def of(self, starts: np.ndarray, end: int) -> np.ndarray:
        """Return the costs of the stretches from each of `starts` up to (not including) `end`."""
        n = end - starts
        t, tt, y, ty, yy = (sums[end] - sums[starts] for sums in self._sums)
        spread, slope, total = tt - t * t / n, ty - t * y / n, yy - y * y / n
        return np.asarray(np.maximum(total - slope**2 / np.where(spread > 0, spread, np.inf), 0.0))


def _partition(cost: _LineCost, n: int, price: float, shortest: int) -> list[int]:
    """Return the cheapest division into lines, each further line at `price`."""
    best = np.full(n + 1, np.inf)
    best[0] = -price
    came_from = np.zeros(n + 1, dtype=int)
    for end in range(shortest, n + 1):
        starts = np.arange(0, end - shortest + 1)
        totals = best[starts] + cost.of(starts, end) + price
        chosen = int(np.argmin(totals))
        best[end], came_from[end] = totals[chosen], starts[chosen]
    found = []
    place = int(came_from[n])
    while place > 0:
        found.append(place)
        place = int(came_from[place])
    return found[::-1]


def _noise(y: np.ndarray, found: Sequence[int]) -> tuple[float, float]:
    """Return variance and lag-1 correlation of what the lines leave over."""
    residuals = y - fitted_lines(y, found)
    energy = float(residuals @ residuals)
    correlation = float(residuals[1:] @ residuals[:-1]) / energy if energy > 0 else 0.0
    return energy / len(y), min(max(correlation, 0.0), STRONGEST)


def fitted_lines(values: Sequence[float] | np.ndarray, found: Sequence[int]) -> np.ndarray:
    """Return the straight lines between the change points, at every place of `values`."""
    y = np.asarray(values, dtype=float)
    edges = [0, *found, len(y)]
    fitted = np.empty(len(y))
    for start, end in itertools.pairwise(edges):
        t = np.arange(end - start, dtype=float)
        fitted[start:end] = (
            np.polyval(np.polyfit(t, y[start:end], 1), t) if end - start > 1 else y[start:end]
        )
    return fitted
