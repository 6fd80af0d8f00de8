"""Chances: the trees find what is there, say what moved them, and are set right on new cases."""

from __future__ import annotations

import json

import numpy as np
import pytest

from helmdesk.statistics.boosting import boost, read_boosted
from helmdesk.statistics.calibration import (
    Scale,
    auc,
    calibration_error,
    lift,
    reliability,
    scale_of,
)


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cases that go badly where both of two values are high; a third says nothing."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 3))
    values[random.random(count) < 0.2, 0] = np.nan
    odds = -2.5 + 3.0 * ((np.nan_to_num(values[:, 0]) > 0) & (values[:, 1] > 0))
    return values, (random.random(count) < 1 / (1 + np.exp(-odds))).astype(float)


def test_what_two_values_say_together_is_found() -> None:
    values, outcomes = drawn(4000, 1)
    model = boost(values, outcomes, 600)
    newer, then = drawn(4000, 2)
    truth = (np.nan_to_num(newer[:, 0]) > 0) & (newer[:, 1] > 0)
    assert auc(model.log_odds(newer), then) > auc(truth.astype(float), then) - 0.02
    moved = np.abs(model.contributions(newer)).mean(axis=0)
    assert moved[2] < 0.3 * min(moved[0], moved[1])


def test_contributions_add_up_to_the_log_odds() -> None:
    values, outcomes = drawn(2000, 3)
    model = boost(values, outcomes, 300)
    whole = model.base + model.contributions(values).sum(axis=1)
    np.testing.assert_allclose(whole, model.log_odds(values))


def test_it_is_the_same_after_writing_and_reading() -> None:
    values, outcomes = drawn(2000, 4)
    model = boost(values, outcomes, 300)
    again = read_boosted(json.loads(json.dumps(model.as_dict())))
    np.testing.assert_allclose(again.log_odds(values), model.log_odds(values), atol=1e-3)


def test_where_nothing_is_to_be_found_it_stops_early() -> None:
    random = np.random.default_rng(5)
    values, outcomes = random.normal(size=(3000, 5)), (random.random(3000) < 0.2).astype(float)
    model = boost(values, outcomes, 600)
    assert len(model.trees) < 15
    chances = Scale().chance(model.log_odds(random.normal(size=(500, 5))))
    assert abs(chances.mean() - 0.2) < 0.03


def test_chances_that_have_drifted_are_set_right() -> None:
    random = np.random.default_rng(6)
    odds = random.normal(size=6000)
    outcomes = (random.random(6000) < 1 / (1 + np.exp(-(0.6 * odds - 1.5)))).astype(float)
    scale = scale_of(odds[:3000], outcomes[:3000])
    assert scale.slope == pytest.approx(0.6, abs=0.12)
    assert scale.shift == pytest.approx(-1.5, abs=0.12)
    assert calibration_error(Scale().chance(odds[3000:]), outcomes[3000:]) > 0.2
    assert calibration_error(scale.chance(odds[3000:]), outcomes[3000:]) < 0.03


def test_an_order_that_is_upside_down_is_worth_nothing() -> None:
    odds = np.linspace(-3, 3, 400)
    assert scale_of(odds, (odds < 0).astype(float)).slope == 0.0


def test_measures_by_hand() -> None:
    scores, outcomes = np.array([0.9, 0.8, 0.8, 0.1]), np.array([1.0, 1.0, 0.0, 0.0])
    # Pairs: 0.9 over both; 0.8 beside 0.8 is half, over 0.1 whole: 3.5 of 4.
    assert auc(scores, outcomes) == 0.875
    assert np.isnan(auc(scores, np.ones(4)))
    assert lift(scores, outcomes, 0.25) == 2.0
    # So few are one group, whose share is what was said or not.
    (group,) = reliability(scores, outcomes)
    assert (group.said, group.seen, group.n) == (pytest.approx(0.65), 0.5, 4)
    assert calibration_error(scores, outcomes) == pytest.approx(0.15)
    # A hundred are two, of which one was told too little.
    many, came = np.repeat([0.2, 0.6], 50), np.tile([1.0, 0.0], 50)
    assert [(each.said, each.seen) for each in reliability(many, came)] == [
        (pytest.approx(0.2), 0.5),
        (pytest.approx(0.6), 0.5),
    ]
    assert calibration_error(many, came) == pytest.approx((0.3 + 0.1) / 2)
