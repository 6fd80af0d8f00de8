"""Chats held side by side: against the exact chain of what every agent holds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from helmdesk.errors import UsageError
from helmdesk.plan.queues import chat_chain, erlang_a, erlang_c

LENGTHS = (6, 7.5, 9)


@pytest.mark.parametrize(
    ("agents", "rate", "told"),
    [(10, 3.4, 0.748), (10, 3.0, 0.896), (5, 1.5, 0.830), (30, 10.5, 0.763)],
)
def test_the_reference(agents: int, rate: float, told: float) -> None:
    # Patience 3 minutes, answered within half a minute; handle time ÷ 3 would give 62% for one.
    assert chat_chain(agents, rate, LENGTHS, 3, 0.5).service_level() == pytest.approx(
        told, abs=6e-4
    )
    assert erlang_a(10, 3.4, 3, 3, 0.5).service_level() == pytest.approx(0.62, abs=5e-4)


def exact(agents: int, rate: float, lengths: tuple[float, ...], patience: float) -> float:
    """Return the probability that a chat waits: states say how many agents hold 0, 1, ... chats."""
    most, queue_end = len(lengths), 150
    shares = [
        state
        for state in itertools.product(range(agents + 1), repeat=most + 1)
        if sum(state) == agents
    ]
    full = tuple([0] * most + [agents])
    states = [(state, 0) for state in shares] + [(full, q) for q in range(1, queue_end + 1)]
    place = {state: i for i, state in enumerate(states)}
    flow = np.zeros((len(states), len(states)))

    def move(state: tuple[int, ...], held: int, step: int) -> tuple[int, ...]:
        moved = list(state)
        moved[held] -= 1
        moved[held + step] += 1
        return tuple(moved)

    for (state, queue), i in place.items():
        if state == full:
            if queue < queue_end:
                flow[i, place[full, queue + 1]] += rate
        else:
            least = next(held for held in range(most) if state[held])
            flow[i, place[move(state, least, 1), 0]] += rate
        for held in range(1, most + 1):
            ends = state[held] * held / lengths[held - 1]
            if queue:
                flow[i, place[full, queue - 1]] += ends + (queue / patience if held == 1 else 0)
            elif ends:
                flow[i, place[move(state, held, -1), 0]] += ends
    balance = flow.T - np.diag(flow.sum(axis=1))
    balance[-1] = 1
    steady = np.linalg.solve(balance, np.eye(len(states))[-1])
    return float(sum(steady[i] for (state, _), i in place.items() if state == full))


@pytest.mark.parametrize(("agents", "rate"), [(5, 1.5), (5, 2.2), (3, 0.8), (2, 0.9)])
def test_against_every_agent_s_chats(agents: int, rate: float) -> None:
    made = chat_chain(agents, rate, LENGTHS, 3, 0.5)
    waits = exact(agents, rate, LENGTHS, 3)
    # Once all are full both queues are the same, so the service level is one line in the waits.
    share = (1 - float(made.service_level())) / float(made.wait_probability)
    assert made.service_level() == pytest.approx(1 - share * waits, abs=0.01)


def test_one_chat_at_once_is_a_call() -> None:
    agents, rate = np.arange(1, 40), 4.0
    for patience, other in (
        (3.0, erlang_a(agents, rate, 6, 3, 1)),
        (np.inf, erlang_c(agents, rate, 6, 1)),
        (0.0, erlang_a(agents, rate, 6, 0, 1)),
    ):
        made = chat_chain(agents, rate, [6], patience, 1)
        for name in ("wait_probability", "answered_within", "abandoned_within", "occupancy"):
            assert np.allclose(getattr(made, name), getattr(other, name), atol=1e-10), name


def test_as_long_beside_others_is_as_many_lines() -> None:
    made, other = chat_chain(7, 3, [6, 6, 6], 3, 0.5), erlang_a(21, 3, 6, 3, 0.5)
    assert made.answered_within == pytest.approx(float(other.answered_within), abs=1e-12)
    assert made.occupancy == pytest.approx(float(other.occupancy), abs=1e-12)


def test_edges() -> None:
    made = chat_chain([0, 0, 4], [0, 2, 0], LENGTHS, 3, 0.5)
    assert made.service_level().tolist() == [1, 0, 1]
    assert made.occupancy.tolist() == [0, 1, 0]
    with pytest.raises(UsageError, match="handle times"):
        chat_chain(3, 1, [], 3, 0.5)
    with pytest.raises(UsageError, match="handle times"):
        chat_chain(3, 1, [6, 0], 3, 0.5)
