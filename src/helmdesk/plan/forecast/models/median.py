"""The median of six like days: deaf to single odd ones, slow to notice growth."""

from __future__ import annotations

import numpy as np

from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.queues.waiting import Array

WEEKS = 6
# Below so many contacts an interval, medians of counts are mostly 0, and sum to less than a day.
DENSE = 5.0


def forecast(history: History, days: int) -> Array:
    """Return for each interval the median of the last six usual days of that weekday.

    Of thin counts the median of the days' totals is taken, divided as those days were.
    """
    made = np.zeros((days, history.contacts.shape[1]))
    for i, weekday in enumerate(history.ahead(days)):
        like = history.contacts[history.usual(int(weekday), WEEKS)]
        if like.size:
            made[i] = np.median(like, axis=0)
            whole = like.sum(axis=0)
            if whole.sum() < DENSE * like.shape[0] * (whole > 0).sum():
                made[i] = np.median(like.sum(axis=1)) * whole / max(whole.sum(), 1e-300)
    return made


model = Model("median of six weeks", forecast)
