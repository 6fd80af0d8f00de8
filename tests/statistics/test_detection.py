"""Signals, change points, slices, pairs: what they must see, and how seldom they may cry wolf."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helmdesk.insight.movement import judge
from helmdesk.statistics.change_points import change_points, fitted_lines
from helmdesk.statistics.discovery import discoveries
from helmdesk.statistics.pair import (
    Cells,
    dose_response,
    moved_together,
    standardised_move,
    unit_changes,
)
from helmdesk.statistics.season import year_profile
from helmdesk.statistics.signals import Signals, Weeks, judge_weeks
from helmdesk.statistics.slices import Leaves, search_slices

SERIES, HISTORY = 120, 78


def ratios(
    random: np.random.Generator, cases: int, shift: float = 0.0, noise: float = 0.0, at: int = 34
) -> Weeks:
    rate = np.full((SERIES, HISTORY), 0.85)
    rate[:, at:] -= shift
    logit = np.log(rate / (1 - rate)) + random.normal(0, noise, rate.shape)
    n = random.poisson(cases, rate.shape).astype(float)
    return Weeks("ratio", random.binomial(n.astype(int), 1 / (1 + np.exp(-logit))).astype(float), n)


def one(weeks: Weeks, place: int) -> Weeks:
    return Weeks(
        weeks.kind,
        weeks.hits[place],
        weeks.cases[place],
        None if weeks.error is None else weeks.error[place],
    )


def false_alarms(weeks: Weeks) -> float:
    """Episodes a series and year of monitored weeks, with four quiet weeks after each."""
    flagged = []
    for end in range(27, HISTORY + 1):
        signals = judge_weeks(weeks.until(end), interval=False)
        assert signals is not None
        flagged.append(signals.is_spike | signals.is_shift)
    episodes = 0
    for series in np.array(flagged).T:
        last = -9
        for week in np.nonzero(series)[0]:
            if week - last > 4:
                episodes, last = episodes + 1, int(week)
    return episodes / SERIES


@pytest.mark.parametrize(
    ("cases", "noise", "most"), [(40, 0.0, 0.2), (8, 0.0, 0.3), (400, 0.18, 0.6)]
)
def test_shares_that_never_change_seldom_light_a_lamp(
    cases: int, noise: float, most: float
) -> None:
    assert false_alarms(ratios(np.random.default_rng(7), cases, noise=noise)) <= most


@pytest.mark.parametrize("dispersion", [0.0, 0.01])
def test_counts_that_never_change_seldom_light_a_lamp(dispersion: float) -> None:
    random = np.random.default_rng(8)
    mean = (
        120 * random.gamma(1 / dispersion, dispersion, (SERIES, HISTORY))
        if dispersion
        else np.full((SERIES, HISTORY), 120.0)
    )
    assert (
        false_alarms(Weeks("count", random.poisson(mean).astype(float), np.ones((SERIES, HISTORY))))
        <= 0.5
    )


def test_means_that_never_change_seldom_light_a_lamp() -> None:
    random = np.random.default_rng(9)
    error = random.uniform(5, 9, (SERIES, HISTORY))
    assert (
        false_alarms(
            Weeks(
                "mean", 100 + random.normal(size=error.shape) * error, np.ones(error.shape), error
            )
        )
        <= 0.3
    )


def test_ten_points_are_found_within_eight_weeks() -> None:
    weeks = ratios(np.random.default_rng(10), 40, shift=0.10)
    found = np.zeros(SERIES, dtype=bool)
    for end in range(35, 43):
        signals = judge_weeks(weeks.until(end), interval=False)
        assert signals is not None
        found |= signals.is_shift | signals.is_spike
    assert found.mean() >= 0.8


def test_a_shift_says_where_it_began_and_which_way() -> None:
    weeks = one(ratios(np.random.default_rng(11), 400, shift=0.15), 3).until(40)
    signals = judge_weeks(weeks)
    assert signals is not None
    assert signals.is_shift
    assert int(signals.direction) == -1
    assert 39 - int(signals.since) == pytest.approx(34, abs=1)
    assert signals.low < signals.baseline < signals.high
    fired = [
        end
        for end in range(10, 41)
        if (flagged := judge_weeks(weeks.until(end), interval=False))
        and (flagged.is_spike or flagged.is_shift)
    ]
    assert fired[0] in (35, 36)


def test_a_spike_is_one_week() -> None:
    counts = np.random.default_rng(12).poisson(100, 40).astype(float)
    counts[-1] = 190
    signals = judge_weeks(Weeks("count", counts, np.ones(40)))
    assert signals is not None
    assert signals.is_spike
    assert signals.high < 190


def test_a_short_history_claims_nothing() -> None:
    assert judge_weeks(Weeks("count", np.full(8, 100.0), np.ones(8))) is None


def test_weeks_without_cases_say_nothing() -> None:
    hits, cases = np.full(40, 8.0), np.full(40, 10.0)
    hits[20:25] = cases[20:25] = 0
    signals = judge_weeks(Weeks("ratio", hits, cases))
    assert signals is not None
    assert not signals.is_spike
    assert not signals.is_shift


def test_steps_and_kinks_are_placed() -> None:
    random = np.random.default_rng(13)
    step = np.concatenate([np.full(50, 10.0), np.full(50, 14.0)]) + random.normal(0, 1, 100)
    assert change_points(step) == [pytest.approx(50, abs=2)]
    kink = np.concatenate([np.zeros(60), np.arange(60) * 0.5]) + random.normal(0, 1, 120)
    assert change_points(kink) == [pytest.approx(60, abs=6)]
    assert np.abs(fitted_lines(step, change_points(step)) - step).mean() < 1


@pytest.mark.parametrize(("resemblance", "most"), [(0.0, 0.05), (0.3, 0.3), (0.6, 0.7)])
def test_noise_is_hardly_a_change(resemblance: float, most: float) -> None:
    random, found = np.random.default_rng(14), 0
    for _ in range(60):
        noise = random.normal(size=104)
        for week in range(1, 104):
            noise[week] += resemblance * noise[week - 1]
        found += len(change_points(noise))
    assert found / 60 <= most


def test_constant_and_short_series_have_no_change() -> None:
    assert change_points([5.0] * 40) == []
    assert change_points(list(range(11))) == []


def leaves(random: np.random.Generator, bump: float) -> Leaves:
    codes = np.array([(a, b, c) for a in range(4) for b in range(5) for c in range(3)])
    rate = 0.1 + 0.03 * codes[:, 0]
    before, now = random.integers(100, 400, len(codes)), random.integers(25, 100, len(codes))
    is_bad = (codes[:, 0] == 2) & (codes[:, 1] == 3)
    return Leaves(
        codes,
        random.binomial(before, rate).astype(float),
        before.astype(float),
        random.binomial(now, rate + bump * is_bad).astype(float),
        now.astype(float),
    )


def test_the_planted_slice_is_found_and_nothing_else() -> None:
    found = search_slices(leaves(np.random.default_rng(15), 0.35))
    assert [sorted(each.terms) for each in found.slices] == [[(0, 2), (1, 3)]]
    assert found.p <= 0.01
    assert 0 <= found.unexplained < 0.6


def test_no_slice_explains_what_is_common_to_all() -> None:
    random, significant = np.random.default_rng(16), 0
    for _ in range(40):
        table = leaves(random, 0.0)
        everywhere = replace(
            table, now_hits=np.minimum(table.now_cases, np.round(table.now_hits * 1.5))
        )
        significant += search_slices(everywhere, redraws=39).p <= 0.05
    assert significant <= 6


def test_a_slice_that_improved() -> None:
    table = leaves(np.random.default_rng(17), 0.35)
    backwards = Leaves(
        table.codes, table.now_hits, table.now_cases, table.before_hits, table.before_cases
    )
    assert sorted(search_slices(backwards, direction=-1).slices[0].terms) == [(0, 2), (1, 3)]


def test_nothing_to_search() -> None:
    empty = np.zeros(0)
    assert (
        search_slices(Leaves(np.zeros((0, 2), dtype=int), empty, empty, empty, empty)).slices == ()
    )


def people(random: np.random.Generator, rushed: float, bug: float) -> tuple[Cells, Cells]:
    """Handle time and reopens by agent: who rushes is faster and makes more mistakes; a bug makes
    mistakes everywhere.
    """
    agents = 30
    rush = random.uniform(0, rushed, agents)
    n = np.full(agents, 200.0)
    seconds = [
        600 * n + random.normal(0, 300 * np.sqrt(200), agents),
        600 * (0.9 - rush) * n + random.normal(0, 300 * np.sqrt(200), agents),
    ]
    reopens = [
        random.binomial(200, 0.05, agents).astype(float),
        random.binomial(200, 0.05 + bug + 0.4 * rush, agents).astype(float),
    ]
    segment, unit = np.zeros(agents, dtype=int), np.arange(agents)
    return Cells(segment, unit, seconds[0], n, seconds[1], n), Cells(
        segment, unit, reopens[0], n, reopens[1], n
    )


def test_rushing_is_told_from_a_bug_by_who_changed() -> None:
    random, accused = np.random.default_rng(18), {"rush": 0, "bug": 0}
    for _ in range(40):
        for world, (rushed, bug) in {"rush": (0.3, 0.0), "bug": (0.0, 0.06)}.items():
            handle, reopen = people(random, rushed, bug)
            a, b = standardised_move(handle), standardised_move(reopen)
            assert a is not None
            assert b is not None
            together = moved_together(a, b, -1, 1, 0.03 * a.before, 0.01)
            accused[world] += (
                together
                and dose_response(unit_changes(handle), unit_changes(reopen), -1, 1).is_present
            )
    assert accused["rush"] >= 30
    assert accused["bug"] <= 8


def test_too_few_people_say_nothing_about_who_changed() -> None:
    assert not dose_response({1: 0.1, 2: 0.2}, {1: 0.1, 2: 0.2}, 1, 1).is_present


def test_a_move_at_constant_mix() -> None:
    """Each segment stands still while the mix turns: the standardised change is nothing."""
    cells = Cells(
        np.array([0, 1, 0, 1]),
        np.array([0, 0, 1, 1]),
        np.array([90.0, 30, 90, 30]),
        np.array([100.0, 50, 100, 50]),
        np.array([45.0, 60, 45, 60]),
        np.array([50.0, 100, 50, 100]),
    )
    move = standardised_move(cells)
    assert move is not None
    assert move.change == pytest.approx(0)
    assert move.before == pytest.approx(0.75)


def test_discoveries_keep_the_promise() -> None:
    assert discoveries([0.001, 0.9, 0.02, 0.5]) == [True, False, True, False]
    assert discoveries([]) == []
    random = np.random.default_rng(19)
    false = sum(any(discoveries(random.random(24))) for _ in range(500))
    assert false / 500 <= 0.14


def seasonal(random: np.random.Generator, bump: float = 0.0, since: int = 104) -> np.ndarray:
    """Two and a half years of weekly counts with a strong winter."""
    week = np.arange(130)
    mean = 400 * (1 + 0.3 * np.sin(week / 52 * 2 * np.pi)) * (1 + bump * (week >= since))
    return random.poisson(mean).astype(float)


def test_earlier_years_are_expected_again() -> None:
    random = np.random.default_rng(23)
    counts = seasonal(random)
    profile = year_profile(counts)
    assert profile is not None
    assert profile[:52].tolist() == [1] * 52
    assert profile[52:] == pytest.approx(
        1 + 0.3 * np.sin(np.arange(52, 130) / 52 * 2 * np.pi), abs=0.08
    )
    assert year_profile(counts[:100]) is None
    assert year_profile(random.poisson(400, 130).astype(float)) is None
    assert year_profile(np.full(130, 7.0)) is None


def test_a_season_is_no_shift_and_a_shift_in_a_season_is_one() -> None:
    random = np.random.default_rng(29)
    plain, known, seen = 0, 0, 0
    for _ in range(20):
        counts = seasonal(random)
        for end in range(108, 131, 2):
            weeks = Weeks("count", counts[:end], np.ones(end))
            plain += is_flagged(judge_weeks(weeks))
            known += is_flagged(judge(weeks))
        higher = seasonal(random, bump=0.2, since=122)
        seen += is_flagged(judge(Weeks("count", higher, np.ones(130))))
    assert plain / 240 > 0.3  # what a signal without a calendar would cry
    assert known / 240 < 0.1
    assert seen / 20 > 0.9


def is_flagged(signals: Signals | None) -> bool:
    return signals is not None and bool(signals.is_spike | signals.is_shift)
