"""Small groups beside their whole: pulled towards it, and told apart from it only beyond a funnel.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shrunken:
    """Shares of groups after empirical Bayes, with the prior they were drawn to.

    Attributes:
        shares: (groups,); a group without cases has the prior mean.
        mean: share of all.
        weight: K: how many cases the prior counts for; infinite where groups do not differ beyond
        chance.
    """

    shares: np.ndarray
    mean: float
    weight: float


def shrink(hits: np.ndarray, cases: np.ndarray) -> Shrunken:
    """Return (hits + K·P) ÷ (cases + K), K from the spread between groups beyond what counting
    alone gives.

    Source: beta-binomial by moments, J. Kleinman, JASA 68 (1973).
    """
    known = cases > 0
    total = cases.sum()
    if total == 0:
        return Shrunken(np.full(len(cases), np.nan), float("nan"), float("inf"))
    mean = float(hits.sum() / total)
    groups = int(known.sum())
    plain = mean * (1 - mean)
    if groups < 2 or plain <= 0:
        return Shrunken(np.full(len(cases), mean), mean, float("inf"))
    share = hits[known] / cases[known]
    squares = float((cases[known] * (share - mean) ** 2).sum())
    size = float(total - (cases[known] ** 2).sum() / total)
    between = (squares - (groups - 1) * plain) / size if size > 0 else 0.0
    if between <= 0:
        return Shrunken(np.full(len(cases), mean), mean, float("inf"))
    weight = max(plain / between - 1, 0.0)
    return Shrunken((hits + weight * mean) / (cases + weight), mean, weight)


@dataclass(frozen=True)
class Funnel:
    """Limits around the share of the whole within which groups of a size differ by chance,
    (groups,) each.
    """

    mean: float
    low95: np.ndarray
    high95: np.ndarray
    low998: np.ndarray
    high998: np.ndarray
    overdispersion: float


def funnel(hits: np.ndarray, cases: np.ndarray) -> Funnel:
    """Return exact binomial limits by group size, widened by √φ where groups vary more than counts
    do.

    Source: D. Spiegelhalter, Statistics in Medicine 24 (2005) 1185-1202.
    """
    from scipy.stats import binom

    total = float(cases.sum())
    mean = float(hits.sum() / total) if total else float("nan")
    plain = mean * (1 - mean)
    z = (hits - cases * mean) / np.sqrt(np.maximum(cases * plain, 1e-12))
    spread = max(1.0, float((_winsorised(z[cases > 0]) ** 2).mean())) if (cases > 0).any() else 1.0
    limits: list[np.ndarray] = []
    for tail in (0.025, 0.975, 0.001, 0.999):
        exact = binom.ppf(tail, np.maximum(cases, 1), mean) / np.maximum(cases, 1)
        limits.append(np.clip(mean + (exact - mean) * np.sqrt(spread), 0, 1))
    return Funnel(mean, limits[0], limits[1], limits[2], limits[3], spread)


def _winsorised(z: np.ndarray) -> np.ndarray:
    """The outermost tenth on either side pulled in, so that what is sought does not widen its own
    limits.
    """
    low, high = np.quantile(z, (0.1, 0.9))
    return np.asarray(np.clip(z, low, high))
