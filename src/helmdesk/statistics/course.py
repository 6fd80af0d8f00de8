"""The course of a series: levels that last, and stretches between them. Pure.

Unlike the straight lines of `change_points`, a stretch may be one step long: two bad weeks are an
episode, not a slope.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PENALTY = 3.0
ROUNDS = 4
STRONGEST = 0.95
# Fewer values than this have no course.
LEAST = 10
# Turns a year, in one direction, of the verdict on weeks that never change, watched in their second
# year, by how much they resemble the week before. Simulated, 600 years each; a test simulates anew.
MEMORIES = np.array([0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
ALARMS = np.array([0.03, 0.07, 0.14, 0.18, 0.28, 0.39, 0.63, 0.94])


@dataclass(frozen=True)
class Stretch:
    """Consecutive values at one level.

    Attributes:
        start, end: places in the series, half-open.
        level: weighted mean.
    """

    start: int
    end: int
    level: float

    def __len__(self) -> int:
        """Return the number of values."""
        return self.end - self.start


def course(
    values: Sequence[float] | np.ndarray, weights: Sequence[float] | np.ndarray | None = None
) -> list[Stretch]:
    """Return the stretches of a series, oldest first; one stretch when nothing speaks for more.

    The division is the one of least squared error, each further stretch at the price of ``3 σ² (1 +
    ρ) / (1 − ρ) ln n``: one value stands out from both its neighbours only beyond about five
    standard deviations, a lasting level from about three and a half divided by the root of its
    length. The noise σ² is first that of neighbouring steps, whatever the levels do, and then what
    the stretches leave over, as is its memory ρ: neighbours that resemble each other are no
    evidence of a level.

    Args:
        values: at equal steps, finite.
        weights: how much each value says, about one each.

    Source: optimal partitioning (B. Jackson et al., IEEE Signal Processing Letters 12 (2005)).
    """
    y = np.asarray(values, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    edges: list[int] = [0, len(y)]
    variance, memory = _step_variance(y), 0.0
    if len(y) >= LEAST and variance > 0:
        sums = [np.concatenate(([0.0], np.cumsum(part))) for part in (w, w * y, w * y * y)]
        for turn in range(ROUNDS):
            price = PENALTY * variance * (1 + memory) / (1 - memory) * np.log(len(y))
            before, edges = edges, _divided(sums, len(y), float(price))
            if turn and edges == before:
                break  # what they leave over is the same, and so is all that would follow
            left = y - _fitted(y, w, edges)
            energy = float(left @ left)
            if energy <= 0:
                break
            variance = energy / max(len(y) - len(edges) + 1, 1)
            memory = min(max(float(left[1:] @ left[:-1]) / energy, 0.0), STRONGEST)
    return (
        [
            Stretch(start, end, float(np.average(y[start:end], weights=w[start:end])))
            for start, end in itertools.pairwise(edges)
        ]
        if len(y)
        else []
    )


def memory_of(values: Sequence[float] | np.ndarray, stretches: Sequence[Stretch]) -> float:
    """Return how much neighbouring values of a series resemble each other (0 to 0.95), the steps
    between its levels apart.

    What the stretches leave over would not tell: where values resemble each other strongly,
    stretches follow them. Over three steps such a series moves by 1 + ρ + ρ² times the variance of
    one.
    """
    steps = np.diff(np.asarray(values, dtype=float))
    steps[[stretch.start - 1 for stretch in stretches[1:]]] = np.nan
    three = steps[2:] + steps[1:-1] + steps[:-2]
    known, moved = three[~np.isnan(three)], steps[~np.isnan(steps)]
    if not len(known) or not moved.any():
        return 0.0
    ratio = float((known**2).mean() / (moved**2).mean())
    return min(max((math.sqrt(max(4 * ratio - 3, 0.0)) - 1) / 2, 0.0), STRONGEST)


def alarms_a_year(memory: float) -> float:
    """Return how often a year the course of weeks that never change shows another level in one
    direction, by their memory.
    """
    return float(np.interp(memory, MEMORIES, ALARMS))


def _step_variance(y: np.ndarray) -> float:
    """Return the variance of one value as steps between neighbours show it; few large steps do not
    count.
    """
    steps = np.abs(np.diff(y))
    typical = float(np.median(steps)) / 0.6745 if len(steps) else 0.0
    return typical**2 / 2 or (float((steps**2).mean()) / 2 if len(steps) else 0.0)


def _divided(sums: Sequence[np.ndarray], n: int, price: float) -> list[int]:
    weight, total, square = sums
    best = np.full(n + 1, np.inf)
    best[0] = -price
    came_from = np.zeros(n + 1, dtype=int)
    for end in range(1, n + 1):
        starts = np.arange(end)
        cost = (square[end] - square[starts]) - (total[end] - total[starts]) ** 2 / (
            weight[end] - weight[starts]
        )
        totals = best[starts] + np.maximum(cost, 0.0) + price
        chosen = int(np.argmin(totals))
        best[end], came_from[end] = totals[chosen], chosen
    edges = [n]
    while edges[-1] > 0:
        edges.append(int(came_from[edges[-1]]))
    return edges[::-1]


def _fitted(y: np.ndarray, w: np.ndarray, edges: Sequence[int]) -> np.ndarray:
    fitted = np.empty(len(y))
    for start, end in itertools.pairwise(edges):
        fitted[start:end] = np.average(y[start:end], weights=w[start:end])
    return fitted
