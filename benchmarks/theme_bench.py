"""What groups of texts, and themes made of words, reach on texts whose matter people have said."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helmdesk.facts.build.taxonomy import pattern
from helmdesk.predict.discovery import Group, learn_groups, propose

GROUPS = 77


def agreement(one: Sequence[object], other: Sequence[object]) -> float:
    """Return V: how much two ways of sorting say of each other, from 0 to 1."""
    rows, columns = (
        np.unique(np.array(each, dtype=str), return_inverse=True)[1] for each in (one, other)
    )
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    table /= table.sum()

    def entropy(shares: np.ndarray) -> float:
        return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())

    apart = entropy(table.sum(axis=1)) + entropy(table.sum(axis=0))
    return 2 * (apart - entropy(table.ravel())) / apart


def sorted_by_words(groups: Sequence[Group], texts: Sequence[str]) -> list[int]:
    """Return the first group of whose words each text holds one; -1 for none."""
    # Python's own expressions know no \p: letters and digits are spelled otherwise.
    known = [
        re.compile(
            pattern(each.words)
            .replace(r"[^\p{L}\p{N}]", r"[\W_]")
            .replace(r"[\p{L}\p{N}]", r"[^\W_]")
        )
        for each in groups
    ]
    return [
        next((place for place, each in enumerate(known) if each.search(text.lower())), -1)
        for text in texts
    ]


def rows_of(texts: Sequence[str], labels: Sequence[str]) -> list[list[str]]:
    """Return a row for groups and one for words: V on the half learned from, and on the other."""
    order = np.random.default_rng(0).permutation(len(texts))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    (looked, looked_labels), (held, held_labels) = (
        ([texts[place] for place in half], [labels[place] for place in half]) for half in halves
    )
    started = time.process_time()
    space = learn_groups(looked, GROUPS)
    spent = time.process_time() - started
    rows = [
        [
            "groups",
            f"{agreement(space.groups_of(looked).tolist(), looked_labels):.3f}",
            f"{agreement(space.groups_of(held).tolist(), held_labels):.3f}",
            "",
            f"{spent:.1f}",
        ]
    ]
    started = time.process_time()
    proposed = propose(looked, GROUPS)
    spent = time.process_time() - started
    own, other = sorted_by_words(proposed, looked), sorted_by_words(proposed, held)
    rows.append(
        [
            f"words of the {len(proposed)} themes proposed",
            f"{agreement(own, looked_labels):.3f}",
            f"{agreement(other, held_labels):.3f}",
            f"{100 * np.mean([each >= 0 for each in other]):.0f}",
            f"{spent:.1f}",
        ]
    )
    return rows


def themes(banking: Path) -> list[list[str]]:
    """Return the rows for BANKING77."""
    import csv

    with banking.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return rows_of([row["text"] for row in rows], [row["category"] for row in rows])
