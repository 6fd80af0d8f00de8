"""Kaplan-Meier: durations of which some are still running. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helmdesk.statistics.proportion import Z95, wilson

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class SurvivalQuantile:
    """Estimated quantile in the unit of the durations; None where the curve does not reach it."""

    value: float | None
    low: float | None
    high: float | None


def kaplan_meier_quantile(
    steps: Sequence[tuple[float, int, int]], q: float, z: float = Z95
) -> SurvivalQuantile:
    """Return the time by which a share `q` has ended, with its log-log interval.

    Args:
        steps: (duration, ended, censored) in any order, durations may repeat; rows censored at a
        duration are at risk there. q: share ended, inside (0, 1).

    Source: Kaplan and Meier, JASA 53 (1958); interval by Brookmeyer and Crowley, Biometrics 38
    (1982), on the log-log scale with Greenwood's variance.
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


@dataclass(frozen=True)
class SurvivalShare:
    """Estimated share that has not ended, 0 to 1, with its 95% interval."""

    value: float
    low: float
    high: float


def kaplan_meier_share(
    steps: Sequence[tuple[float, int, int]], z: float = Z95
) -> SurvivalShare | None:
    """Return the share that lasts beyond the last end that was seen; None without any.

    Where all were watched to the same end this is the plain share that lasted. The interval is on
    the log-log scale with Greenwood's variance; where nothing ended, or everything did, it is
    Wilson's over all that were watched, since the variance there is none.

    Args:
        steps: (duration, ended, censored) in any order, each duration once; rows censored at a
        duration are at risk there.
    """
    at_risk = sum(ended + censored for _, ended, censored in steps)
    if not at_risk:
        return None
    watched, all_ended = at_risk, sum(ended for _, ended, _ in steps)
    survival, greenwood = 1.0, 0.0
    for _, ended, censored in sorted(steps):
        if ended:
            survival *= 1 - ended / at_risk
            if at_risk > ended:
                greenwood += ended / (at_risk * (at_risk - ended))
        at_risk -= ended + censored
    if survival in (0.0, 1.0):
        low, high = wilson(watched - all_ended, watched, z) or (survival, survival)
        return SurvivalShare(survival, *((low, 1.0) if survival else (0.0, high)))
    return SurvivalShare(survival, *_log_log(survival, greenwood, z))


def _log_log(survival: float, greenwood: float, z: float) -> tuple[float, float]:
    if survival <= 0.0:
        return 0.0, 0.0
    if survival >= 1.0:
        return 1.0, 1.0
    width = z * math.sqrt(greenwood) / abs(math.log(survival))
    return survival ** math.exp(width), survival ** math.exp(-width)


@dataclass(frozen=True)
class SurvivalCurve:
    """Share still running after each time at which something ended.

    Attributes:
        times: ascending, in the unit of the durations.
        survival: share still running just after each time.
    """

    times: np.ndarray
    survival: np.ndarray

    def quantile(self, q: float) -> float | None:
        """Return the time by which a share `q` has ended; None where the curve does not reach
        it.
        """
        reached = (self.survival <= 1 - q + 1e-12).nonzero()[0]
        return float(self.times[reached[0]]) if len(reached) else None

    def restricted_mean(self, horizon: float) -> float:
        """Return the mean time up to `horizon`, those still running then counting as `horizon`."""
        import numpy as np

        inside = self.times < horizon
        edges = np.concatenate(([0.0], self.times[inside], [horizon]))
        heights = np.concatenate(([1.0], self.survival[inside]))
        return float((np.diff(edges) * heights).sum())

    def ended_by(self, time: float) -> float:
        """Return the share that has ended by `time`: an SLA by hours."""
        import numpy as np

        place = int(np.searchsorted(self.times, time, side="right"))
        return 1.0 - (float(self.survival[place - 1]) if place else 1.0)


def survival_curve(durations: np.ndarray, is_ended: np.ndarray) -> SurvivalCurve:
    """Return the Kaplan-Meier curve of many durations at once; those still running are censored,
    not dropped.

    Args:
        durations: (cases,) not negative.
        is_ended: (cases,) false for those still running.
    """
    import numpy as np

    times, first = np.unique(durations, return_inverse=True)
    ended = np.bincount(first, is_ended.astype(float), len(times))
    all_at = np.bincount(first, minlength=len(times)).astype(float)
    at_risk = all_at[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - ended / at_risk)
    steps = ended > 0
    return SurvivalCurve(times[steps], survival[steps])
