"""Rows told apart by counting, against sorting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helmdesk.statistics.cells import tell_apart


@given(
    st.integers(0, 60).flatmap(
        lambda rows: st.tuples(
            st.lists(st.integers(0, 3), min_size=rows, max_size=rows),
            st.lists(st.integers(0, 4000), min_size=rows, max_size=rows),
        )
    )
)
def test_the_same_as_sorting(columns: tuple[list[int], list[int]]) -> None:
    codes = np.array(columns, dtype=int).T.reshape(-1, 2)
    for attributes in ((0,), (1,), (1, 0)):
        sizes = [4, 4001]
        names, places = tell_apart(codes, attributes, sizes)
        key = np.ravel_multi_index(
            [codes[:, place] for place in attributes], [sizes[place] for place in attributes]
        )
        wanted, inverse = np.unique(key, return_inverse=True)
        assert names.tolist() == wanted.tolist()
        assert places.tolist() == inverse.tolist()
