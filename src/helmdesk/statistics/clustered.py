"""Intervals of shares whose answers come in clusters: many from one account, many about one agent.
Pure.
"""

from __future__ import annotations

import numpy as np

from helmdesk.statistics.proportion import Z95, wilson


def design_effect(hits: np.ndarray, cases: np.ndarray) -> float:
    """Return how many times wider than plain counting the variance of a share is, at least 1.

    Args:
        hits, cases: (clusters,) sums; clusters without cases do not count.

    Source: variance of a ratio over clusters, W. G. Cochran, Sampling Techniques, 3rd ed., section
    9A; L. Kish (1965) for the name.
    """
    hits, cases = hits[cases > 0], cases[cases > 0]
    clusters, total = len(cases), cases.sum()
    if clusters < 2:
        return 1.0
    share = hits.sum() / total
    plain = share * (1 - share) / total
    if plain <= 0:
        return 1.0
    residuals = hits - share * cases
    clustered = clusters / (clusters - 1) * float(residuals @ residuals) / total**2
    return max(1.0, float(clustered / plain))


def clustered_share(
    hits: np.ndarray, cases: np.ndarray, level: float = 0.95
) -> tuple[float, float] | None:
    """Return the interval of a share from its clusters: Wilson on the effective number of cases,
    with Student's t.

    None without cases. One cluster alone gives no idea of the spread between clusters: then the
    plain interval.
    """
    from scipy.special import stdtrit

    total = float(cases.sum())
    if total == 0:
        return None
    clusters = int((cases > 0).sum())
    z = float(stdtrit(clusters - 1, (1 + level) / 2)) if clusters > 1 else Z95
    effect = design_effect(hits, cases)
    return wilson(float(hits.sum()) / effect, total / effect, z)
