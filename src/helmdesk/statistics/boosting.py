"""Chances from many weak rules: gradient boosting of shallow trees on binned values. Pure.

Small enough to be read, stored as plain numbers, and able to say which value moved a chance: no
library is needed, and no file of a library's objects is ever opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BINS = 32
DEPTH = 4
ROUNDS = 300
PATIENCE = 25
RATE = 0.06
SHRINK = 8.0
LEAST_WEIGHT = 4.0
DRAWN, TWINS = 0.5, 2
"""Share of the rows that each tree sees, and how many rows of trees are averaged."""


@dataclass(frozen=True)
class Tree:
    """One tree; node i has the children 2i + 1 (values up to its edge, and unknown ones) and
    2i + 2.

    Attributes:
        feature: of each inner node; -1 where it is not divided. edge: bin up to which values go
        left. value: what each node adds to the log-odds, leaves and inner nodes alike.
    """

    feature: np.ndarray
    edge: np.ndarray
    value: np.ndarray

    def walk(self, codes: np.ndarray) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
        """Return the leaf of each row, and each step on the way: (feature, change of value)."""
        node = np.zeros(len(codes), dtype=int)
        rows, steps = np.arange(len(codes)), []
        for _ in range(DEPTH):
            inner = node < len(self.feature)
            feature = np.where(inner, self.feature[np.minimum(node, len(self.feature) - 1)], -1)
            goes = feature >= 0
            place = np.minimum(node, len(self.feature) - 1)
            right = codes[rows, np.maximum(feature, 0)] > self.edge[place]
            after = np.where(goes, 2 * node + 1 + right, node)
            steps.append((feature, np.where(goes, self.value[after] - self.value[node], 0.0)))
            node = after
        return node, steps


@dataclass(frozen=True)
class Boosted:
    """A model.

    Attributes:
        edges: upper ends of the bins of each feature. base: log-odds where nothing is known.
    """

    edges: tuple[np.ndarray, ...]
    base: float
    trees: tuple[Tree, ...]

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Return the bins of (rows, features); 0 where a value is unknown."""
        return binned(values, self.edges)

    def log_odds(self, values: np.ndarray) -> np.ndarray:
        """Return the log-odds of each row."""
        codes = self.codes(values)
        found = np.full(len(codes), self.base)
        for tree in self.trees:
            found += tree.value[tree.walk(codes)[0]]
        return found

    def contributions(self, values: np.ndarray) -> np.ndarray:
        """Return by how much each feature moves the log-odds of each row, (rows, features)."""
        codes = self.codes(values)
        found = np.zeros((len(codes), len(self.edges)))
        rows = np.arange(len(codes))
        for tree in self.trees:
            for feature, change in tree.walk(codes)[1]:
                known = feature >= 0
                np.add.at(found, (rows[known], feature[known]), change[known])
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "edges": [each.tolist() for each in self.edges],
            "base": self.base,
            "trees": [
                {
                    "feature": each.feature.tolist(),
                    "edge": each.edge.tolist(),
                    "value": [round(float(value), 6) for value in each.value],
                }
                for each in self.trees
            ],
        }


def read_boosted(said: Mapping[str, Any]) -> Boosted:
    """Return a model from plain values."""
    return Boosted(
        tuple(np.array(each, dtype=float) for each in said["edges"]),
        float(said["base"]),
        tuple(
            Tree(
                np.array(each["feature"], dtype=int),
                np.array(each["edge"], dtype=int),
                np.array(each["value"], dtype=float),
            )
            for each in said["trees"]
        ),
    )


def edges_of(values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return bins with about as many known values each, at most 31 a feature."""
    found = []
    for column in values.T:
        known = column[np.isfinite(column)]
        cuts = np.quantile(known, np.linspace(0, 1, BINS)[1:-1]) if len(known) else np.zeros(0)
        found.append(np.unique(cuts))
    return tuple(found)


def binned(values: np.ndarray, edges: Sequence[np.ndarray]) -> np.ndarray:
    """Return the bin of every value; 0 where it is unknown."""
    codes = np.zeros(values.shape, dtype=np.int64)
    for column, cuts in enumerate(edges):
        known = np.isfinite(values[:, column])
        codes[known, column] = 1 + np.searchsorted(cuts, values[known, column], side="left")
    return codes


def boost(values: np.ndarray, outcomes: np.ndarray, watched: int) -> Boosted:
    """Return a model of rows in the order of time.

    Each tree is grown from a random half of the rows; the last rows tell how many trees there are
    to be. Then twice as many trees are grown from all rows, two rows of trees whose mean counts:
    the newest rows teach too, and the chance of a single row of trees is halved. The draws are the
    same for the same rows.

    Args:
        values: (rows, features); nan where unknown.
        outcomes: 0 or 1.
        watched: how many of the last rows tell when to stop.
    """
    y = outcomes.astype(float)
    random = np.random.default_rng(len(y))
    own = len(y) - watched
    first = _Rows.of(values, y, own)
    count = len(_row_of_trees(first, random, own, ROUNDS))
    whole = _Rows.of(values, y, len(y))
    trees = [
        Tree(each.feature, each.edge, each.value / TWINS)
        for _ in range(TWINS)
        for each in _row_of_trees(whole, random, len(y), count)
    ]
    return Boosted(whole.edges, whole.base, tuple(trees))


@dataclass(frozen=True)
class _Rows:
    """What trees are grown from: bins, their edges, outcomes, and the usual log-odds."""

    codes: np.ndarray
    edges: tuple[np.ndarray, ...]
    y: np.ndarray
    base: float

    @classmethod
    def of(cls, values: np.ndarray, y: np.ndarray, own: int) -> _Rows:
        """Return rows binned, and their usual odds, by the first of them."""
        edges = edges_of(values[:own])
        share = float(np.clip(y[:own].mean(), 1e-4, 1 - 1e-4))
        return cls(binned(values, edges), edges, y, float(np.log(share / (1 - share))))


def _row_of_trees(rows: _Rows, random: np.random.Generator, own: int, most: int) -> list[Tree]:
    """Return trees grown from the first rows; the others, if any, tell when to stop."""
    y, rest = rows.y, slice(own, len(rows.y))
    odds = np.full(len(y), rows.base)
    trees: list[Tree] = []
    best, best_count = _loss(odds[rest], y[rest]), 0
    for _ in range(most):
        drawn = np.sort(random.choice(own, max(1, round(DRAWN * own)), replace=False))
        chance = 1 / (1 + np.exp(-odds[drawn]))
        tree = _grow(rows.codes[drawn], chance - y[drawn], chance * (1 - chance))
        odds += tree.value[tree.walk(rows.codes)[0]]
        trees.append(tree)
        if own == len(y):
            continue
        loss = _loss(odds[rest], y[rest])
        if loss < best - 1e-6:
            best, best_count = loss, len(trees)
        elif len(trees) - best_count >= PATIENCE:
            break
    return trees if own == len(y) else trees[:best_count]


def _grow(codes: np.ndarray, slope: np.ndarray, bend: np.ndarray) -> Tree:
    """Return the tree that lowers the loss most, level by level."""
    rows, features = codes.shape
    inner = 2**DEPTH - 1
    feature, edge = np.full(inner, -1), np.zeros(inner, dtype=int)
    value = np.zeros(2 * inner + 1)
    node = np.zeros(rows, dtype=int)
    offsets = np.arange(features) * (BINS + 1)
    for level in range(DEPTH):
        first, count = 2**level - 1, 2**level
        inside = (node >= first) & (node < first + count)
        place = (node[inside] - first)[:, None] * features * (BINS + 1)
        keys = (place + offsets + codes[inside]).ravel()
        size = count * features * (BINS + 1)
        slopes, bends = (
            np.bincount(keys, np.repeat(part[inside], features), size).reshape(
                count, features, BINS + 1
            )
            for part in (slope, bend)
        )
        left, weight = np.cumsum(slopes, axis=2), np.cumsum(bends, axis=2)
        total, mass = left[:, :1, -1:], weight[:, :1, -1:]
        gain = (
            left**2 / (weight + SHRINK)
            + (total - left) ** 2 / (mass - weight + SHRINK)
            - total**2 / (mass + SHRINK)
        )
        is_fine = (weight >= LEAST_WEIGHT) & (mass - weight >= LEAST_WEIGHT)
        gain = np.where(is_fine, gain, -1.0).reshape(count, -1)
        chosen = gain.argmax(axis=1)
        for place_, at in enumerate(chosen):
            here = first + place_
            if gain[place_, at] <= 1e-6:
                continue
            column, cut = divmod(int(at), BINS + 1)
            feature[here], edge[here] = column, cut
            for side, (top, base) in enumerate(
                (
                    (left[place_, column, cut], weight[place_, column, cut]),
                    (
                        total[place_, 0, 0] - left[place_, column, cut],
                        mass[place_, 0, 0] - weight[place_, column, cut],
                    ),
                )
            ):
                value[2 * here + 1 + side] = -RATE * top / (base + SHRINK)
        split = inside & (feature[np.minimum(node, inner - 1)] >= 0)
        at_node = node[split]
        right = codes[split, feature[at_node]] > edge[at_node]
        node[split] = 2 * at_node + 1 + right
    return Tree(feature, edge, value)


def _loss(odds: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0.0, odds) - y * odds)) if len(y) else 0.0
