"""Rows told apart by several attributes at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def tell_apart(
    codes: np.ndarray, attributes: Sequence[int], sizes: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the combinations that occur, in order, and which of them each row has.

    The same as `numpy.unique` with its inverse, by counting instead of sorting.

    Args:
        codes: (rows, attributes) small non-negative integers.
        attributes: columns that count.
        sizes: how many values each attribute has.

    Returns:
        (combinations,) numbers as by `numpy.ravel_multi_index`, and (rows,) places in them.
    """
    shape = [int(sizes[place]) for place in attributes]
    key = np.ravel_multi_index([codes[:, place] for place in attributes], shape)
    most = int(np.prod(shape, dtype=float))
    if most > 16 * len(key) + 1024:
        names, places = np.unique(key, return_inverse=True)
        return names, places
    occurs = np.zeros(most, dtype=bool)
    occurs[key] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[key]
