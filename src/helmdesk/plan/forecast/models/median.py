"""The median of six like days: deaf to single odd ones, slow to notice growth."""

from __future__ import annotations

import numpy as np

from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.queues.waiting import Array

WEEKS = 6


def forecast(history: History, days: int) -> Array:
    """Return for each interval the median of the last six usual days of that weekday."""
    made = np.zeros((days, history.contacts.shape[1]))
    for i, weekday in enumerate(history.ahead(days)):
        like = history.usual(int(weekday), WEEKS)
        if like.size:
            made[i] = np.median(history.contacts[like], axis=0)
    return made


model = Model("median of six weeks", forecast)
