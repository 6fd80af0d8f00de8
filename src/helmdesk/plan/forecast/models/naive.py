"""The same as on that weekday last: what every other model has to beat."""

from __future__ import annotations

import numpy as np

from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.queues.waiting import Array


def forecast(history: History, days: int) -> Array:
    """Return the last usual day of each weekday."""
    made = np.zeros((days, history.contacts.shape[1]))
    for i, weekday in enumerate(history.ahead(days)):
        last = history.usual(int(weekday), 1)
        if last.size:
            made[i] = history.contacts[last[0]]
    return made


model = Model("the same weekday of the last usual week", forecast)
