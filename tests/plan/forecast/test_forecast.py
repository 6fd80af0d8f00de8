"""Forecasts of worlds whose truth is known, and of series nobody made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from helmdesk.errors import NotFoundError, UsageError
from helmdesk.plan.demand import Demand, from_rows
from helmdesk.plan.forecast import (
    DayFactor,
    Event,
    compete,
    factors_of,
    load_models,
    make_forecast,
    update,
)
from helmdesk.plan.forecast.competition import Trial, origins
from helmdesk.plan.forecast.forecast import history_of, level_change
from helmdesk.plan.forecast.history import History
from helmdesk.plan.forecast.uncertainty import interval, rate_paths

SHAPE = np.array([0, 2, 6, 8, 5, 4, 3, 1.0])
WEEKDAYS = np.array([1.3, 1.1, 1.0, 0.9, 0.8, 0.3, 0.0])
MONDAY = date(2026, 1, 5)


def world(weeks: int, level: float = 20.0, seed: int | None = 1, sway: float = 0.0) -> np.ndarray:
    """Return (days × 8) counts: Poisson about level × weekday × shape, days swaying by a share."""
    mean = level * np.tile(WEEKDAYS, weeks)[:, None] * SHAPE[None, :]
    if seed is None:
        return mean
    draw = np.random.default_rng(seed)
    days = draw.gamma(1 / sway**2, sway**2, mean.shape[0]) if sway else np.ones(mean.shape[0])
    return draw.poisson(mean * days[:, None]).astype(float)


def demand(contacts: np.ndarray, named: dict[date, str] | None = None) -> Demand:
    rows = [
        (MONDAY + timedelta(days=d), i * 180, float(n), float(n) * 200, float(n))
        for (d, i), n in np.ndenumerate(contacts)
    ]
    made = from_rows("calls", "phone", rows, interval_minutes=180, named_days=named)
    assert made.days == contacts.shape[0]
    return made


def history(contacts: np.ndarray) -> History:
    days = np.arange(contacts.shape[0])
    return History(contacts, days % 7, np.ones(days.size, dtype=bool))


@pytest.mark.parametrize("name", load_models())
def test_every_model_knows_a_world_without_chance(name: str) -> None:
    made = load_models()[name].forecast(history(world(12, seed=None)), 9)
    assert np.allclose(made, world(2, seed=None)[:9], atol=0.3, rtol=0.01)
    assert made[6].sum() == 0  # closed on Sundays


@pytest.mark.parametrize("name", load_models())
def test_every_model_answers_whatever_the_history(name: str) -> None:
    for contacts in (
        np.zeros((30, 8)),
        world(1, seed=None)[:3],
        np.ones((1, 1)),
        world(20)[:, :1],
        np.pad(world(1), ((70, 0), (0, 0))),
    ):
        made = load_models()[name].forecast(history(contacts), 10)
        assert made.shape == (10, contacts.shape[1])
        assert np.isfinite(made).all() and (made >= 0).all()


def test_models_look_at_usual_days_alone() -> None:
    contacts = world(12, seed=None)
    contacts[-7] *= 5
    seen = history(contacts)
    usual = np.ones(seen.days, bool)
    usual[-7] = False
    seen = replace(seen, is_usual=usual)
    for name in ("naive", "median", "profile"):
        assert load_models()[name].forecast(seen, 1)[0].sum() == pytest.approx(754, rel=0.01), name


def test_the_best_model_is_taken_and_told_beside_the_naive_one() -> None:
    found = compete(history(world(20, sway=0.05)), 7)
    wape = {score.name: score.wape for score in found.scores}
    assert set(wape) == set(load_models()) and found.origins == 12
    assert found.chosen == min(wape, key=lambda name: wape[name])
    assert wape[found.chosen] < 0.85 * wape["naive"]
    # By hand: the naive model's error over the last twelve weeks.
    contacts = world(20, sway=0.05)
    said, came = contacts[7 * 7 : -7], contacts[8 * 7 :]
    assert wape["naive"] == pytest.approx(np.abs(said - came).sum() / came.sum())


def test_too_little_to_try_takes_the_median() -> None:
    found = compete(history(world(3)), 7)
    assert (found.scores, found.chosen, found.trial) == ((), "median", None)
    assert origins(34, 7) == [] and origins(35, 7) == [28]
    assert len(origins(300, 1)) == 28
    made = make_forecast(demand(world(3)), 7)
    assert np.array_equal(made.low, made.contacts)


def test_bounds_hold_as_often_as_they_say() -> None:
    inside = []
    for seed in range(12):
        contacts = world(31, sway=0.1, seed=seed)
        made = make_forecast(demand(contacts[: 30 * 7]), 7)
        came = contacts[30 * 7 :]
        is_open = made.contacts > 0
        inside.append(((came >= made.low) & (came <= made.high))[is_open].mean())
        assert (made.low_95 <= made.low).all() and (made.high <= made.high_95).all()
    assert np.mean(inside) == pytest.approx(0.8, abs=0.06)


def test_bounds_are_quantiles_of_what_was_wrong() -> None:
    draw = np.random.default_rng(1)
    expected = np.full((400, 1, 2), 50.0)
    trial = Trial(expected, draw.poisson(50, expected.shape).astype(float))
    low, high = interval(np.array([[50.0, 0.0]]), trial, 0.8)
    # The tenth and ninetieth of a hundred Poisson counts of 50.
    assert low[0, 0] == pytest.approx(41, abs=1.1) and high[0, 0] == pytest.approx(59, abs=1.1)
    assert low[0, 1] == high[0, 1] == 0
    wide = interval(np.array([[50.0]]), Trial(expected[:2], trial.actual[:2]), 0.95)
    assert wide[0][0, 0] <= np.min(trial.actual[:2]) + 1e-6


def test_paths_hold_what_is_more_than_chance() -> None:
    expected = np.full((300, 5, 4), 100.0)
    draw = np.random.default_rng(2)
    calm = Trial(expected, draw.poisson(expected).astype(float))
    sway = draw.gamma(100, 0.01, (300, 5, 1))
    unsteady = Trial(expected, draw.poisson(expected * sway).astype(float))
    for trial, spread in ((calm, 0.0), (unsteady, 0.1)):
        paths = rate_paths(expected[0], trial, 2000)
        totals = paths.sum(axis=2)
        assert totals.std() / 400 == pytest.approx(spread, abs=0.012)
        assert totals.mean() == pytest.approx(400, rel=0.02)
    assert np.array_equal(rate_paths(expected[0], None, 3)[2], expected[0])


def test_a_new_level_is_not_averaged_with_the_old() -> None:
    contacts = np.concatenate([world(14, 20, seed=3), world(6, 32, seed=4)])
    made = make_forecast(demand(contacts), 7)
    assert made.changed_on == MONDAY + timedelta(weeks=14)
    truth = world(1, 32, seed=None).sum()
    assert made.totals.sum() == pytest.approx(truth, rel=0.05)
    assert level_change(history(world(20, seed=5))) == 0
    # And a level that rose is not drawn on as a line.
    later = make_forecast(demand(contacts), 70)
    assert later.totals[-7:].sum() == pytest.approx(truth, rel=0.07)


def test_last_year_s_course_is_followed() -> None:
    """Three quiet weeks a year ago are ahead again; the level has doubled since."""
    course = np.ones(58)
    course[[5, 6, 7, 57]] = 0.5
    contacts = world(58, 20, seed=None) * np.repeat(course, 7)[:, None]
    contacts[200:] *= 2
    ahead = load_models()["yearly"].forecast(history(contacts[: 57 * 7]), 7)
    came = contacts[57 * 7 :]
    # Four fifths of the fall, on the scale of logs: .5 ** .8, days beside other weeks smoothed.
    share = ahead.sum() / (came.sum() / 0.5)
    assert 0.5**0.8 - 0.01 <= share < 0.66
    plain = load_models()["profile"].forecast(history(contacts[: 57 * 7]), 7)
    assert plain.sum() == pytest.approx(came.sum() / 0.5, rel=0.01)
    short = history(contacts[20 * 7 : 57 * 7])
    assert np.array_equal(
        load_models()["yearly"].forecast(short, 7), load_models()["profile"].forecast(short, 7)
    )


def test_a_holiday_is_learned_and_a_planner_knows_better() -> None:
    contacts = world(20, seed=None)
    first, second = MONDAY + timedelta(days=30), MONDAY + timedelta(days=65)
    contacts[30] *= 0.4
    contacts[65] *= 0.5
    ahead = MONDAY + timedelta(weeks=20, days=2)
    names = {first: "Feast", second: "Feast", ahead: "Feast", ahead + timedelta(days=1): "Other"}
    made = make_forecast(demand(contacts, names), 7)
    usual = world(1, seed=None).sum(axis=1)
    assert made.totals[2] == pytest.approx(0.45 * usual[2], rel=0.02)
    assert made.totals[3] == pytest.approx(0.45 * usual[3], rel=0.02)
    told = {factor.day: factor.reason for factor in made.factors}
    assert told[ahead] == "Feast: 40% and 50% of a usual day before"
    assert "other named days brought" in told[ahead + timedelta(days=1)]
    assert made.totals[4] == pytest.approx(usual[4], rel=0.02)
    said = DayFactor(ahead, 2.0, "Ana", "sale on the day")
    changed = make_forecast(demand(contacts, names), 7, factors=[said])
    assert changed.totals[2] == pytest.approx(2 * usual[2], rel=0.02)
    assert [f.author for f in changed.factors] == ["Ana", "learned"]
    assert np.allclose(changed.high[2], 2 / 0.45 * made.high[2])


def test_a_launch_fades() -> None:
    launch = Event("Version 6", MONDAY, 0.5, 2.0, "Ben")
    assert [launch.factor(MONDAY + timedelta(days=d)) for d in (-1, 0, 2, 4)] == [
        1,
        1.5,
        1.25,
        1.125,
    ]
    found = factors_of([launch], MONDAY - timedelta(days=1), 4)
    assert [(f.day, round(f.factor, 3)) for f in found] == [
        (MONDAY, 1.5),
        (MONDAY + timedelta(days=1), 1.354),
        (MONDAY + timedelta(days=2), 1.25),
    ]
    with pytest.raises(UsageError, match="an uplift of -1"):
        Event("End", MONDAY, -1, 3)
    with pytest.raises(UsageError, match="a factor of -2"):
        DayFactor(MONDAY, -2, "Ana", "")


def test_the_rest_of_a_day_follows_its_beginning() -> None:
    draw = np.random.default_rng(5)
    expected = np.broadcast_to(100 * SHAPE, (60, 8)).copy()
    sway = draw.gamma(50, 0.02, (60, 1))
    actual = draw.poisson(expected * sway).astype(float)
    busy = 1.3 * expected[0]
    made = update(expected[0], busy[:4], expected, actual)
    assert np.array_equal(made[:4], busy[:4])
    assert made[4:].sum() / expected[0, 4:].sum() == pytest.approx(1.28, abs=0.06)
    # Where days do not sway, a busy morning is chance.
    calm = update(expected[0], busy[:4], expected, draw.poisson(expected).astype(float))
    assert calm[4:].sum() / expected[0, 4:].sum() == pytest.approx(1, abs=0.1)
    # Nothing seen, nothing known, nothing left.
    assert np.array_equal(update(expected[0], busy[:0], expected, actual), expected[0])
    few = update(expected[0], busy[:4], expected[:3], actual[:3])
    assert np.array_equal(few[4:], expected[0, 4:])
    assert np.array_equal(update(expected[0], busy, expected, actual), busy)


def test_what_cannot_be_forecast() -> None:
    with pytest.raises(UsageError, match="forecast 1 to 366 days"):
        make_forecast(demand(world(9)), 0)
    with pytest.raises(NotFoundError, match="no model 'median2'"):
        make_forecast(demand(world(9)), 7, model="median2")
    chosen = make_forecast(demand(world(9)), 7, model="naive")
    assert chosen.model == "naive" and np.array_equal(chosen.contacts, chosen.naive)
    assert history_of(demand(world(9))).days == 63
