"""Erlang A: people wait, and give up when their patience ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from helmdesk.plan.queues.erlang_b import log_erlang_b
from helmdesk.plan.queues.erlang_c import all_wait
from helmdesk.plan.queues.patience import offered_wait
from helmdesk.plan.queues.waiting import (
    Array,
    Waiting,
    as_arrays,
    choose,
    whole_agents,
    without_answers,
    without_waiting,
)


def erlang_a(
    agents: ArrayLike,
    arrivals: ArrayLike,
    handle_time: ArrayLike,
    patience: ArrayLike,
    threshold: ArrayLike,
) -> Waiting:
    """Return how long people wait, and how many give up.

    Args:
        agents: whole numbers from 0.
        arrivals: per unit of time.
        handle_time: mean, with hold and wrap, in that unit.
        patience: mean time until somebody who is not answered leaves (exponential). Without end:
            Erlang C. None at all: Erlang B, all who would wait leave at once.
        threshold: within how long an answer is in time.
    """
    n, rate, aht, patient, limit = as_arrays(
        agents=agents,
        arrivals=arrivals,
        handle_time=handle_time,
        patience=patience,
        threshold=threshold,
    )
    return some_leave(whole_agents(n), rate, aht, patient, limit)


def some_leave(n: Array, rate: Array, aht: Array, patience: Array, limit: Array) -> Waiting:
    """Return Erlang A of arrays of one shape."""
    load = rate * aht
    freed = np.divide(n, aht, out=np.zeros_like(n), where=aht > 0)
    made = before_servers(log_erlang_b(n, load), load, n, freed, rate, patience, limit)
    return choose(np.isinf(patience), all_wait(n, rate, aht, limit), made)


def before_servers(
    log_blocked: Array,
    load: Array,
    places: Array,
    freed: Array,
    rate: Array,
    patience: Array,
    limit: Array,
) -> Waiting:
    """Return the queue before servers of any kind.

    Args:
        log_blocked: log of the share that would be lost if nobody could wait.
        load: work offered, and places: work that is done while all are busy; in one unit.
        freed: rate at which the staff frees itself while all are busy.
        rate: arrivals per unit of time.
        patience: its mean; what is made of an infinite one means nothing.
        limit: the threshold.
    """
    unit = np.where((patience > 0) & np.isfinite(patience), patience, 1.0)
    blocked = np.exp(log_blocked)
    offered = offered_wait(np.where(freed > 0, freed * unit, 1.0), rate * unit, limit / unit)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        odds = np.exp(offered.log_scale + log_blocked - np.log(-np.expm1(log_blocked)))
        waits = np.where(np.isinf(odds), 1.0, odds / (1.0 + odds))
    lost = waits * offered.abandons
    answered = waits * offered.answered_within
    made = Waiting(
        wait_probability=waits,
        abandon_probability=lost,
        mean_wait=lost * unit,
        answer_wait=waits * offered.answered_wait * unit / np.maximum(1.0 - lost, 1e-300),
        answered_within=np.clip(1.0 - waits + answered, 0.0, 1.0),
        abandoned_within=np.clip(
            waits * (1.0 - np.exp(-limit / unit) * offered.still_there) - answered, 0.0, 1.0
        ),
        occupancy=_busy(load * (1.0 - lost), places),
        queue_length=rate * lost * unit,
        is_stable=np.ones(rate.shape, dtype=bool),
    )
    idle = load == 0
    made = choose(
        patience == 0, without_waiting(blocked, _busy(load * (1 - blocked), places)), made
    )
    made = choose((freed <= 0) & (patience > 0), without_answers(rate, unit, limit), made)
    return choose(idle, without_waiting(np.zeros_like(rate), np.zeros_like(rate)), made)


def _busy(work: Array, places: Array) -> Array:
    """Return the share of the staff's time that is work; 1 where nobody is there to do it."""
    return np.minimum(np.divide(work, places, out=np.ones_like(work), where=places > 0), 1.0)
