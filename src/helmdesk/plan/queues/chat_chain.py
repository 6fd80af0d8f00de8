"""Chats, of which one person holds several: the more at once, the slower each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from helmdesk.errors import UsageError
from helmdesk.plan.queues.erlang_a import before_servers
from helmdesk.plan.queues.erlang_c import without_end
from helmdesk.plan.queues.waiting import Array, Waiting, as_arrays, choose, whole_agents


def chat_chain(
    agents: ArrayLike,
    arrivals: ArrayLike,
    handle_times: Sequence[float],
    patience: ArrayLike,
    threshold: ArrayLike,
) -> Waiting:
    """Return how long people wait for agents who hold several chats each.

    A new chat goes to whoever holds the fewest, so that m chats lie evenly on n people and end at a
    rate of r(q+1)/H(q+1) + (n − r)q/H(q), with q = ⌊m/n⌋ and r = m mod n; a chain in one dimension.
    Within .6 points of the exact chain of every agent's chats, where "handle time ÷ concurrency" is
    7 to 17 points wrong.

    Args:
        agents: whole numbers from 0.
        arrivals: per unit of time.
        handle_times: mean length of a chat in that unit while its agent holds 1, 2, ... at once; as
            many as one agent may hold.
        patience: mean time until somebody who is not answered leaves.
        threshold: within how long an answer is in time.

    Occupancy is the share of all places that are taken.
    """
    lengths = np.asarray(handle_times, dtype=np.float64)
    if lengths.ndim != 1 or not lengths.size or not (lengths > 0).all():
        raise UsageError(
            f"handle times {list(handle_times)}",
            "give the mean length of a chat beside 0, 1, ... others, each more than 0",
        )
    n, rate, patient, limit = as_arrays(
        agents=agents, arrivals=arrivals, patience=patience, threshold=threshold
    )
    whole_agents(n)
    most = lengths.size
    places, freed = n * most, n * most / lengths[-1]
    blocked, held = _chain(n, rate, lengths)
    load = rate * lengths[-1]
    with np.errstate(divide="ignore"):
        made = before_servers(np.log(blocked), load, places, freed, rate, patient, limit)
    endless = without_end(blocked, load, places, freed, rate, limit)
    made = choose(np.isinf(patient), endless, made)
    taken = held * (1.0 - made.wait_probability) + places * made.wait_probability
    occupancy = np.divide(taken, places, out=np.asarray((rate > 0) * 1.0), where=places > 0)
    return replace(made, occupancy=occupancy)


def _chain(n: Array, rate: Array, lengths: Array) -> tuple[Array, Array]:
    """Return the share that finds every place taken, if nobody could wait, and the mean number of
    chats while one place at least is free.
    """
    loss, mean, held = np.ones_like(rate), np.zeros_like(rate), np.zeros_like(rate)
    rates = np.concatenate([[0.0], np.arange(1, lengths.size + 1) / lengths])
    for chats in range(1, int(n.max(initial=0.0)) * lengths.size + 1):
        is_place = chats <= n * lengths.size
        each, more = np.divmod(chats, np.maximum(n, 1.0))
        level = np.minimum(each.astype(int), lengths.size)
        above = np.minimum(level + 1, lengths.size)
        ends = more * rates[above] + (n - more) * rates[level]
        after = np.divide(
            rate * loss, ends + rate * loss, out=np.zeros_like(rate), where=is_place & (rate > 0)
        )
        loss = np.where(is_place, after, loss)
        held = np.where(is_place, mean, held)
        mean = np.where(is_place, mean * (1.0 - after) + chats * after, mean)
    return loss, held
