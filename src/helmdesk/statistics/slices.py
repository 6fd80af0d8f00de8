"""Which slice of the data carries a change: a scan over up to three attributes, with a possible
answer of "none". Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from helmdesk.statistics.cells import tell_apart

DEPTH = 3
PRIOR_CASES = 20.0
LEAST_SUPPORT = 0.01
LEAST_CASES = 30
# Slices nearly as likely as the best compete on how well they cover the change and nothing else.
NEARLY = 0.6
DEPTH_PENALTY = 0.01
# A further slice must be worth this share of the first one.
FURTHER = 0.2
ENOUGH = 0.8
MOST = 3
REDRAWS = 99


@dataclass(frozen=True)
class Leaves:
    """Cases and hits of the finest segments, before and now.

    Attributes:
        codes: (leaves, attributes) small non-negative integers: the value of each attribute.
        before_hits, before_cases, now_hits, now_cases: (leaves,) sums. For plain counts give the
        count before as
            both `before_hits` and `before_cases`, and what it leads one to expect now as
            `now_cases`.
    """

    codes: np.ndarray
    before_hits: np.ndarray
    before_cases: np.ndarray
    now_hits: np.ndarray
    now_cases: np.ndarray

    def take(self, rows: np.ndarray) -> Leaves:
        """Return some of the leaves."""
        return Leaves(
            self.codes[rows],
            self.before_hits[rows],
            self.before_cases[rows],
            self.now_hits[rows],
            self.now_cases[rows],
        )


@dataclass(frozen=True)
class Slice:
    """One slice that differs from the rest.

    Attributes:
        terms: (attribute, code) pairs.
        hits, expected: what it has now, and what its own history leads one to expect.
        cases: cases now.
        share: of the whole excess (or deficit) that lies in it; may pass 1 where the rest moved the
        other way. likelihood_ratio: Kulldorff's, the slice against everything else.
    """

    terms: tuple[tuple[int, int], ...]
    hits: float
    expected: float
    cases: float
    share: float
    likelihood_ratio: float


@dataclass(frozen=True)
class Search:
    """What a search found.

    Attributes:
        slices: in the order found; empty when none stands out.
        p: how often one common change of all leaves would give a slice this strong (permutation
        p-value). unexplained: share of the excess outside the slices, between 0 and 1.
    """

    slices: tuple[Slice, ...]
    p: float
    unexplained: float


def search_slices(
    leaves: Leaves, direction: int = 1, redraws: int = REDRAWS, seed: int = 0
) -> Search:
    """Return the slices that carry a change of hits per case, calibrated against "everything
    changed alike".

    Args:
        direction: 1 looks for more hits than expected, -1 for fewer.
        redraws: how many times the hits are redrawn under one common change; 0 skips the
        calibration (p is 0).

    Source: M. Kulldorff, Communications in Statistics 26 (1997) for the scan statistic; the choice
    among near-equal slices by coverage and purity is our own.
    """
    if leaves.codes.size == 0 or leaves.now_cases.sum() <= 0 or leaves.before_cases.sum() <= 0:
        return Search((), 1.0, 1.0)
    slices = _greedy(leaves, direction)
    if not slices:
        return Search((), 1.0, 1.0)
    p = (
        _significance(leaves, direction, slices[0].likelihood_ratio, redraws, seed)
        if redraws
        else 0.0
    )
    return Search(tuple(slices), p, min(1.0, max(0.0, 1.0 - sum(found.share for found in slices))))


def _significance(
    leaves: Leaves, direction: int, observed: float, redraws: int, seed: int
) -> float:
    """Return how often redrawn hits give a likelihood ratio as large as the one observed."""
    random = np.random.default_rng(seed)
    expected = _expected(leaves.before_hits, leaves.before_cases, leaves.now_cases, _rate(leaves))
    common = expected * leaves.now_hits.sum() / max(expected.sum(), 1e-12)
    spread = _overdispersion(leaves.now_hits, common)
    is_share = bool(
        (leaves.now_hits <= leaves.now_cases).all()
        and (leaves.before_hits < leaves.before_cases).any()
    )
    shape = (redraws, len(common))
    mean = (
        np.broadcast_to(common, shape)
        if spread <= 1
        else random.gamma(common / (spread - 1) + 1e-9, spread - 1, shape)
    )
    if is_share:
        chance = np.clip(mean / np.maximum(leaves.now_cases, 1e-12), 0, 1)
        hits = random.binomial(leaves.now_cases.astype(np.int64), chance, shape).astype(float)
    else:
        hits = random.poisson(mean, shape).astype(float)
    as_large = int((_largest_ratios(leaves, hits, direction) >= observed).sum())
    return (as_large + 1) / (redraws + 1)


def _largest_ratios(leaves: Leaves, hits: np.ndarray, direction: int) -> np.ndarray:
    """Return the largest likelihood ratio over all slices for each row of redrawn hits:
    (redraws,).
    """
    rate, total_expected = _rate(leaves), _total_expected(leaves)
    least = max(LEAST_CASES, LEAST_SUPPORT * leaves.now_cases.sum())
    totals = hits.sum(axis=1, keepdims=True)
    largest = np.zeros(len(hits))
    for _, slices, count, before_hits, before_cases, now_cases in _subsets(leaves):
        order = np.argsort(slices, kind="stable")
        starts = np.searchsorted(slices[order], np.arange(count))
        inside = np.add.reduceat(hits[:, order], starts, axis=1)
        expected = _expected(before_hits, before_cases, now_cases, rate)
        enough = now_cases >= least
        if enough.any():
            ratios = _likelihood_ratio(
                inside[:, enough], expected[enough], totals, total_expected, direction
            )
            largest = np.maximum(largest, ratios.max(axis=1))
    return largest


def _overdispersion(hits: np.ndarray, expected: np.ndarray) -> float:
    """Return how much more leaves vary than counts do; a robust estimate, so that the slice sought
    does not raise it.
    """
    large = expected >= 1
    if large.sum() < 5:
        return 1.0
    squares = (hits[large] - expected[large]) ** 2 / expected[large]
    return max(1.0, float(np.median(squares)) / 0.4549)


def _greedy(leaves: Leaves, direction: int) -> list[Slice]:
    alive = np.arange(len(leaves.now_hits))
    whole = direction * (leaves.now_hits.sum() - _total_expected(leaves))
    found: list[Slice] = []
    while len(found) < MOST and len(alive) and whole > 0:
        rest = leaves.take(alive)
        left = direction * (rest.now_hits.sum() - _total_expected(rest))
        if found and left <= (1 - ENOUGH) * whole:
            break
        scanned = list(_scan(rest, direction, list(_subsets(rest))))
        best = max((float(ratios.max()) for *_, ratios in scanned if ratios.size), default=0.0)
        if best <= 0 or (found and best < FURTHER * found[0].likelihood_ratio):
            break
        rows, chosen = _choose(rest, scanned, best, direction, whole)
        found.append(chosen)
        alive = np.delete(alive, np.nonzero(rows)[0])
    return found


Subset = tuple[tuple[int, ...], np.ndarray, int, np.ndarray, np.ndarray, np.ndarray]
Scanned = tuple[tuple[int, ...], np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _subsets(leaves: Leaves) -> Iterator[Subset]:
    """Yield attributes, the slice of each leaf, number of slices, and the sums that redrawing does
    not change.
    """
    width = leaves.codes.shape[1]
    sizes = leaves.codes.max(axis=0) + 1
    for depth in range(1, min(DEPTH, width) + 1):
        for attributes in itertools.combinations(range(width), depth):
            names, slices = tell_apart(leaves.codes, attributes, sizes)
            count = len(names)
            yield (
                attributes,
                slices,
                count,
                np.bincount(slices, leaves.before_hits, count),
                np.bincount(slices, leaves.before_cases, count),
                np.bincount(slices, leaves.now_cases, count),
            )


def _scan(leaves: Leaves, direction: int, subsets: list[Subset]) -> Iterator[Scanned]:
    """Yield attributes, the slice of each leaf, and each slice's hits, expectation, cases and
    likelihood ratio.
    """
    rate = _rate(leaves)
    total_hits, total_expected = leaves.now_hits.sum(), _total_expected(leaves)
    least = max(LEAST_CASES, LEAST_SUPPORT * leaves.now_cases.sum())
    for attributes, slices, count, before_hits, before_cases, now_cases in subsets:
        hits = np.bincount(slices, leaves.now_hits, count)
        expected = _expected(before_hits, before_cases, now_cases, rate)
        ratios = _likelihood_ratio(hits, expected, total_hits, total_expected, direction)
        yield (
            attributes,
            slices,
            hits,
            expected,
            now_cases,
            np.where(now_cases >= least, ratios, 0.0),
        )


def _likelihood_ratio(
    hits: np.ndarray,
    expected: np.ndarray,
    total: float | np.ndarray,
    total_expected: float,
    direction: int,
) -> np.ndarray:
    outside, outside_expected = (
        np.maximum(total - hits, 0.0),
        np.maximum(total_expected - expected, 1e-9),
    )
    expected = np.maximum(expected, 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside_part = np.where(hits > 0, hits * np.log(hits / expected), 0.0)
        outside_part = np.where(outside > 0, outside * np.log(outside / outside_expected), 0.0)
        whole = np.where(
            np.asarray(total) > 0, total * np.log(np.asarray(total) / total_expected), 0.0
        )
    stands_out = direction * (hits / expected - outside / outside_expected) > 0
    return np.where(stands_out, np.maximum(inside_part + outside_part - whole, 0.0), 0.0)


def _choose(
    leaves: Leaves, scanned: list[Scanned], best: float, direction: int, whole: float
) -> tuple[np.ndarray, Slice]:
    """Return the leaves and the slice, among those nearly as likely as the best, that covers most
    and holds least else.
    """
    expected_leaf = _expected(
        leaves.before_hits, leaves.before_cases, leaves.now_cases, _rate(leaves)
    )
    is_moved = direction * (leaves.now_hits - expected_leaf) > 0
    left = max(direction * (leaves.now_hits.sum() - _total_expected(leaves)), 1e-9)
    best_score, answer = -np.inf, None
    for attributes, slices, hits, expected, cases, ratios in scanned:
        for place in np.nonzero(ratios >= NEARLY * best)[0]:
            rows = slices == place
            excess = direction * (hits[place] - expected[place])
            coverage = min(1.0, max(0.0, excess / left))
            weights = leaves.now_cases[rows]
            purity = float((weights * is_moved[rows]).sum() / max(weights.sum(), 1e-9))
            score = 2 * coverage * purity / (coverage + purity + 1e-12) - DEPTH_PENALTY * len(
                attributes
            )
            if score > best_score:
                first = int(np.nonzero(rows)[0][0])
                terms = tuple(
                    (attribute, int(leaves.codes[first, attribute])) for attribute in attributes
                )
                found = Slice(
                    terms,
                    float(hits[place]),
                    float(expected[place]),
                    float(cases[place]),
                    float(excess / whole),
                    float(ratios[place]),
                )
                best_score, answer = score, (rows, found)
    assert answer is not None
    return answer


def _rate(leaves: Leaves) -> float:
    return float(leaves.before_hits.sum() / max(leaves.before_cases.sum(), 1.0))


def _expected(
    before_hits: np.ndarray, before_cases: np.ndarray, now_cases: np.ndarray, rate: float
) -> np.ndarray:
    """Return the hits that history leads one to expect, drawn to the overall rate where history is
    short.
    """
    return np.asarray(now_cases * (before_hits + PRIOR_CASES * rate) / (before_cases + PRIOR_CASES))


def _total_expected(leaves: Leaves) -> float:
    return float(leaves.now_cases.sum() * _rate(leaves))
