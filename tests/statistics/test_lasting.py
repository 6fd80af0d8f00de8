"""The share that lasts: by hand, against the plain share, and where nothing can be said."""

from __future__ import annotations

import pytest

from helmdesk.catalogue.kinds.lasting import Lasting
from helmdesk.statistics.proportion import wilson
from helmdesk.statistics.survival import kaplan_meier_share


def test_worked_out_by_hand() -> None:
    # Ten: two end at 1, three leave at 2, one of five ends at 3: 8/10 · 4/5. Greenwood's sum is
    # 2/(10 · 8) + 1/(5 · 4) = 0.075; 1.96 · √0.075 / |ln 0.64| = 1.2027 on the log-log scale.
    found = kaplan_meier_share([(3.0, 1, 0), (1.0, 2, 0), (2.0, 0, 3), (7.0, 0, 4)])
    assert found is not None
    assert found.value == pytest.approx(0.64)
    assert (found.low, found.high) == pytest.approx((0.2265, 0.8745), abs=2e-4)


def test_without_anything_open_it_is_the_plain_share() -> None:
    found = kaplan_meier_share([(0.0, 30, 0), (2.0, 10, 0), (7.0, 0, 60)])
    assert found is not None and found.value == pytest.approx(0.6)
    low, high = wilson(60, 100) or (0, 0)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


def test_all_or_nothing_has_an_interval_too() -> None:
    whole = kaplan_meier_share([(7.0, 0, 10)])
    assert whole is not None and (whole.value, whole.high) == (1.0, 1.0)
    assert whole.low == pytest.approx((wilson(10, 10) or (0, 0))[0])
    none = kaplan_meier_share([(1.0, 10, 0)])
    assert none is not None and (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx((wilson(0, 10) or (0, 0))[1])
    assert kaplan_meier_share([]) is None


def test_nothing_is_said_before_anything_was_watched_to_the_end() -> None:
    kind = Lasting("held", "is_over", "is_whole")
    rows = {"x": [0.0, 5.0], "n_ended": [2, 0], "n_censored": [0, 8], "n_whole": [0, 0]}
    early = kind.fold(rows)
    assert early["quantile"] is None and (early["n"], early["pending"]) == (10, 8)
    known = kind.fold({**rows, "n_whole": [0, 8]})
    assert known["quantile"] == pytest.approx(0.8) and known["pending"] == 0
    over = kind.fold({"x": [0.0], "n_ended": [4], "n_censored": [0], "n_whole": [0]})
    assert over["quantile"] == 0.0
