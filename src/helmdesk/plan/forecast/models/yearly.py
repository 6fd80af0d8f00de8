"""The same weeks of last year: how they rose and fell against the weeks before them."""

from __future__ import annotations

import numpy as np

from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.forecast.models.profile import forecast as profile
from helmdesk.plan.queues.waiting import Array

# Whole weeks, so that weekdays meet weekdays.
YEAR = 364
# The weeks that today's level is taken from, and how much less each earlier one counts.
WEEKS, FADES = 4, 0.5
# Days on either side by which a single day, and a week, are smoothed.
SIDE = 3
# How much of last year's rise and fall is believed.
BELIEVED = 0.8
LARGEST = 3.0


def forecast(history: History, days: int) -> Array:
    """Return level, weekday and shape × the course of last year.

    A day's factor is what its week brought a year ago ÷ what the weeks before it did there, as a
    power of .8, and at most threefold. Without a year and five weeks it is the profile alone.
    """
    made = profile(history, days)
    start = history.days - YEAR
    if start < 7 * WEEKS + SIDE:
        return made
    totals = history.contacts.sum(axis=1)
    weights = FADES ** np.arange(WEEKS)
    before = [_mean(totals, start - 7 * (k + 1) - SIDE, start - 7 * k + SIDE) for k in range(WEEKS)]
    base = float(weights @ np.array(before) / weights.sum())
    for i in range(days):
        there = start + i % YEAR
        week = _mean(totals, there - SIDE, there + SIDE + 1)
        if base > 0 and week > 0:
            made[i] *= np.clip((week / base) ** BELIEVED, 1 / LARGEST, LARGEST)
    return made


def _mean(totals: Array, start: int, end: int) -> float:
    some = totals[max(start, 0) : end]
    return float(some.mean()) if some.size else 0.0


model = Model("level and weekday, on last year's course", forecast, needs_all=True)
