"""Whether the people planned are enough: needed and planned side by side, interval by interval.

Pure. Times are seconds; intervals are in the desk's local time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from helmdesk.errors import UsageError
from helmdesk.plan.crews import Crew
from helmdesk.plan.demand import Demand
from helmdesk.plan.forecast import Forecast, Known
from helmdesk.plan.forecast.known import of_pool
from helmdesk.plan.planner import (
    DAY_MINUTES,
    Conditions,
    Planner,
    StaffPlan,
    live_plan,
    without_rare,
)
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.staffing import LiveQueue, Target

# So many futures say how far the service level may be off.
FUTURES = 100
MOST_DAYS_AHEAD = 91


def spare_of(planned: Array | None, needed: Array) -> Array | None:
    """Return people planned less people needed, whole people counted; None without a plan."""
    return None if planned is None else np.floor(planned + 1e-6) - needed


def missing_hours(planned: Array | None, needed: Array, hours: float) -> float | None:
    """Return hours of people that are missing where there are too few; None without a plan.

    Args:
        hours: length of an interval.
    """
    spare = spare_of(planned, needed)
    return None if spare is None else float(-np.minimum(spare, 0).sum() * hours)


@dataclass(frozen=True, eq=False)
class Coverage:
    """One team's days: what comes, whom it needs, who is planned.

    Attributes:
        crew: the team.
        plan: whom the contacts need.
        planned: (days × intervals) people planned at work; None where nobody ever planned.
        planned_as_on: the first day of the week whose plan is carried on, where these days have
            none of their own.
        service_level: share answered in time that the planned people are expected to reach, with
            the bounds of nineteen futures of twenty; None where nobody is planned or nothing comes.
        opening: (days × intervals) where contacts or people are expected.
        told: what planners know of days and events, as it was given.
    """

    crew: Crew
    target: Target
    plan: StaffPlan
    planned: Array | None
    planned_as_on: date | None
    service_level: tuple[float, float, float] | None
    opening: NDArray[np.bool_]
    told: tuple[Known, ...] = ()

    @property
    def spare(self) -> Array | None:
        """People planned less people needed; below 0 where they are short."""
        return spare_of(self.planned, self.plan.agents)

    @property
    def hours(self) -> float:
        """Length of an interval in hours."""
        return self.plan.forecast.interval_minutes / 60

    @property
    def short_hours(self) -> float:
        """Hours of people that are missing where there are too few."""
        return missing_hours(self.planned, self.plan.agents, self.hours) or 0.0

    @property
    def spare_hours(self) -> float:
        """Hours of people beyond the need, where there are more than enough."""
        spare = self.spare
        return 0.0 if spare is None else float(np.maximum(spare, 0).sum() * self.hours)

    @property
    def short_intervals(self) -> int:
        """Intervals with too few people."""
        spare = self.spare
        return 0 if spare is None else int((spare < 0).sum())


def part_of(made: Forecast, start: int, days: int) -> Forecast:
    """Return some days of a forecast; UsageError where it does not reach so far."""
    if start < 0 or days < 1 or start + days > made.days:
        raise UsageError(f"days {start + 1} to {start + days}", f"the forecast has {made.days}")
    parts = ("contacts", "low", "high", "low_95", "high_95", "naive")
    return replace(
        made,
        first_day=made.first_day + timedelta(days=start),
        **{name: getattr(made, name)[start : start + days] for name in parts},
    )


def ahead_of(demand: Demand, start: date | None, days: int) -> int:
    """Return how many days lie between the last one of a demand and those asked for.

    Args:
        start: None: the next day.

    Raises:
        UsageError: days that are past or too far ahead.
    """
    first = demand.last_day + timedelta(days=1)
    ahead = ((start or first) - first).days
    if ahead < 0 or ahead + days > MOST_DAYS_AHEAD:
        raise UsageError(
            f"{start} is not ahead of the data",
            f"plan days from {first} on, up to {MOST_DAYS_AHEAD} days ahead",
        )
    return ahead


def coverage_of(
    crew: Crew,
    start: date | None,
    days: int,
    target: Target,
    known: Conditions | None = None,
    *,
    factors: Sequence[Known] = (),
    holidays: str | None = None,
) -> Coverage:
    """Return who is needed and who is planned on some days to come.

    Args:
        start: local day after the last complete one; the next day where None.
        factors: what a planner knows of days and events.
        holidays: country whose public holidays are days of their own.

    Raises:
        UsageError: days that are past or too far ahead; only totals of days are known; nobody knows
            how long the work takes.
    """
    ahead = ahead_of(crew.demand, start, days)
    if crew.demand.interval_minutes == DAY_MINUTES:
        raise UsageError(
            f"of {crew.name} only totals of days are known",
            "give a file with a row for each half-hour, to see whom each needs",
        )
    known_days = of_pool(factors, crew.shares)
    (made,) = Planner((crew.demand,)).forecast(ahead + days, holidays=holidays, factors=known_days)
    return replace(cover(crew, part_of(made, ahead, days), target, known), told=tuple(factors))


def cover(
    crew: Crew,
    made: Forecast,
    target: Target,
    known: Conditions | None = None,
    *,
    with_curve: bool = True,
) -> Coverage:
    """Return who is needed and who is planned on the days of a forecast of the crew's contacts.

    Args:
        known: handle time and the like where they were not recorded; shrinkage is what becomes of
            planned people who are not at work after all, so that fewer stand against the need.
    """
    known = known or Conditions()
    plan = live_plan(crew.demand, made, target, known, with_curve)
    planned, as_on = crew.people(made.first_day, made.days)
    if planned is not None:
        planned = planned * (1 - known.shrinkage)
    opening = plan.agents > 0
    if planned is not None:
        opening = opening | (planned > 0)
    level = None
    if planned is not None and (made.contacts > 0).any():
        level = expected_level(crew, made, planned, target, known)
    return Coverage(crew, target, plan, planned, as_on, level, opening)


def expected_level(
    crew: Crew, made: Forecast, people: Array, target: Target, known: Conditions
) -> tuple[float, float, float]:
    """Return the share answered in time with so many people in each interval, by the forecast; and
    between which shares it lies in nineteen futures of twenty.
    """
    seconds = known.handle_seconds or crew.demand.handle_seconds or 0.0
    patience = known.patience_seconds or crew.demand.patience_seconds or np.inf
    contacts = without_rare(made.contacts).ravel()
    is_open = contacts > 0
    paths = made.paths(FUTURES).reshape(FUTURES, -1)[:, is_open]
    rates = np.concatenate([contacts[is_open][None, :], paths])
    agents = np.broadcast_to(np.floor(people.ravel()[is_open] + 1e-6), rates.shape)
    queue = LiveQueue(rates, np.array(seconds), patience, made.interval_minutes * 60.0)
    share = queue.waiting(agents, target.within_seconds).service_level(target.variant)
    total = rates.sum(axis=1)
    levels = (share * rates).sum(axis=1) / np.where(total > 0, total, 1.0)
    low, high = np.quantile(levels[1:], [0.025, 0.975])
    return float(levels[0]), float(min(low, levels[0])), float(max(high, levels[0]))
