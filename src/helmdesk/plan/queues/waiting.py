"""What those who arrive at a queue meet there, and which service level that makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helmdesk.errors import UsageError

Array = NDArray[np.float64]


class ServiceLevel(Enum):
    """What is divided by what. The four differ by twenty points in an hour with many abandons."""

    OFFERED = "answered in time of all offered"
    IGNORE_SHORT = "answered in time of offered, without those who left before the threshold"
    POSITIVE = "answered in time, or left before the threshold, of all offered"
    ANSWERED = "answered in time of those answered"


@dataclass(frozen=True, eq=False)
class Waiting:
    """A queue in its steady state; every array has the shape that the inputs broadcast to.

    Attributes:
        wait_probability: share of arrivals that find nobody free.
        abandon_probability: share of arrivals that leave unanswered.
        mean_wait: of everybody who arrives, those who leave included; infinite without an end.
        answer_wait: of those answered (average speed of answer).
        answered_within: answered within the threshold, as a share of arrivals.
        abandoned_within: left within the threshold, as a share of arrivals.
        occupancy: share of its time that the staff is at work, 0 to 1.
        queue_length: mean number waiting.
        is_stable: false where more comes than is answered and nobody ever leaves.
    """

    wait_probability: Array
    abandon_probability: Array
    mean_wait: Array
    answer_wait: Array
    answered_within: Array
    abandoned_within: Array
    occupancy: Array
    queue_length: Array
    is_stable: NDArray[np.bool_]

    def service_level(self, variant: ServiceLevel = ServiceLevel.OFFERED) -> Array:
        """Return the share in time, 0 to 1; 1 where nobody is left to be counted and none waited
        too long, 0 where nobody is ever answered.
        """
        return _VARIANTS[variant](self)


def choose(condition: NDArray[np.bool_], chosen: Waiting, other: Waiting) -> Waiting:
    """Return `chosen` where the condition holds and `other` elsewhere."""
    if not condition.any():
        return other
    return Waiting(
        *(
            np.where(condition, getattr(chosen, field.name), getattr(other, field.name))
            for field in fields(Waiting)
        )
    )


def without_waiting(lost: Array, occupancy: Array) -> Waiting:
    """Return a queue where the share `lost` leaves at once, and nobody else waits."""
    nothing = np.zeros_like(lost)
    return Waiting(
        wait_probability=lost,
        abandon_probability=lost,
        mean_wait=nothing,
        answer_wait=nothing,
        answered_within=1.0 - lost,
        abandoned_within=lost,
        occupancy=occupancy,
        queue_length=nothing,
        is_stable=np.ones(lost.shape, dtype=bool),
    )


def without_answers(rate: Array, patience: Array, limit: Array) -> Waiting:
    """Return a queue that nobody serves: all leave when their (exponential) patience ends."""
    certain, nothing = np.ones_like(rate), np.zeros_like(rate)
    return Waiting(
        wait_probability=certain,
        abandon_probability=certain,
        mean_wait=patience,
        answer_wait=nothing,
        answered_within=nothing,
        abandoned_within=-np.expm1(-limit / patience),
        occupancy=certain,
        queue_length=rate * patience,
        is_stable=np.ones(rate.shape, dtype=bool),
    )


def _share(part: Array, whole: Array) -> Array:
    made = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return np.clip(made, 0.0, 1.0)


_VARIANTS: dict[ServiceLevel, Callable[[Waiting], Array]] = {
    ServiceLevel.OFFERED: lambda waiting: waiting.answered_within,
    ServiceLevel.IGNORE_SHORT: lambda waiting: _share(
        waiting.answered_within, 1.0 - waiting.abandoned_within
    ),
    ServiceLevel.POSITIVE: lambda waiting: np.clip(
        waiting.answered_within + waiting.abandoned_within, 0.0, 1.0
    ),
    ServiceLevel.ANSWERED: lambda waiting: _share(
        waiting.answered_within, 1.0 - waiting.abandon_probability
    ),
}


def as_arrays(**given: ArrayLike) -> list[Array]:
    """Return the inputs as float arrays of one shape.

    Raises UsageError where one is negative or not a number, naming it and the value.
    """
    arrays = []
    for name, value in given.items():
        array = np.asarray(value, dtype=np.float64)
        wrong = ~(array >= 0)
        if wrong.any():
            raise UsageError(
                f"{name.replace('_', ' ')} is {array[wrong].flat[0]:g}",
                "it must be 0 or more",
            )
        arrays.append(array)
    return [np.array(array) for array in np.broadcast_arrays(*arrays)]


def whole_agents(agents: Array) -> Array:
    """Return `agents` unchanged; UsageError where one is not a whole number."""
    wrong = ~(np.floor(agents) == agents) | np.isinf(agents)
    if wrong.any():
        raise UsageError(
            f"{agents[wrong].flat[0]:g} agents", "a queue is served by a whole number of people"
        )
    return agents
