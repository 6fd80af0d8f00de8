"""How much a week brings, how a weekday differs, how a day goes: each learned by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.queues.waiting import Array

WEEKS = 10
DENSE = 5.0
# A week counts half as much as the one after it.
FADES = 0.5
# As many days of every weekday together as one day of its own.
POOLED = 1.0


def forecast(history: History, days: int) -> Array:
    """Return level × weekday × shape.

    Level and weekday are the two sides of the last ten weeks' totals, as a Poisson count of each
    would make them likeliest; the shape of a weekday is the mean share of each interval, without
    the highest and lowest day.
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
    totals_known = np.where(known, table, 0.0)
    weeks, weekday = np.ones(WEEKS), np.ones(7)
    for _ in range(12):
        weekday = _shares(totals_known.sum(axis=0), (known * weeks[:, None]).sum(axis=0))
        weeks = _shares(totals_known.sum(axis=1), (known * weekday[None, :]).sum(axis=1))
    # What the last weeks brought ÷ what weekdays alone would make of them.
    weight = FADES ** np.arange(WEEKS)
    usual = (weight[:, None] * known * weekday[None, :]).sum()
    if usual <= 0:
        return 0.0, np.zeros(7)
    return float((weight[:, None] * totals_known).sum() / usual), weekday


def _shares(top: Array, base: Array) -> Array:
    return np.divide(top, base, out=np.zeros_like(top), where=base > 0)


def _shape(history: History, days: NDArray[np.int64]) -> Array:
    """Return the share of each interval; of five days and more without the two ends."""
    some = history.contacts[days]
    totals = some.sum(axis=1)
    shares = np.sort(some[totals > 0] / totals[totals > 0, None], axis=0)
    if not len(shares):
        return np.zeros(history.contacts.shape[1])
    # Of thin counts the highest share is not odd, only chance.
    is_dense = totals.mean() >= DENSE * (some.sum(axis=0) > 0).sum()
    kept = shares[1:-1] if len(shares) >= 5 and is_dense else shares
    mean = kept.mean(axis=0)
    return np.asarray(mean / max(mean.sum(), 1e-300))


model = Model("level, weekday and time of day", forecast)
