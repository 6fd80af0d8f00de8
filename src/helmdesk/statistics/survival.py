"""Kaplan-Meier: durations of which some are still running. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from helmdesk.statistics.proportion import Z95


@dataclass(frozen=True)
class SurvivalQuantile:
    """Estimated quantile in the unit of the durations; None where the curve does not reach it."""

    value: float | None
    low: float | None
    high: float | None


def kaplan_meier_quantile(steps: Sequence[tuple[float, int, int]], q: float, z: float = Z95) -> SurvivalQuantile:
    """Return the time by which a share `q` has ended, with its log-log interval.

    Args:
        steps: (duration, ended, censored) in any order, durations may repeat; rows censored at a duration are at risk there.
        q: share ended, inside (0, 1).

    Source: Kaplan and Meier, JASA 53 (1958); interval by Brookmeyer and Crowley, Biometrics 38 (1982),
    on the log-log scale with Greenwood's variance.
    """
    at_once: dict[float, tuple[int, int]] = {}
    for duration, ended, censored in steps:
        before = at_once.get(duration, (0, 0))
        at_once[duration] = (before[0] + ended, before[1] + censored)
    at_risk = sum(ended + censored for ended, censored in at_once.values())
    survival, greenwood, target = 1.0, 0.0, 1.0 - q
    value = low = high = None
    for duration, (ended, censored) in sorted(at_once.items()):
        if ended:
            survival *= 1 - ended / at_risk
            if at_risk > ended:
                greenwood += ended / (at_risk * (at_risk - ended))
            lower, upper = _log_log(survival, greenwood, z)
            if value is None and survival <= target + 1e-12:
                value = duration
            if low is None and lower <= target:
                low = duration
            if high is None and upper <= target:
                high = duration
        at_risk -= ended + censored
    return SurvivalQuantile(value, low, high)


def _log_log(survival: float, greenwood: float, z: float) -> tuple[float, float]:
    if survival <= 0.0:
        return 0.0, 0.0
    if survival >= 1.0:
        return 1.0, 1.0
    width = z * math.sqrt(greenwood) / abs(math.log(survival))
    return survival ** math.exp(width), survival ** math.exp(-width)
