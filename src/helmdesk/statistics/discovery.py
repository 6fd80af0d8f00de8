"""Many questions at once: which answers still count. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FALSE_SHARE = 0.10


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Return each p-value as it counts when all are asked at once and any of them would be told.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)
    found = np.empty(len(p))
    found[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return found.tolist()


def discoveries(p_values: Sequence[float], q: float = FALSE_SHARE) -> list[bool]:
    """Return which findings to keep so that at most a share `q` of those kept is expected to be
    false.

    Source: Y. Benjamini and Y. Hochberg, JRSS B 57 (1995) 289-300.
    """
    if not len(p_values):
        return []
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)
    passes = p[order] <= q * np.arange(1, len(p) + 1) / len(p)
    last = int(np.nonzero(passes)[0].max()) + 1 if passes.any() else 0
    kept = np.zeros(len(p), dtype=bool)
    kept[order[:last]] = True
    return kept.tolist()
