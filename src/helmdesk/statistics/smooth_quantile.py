"""Quantiles that are nobody's own value: every value counts, the more the nearer it lies (Harrell
and Davis, 1982).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def smooth_quantile(values: Sequence[float], q: float) -> float:
    """Return a quantile as the mean of all values in order, weighted by how likely each place is to
    hold it.

    Args:
        values: at least one.
        q: between 0 and 1, both excluded.
    """
    from scipy.special import betainc

    n = len(values)
    edges = betainc((n + 1) * q, (n + 1) * (1 - q), np.arange(n + 1) / n)
    return float(np.diff(edges) @ np.sort(np.asarray(values, dtype=float)))
