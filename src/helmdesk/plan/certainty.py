"""How sure a plan is: the probability of keeping the promise, against the hours that buys it.

A forecast is wrong by some percent, and one day differs from the next by chance alone. A plan made
for the middle of the forecast therefore keeps its promise on perhaps six days of ten, whatever it
says of each interval. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helmdesk.errors import UsageError
from helmdesk.plan.queues import ServiceLevel
from helmdesk.plan.queues.variation import Chain, Line, Outcome, chain, outcomes, places_in_line
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.staffing import LiveQueue, Target, required

# Rates at which a number of people is tried; in between, straight lines.
RATES = 24
LEVELS = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
# The middles of twenty equal parts of a distribution.
EVEN_PARTS = (np.arange(20) + 0.5) / 20


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """One plan and how sure it is.

    Attributes:
        level: the quantile of the forecast that each interval is staffed for.
        agents: people at work in each interval.
        agent_hours: their hours over all intervals.
        probability: of a day keeping its promise, over all days and paths of the forecast; a
            promise of several parts is as likely as its least likely part.
        service_level: expected share in time of a day, of all its contacts; in the target's
            variant, within its seconds.
        low_service_level: reached or passed on 19 days of 20.
    """

    level: float
    agents: NDArray[np.int64]
    agent_hours: float
    probability: float
    service_level: float
    low_service_level: float


def certainty_curve(
    queue: LiveQueue,
    target: Target,
    paths: Array,
    days: NDArray[np.int64],
    *,
    levels: Sequence[float] = LEVELS,
    most: int | None = None,
) -> tuple[CurvePoint, ...]:
    """Return plans of growing hours, each with the probability of a day keeping its promise.

    Args:
        queue: contacts expected, handle time, patience. Its redials are left out of account here.
        paths: what may come instead, (paths × intervals), drawn from the forecast's own errors, so
            that the intervals of one path are wrong together as they are in life.
        days: for each interval, which day it belongs to (0, 1, ...).
        levels: quantiles of the paths that plans are made for; of equal plans the first is told.
        most: no more people than these can be there at once.
    """
    if paths.ndim != 2 or paths.shape[1] != queue.contacts.size or not paths.shape[0]:
        raise UsageError(f"paths of shape {paths.shape}", "give one column for each interval")
    whole = queue.of(np.ones(queue.contacts.shape, dtype=bool))
    points: list[CurvePoint] = []
    for level in levels:
        busy = LiveQueue(
            np.quantile(paths, level, axis=0),
            whole.handle_seconds,
            queue.patience_seconds,
            queue.interval_seconds,
            chat_seconds=queue.chat_seconds,
        )
        agents = required(busy, target, most=most).agents
        if not points or not np.array_equal(points[-1].agents, agents):
            points.append(_point(whole, target, paths, days, level, agents))
    return tuple(points)


@dataclass(frozen=True)
class _Promise:
    """A part of a target, as a sum over contacts that may not fall below 0: what each adds."""

    in_time: float = 0.0
    left_early: float = 0.0
    answered: float = 0.0
    answered_wait: float = 0.0
    always: float = 0.0

    @property
    def at_best(self) -> float:
        """What a contact adds that is answered at once."""
        return self.in_time + self.answered + self.always

    def adds(self, outcome: Outcome) -> Array:
        """Return what a contact with so many before it adds on average."""
        return (
            self.in_time * outcome.in_time
            + self.left_early * outcome.left_early
            + self.answered * outcome.answered
            + self.answered_wait * outcome.answered_wait
            + self.always
        )

    def spread(self, outcome: Outcome) -> Array:
        """Return the variance of what it adds, over being answered in time, late, or not."""
        late = outcome.answered - outcome.in_time
        mean = self.adds(outcome) - self.answered_wait * outcome.answered_wait - self.always
        square = (
            outcome.in_time * (self.in_time + self.answered) ** 2
            + late * self.answered**2
            + outcome.left_early * self.left_early**2
        )
        return np.maximum(square - mean**2, 0.0)


def _of_service_level(variant: ServiceLevel, share: float) -> _Promise:
    return {
        ServiceLevel.OFFERED: _Promise(in_time=1.0, always=-share),
        ServiceLevel.IGNORE_SHORT: _Promise(in_time=1.0, left_early=share, always=-share),
        ServiceLevel.POSITIVE: _Promise(in_time=1.0, left_early=1.0, always=-share),
        ServiceLevel.ANSWERED: _Promise(in_time=1.0, answered=-share),
    }[variant]


def _promises(target: Target) -> list[_Promise]:
    """Return the parts of a target that are sums over contacts."""
    made = []
    if target.service_level is not None:
        made.append(_of_service_level(target.variant, target.service_level))
    if target.answer_seconds is not None:
        made.append(_Promise(answered=target.answer_seconds, answered_wait=-1.0))
    if target.abandonment is not None:
        made.append(_Promise(answered=1.0, always=target.abandonment - 1.0))
    return made


def _within(best: Array, mean: Array, variance: Array) -> Array:
    """Return the probability that a sum with that mean and variance is 0 or more.

    What it falls short of its best is waits and losses; they come in clusters, so that bad days are
    much worse than good ones are better: a gamma distribution.
    """
    from scipy.special import gammainc

    short = np.maximum(best - mean, 1e-9)
    spread = np.maximum(variance, 1e-12)
    return np.asarray(gammainc(short**2 / spread, np.maximum(best, 0.0) * short / spread))


class _Days:
    """What adds up over the intervals of each day, for each path: (paths × days)."""

    def __init__(self, promises: int, paths: int, days: int) -> None:
        self.means = np.zeros((promises, paths, days))
        self.variances = np.zeros((promises, paths, days))
        # In time, left early, answered.
        self.counts = np.zeros((3, paths, days))
        self.spread = np.zeros((paths, days))
        self.contacts = np.zeros((paths, days))
        self.work = np.zeros((paths, days))

    def chance(self, target: Target, people: Array) -> Array:
        """Return the probability of keeping every part of the promise."""
        made = [
            _within(promise.at_best * self.contacts, mean, variance)
            for promise, mean, variance in zip(
                _promises(target), self.means, self.variances, strict=True
            )
        ]
        if target.occupancy is not None:
            made.append(np.asarray(self.work <= target.occupancy * people[None, :] + 1e-9, float))
        return np.asarray(np.min(made, axis=0))

    def service_level(self, variant: ServiceLevel) -> tuple[float, float]:
        """Return the expected service level of a day, and what 19 of 20 days reach."""
        from scipy.special import gammaincinv

        in_time, left_early, answered = self.counts
        parts, whole = {
            ServiceLevel.OFFERED: (in_time, self.contacts),
            ServiceLevel.IGNORE_SHORT: (in_time, self.contacts - left_early),
            ServiceLevel.POSITIVE: (in_time + left_early, self.contacts),
            ServiceLevel.ANSWERED: (in_time, answered),
        }[variant]
        is_day = whole > 1e-9
        if not is_day.any():
            return 1.0, 1.0
        share = np.clip(parts[is_day] / whole[is_day], 0.0, 1.0)
        missed = np.maximum((1.0 - share) * whole[is_day], 1e-9)[:, None]
        shape = missed**2 / np.maximum(self.spread[is_day], 1e-12)[:, None]
        drawn = missed / shape * gammaincinv(shape, EVEN_PARTS[None, :])
        drawn = np.clip(1.0 - drawn / whole[is_day][:, None], 0.0, 1.0)
        return float(share.mean()), float(np.quantile(drawn, 0.05))


def _point(
    queue: LiveQueue,
    target: Target,
    paths: Array,
    days: NDArray[np.int64],
    level: float,
    agents: NDArray[np.int64],
) -> CurvePoint:
    promises = _promises(target)
    size = int(days.max(initial=-1)) + 1
    sums = _Days(len(promises), paths.shape[0], size)
    for i, number in enumerate(agents):
        if (paths[:, i] > 0).any():
            line = _line(queue, target, int(number), float(queue.handle_seconds[i]))
            _add(sums, int(days[i]), line, promises, target, paths[:, i], queue.interval_seconds)
    hours = agents * queue.interval_seconds
    people = np.bincount(days, weights=hours, minlength=size).astype(np.float64)
    chance = sums.chance(target, people)[sums.contacts > 0]
    mean, low = sums.service_level(target.variant)
    return CurvePoint(
        level=level,
        agents=agents,
        agent_hours=float(people.sum() / 3600),
        probability=float(chance.mean()) if chance.size else 1.0,
        service_level=mean,
        low_service_level=low,
    )


def _line(queue: LiveQueue, target: Target, agents: int, handle_seconds: float) -> Line:
    if queue.chat_seconds:
        lengths = np.asarray(queue.chat_seconds)
        each, more = np.divmod(np.arange(1, agents * lengths.size + 1), max(agents, 1))
        rates = np.concatenate([[0.0], np.arange(1, lengths.size + 1) / lengths, [0.0]])
        ends = more * rates[each + 1] + (agents - more) * rates[each]
    else:
        ends = np.arange(1, agents + 1) / handle_seconds
    return Line(ends, queue.patience_seconds, target.within_seconds)


def _add(
    sums: _Days,
    day: int,
    line: Line,
    promises: list[_Promise],
    target: Target,
    contacts: Array,
    seconds: float,
) -> None:
    """Add one interval of every path to its day."""
    sums.contacts[:, day] += contacts
    some = contacts[contacts > 0]
    grid = np.unique(np.linspace(some.min(), some.max(), RATES)) / seconds
    if line.ends.size:
        waiting = places_in_line(line, float(grid[-1]))
        outcome, made = _all_outcomes(line, waiting), chain(line, grid, waiting)
        busy = made.chance @ np.minimum(np.arange(made.ends.size + 1), line.ends.size)
        work = busy / line.ends.size
    else:
        # Nobody there: every contact leaves when its patience ends.
        early = -np.expm1(-line.threshold / line.patience)
        nothing = np.zeros(1)
        outcome = Outcome(nothing, nothing, np.full(1, early), nothing)
        made, work = Chain(grid, np.zeros(0), np.ones((grid.size, 1))), np.zeros(grid.size)

    def spread_out(values: Array) -> Array:
        return np.where(contacts > 0, np.interp(contacts / seconds, grid, values), 0.0) * seconds

    for i, promise in enumerate(promises):
        mean, variance = made.sum_over_arrivals(promise.adds(outcome), promise.spread(outcome))
        sums.means[i, :, day] += spread_out(mean)
        sums.variances[i, :, day] += spread_out(variance)
    for i, part in enumerate((outcome.in_time, outcome.left_early, outcome.answered)):
        sums.counts[i, :, day] += spread_out(grid * (made.chance @ part))
    level = _of_service_level(target.variant, target.service_level or 0.8)
    _, variance = made.sum_over_arrivals(level.adds(outcome), level.spread(outcome))
    sums.spread[:, day] += spread_out(variance)
    sums.work[:, day] += spread_out(work) * max(line.ends.size, 0)


def _all_outcomes(line: Line, waiting: int) -> Outcome:
    """Return what becomes of an arrival that finds 0, 1, ... there, whether served or waiting."""
    places = line.ends.size
    behind = outcomes(line, waiting)
    one, none = np.ones(places), np.zeros(places)
    # Who finds the line full is turned away.
    return Outcome(
        answered=np.concatenate([one, behind.answered, [0.0]]),
        in_time=np.concatenate([one, behind.in_time, [0.0]]),
        left_early=np.concatenate([none, behind.left_early, [0.0]]),
        answered_wait=np.concatenate([none, behind.answered_wait, [0.0]]),
    )
