"""Erlang X: some who gave up call again, and some who were answered do too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from helmdesk.errors import UsageError
from helmdesk.plan.queues.erlang_a import some_leave
from helmdesk.plan.queues.waiting import Array, Waiting, as_arrays, whole_agents

STEPS = 60


@dataclass(frozen=True, eq=False)
class Redials:
    """A queue that calls come back to.

    Attributes:
        total: arrivals per unit of time, first calls, redials and reconnects together.
        waiting: what each of them meets.
    """

    total: Array
    waiting: Waiting


def erlang_x(
    agents: ArrayLike,
    arrivals: ArrayLike,
    handle_time: ArrayLike,
    patience: ArrayLike,
    threshold: ArrayLike,
    *,
    redial: ArrayLike = 0.0,
    reconnect: ArrayLike = 0.0,
) -> Redials:
    """Return the rate L that solves L = λ + redial·L·P(abandon) + reconnect·L·(1 − P(abandon)).

    Args:
        agents, handle_time, patience, threshold: as of `erlang_a`.
        arrivals: first calls per unit of time.
        redial: share of those who gave up that calls again, below 1.
        reconnect: share of those answered that calls again, below 1.

    Those who call again are taken for newcomers; who redials within one handle time finds the queue
    still as long, and the service level is then up to 3.5 points better here than in truth.
    Ding, Koole and van der Mei, arXiv 1311.6248.
    """
    n, rate, aht, patient, limit, again, back = as_arrays(
        agents=agents,
        arrivals=arrivals,
        handle_time=handle_time,
        patience=patience,
        threshold=threshold,
        redial=redial,
        reconnect=reconnect,
    )
    for name, share in (("redial", again), ("reconnect", back)):
        if (share >= 1).any():
            raise UsageError(
                f"{name} is {share.max():g}", "a share below 1 calls again, or calls never end"
            )
    whole_agents(n)
    low, high = rate, rate / (1.0 - np.maximum(again, back))
    for _ in range(STEPS if (high > low).any() else 0):
        middle = (low + high) / 2.0
        lost = some_leave(n, middle, aht, patient, limit).abandon_probability
        is_more = rate + middle * (again * lost + back * (1.0 - lost)) > middle
        low, high = np.where(is_more, middle, low), np.where(is_more, high, middle)
    total = (low + high) / 2.0
    return Redials(total, some_leave(n, total, aht, patient, limit))
