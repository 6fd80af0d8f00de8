"""The standard normal distribution, without NumPy: what is asked of one number needs no more."""

from __future__ import annotations

import math


def normal_tail(z: float) -> float:
    """Return P(Z >= z)."""
    return 0.5 * math.erfc(z / math.sqrt(2))
