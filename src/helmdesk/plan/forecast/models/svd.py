"""Days as a few patterns in the right amounts, of which a busy day hands some on to the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.forecast.models.median import forecast as median
from helmdesk.plan.queues.waiting import Array

DAYS = 100
PATTERNS = 4
# A week counts so much of the week after it.
FADES = 0.8
FEWEST = 15
# An interval in which so many days of a weekday had none brings none.
LIKE_DAYS = 10
# Root of counts plus this: about the same noise at any volume.
OFFSET = 0.375


def forecast(history: History, days: int) -> Array:
    """Return the days of the patterns' expected amounts.

    On the scale of roots the last hundred open days are divided into four patterns (singular value
    decomposition). A day's amount of each is what is usual on its weekday, plus what remains of how
    far the last open day was from usual (first-order autoregression). Shen and Huang, "Interday
    forecasting and intraday updating of call center arrivals" (M&SOM 10, 2008). Of fewer than 15
    days the median is taken.
    """
    totals = history.contacts.sum(axis=1)
    open_days = np.flatnonzero(history.is_usual & (totals > 0))[-DAYS:]
    if open_days.size < FEWEST:
        return median(history, days)
    roots = np.sqrt(history.contacts[open_days] + OFFSET)
    left, sizes, patterns = np.linalg.svd(roots, full_matrices=False)
    kept = min(PATTERNS, sizes.size)
    amounts = left[:, :kept] * sizes[:kept]
    weekdays = history.weekdays[open_days]
    weights = FADES ** (np.arange(amounts.shape[0], 0, -1) / 5.0)
    usual = _usual(amounts, weekdays, weights)
    apart = amounts - usual[weekdays]
    carried = _carried(apart)
    made = np.zeros((days, roots.shape[1]))
    last = apart[-1]
    is_open = _open(history)
    step = 0
    for i, weekday in enumerate(history.ahead(days)):
        if not is_open[weekday]:
            continue
        step += 1
        amount = usual[weekday] + carried**step * last
        ever = history.contacts[history.usual(int(weekday), LIKE_DAYS)].any(axis=0)
        made[i] = np.where(ever, _counts(amount @ patterns[:kept]), 0.0)
    # A root's mean squared is less than the mean: by as much as in the days it was learned from.
    said = float(weights @ _counts(usual[weekdays] @ patterns[:kept]).sum(axis=1))
    came = float(weights @ totals[open_days])
    return made * (came / said if said > 0 else 1.0)


def _counts(roots: Array) -> Array:
    return np.asarray(np.maximum(np.maximum(roots, 0.0) ** 2 - OFFSET, 0.0))


def _usual(amounts: Array, weekdays: NDArray[np.int64], weights: Array) -> Array:
    """Return each weekday's mean amounts, the recent days counting more."""
    made = np.zeros((7, amounts.shape[1]))
    for weekday in range(7):
        same = weekdays == weekday
        some = weights * same
        if same.any():
            made[weekday] = (some[:, None] * amounts).sum(axis=0) / some.sum()
    return made


def _carried(apart: Array) -> Array:
    """Return the share of each deviation that the next open day keeps, 0 to .95."""
    before, after = apart[:-1], apart[1:]
    energy = (before * before).sum(axis=0)
    kept = (before * after).sum(axis=0) / np.maximum(energy, 1e-300)
    return np.asarray(np.clip(kept, 0.0, 0.95))


def _open(history: History) -> NDArray[np.bool_]:
    totals = history.contacts.sum(axis=1)
    found = np.zeros(7, dtype=bool)
    for weekday in range(7):
        like = history.usual(weekday, 6)
        found[weekday] = like.size > 0 and np.median(totals[like]) > 0
    return found


model = Model("typical days in changing amounts", forecast)
