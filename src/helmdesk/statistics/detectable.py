"""How large a change would have to be before these numbers could show it. Pure."""

from __future__ import annotations

import math

# Two-sided 5%, power 80%.
ROUNDS = 6
REACH = 1.959963984540054 + 0.8416212335729143


def detectable_share(
    share: float, before_cases: float, now_cases: float, effect: float = 1.0
) -> float | None:
    """Return the smallest change of a share that two samples of this size show four times in five;
    None without cases.

    Args:
        effect: design effect of answers in clusters.
    """
    if before_cases <= 0 or now_cases <= 0:
        return None
    least = 0.0
    for _ in range(ROUNDS):
        # A share that moves towards the middle varies more when it is there.
        moved = share + (least if share < 0.5 else -least)
        least = REACH * math.sqrt(
            effect * (_spread(share) / before_cases + _spread(moved) / now_cases)
        )
        least = min(least, 0.5)
    return least


def _spread(share: float) -> float:
    inside = min(max(share, 0.05), 0.95)
    return inside * (1 - inside)


def detectable_from_errors(before_error: float, now_error: float) -> float:
    """Return the smallest change of anything with these two standard errors that is shown four
    times in five.
    """
    return REACH * math.hypot(before_error, now_error)
