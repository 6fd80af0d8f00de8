"""How likely a day keeps its promise: against days lived through, call by call."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

from helmdesk.errors import UsageError
from helmdesk.plan.certainty import certainty_curve
from helmdesk.plan.queues import ServiceLevel
from helmdesk.plan.queues.variation import Line, chain, outcomes, places_in_line
from helmdesk.plan.staffing import LiveQueue, Target

AGENTS, HANDLE, PATIENCE, WITHIN = 14, 180.0, 300.0, 20.0
RATE = 1 / 17.5


def live_through(draw: np.random.Generator, seconds: float, warm: float = 3000) -> tuple[int, ...]:
    """Return (offered, in time, left early, answered) of a day, first come first served."""
    number = draw.poisson(RATE * (seconds + warm))
    at = np.sort(draw.random(number) * (seconds + warm))
    work = draw.exponential(HANDLE, number)
    patience = draw.exponential(PATIENCE, number)
    free = [0.0] * AGENTS
    told = [0, 0, 0, 0]
    for i in range(number):
        wait = max(0.0, free[0] - at[i])
        is_answered = wait <= patience[i]
        if is_answered:
            heapq.heapreplace(free, at[i] + wait + work[i])
        if at[i] >= warm:
            told[0] += 1
            told[1] += bool(is_answered and wait <= WITHIN)
            told[2] += bool(not is_answered and patience[i] <= WITHIN)
            told[3] += bool(is_answered)
    return tuple(told)


@pytest.fixture(scope="module")
def days() -> np.ndarray:
    draw = np.random.default_rng(7)
    return np.array([live_through(draw, 8 * 3600) for _ in range(400)])


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        (Target(0.9, WITHIN), lambda d: d[:, 1] >= 0.9 * d[:, 0]),
        (
            Target(0.9, WITHIN, ServiceLevel.IGNORE_SHORT),
            lambda d: d[:, 1] >= 0.9 * (d[:, 0] - d[:, 2]),
        ),
        (Target(0.9, WITHIN, ServiceLevel.POSITIVE), lambda d: d[:, 1] + d[:, 2] >= 0.9 * d[:, 0]),
        (Target(0.9, WITHIN, ServiceLevel.ANSWERED), lambda d: d[:, 1] >= 0.9 * d[:, 3]),
        (Target(None, WITHIN, abandonment=0.02), lambda d: d[:, 0] - d[:, 3] <= 0.02 * d[:, 0]),
    ],
)  # fmt: skip
def test_as_likely_as_lived(days: np.ndarray, target: Target, kept: object) -> None:
    contacts = np.full(16, RATE * 1800)
    queue = LiveQueue(contacts, np.array(HANDLE), PATIENCE)
    # A plan of 14 people in every interval, whatever the level is called.
    from helmdesk.plan import certainty

    point = certainty._point(
        queue.of(np.ones(16, bool)), target, contacts[None, :], np.zeros(16, int), 0.5,
        np.full(16, AGENTS),
    )  # fmt: skip
    lived = float(kept(days).mean())  # type: ignore[operator]
    assert 0.2 < lived < 0.98
    assert point.probability == pytest.approx(lived, abs=0.07)
    assert point.agent_hours == 14 * 8
    shares = days[:, 1] / days[:, 0]
    if target.service_level and target.variant is ServiceLevel.OFFERED:
        assert point.service_level == pytest.approx(shares.mean(), abs=0.01)
        assert point.low_service_level == pytest.approx(np.quantile(shares, 0.05), abs=0.02)


def test_a_sum_over_arrivals_varies_as_a_count_does() -> None:
    """Where each arrival adds one, the sum is a Poisson count: variance and mean are equal."""
    line = Line(np.arange(1, 6) / 3.0, 4.0, 1.0)
    rates = np.array([0.5, 1.5, 3.0])
    made = chain(line, rates, 60)
    mean, variance = made.sum_over_arrivals(np.ones(66), np.zeros(66))
    assert np.allclose(mean, rates) and np.allclose(variance, rates)


def test_outcomes_of_waiting_behind_others() -> None:
    draw = np.random.default_rng(3)
    line = Line(np.array([0.5, 1.0]), 2.0, 1.5)
    made = outcomes(line, 4)
    steps = np.stack([draw.exponential(1 / (1.0 + i / 2.0), 400_000) for i in range(4)])
    patience = draw.exponential(2.0, 400_000)
    for j in range(4):
        wait = steps[: j + 1].sum(axis=0)
        stays = patience > wait
        assert made.answered[j] == pytest.approx(stays.mean(), abs=0.004)
        assert made.in_time[j] == pytest.approx((stays & (wait <= 1.5)).mean(), abs=0.004)
        assert made.left_early[j] == pytest.approx(((~stays) & (patience <= 1.5)).mean(), abs=0.004)
        assert made.answered_wait[j] == pytest.approx((wait * stays).mean(), abs=0.008)


def test_more_hours_are_more_certain_and_an_unsure_forecast_is_not() -> None:
    shape = np.array([20, 60, 90, 80, 70, 30.0])
    queue = LiveQueue(shape, np.array(360.0), 240.0)
    draw = np.random.default_rng(1)
    factors = draw.gamma(100, 0.01, (300, 1))
    curve = certainty_curve(queue, Target(), factors * shape, np.zeros(6, int))
    hours = [point.agent_hours for point in curve]
    chances = [point.probability for point in curve]
    assert hours == sorted(hours) and chances == sorted(chances)
    assert chances[0] < 0.4 and chances[-1] > 0.9
    (sure,) = certainty_curve(queue, Target(), shape[None, :], np.zeros(6, int), levels=[0.9])
    (unsure,) = [point for point in curve if point.level == 0.9]
    assert sure.agent_hours < unsure.agent_hours


def test_edges() -> None:
    assert places_in_line(Line(np.array([1.0]), np.inf, 1), 5.0) == 400
    queue = LiveQueue(np.array([0.0, 5.0]), np.array(300.0), 100.0)
    # Nobody was planned for a contact that comes all the same.
    paths = np.array([[0.0, 5.0]] * 9 + [[3.0, 5.0]])
    (point,) = certainty_curve(queue, Target(), paths, np.array([0, 1]), levels=[0.5])
    assert point.agents[0] == 0 and point.probability < 1
    (none,) = certainty_curve(queue, Target(), np.zeros((3, 2)), np.array([0, 1]), levels=[0.5])
    assert none.probability == 1 and none.agent_hours == 0
    occupied = Target(None, occupancy=0.5)
    (calm,) = certainty_curve(queue, occupied, paths, np.array([0, 0]), levels=[0.5])
    assert 0 < calm.probability <= 1
    chats = LiveQueue(np.array([40.0]), np.array(360.0), 180.0, chat_seconds=(360, 450, 540))
    (point,) = certainty_curve(chats, Target(), np.array([[40.0]]), np.array([0]), levels=[0.5])
    assert point.service_level == pytest.approx(
        float(chats.waiting(point.agents, 20).service_level()[0]), abs=1e-6
    )
    with pytest.raises(UsageError, match="paths of shape"):
        certainty_curve(queue, Target(), np.zeros((3, 5)), np.array([0, 1]))
