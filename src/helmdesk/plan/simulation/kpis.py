"""Numbers of a week lived through, by the definitions of the catalogue.

`tests/plan/test_simulation_kpis.py` loads a simulated week into a desk and holds what the catalogue
says of it against these, so that there are no two meanings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from helmdesk.plan.simulation.kernel import Lived
from helmdesk.plan.simulation.tape import Habits

KPIS = (
    "service_level",
    "average_speed_of_answer",
    "missed_contact_rate",
    "occupancy",
    "utilization",
)
Kpi = Callable[[Lived, Sequence[Habits]], float]


def kpi(key: str, lived: Lived, habits: Sequence[Habits]) -> float:
    """Return one number of a week; not a number where nothing is there to be measured."""
    return _KPIS[key](lived, habits)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _service_level(lived: Lived, habits: Sequence[Habits]) -> float:
    """Answered within T ÷ (answered + lost after T)."""
    limit = np.array([habit.threshold_seconds for habit in habits])[lived.tape.queue]
    in_time = lived.is_answered & (lived.wait <= limit)
    counted = lived.is_answered | (lived.wait > limit)
    return _ratio(float(in_time.sum()), float(counted.sum()))


def _answer_seconds(lived: Lived, _: Sequence[Habits]) -> float:
    """Mean wait of those answered."""
    return _ratio(float(lived.wait[lived.is_answered].sum()), float(lived.is_answered.sum()))


def _missed(lived: Lived, habits: Sequence[Habits]) -> float:
    """Never answered ÷ (offered - short abandons)."""
    short = np.array([habit.short_seconds for habit in habits])[lived.tape.queue]
    is_short = ~lived.is_answered & (lived.wait < short)
    return _ratio(float((~lived.is_answered & ~is_short).sum()), float((~is_short).sum()))


def _occupancy(lived: Lived, _: Sequence[Habits]) -> float:
    """Handling ÷ (handling + available), of contacts alone."""
    return _ratio(lived.busy_seconds, max(lived.there_seconds, lived.busy_seconds))


def _utilization(lived: Lived, _: Sequence[Habits]) -> float:
    """Handling ÷ paid time, of contacts alone."""
    return _ratio(lived.busy_seconds, lived.paid_seconds)


_KPIS: dict[str, Kpi] = {
    "service_level": _service_level,
    "average_speed_of_answer": _answer_seconds,
    "missed_contact_rate": _missed,
    "occupancy": _occupancy,
    "utilization": _utilization,
}
