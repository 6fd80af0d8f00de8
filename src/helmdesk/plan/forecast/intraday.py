"""The rest of the day, once its beginning is known. Pure."""

from __future__ import annotations

import numpy as np

from helmdesk.plan.queues.waiting import Array

# Days like the ones that the forecast was made for, before the beginning is believed at all.
FEWEST = 10
# As if so many days had shown no connection.
DOUBT = 2.0


def update(expected: Array, seen: Array, past_expected: Array, past_actual: Array) -> Array:
    """Return a day's forecast, the part that was seen as it was and the rest made anew.

    How far the rest follows the beginning is learned from earlier days: the slope of log(actual ÷
    expected) after that time on the same before it.

    Args:
        expected: (intervals,) the day's forecast.
        seen: contacts of the intervals that are over.
        past_expected, past_actual: (days × intervals) forecasts made a day ahead, and what came.
    """
    over = seen.size
    made = expected.copy()
    made[:over] = seen
    if not over or over == expected.size or expected[:over].sum() <= 0:
        return made
    before, after = _logs(past_expected, past_actual, over)
    if before.size < FEWEST:
        return made
    spread = before - before.mean()
    energy = float(spread @ spread)
    if energy <= 0:
        return made
    slope = float(spread @ (after - after.mean())) / (energy * (1 + DOUBT / before.size))
    # So few contacts may be chance: what Poisson noise alone would make of the slope is in it,
    # since the past days had it too.
    now = np.log(max(float(seen.sum()), 0.5) / float(expected[:over].sum()))
    bias = float(after.mean() - slope * before.mean())
    made[over:] = expected[over:] * np.exp(bias + slope * now)
    return made


def _logs(expected: Array, actual: Array, over: int) -> tuple[Array, Array]:
    sums = [part[:, :over].sum(axis=1) for part in (expected, actual)]
    rest = [part[:, over:].sum(axis=1) for part in (expected, actual)]
    whole = np.array([*sums, *rest])
    is_known = (~np.isnan(whole) & (whole > 0)).all(axis=0)
    return (
        np.log(sums[1][is_known] / sums[0][is_known]),
        np.log(rest[1][is_known] / rest[0][is_known]),
    )
