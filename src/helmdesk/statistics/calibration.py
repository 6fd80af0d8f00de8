"""How good chances are, and how they are set right on the newest cases. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS, LEAST_IN_BIN = 10, 50
"""Groups, and the least cases in each: fewer differ from their chance by luck alone."""
STEPS = 25
RIDGE = 1e-3


@dataclass(frozen=True)
class Scale:
    """Log-odds set right: `slope` · log-odds + `shift`."""

    slope: float = 1.0
    shift: float = 0.0

    def chance(self, log_odds: np.ndarray) -> np.ndarray:
        """Return chances between 0 and 1."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * log_odds + self.shift, -30, 30))))


def scale_of(log_odds: np.ndarray, outcomes: np.ndarray) -> Scale:
    """Return the scale that fits cases best (J. Platt 1999, with the targets that keep one kind of
    case from running to infinity).
    """
    y = outcomes.astype(float)
    hits = y.sum()
    y = np.where(y > 0, (hits + 1) / (hits + 2), 1 / (len(y) - hits + 2))
    x = np.column_stack([log_odds, np.ones(len(y))])
    found = np.array([1.0, 0.0])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        slope = x.T @ (chance - y) + RIDGE * (found - [1.0, 0.0])
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + RIDGE * np.eye(2)
        step = np.linalg.solve(bend, slope)
        found -= step
        if np.abs(step).max() < 1e-8:
            break
    if found[0] >= 0:
        return Scale(float(found[0]), float(found[1]))
    # A model that orders cases the wrong way round is worth nothing, and not its opposite: what
    # remains is the usual share, whose shift is another than that of the line that was fitted.
    share = (hits + 1) / (len(y) + 2)
    return Scale(0.0, float(np.log(share / (1 - share))))


@dataclass(frozen=True)
class Bin:
    """Cases with about the same chance.

    Attributes:
        said: mean chance. seen: share of cases in which it happened. n: cases.
    """

    said: float
    seen: float
    n: int


def reliability(chances: np.ndarray, outcomes: np.ndarray) -> tuple[Bin, ...]:
    """Return ten groups of about as many cases each, by chance; fewer where there are few cases:
    at least 50 in each, and those with one chance in one.
    """
    if not len(chances):
        return ()
    order = np.argsort(chances, kind="stable")
    ascending = chances[order]
    groups = max(1, min(BINS, len(order) // LEAST_IN_BIN))
    cuts = np.arange(1, groups) * len(order) // groups
    # Cases with the very same chance stay together: apart they would differ by luck alone.
    cuts = np.unique(np.searchsorted(ascending, ascending[cuts], side="left"))
    parts = np.split(order, cuts[cuts > 0])
    return tuple(
        Bin(float(chances[part].mean()), float(outcomes[part].mean()), len(part)) for part in parts
    )


def calibration_error(chances: np.ndarray, outcomes: np.ndarray) -> float:
    """Return by how much chances and shares differ, on average over the groups (ECE)."""
    bins = reliability(chances, outcomes)
    total = sum(each.n for each in bins)
    return sum(each.n * abs(each.said - each.seen) for each in bins) / total if total else 0.0


def auc(scores: np.ndarray, outcomes: np.ndarray) -> float:
    """Return how often a case in which it happened has the higher score than one in which it did
    not; ties count half. nan where one kind is missing.
    """
    hits = outcomes > 0
    many, few = int(hits.sum()), int((~hits).sum())
    if not many or not few:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[place]
    return float((ranks[hits].sum() - many * (many + 1) / 2) / (many * few))


def lift(scores: np.ndarray, outcomes: np.ndarray, part: float = 0.05) -> float:
    """Return how many times as often it happened among the cases with the highest scores as among
    all; nan where it never happened.
    """
    count = max(1, round(part * len(scores)))
    top = np.argsort(-scores, kind="stable")[:count]
    share = float(outcomes.mean()) if len(outcomes) else 0.0
    return float(outcomes[top].mean()) / share if share else float("nan")
