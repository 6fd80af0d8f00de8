"""Who answered: a share weighted to all who were served, and what the silent would have to think.
Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from helmdesk.statistics.proportion import Z95

LARGEST_WEIGHT = 5.0


@dataclass(frozen=True)
class Weighted:
    """A share weighted by cell.

    Attributes:
        raw: share of those who answered.
        share: share with each cell at its size among all; None without answers.
        low, high: 95% interval of `share`.
        uncovered: share of all who are in cells that nobody answered in; they take no part.
    """

    raw: float | None
    share: float | None
    low: float | None
    high: float | None
    uncovered: float


def post_stratify(hits: np.ndarray, answers: np.ndarray, everybody: np.ndarray) -> Weighted:
    """Return the share of hits with each cell weighted to its size among everybody.

    Args:
        hits, answers, everybody: (cells,) sums; weights are trimmed at five times their mean.
    """
    total, served = answers.sum(), everybody.sum()
    if total == 0 or served == 0:
        return Weighted(None, None, None, None, 1.0)
    known = answers > 0
    weights = (everybody[known] / everybody[known].sum()) / (answers[known] / total)
    weights = np.minimum(weights, LARGEST_WEIGHT * float((weights * answers[known]).sum() / total))
    portion = weights * answers[known]
    portion = portion / portion.sum()
    share = hits[known] / answers[known]
    value = float((portion * share).sum())
    # One answer more on either side keeps cells of nothing but yes from claiming certainty.
    safe = (hits[known] + 1) / (answers[known] + 2)
    error = math.sqrt(float((portion**2 * safe * (1 - safe) / answers[known]).sum()))
    uncovered = float(everybody[~known].sum() / served)
    return Weighted(
        float(hits.sum() / total),
        value,
        max(0.0, value - Z95 * error),
        min(1.0, value + Z95 * error),
        uncovered,
    )


def tipping_point(share: float, response_rate: float, target: float) -> float | None:
    """Return by how much the silent must differ from those who answered for the whole to reach
    `target` exactly.

    A share difference: 0.08 means that the silent would have to be eight points happier. None when
    everybody answered. A value that would put the silent outside 0..1 cannot happen: nothing the
    silent think reaches it.
    """
    if not 0 < response_rate < 1:
        return None
    return (target - share) / (1 - response_rate)
