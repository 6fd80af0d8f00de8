"""Levels that last and stretches between them, on series whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from helmdesk.statistics.course import course, memory_of


def noise(n: int, seed: int, memory: float = 0.0) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(size=n)
    found = np.empty(n)
    found[0] = steps[0]
    for place in range(1, n):
        found[place] = memory * found[place - 1] + np.sqrt(1 - memory**2) * steps[place]
    return found


def edges(values: np.ndarray) -> list[int]:
    return [stretch.start for stretch in course(values)][1:]


@pytest.mark.parametrize("seed", range(8))
def test_a_level_that_moved_is_found_where_it_moved(seed: int) -> None:
    values = noise(60, seed)
    values[40:] += 6
    assert edges(values) == [40]


@pytest.mark.parametrize("seed", range(1, 9))
def test_two_bad_weeks_are_an_episode_and_what_follows_a_level_of_its_own(seed: int) -> None:
    values = 30 + 2.4 * noise(60, seed)
    values[50:52] += 150
    values[52:] += 15
    stretches = course(values)
    assert [(stretch.start, len(stretch)) for stretch in stretches] == [(0, 50), (50, 2), (52, 8)]
    assert stretches[2].level - stretches[0].level == pytest.approx(15, abs=3)


def test_one_week_far_outside_is_a_stretch_and_one_a_little_outside_is_not() -> None:
    values = noise(60, 3)
    values[30] = 9.0
    assert edges(values) == [30, 31]
    values[30] = 3.0
    assert edges(values) == []


@pytest.mark.parametrize(("memory", "most"), [(0.0, 0.03), (0.3, 0.08), (0.6, 0.2)])
def test_series_that_never_change_have_one_stretch(memory: float, most: float) -> None:
    found = [len(course(noise(77, seed, memory))) > 1 for seed in range(300)]
    assert np.mean(found) <= most


@pytest.mark.parametrize("values", [[], [1.0], [2.0] * 30, [1.0, 5.0] * 4])
def test_what_is_short_or_still_has_no_course(values: list[float]) -> None:
    assert len(course(values)) <= 1


def test_weights_decide_what_a_value_says() -> None:
    values = noise(40, 5)
    values[20] = 12.0
    weights = np.ones(40)
    weights[20] = 0.05
    assert len(course(values)) > 1
    assert len(course(values, weights)) == 1


@pytest.mark.parametrize("shift", [0.0, 8.0])
@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_memory_is_that_of_the_weeks_whatever_their_levels_do(memory: float, shift: float) -> None:
    found = []
    for seed in range(25):
        values = noise(104, seed, memory)
        values[60:] += shift
        found.append(memory_of(values, course(values)))
    assert np.mean(found) == pytest.approx(memory, abs=0.1)


def test_what_never_moves_has_no_memory() -> None:
    for values in ([], [1.0], [2.0] * 30, [1.0, 2.0]):
        assert memory_of(values, course(values)) == 0.0
