"""Fairness by accrual: every contact is due in parts to all who could have taken it.

Whoever is away accrues nothing and owes nothing on return; whoever came today does not get
everything first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def accrued(owed: Array, could: NDArray[np.bool_], weight: Array, taken_by: int) -> Array:
    """Return what is due to each person after one contact was given.

    Args:
        owed: contacts due before. could: who could have taken it; the taker is among them.
        weight: share of work that is due to each, beside others' 1.
    """
    share = np.where(could, weight, 0.0)
    total = float(share.sum())
    after = owed + (share / total if total > 0 else 0.0)
    after[taken_by] -= 1.0
    return after
