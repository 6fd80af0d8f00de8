"""Two metrics that moved together: at constant mix, beyond chance, and in the same people or
queues. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from helmdesk.statistics.normal import normal_tail

SIGNIFICANT = 0.025
DOSE = 0.075
# Fewer units than this say nothing about who changed with whom.
LEAST_UNITS = 8
LEAST_CASES_OF_A_UNIT = 5


@dataclass(frozen=True)
class Cells:
    """One metric in both windows by segment and unit (an agent, a queue, an hour): (cells,) each.

    Attributes:
        segment, unit: small integers.
        before_top, before_base, now_top, now_base: numerators and denominators.
    """

    segment: np.ndarray
    unit: np.ndarray
    before_top: np.ndarray
    before_base: np.ndarray
    now_top: np.ndarray
    now_base: np.ndarray


@dataclass(frozen=True)
class Move:
    """A change at constant mix.

    Attributes:
        change, error: in the metric's unit; the error holds that cases of one unit resemble each
        other. p_up, p_down: one-sided. before: the value before at the same mix.
    """

    change: float
    error: float
    before: float

    @property
    def p_up(self) -> float:
        """How often no rise would look like this one."""
        return (
            normal_tail(self.change / self.error)
            if self.error > 0
            else (0.0 if self.change > 0 else 1.0)
        )

    @property
    def p_down(self) -> float:
        """How often no fall would look like this one."""
        return (
            normal_tail(-self.change / self.error)
            if self.error > 0
            else (0.0 if self.change < 0 else 1.0)
        )

    def p(self, direction: int) -> float:
        """Return the one-sided p-value of a move in `direction` (1 up, -1 down)."""
        return self.p_up if direction > 0 else self.p_down


def standardised_move(cells: Cells) -> Move | None:
    """Return the change with segments at their shares of both windows together; None where no
    segment is in both.
    """
    sums = [
        np.bincount(cells.segment, part)
        for part in (cells.before_top, cells.before_base, cells.now_top, cells.now_base)
    ]
    before_top, before_base, now_top, now_base = sums
    both = (before_base > 0) & (now_base > 0)
    if not both.any():
        return None
    weight = np.where(both, before_base + now_base, 0.0)
    weight = weight / weight.sum()
    before = np.divide(before_top, before_base, out=np.zeros(len(weight)), where=both)
    now = np.divide(now_top, now_base, out=np.zeros(len(weight)), where=both)
    scale_before = np.divide(weight, before_base, out=np.zeros(len(weight)), where=both)
    scale_now = np.divide(weight, now_base, out=np.zeros(len(weight)), where=both)
    influence = (cells.now_top - now[cells.segment] * cells.now_base) * scale_now[cells.segment]
    influence -= (cells.before_top - before[cells.segment] * cells.before_base) * scale_before[
        cells.segment
    ]
    by_unit = np.bincount(cells.unit, influence)
    units = len(np.unique(cells.unit))
    error = math.sqrt(float(by_unit @ by_unit) * units / max(1, units - 1))
    return Move(float((weight * (now - before)).sum()), error, float((weight * before).sum()))


def unit_changes(cells: Cells) -> dict[int, float]:
    """Return each unit's own change against what its mix of segments leads one to expect, for units
    with enough cases.
    """
    segments = [
        np.bincount(cells.segment, part)
        for part in (cells.before_top, cells.before_base, cells.now_top, cells.now_base)
    ]
    pooled = np.divide(
        segments[0] + segments[2],
        segments[1] + segments[3],
        out=np.zeros(len(segments[0])),
        where=segments[1] + segments[3] > 0,
    )
    excess = [
        np.bincount(cells.unit, top - pooled[cells.segment] * base)
        for top, base in ((cells.before_top, cells.before_base), (cells.now_top, cells.now_base))
    ]
    bases = [np.bincount(cells.unit, part) for part in (cells.before_base, cells.now_base)]
    return {
        unit: float(excess[1][unit] / bases[1][unit] - excess[0][unit] / bases[0][unit])
        for unit in range(len(bases[0]))
        if min(bases[0][unit], bases[1][unit]) >= LEAST_CASES_OF_A_UNIT
    }


@dataclass(frozen=True)
class Dose:
    """Whether those who changed more in A changed more in B.

    Attributes:
        correlation: Spearman's, signed so that positive is the pattern sought; None with too few
        units. p: one-sided. units: how many units were compared.
    """

    correlation: float | None
    p: float
    units: int

    @property
    def is_present(self) -> bool:
        """Whether the pattern is in the units themselves."""
        return self.correlation is not None and self.p < DOSE


def dose_response(
    a: dict[int, float], b: dict[int, float], direction_a: int, direction_b: int
) -> Dose:
    """Return whether units that moved further in `direction_a` moved further in `direction_b`."""
    from scipy.stats import spearmanr

    common = sorted(a.keys() & b.keys())
    if len(common) < LEAST_UNITS:
        return Dose(None, 1.0, len(common))
    first = np.array([direction_a * a[unit] for unit in common])
    second = np.array([direction_b * b[unit] for unit in common])
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return Dose(None, 1.0, len(common))
    found = spearmanr(first, second, alternative="greater")
    return Dose(float(found.statistic), float(found.pvalue), len(common))


def moved_together(
    a: Move, b: Move, direction_a: int, direction_b: int, least_a: float, least_b: float
) -> bool:
    """Whether both moved, each beyond chance (p < .025) and beyond its least change.

    Args:
        least_a, least_b: smallest change worth speaking of, positive, in the metric's unit.
    """
    return (
        a.p(direction_a) < SIGNIFICANT
        and b.p(direction_b) < SIGNIFICANT
        and direction_a * a.change >= least_a
        and direction_b * b.change >= least_b
    )
