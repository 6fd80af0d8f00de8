"""Themes that a desk's own texts suggest: groups of texts that share words, each with the words
that tell it from the rest.

Texts become weights of their words and pairs of words, these a few directions (singular vectors),
and groups are found among them (k-means on the sphere, fixed seed). Nothing leaves the machine, and
nothing is needed but numpy and scipy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

WORD = re.compile(r"[^\W\d_]{2,}(?:['’][^\W\d_]+)?")
DIRECTIONS, ROUNDS, STARTS = 100, 30, 4
MOST_SHARE = 0.5
LEAST_TEXTS = 5
MOST_WORDS = 10
LEAST_PRECISION = 0.5
# Words that turn the next one round: in a pair they tell.
_TURNING = "not no never still nicht kein nie noch pas plus jamais sin"
TURNING = frozenset(_TURNING.split())
# Words that say nothing of the matter, in the languages most texts come in.
_EMPTY = """
a about after again all also am an and any are as at be because been before being but by can could
did do does doing don't for from had has have having he her hi hello him his how i i'm i've if in
into is isn't it it's its just me more most my no nor not now of on once only or other our out
over please same she should since so some such than that the their them then there these they this
those through to too under until up us very was we were what when where which while who whom why
will with would you your regards dear thanks thank aber als am an auch auf aus bei bin bis das
dass dem den der des die doch ein eine einem einen einer es für haben hat ich ihr im in ist ja
kann mein mich mir mit nach nicht noch nur oder schon sehr sein sie sind so über um und uns von
vor war was wenn wie wir wird zu zum zur au aux avec ce ces dans de des du elle en est et il je la
le les leur lui ma mais mes mon ne nous on ou par pas pour que qui sa se ses son sur un une vous
el los las una por con para es lo
"""
EMPTY = frozenset(_EMPTY.split())


@dataclass(frozen=True)
class Group:
    """Texts that belong together.

    Attributes:
        words: those that tell them from the rest, the most telling first.
        texts: places in what was given, the most typical first.
    """

    words: tuple[str, ...]
    texts: tuple[int, ...]


@dataclass(frozen=True)
class Space:
    """Texts as directions: what was learned from some places others in the same way.

    Attributes:
        terms: place of each word or pair. weights: of each, by rarity. axes: (terms, directions).
        centres: (groups, directions), of length one.
    """

    terms: dict[str, int]
    weights: np.ndarray
    axes: np.ndarray
    centres: np.ndarray

    def groups_of(self, texts: Sequence[str]) -> np.ndarray:
        """Return the nearest group of each text."""
        placed = _unit(_weighed(_counted(texts, self.terms), self.weights) @ self.axes)
        return np.asarray(np.argmax(placed @ self.centres.T, axis=1))


def terms_of(text: str) -> list[str]:
    """Return the telling words of a text and pairs of words side by side, in small letters."""
    words = [each.replace("’", "'") for each in WORD.findall(text.lower())]
    pairs = [f"{one} {two}" for one, two in pairwise(words) if one not in EMPTY or two not in EMPTY]
    return [each for each in words if each not in EMPTY] + pairs


def learn_groups(texts: Sequence[str], groups: int, least: int = 2) -> Space:
    """Return a space with so many groups of texts.

    Args:
        least: in how many texts a word must stand.
    """
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(set(terms_of(text)))
    most = max(least, MOST_SHARE * len(texts))
    kept = sorted(term for term, count in seen.items() if least <= count <= most)
    terms = {term: place for place, term in enumerate(kept)}
    rarity = np.array([np.log((1 + len(texts)) / (1 + seen[term])) + 1 for term in kept])
    weighed = _weighed(_counted(texts, terms), rarity)
    directions = min(DIRECTIONS, min(weighed.shape) - 1)
    if directions < 1:
        axes = np.ones((len(kept), 1))
    else:
        start = np.ones(min(weighed.shape))
        from scipy.sparse.linalg import svds  # slow to import

        axes = np.asarray(svds(weighed.astype(float), k=directions, v0=start)[2].T)
    placed = _unit(weighed @ axes)
    return Space(terms, rarity, axes, _centres(placed, min(groups, len(texts))))


def propose(texts: Sequence[str], most: int) -> tuple[Group, ...]:
    """Return groups of texts, the largest first; only those of at least five texts, each with
    words that stand in five of them or more and mostly there.

    Args:
        texts: masked, without repeats.
        most: how many groups to look for.
    """
    if len(texts) < 4 * LEAST_TEXTS:
        return ()
    space = learn_groups(texts, most)
    if not space.terms:
        return ()
    own = space.groups_of(texts)
    placed = _unit(_weighed(_counted(texts, space.terms), space.weights) @ space.axes)
    sets = [set(terms_of(text)) for text in texts]
    everywhere = Counter(term for terms in sets for term in terms)
    found = []
    for group in range(len(space.centres)):
        members = np.flatnonzero(own == group)
        within = Counter(term for place in members for term in sets[place])
        words = _telling(within, everywhere)
        telling = set(words)
        held = [int(place) for place in members if sets[place] & telling]
        if words and len(held) >= LEAST_TEXTS:
            near = placed[held] @ space.centres[group]
            found.append(Group(words, tuple(held[place] for place in np.argsort(-near))))
    return tuple(sorted(found, key=lambda each: -len(each.texts)))


def _telling(within: Counter[str], everywhere: Counter[str]) -> tuple[str, ...]:
    """Return the words that stand in a group and mostly nowhere else."""
    rated = sorted(
        (
            (-count * (count / everywhere[term]) ** 2, term)
            for term, count in within.items()
            if count >= LEAST_TEXTS
            and count / everywhere[term] >= LEAST_PRECISION
            and not set(term.split()) & (EMPTY - TURNING)
        ),
    )
    chosen: list[str] = []
    for _, term in rated:
        # A pair adds nothing where one of its words is there already.
        if not any(set(term.split()) >= set(known.split()) for known in chosen):
            chosen.append(term)
    return tuple(chosen[:MOST_WORDS])


def _counted(texts: Sequence[str], terms: dict[str, int]) -> sparse.csr_array:
    rows, columns = [], []
    for place, text in enumerate(texts):
        known = [terms[term] for term in set(terms_of(text)) if term in terms]
        rows += [place] * len(known)
        columns += known
    shape = (len(texts), len(terms))
    from scipy import sparse

    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _weighed(counted: sparse.csr_array, weights: np.ndarray) -> sparse.csr_array:
    weighed = counted.multiply(weights[None, :]).tocsr()
    norm = np.sqrt(weighed.multiply(weighed).sum(axis=1))
    scale = np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
    return weighed.multiply(scale[:, None]).tocsr()


def _unit(points: np.ndarray) -> np.ndarray:
    norm = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(np.divide(points, norm, out=np.zeros_like(points), where=norm > 0))


def _centres(points: np.ndarray, groups: int) -> np.ndarray:
    """Return the best of several k-means on the sphere."""
    tries = [_k_means(points, groups, seed) for seed in range(STARTS)]
    return max(tries, key=lambda each: each[1])[0]


def _k_means(points: np.ndarray, groups: int, seed: int) -> tuple[np.ndarray, float]:
    random = np.random.default_rng(seed)
    chosen = [int(random.integers(len(points)))]
    near = points @ points[chosen[0]]
    for _ in range(groups - 1):  # far ones are likelier, as k-means++ has it
        far = np.maximum(1 - near, 0) ** 2
        total = far.sum()
        chance = far / total if total > 0 else None
        chosen.append(int(random.choice(len(points), p=chance)))
        near = np.maximum(near, points @ points[chosen[-1]])
    centres = points[chosen]
    for _ in range(ROUNDS):
        own = np.argmax(points @ centres.T, axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, own, points)
        empty = np.linalg.norm(sums, axis=1) == 0
        sums[empty] = centres[empty]
        moved = _unit(sums)
        if np.allclose(moved, centres):
            break
        centres = moved
    return centres, float((points @ centres.T).max(axis=1).sum())
