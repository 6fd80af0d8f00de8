"""Erlang C: everybody waits until somebody is free."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from helmdesk.plan.queues.erlang_b import log_erlang_b
from helmdesk.plan.queues.waiting import Array, Waiting, as_arrays, whole_agents


def erlang_c(
    agents: ArrayLike, arrivals: ArrayLike, handle_time: ArrayLike, threshold: ArrayLike
) -> Waiting:
    """Return how long people wait who never give up.

    Args:
        agents: whole numbers from 0.
        arrivals: per unit of time.
        handle_time: mean, with hold and wrap, in that unit.
        threshold: within how long an answer is in time.

    With as much work as people or more the queue has no end: everybody waits for ever.
    """
    n, rate, aht, limit = as_arrays(
        agents=agents, arrivals=arrivals, handle_time=handle_time, threshold=threshold
    )
    return all_wait(whole_agents(n), rate, aht, limit)


def all_wait(n: Array, rate: Array, aht: Array, limit: Array) -> Waiting:
    """Return Erlang C of arrays of one shape."""
    load = rate * aht
    freed = np.divide(n, aht, out=np.zeros_like(n), where=aht > 0)
    return without_end(np.exp(log_erlang_b(n, load)), load, n, freed, rate, limit)


def without_end(
    blocked: Array, load: Array, places: Array, freed: Array, rate: Array, limit: Array
) -> Waiting:
    """Return the queue before servers of any kind that nobody leaves.

    Args:
        blocked: share that would be lost if nobody could wait.
        load: work offered, and places: work that is done while all are busy; in one unit.
        freed: rate at which the staff frees itself while all are busy.
        rate: arrivals per unit of time.
        limit: the threshold.
    """
    idle = load == 0
    is_stable = (load < places) | idle
    with np.errstate(divide="ignore", invalid="ignore"):
        waits = np.where(is_stable, blocked * places / (places - load * (1.0 - blocked)), 1.0)
        waits = np.where(idle, 0.0, waits)
        mean = np.where(is_stable, np.where(idle, 0.0, waits / (freed - rate)), np.inf)
        late = np.where(idle, 0.0, waits * np.exp(-np.maximum(freed - rate, 0.0) * limit))
        length = np.where(idle, 0.0, rate * mean)
        busy = np.where(idle, 0.0, np.minimum(load / places, 1.0))
    return Waiting(
        wait_probability=np.clip(waits, 0.0, 1.0),
        abandon_probability=np.zeros_like(load),
        mean_wait=mean,
        answer_wait=mean.copy(),
        answered_within=np.where(is_stable, np.clip(1.0 - late, 0.0, 1.0), 0.0),
        abandoned_within=np.zeros_like(load),
        occupancy=busy,
        queue_length=length,
        is_stable=is_stable,
    )
