"""Words as numbers: how much more often it goes badly where a word is said, by what was known then.

Each case is told only of outcomes that were known before its moment; tables of the end serve what
comes after. Differences to the usual rate are taken, not rates, because usual rates drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from helmdesk.predict.cases import Cases

PRIOR = 40.0
"""So many usual cases are added to those of a word: a word said twice proves nothing."""
JOINED = " / "


@dataclass(frozen=True)
class Tally:
    """Cases of one word, and how many went badly."""

    n: float
    bad: float


@dataclass(frozen=True)
class Table:
    """What words of one kind, or of two together, foretell.

    Attributes:
        kinds: names of the features that are joined. usual: of all cases. words: tally by word.
    """

    kinds: tuple[str, ...]
    usual: Tally
    words: Mapping[str, Tally]

    def log_odds(self, column: np.ndarray) -> np.ndarray:
        """Return by how much the log-odds of each word differ from the usual ones."""
        known = {word: _offset(self.usual, tally) for word, tally in self.words.items()}
        return np.array([known.get(word, 0.0) for word in column], dtype=float)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "kinds": list(self.kinds),
            "usual": [self.usual.n, self.usual.bad],
            "words": {word: [tally.n, tally.bad] for word, tally in self.words.items()},
        }


def read_table(said: Mapping[str, Any]) -> Table:
    """Return a table from plain values."""
    return Table(
        tuple(said["kinds"]),
        Tally(*said["usual"]),
        {word: Tally(*each) for word, each in said["words"].items()},
    )


def joined(cases: Cases, kinds: tuple[str, ...]) -> np.ndarray:
    """Return the words of some features, joined."""
    if len(kinds) == 1:
        return cases.words[kinds[0]]
    rows = zip(*(cases.words[kind] for kind in kinds), strict=True)
    return np.array([JOINED.join(row) for row in rows], dtype=object)


def usual_rate(tally: Tally) -> float:
    """Return a share that is never 0 or 1."""
    return (tally.bad + 1) / (tally.n + 4)


def encode(cases: Cases, kinds: tuple[str, ...]) -> tuple[np.ndarray, Table]:
    """Return the log-odds of each case by outcomes known before it, and the table of all of them.

    Args:
        cases: with known outcomes, oldest first. A ticket that is asked at several moments counts
        once.
    """
    words = joined(cases, kinds)
    order = np.argsort(cases.known_at, kind="stable")
    counted: set[str] = set()
    tallies: dict[str, list[float]] = {}
    usual = [0.0, 0.0]
    found, place = np.zeros(len(cases)), 0
    for case in range(len(cases) + 1):
        moment = cases.at[case] if case < len(cases) else np.inf
        while place < len(order) and (
            cases.known_at[order[place]] < moment or not np.isfinite(moment)
        ):
            row = order[place]
            place += 1
            ticket = str(cases.tickets[row])
            if ticket in counted:
                continue
            counted.add(ticket)
            for tally in (tallies.setdefault(words[row], [0.0, 0.0]), usual):
                tally[0] += 1
                tally[1] += cases.is_bad[row]
        if case < len(cases) and words[case] in tallies:
            found[case] = _offset(Tally(*usual), Tally(*tallies[words[case]]))
    return found, Table(
        kinds, Tally(*usual), {word: Tally(*tally) for word, tally in tallies.items()}
    )


def _offset(usual: Tally, tally: Tally) -> float:
    base = usual_rate(usual)
    rate = (tally.bad + PRIOR * base) / (tally.n + PRIOR)
    return float(np.log(rate / (1 - rate)) - np.log(base / (1 - base)))
