"""How many people each interval needs, so that those who contact are answered as promised.

Pure. Times are seconds, intervals have one length, and a queue's intervals are independent of each
other (right while contacts are short beside an interval).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helmdesk.errors import UsageError
from helmdesk.plan.queues import ServiceLevel, Waiting, chat_chain, erlang_a, erlang_c, erlang_x
from helmdesk.plan.queues.waiting import Array

MOST_PEOPLE = 10_000_000


@dataclass(frozen=True)
class Target:
    """What was promised; every part that is given has to hold.

    Attributes:
        service_level: share answered in time, above 0 and below 1.
        within_seconds: what in time means.
        variant: what is divided by what.
        answer_seconds: the mean wait of those answered may be no longer.
        abandonment: no larger share may leave unanswered.
        occupancy: people may be at work for no larger share of their time.
    """

    service_level: float | None = 0.8
    within_seconds: float = 20.0
    variant: ServiceLevel = ServiceLevel.OFFERED
    answer_seconds: float | None = None
    abandonment: float | None = None
    occupancy: float | None = None

    def __post_init__(self) -> None:
        if self.service_level == 1.0:
            raise UsageError(
                "a service level of 100%",
                "no number of people can promise that nobody ever waits; ask for 99.9%, say",
            )
        _check_share("service level", self.service_level)
        _check_share("abandonment", self.abandonment)
        if self.occupancy != 1.0:
            _check_share("occupancy", self.occupancy)
        if not self.within_seconds >= 0 or math.isinf(self.within_seconds):
            raise UsageError(f"within {self.within_seconds:g} seconds", "give 0 seconds or more")
        if self.answer_seconds is not None and not self.answer_seconds > 0:
            raise UsageError(
                f"a mean wait of {self.answer_seconds:g} seconds",
                "no number of people can promise that nobody ever waits; give more than 0",
            )
        if self.parts == ():
            raise UsageError("a target of nothing", "give a service level, a wait, or a ceiling")

    @property
    def parts(self) -> tuple[float, ...]:
        """What was given, without its threshold."""
        given = (self.service_level, self.answer_seconds, self.abandonment, self.occupancy)
        return tuple(part for part in given if part is not None)

    def is_met(self, waiting: Waiting) -> NDArray[np.bool_]:
        """Return where a queue keeps every part of the promise."""
        held = waiting.is_stable.copy()
        if self.service_level is not None:
            held &= waiting.service_level(self.variant) >= self.service_level
        if self.answer_seconds is not None:
            held &= waiting.answer_wait <= self.answer_seconds
        if self.abandonment is not None:
            held &= waiting.abandon_probability <= self.abandonment
        if self.occupancy is not None:
            held &= waiting.occupancy <= self.occupancy
        return held


def _check_share(name: str, share: float | None) -> None:
    if share is not None and not 0.0 < share < 1.0:
        raise UsageError(f"{name} {share:g}", "give a share between 0 and 1, as 0.8")


@dataclass(frozen=True, eq=False)
class LiveQueue:
    """Contacts that wait for somebody, by interval.

    Attributes:
        contacts: offered in each interval.
        handle_seconds: mean of a contact with hold and wrap; one number, or one an interval. Of
            chats held side by side: the mean length beside 0, 1, ... others (`chat_seconds`).
        patience_seconds: mean time until somebody who is not answered leaves; infinite: never.
        interval_seconds: length of an interval.
        redial: share of those who left that contacts again, below 1.
        chat_seconds: mean length of a chat while its agent holds 1, 2, ... at once; empty: one
            contact at a time.
    """

    contacts: Array
    handle_seconds: Array
    patience_seconds: float = math.inf
    interval_seconds: float = 1800.0
    redial: float = 0.0
    chat_seconds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.interval_seconds > 0:
            raise UsageError(f"intervals of {self.interval_seconds:g} seconds", "give more than 0")
        if self.redial and self.chat_seconds:
            raise UsageError(
                "redials of chats", "leave one of the two out: who left a chat is not followed here"
            )

    @property
    def load(self) -> Array:
        """Erlangs offered: people that the work alone keeps busy, one contact each at a time."""
        each = self.chat_seconds[0] if self.chat_seconds else self.handle_seconds
        return np.asarray(self.contacts * each / self.interval_seconds)

    def waiting(self, agents: ArrayLike, within_seconds: float) -> Waiting:
        """Return what contacts meet with so many people in each interval."""
        rate = self.contacts / self.interval_seconds
        if self.chat_seconds:
            return chat_chain(
                agents, rate, self.chat_seconds, self.patience_seconds, within_seconds
            )
        if self.redial:
            return erlang_x(
                agents, rate, self.handle_seconds, self.patience_seconds, within_seconds,
                redial=self.redial,
            ).waiting  # fmt: skip
        if math.isinf(self.patience_seconds):
            return erlang_c(agents, rate, self.handle_seconds, within_seconds)
        return erlang_a(agents, rate, self.handle_seconds, self.patience_seconds, within_seconds)

    def of(self, cells: NDArray[np.bool_]) -> LiveQueue:
        """Return the queue of those intervals alone."""
        return replace(
            self,
            contacts=self.contacts[cells],
            handle_seconds=np.broadcast_to(self.handle_seconds, self.contacts.shape)[cells],
        )


@dataclass(frozen=True, eq=False)
class Requirement:
    """Who is needed, interval by interval.

    Attributes:
        agents: fewest people at work on contacts that keep the promise; at least one where
            contacts come.
        is_reached: false where even `most` people do not keep it; `agents` is then `most`.
        waiting: what contacts meet with that many.
        interval_seconds: length of an interval.
    """

    agents: NDArray[np.int64]
    is_reached: NDArray[np.bool_]
    waiting: Waiting
    interval_seconds: float

    @property
    def agent_hours(self) -> float:
        """Hours of people at work on contacts, over all intervals."""
        return float(self.agents.sum() * self.interval_seconds / 3600)


def required(queue: LiveQueue, target: Target, *, most: int | None = None) -> Requirement:
    """Return the fewest people that keep the promise in every interval.

    Args:
        most: no more than so many can be there at once (seats, say).

    All targets get easier with people, so each interval is found by halving between one person and
    more than enough; that may lie below the load where the impatient leave.
    """
    if most is not None and most < 0:
        raise UsageError(f"at most {most} people", "give 0 or more")
    queue = queue.of(np.ones(queue.contacts.shape, dtype=bool))
    low = np.where(queue.contacts > 0, 1, 0)
    high = _enough(queue, target, low)
    while (open_ := low < high).any():
        middle = (low + high) // 2
        part = queue.of(open_)
        is_met = np.ones_like(open_)
        is_met[open_] = target.is_met(part.waiting(middle[open_], target.within_seconds))
        high = np.where(open_ & is_met, middle, high)
        low = np.where(open_ & ~is_met, middle + 1, low)
    limit = MOST_PEOPLE if most is None else most
    agents = np.minimum(low, limit)
    return Requirement(
        agents=agents,
        is_reached=low <= limit,
        waiting=queue.waiting(agents, target.within_seconds),
        interval_seconds=queue.interval_seconds,
    )


def _enough(queue: LiveQueue, target: Target, low: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each interval a number of people that keeps the promise."""
    load = queue.load
    high = np.maximum(low, np.ceil(load + 6 * np.sqrt(load) + 12).astype(np.int64))
    high[queue.contacts == 0] = 0
    missing = queue.contacts > 0
    while missing.any():
        part = queue.of(missing)
        is_met = target.is_met(part.waiting(high[missing], target.within_seconds))
        missing[missing] = ~is_met
        high[missing] *= 2
        if (high > MOST_PEOPLE).any():
            raise UsageError(
                f"more than {MOST_PEOPLE:,} people in one interval",
                "check the contacts and the handle time, or ask for less",
            )
    return np.asarray(high)


def scheduled(agents: ArrayLike, shrinkage: ArrayLike) -> NDArray[np.int64]:
    """Return how many to schedule so that so many are at work: need ÷ (1 − shrinkage), rounded up.

    Args:
        shrinkage: share of paid time that is not at work on contacts: leave, sickness, breaks,
            meetings, training; from 0 to below 1.
    """
    share = np.asarray(shrinkage, dtype=float)
    wrong = ~((share >= 0) & (share < 1))
    if wrong.any():
        raise UsageError(
            f"shrinkage {share[wrong].flat[0]:g}", "give a share of paid time, 0 to below 1"
        )
    # A ten-thousandth of a person is rounding, not a person.
    return np.asarray(np.ceil(np.asarray(agents) / (1.0 - share) - 1e-4).astype(np.int64))
