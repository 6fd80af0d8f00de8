"""What was foretold of solved tickets beside what came, week by week; first contact resolution four
ways; and whether the points of effort speak of what customers say. Every number is a metric asked
of the desk.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from helmdesk.query.measurement import Measurement

WEEKS = 13
LEAST_KNOWN = 30
"""With fewer outcomes a week's difference says nothing."""
LEAST_GAP = 0.02
"""A difference that nobody would act on."""
MANY = 2.89 / 1.96
"""Of thirteen weeks looked at together, one in twenty shows anything by chance."""
FORMS = {
    "csat": ("answered", "answered_really", "silent"),
    "ces": ("answered", "answered_really", "silent"),
    "fcr": ("certain", "certain_really", "open"),
}
"""Variants of the predicted metrics: foretold of those known, what came of them, and the rest."""
PARTS = ("contacts", "handovers", "channel_switches", "questions_again", "waiting")
FOUR = (("fcr", None), ("fcr_so_far", None), ("predicted_fcr", None), ("fcr", "agent_declared"))


class Agreement(StrEnum):
    """What a week, or all of them, say of the predictions."""

    FEW = "too few known"
    AGREES = "agrees"
    HIGH = "promised too much"
    LOW = "promised too little"


@dataclass(frozen=True)
class Reconciled:
    """One week, or all of them.

    Attributes:
        coverage: share of its solves that have a prediction. foretold, came: of those whose outcome
        is known. gap: the one less the other.
    """

    coverage: Measurement
    foretold: Measurement
    came: Measurement
    gap: Measurement
    agreement: Agreement


@dataclass(frozen=True)
class Reconciliation:
    """Predictions of one kind beside what came.

    Attributes:
        key: of the observed metric. predicted: of all solves; silent: of those of which nothing is
        known; observed: the metric itself over the same days. weeks: newest first.
    """

    key: str
    predicted: Measurement
    silent: Measurement
    observed: Measurement
    whole: Reconciled
    weeks: tuple[Reconciled, ...]


def agreement_of(gap: Measurement, widened: float = 1.0) -> Agreement:
    """Return what a difference says.

    Args:
        widened: by how much its interval is widened, where several are looked at together.
    """
    if gap.value is None or gap.low is None or gap.high is None or gap.n < LEAST_KNOWN:
        return Agreement.FEW
    low = gap.value - widened * (gap.value - gap.low)
    high = gap.value + widened * (gap.high - gap.value)
    if abs(gap.value) < LEAST_GAP or low <= 0 <= high:
        return Agreement.AGREES
    return Agreement.HIGH if gap.value > 0 else Agreement.LOW


def reconcile(
    measure: Callable[..., Iterable[Measurement]],
    key: str,
    today: date,
    *,
    where: str | None = None,
    weeks: int = WEEKS,
) -> Reconciliation:
    """Return what was foretold in the newest whole weeks beside what came.

    Args:
        measure: of the desk, as its reader sees it. key: csat, ces or fcr. today: local day on
        which the data end. where: which work.
    """
    end = today - timedelta(days=today.weekday())
    start = (end - timedelta(weeks=weeks)).isoformat()
    days = {"start": start, "end": end.isoformat(), "where": where}
    known, really, rest = FORMS[key]

    def asked(variant: str | None, **more: str) -> list[Measurement]:
        return list(measure(f"predicted_{key}", variant=variant, **days, **more))

    variants = ("coverage", known, really, "gap")
    by_week: dict[str, Mapping[object, Measurement]] = {
        variant: {row.period_start: row for row in asked(variant, grain="week")}
        for variant in variants
    }
    told = [
        _reconciled([by_week[variant][week] for variant in variants], MANY)
        for week in sorted(by_week["coverage"], key=str, reverse=True)
        if all(week in by_week[variant] for variant in variants)
    ]
    whole = _reconciled([asked(variant)[0] for variant in variants])
    return Reconciliation(
        key,
        asked(None)[0],
        asked(rest)[0],
        next(iter(measure(key, **days))),
        whole,
        tuple(told),
    )


def _reconciled(rows: Sequence[Measurement], widened: float = 1.0) -> Reconciled:
    coverage, foretold, came, gap = rows
    return Reconciled(coverage, foretold, came, gap, agreement_of(gap, widened))


@dataclass(frozen=True)
class Speaking:
    """How far points of effort speak of what customers say.

    Attributes:
        share: of two customers of whom one found it hard and one easy, how often the first had more
        points (ties half); 0.5 says nothing. low, high: its 95% interval. easy, hard: answers.
    """

    share: float
    low: float
    high: float
    easy: int
    hard: int

    @property
    def correlation(self) -> float:
        """Rank correlation of points and hardship, -1 to 1."""
        return 2 * self.share - 1


def speaking(rows: Mapping[str, Sequence[Any]]) -> Speaking | None:
    """Return how far points of effort speak of the answers to effort surveys; None with fewer than
    ten of either kind.

    Args:
        rows: columns `effort_points` and `ces_is_easy` of the rows of `effort_index`, variant easy.
    """
    import numpy as np

    from helmdesk.statistics.calibration import auc

    points = np.array(rows.get("effort_points", ()), dtype=float)
    is_hard = np.array([not each for each in rows.get("ces_is_easy", ())], dtype=float)
    hard, easy = int(is_hard.sum()), int(len(is_hard) - is_hard.sum())
    if min(hard, easy) < 10:
        return None
    share = auc(points, is_hard)
    # Hanley and McNeil, Radiology 143 (1982).
    one, two = share / (2 - share), 2 * share**2 / (1 + share)
    spread = share * (1 - share) + (hard - 1) * (one - share**2) + (easy - 1) * (two - share**2)
    half = 1.96 * math.sqrt(max(spread, 0.0) / (hard * easy))
    return Speaking(share, max(share - half, 0.0), min(share + half, 1.0), easy, hard)
