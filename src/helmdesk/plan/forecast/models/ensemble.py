"""The mean of two models that are wrong about different things."""

from __future__ import annotations

import numpy as np

from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.forecast.models import profile, svd
from helmdesk.plan.queues.waiting import Array


def forecast(history: History, days: int) -> Array:
    """Return the mean of patterns and profile."""
    return np.asarray(np.mean([each.forecast(history, days) for each in (svd, profile)], axis=0))


model = Model("the mean of typical days and of level, weekday and time of day", forecast)
