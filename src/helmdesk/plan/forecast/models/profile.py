"""How much a week brings, how a weekday differs, how a day goes: each learned by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.queues.waiting import Array

WEEKS = 10
# A week counts half as much as the one after it.
FADES = 0.5
# As many days of every weekday together as one day of its own.
POOLED = 1.0


def forecast(history: History, days: int) -> Array:
    """Return level × weekday × shape.

    Level and weekday are the two sides of the last ten weeks' totals (median polish of their logs);
    the shape of a weekday is the mean share of each interval, without the highest and lowest day.
    """
    level, weekday = _level_and_weekdays(history)
    made = np.zeros((days, history.contacts.shape[1]))
    together = _shape(history, np.flatnonzero(history.is_usual)[-WEEKS * 5 :])
    for i, which in enumerate(history.ahead(days)):
        like = history.usual(int(which), WEEKS)
        like = like[history.contacts[like].sum(axis=1) > 0]
        if like.size and weekday[which] > 0:
            own = _shape(history, like)
            shape = (like.size * own + POOLED * together) / (like.size + POOLED)
            made[i] = level * weekday[which] * shape
    return made


def _level_and_weekdays(history: History) -> tuple[float, Array]:
    """Return contacts of a mean day now, and each weekday's share of that (0: closed)."""
    back = (history.days - 1 - np.arange(history.days)) // 7
    totals = history.contacts.sum(axis=1)
    table = np.full((WEEKS, 7), np.nan)
    for day in np.flatnonzero(history.is_usual & (back < WEEKS)):
        table[back[day], history.weekdays[day]] = totals[day]
    known = ~np.isnan(table)
    is_open = np.array(
        [known[:, w].any() and np.nanmedian(table[:, w]) > 0 for w in range(7)], dtype=bool
    )
    if not is_open.any():
        return 0.0, np.zeros(7)
    logs = np.log(np.where(known & (table > 0), table, np.nan)[:, is_open])
    rows, columns = np.zeros(WEEKS), np.zeros(logs.shape[1])
    for _ in range(6):
        rows = rows + _medians(logs - rows[:, None] - columns[None, :], axis=1)
        columns = columns + _medians(logs - rows[:, None] - columns[None, :], axis=0)
    weight = FADES ** np.arange(WEEKS) * (~np.isnan(logs)).sum(axis=1)
    means = rows + np.nan_to_num(_means(logs - rows[:, None] - columns[None, :]))
    weekday = np.zeros(7)
    weekday[is_open] = np.exp(columns)
    return float(np.exp((weight * means).sum() / weight.sum())), weekday


def _medians(values: Array, axis: int) -> Array:
    """Return medians of what is known; 0 where nothing is."""
    ordered = np.sort(values if axis else values.T, axis=1)  # what is unknown comes last
    known = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(known.size)
    middles = ordered[rows, np.maximum(known - 1, 0) // 2] + ordered[rows, known // 2]
    return np.where(known > 0, middles / 2, 0.0)


def _means(values: Array) -> Array:
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def _shape(history: History, days: NDArray[np.int64]) -> Array:
    """Return the share of each interval; of five days and more without the two ends."""
    some = history.contacts[days]
    totals = some.sum(axis=1)
    shares = np.sort(some[totals > 0] / totals[totals > 0, None], axis=0)
    if not len(shares):
        return np.zeros(history.contacts.shape[1])
    kept = shares[1:-1] if len(shares) >= 5 else shares
    mean = kept.mean(axis=0)
    return np.asarray(mean / max(mean.sum(), 1e-300))


model = Model("level, weekday and shape", forecast)
