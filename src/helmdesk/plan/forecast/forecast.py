"""One queue's next days: the best model, its bounds, and how it did before. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from helmdesk.errors import NotFoundError, UsageError, nearest
from helmdesk.plan.demand import Demand, GapKind
from helmdesk.plan.forecast.competition import (
    NAIVE,
    Competition,
    compete,
    load_models,
    origins,
    trial,
)
from helmdesk.plan.forecast.days import DayFactor, apply, learned
from helmdesk.plan.forecast.history import History
from helmdesk.plan.forecast.known import Known, days_ahead, informed, told_of
from helmdesk.plan.forecast.uncertainty import interval, rate_paths
from helmdesk.plan.queues.waiting import Array
from helmdesk.statistics.change_points import change_points

MOST_DAYS = 366
SHARES = (0.8, 0.95)
# After a change the weeks before it are left out, once there are so many after it.
WEEKS_AFTER_CHANGE = 4
# A change of level is one from so large a share on.
LEAST_CHANGE = 0.1


@dataclass(frozen=True, eq=False)
class Forecast:
    """What is expected of one queue.

    Attributes:
        queue, channel, interval_minutes: as of its demand.
        first_day: the first day forecast, local.
        contacts: (days × intervals) expected.
        low, high: bounds in which four intervals of five lay in the past; `low_95`, `high_95`:
            nineteen of twenty. Equal to `contacts` where the past is too short to tell.
        naive: the same weekday's last contacts, for comparison.
        model: name of the model; `competition`: how all did.
        factors: what was made of days that are no rule.
        changed_on: day from which history was used, since the level had changed; None: all of it.
    """

    queue: str
    channel: str
    interval_minutes: int
    first_day: date
    contacts: Array
    low: Array
    high: Array
    low_95: Array
    high_95: Array
    naive: Array
    model: str
    competition: Competition
    factors: tuple[DayFactor, ...] = ()
    changed_on: date | None = None

    @property
    def days(self) -> int:
        """Number of days forecast."""
        return int(self.contacts.shape[0])

    @property
    def totals(self) -> Array:
        """Contacts expected of each day."""
        return np.asarray(self.contacts.sum(axis=1))

    def day_bounds(self, share: float = 0.8) -> tuple[Array, Array]:
        """Return bounds of each day's contacts, from how totals of days were missed in the past."""
        tried = self.competition.trial
        if tried is None:
            return self.totals, self.totals
        low, high = interval(self.totals[:, None], tried.by_day(), share)
        return low[:, 0], high[:, 0]

    def total_bounds(self, share: float = 0.8) -> tuple[float, float]:
        """Return bounds of the contacts of all days together: their rates may be off together, and
        counts vary by chance.
        """
        drawn = np.random.default_rng(0).poisson(self.paths(1000).sum(axis=(1, 2)))
        low, high = np.quantile(drawn, [(1 - share) / 2, (1 + share) / 2])
        return float(low), float(high)

    def paths(self, number: int = 200) -> Array:
        """Return (paths × days × intervals) that may be expected instead."""
        return rate_paths(self.contacts, self.competition.trial, number)


def history_of(demand: Demand) -> History:
    """Return what models learn from."""
    return History(demand.contacts, demand.weekdays, demand.is_usual)


def counted_days(demand: Demand) -> NDArray[np.bool_]:
    """Return the days that models are judged by: all but those that were closed or named."""
    counted = np.ones(demand.days, dtype=bool)
    for gap in demand.gaps:
        if gap.kind in {GapKind.EMPTY_DAY, GapKind.NAMED_DAY}:
            for day in gap.days:
                counted[(day - demand.first_day).days] = False
    return counted


def make_forecast(
    demand: Demand,
    days: int,
    *,
    model: str | None = None,
    names: Mapping[date, str] | None = None,
    factors: Sequence[Known] = (),
) -> Forecast:
    """Return what the days after the last known one will bring.

    Args:
        days: how many; up to a year, though nothing is known of seasons.
        model: name of a model instead of the best one.
        names: holidays and other named days, past and to come; what past ones brought is learned.
        factors: what a planner knows: factors of days replace what was learned of the same day;
            events come on top, and are taken out of the days they have touched already.

    A level that changed is not averaged with the one before it, and no trend is drawn on.
    """
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"{days} days", f"forecast 1 to {MOST_DAYS} days")
    models = load_models()
    if model is not None and model not in models:
        raise NotFoundError(
            f"no model '{model}'{nearest(model, models)}", f"use one of {', '.join(models)}"
        )
    told, first = told_of(factors), demand.last_day + timedelta(days=1)
    demand = informed(demand, factors)
    history, counted = history_of(demand), counted_days(demand)
    changed = level_change(history)
    found = compete(history, days, counted)
    if model is not None and model != found.chosen:
        starts = origins(history.days, days)
        tried = trial(models[model], history, days, starts, counted) if starts else None
        found = Competition(found.scores, model, tried, found.origins)
    ahead = told.names(demand.first_day, first + timedelta(days=days - 1))
    named = {**ahead, **(names or {}), **demand.named_days}
    used = days_ahead(told, learned(demand, named, days), first, days)
    if models[found.chosen].needs_all:
        changed = 0
    plain = models[found.chosen].forecast(history.since(changed), days)
    (low, high), (low_95, high_95) = (
        interval(plain, found.trial, share) if found.trial else (plain, plain) for share in SHARES
    )

    def with_factors(contacts: Array) -> Array:
        return apply(contacts, first, used)

    return Forecast(
        queue=demand.queue,
        channel=demand.channel,
        interval_minutes=demand.interval_minutes,
        first_day=first,
        contacts=with_factors(plain),
        low=with_factors(low),
        high=with_factors(high),
        low_95=with_factors(low_95),
        high_95=with_factors(high_95),
        naive=models[NAIVE].forecast(history, days),
        model=found.chosen,
        competition=found,
        factors=tuple(used),
        changed_on=demand.first_day + timedelta(days=changed) if changed else None,
    )


def level_change(history: History) -> int:
    """Return the day on which the present level began; 0 where it is the history's.

    Weeks are counted back from the end; the mean of their usual days is taken.
    """
    weeks = history.days // 7
    if weeks < 2 * WEEKS_AFTER_CHANGE:
        return 0
    start = history.days - 7 * weeks
    totals = history.contacts.sum(axis=1)[start:].reshape(weeks, 7)
    usual = history.is_usual[start:].reshape(weeks, 7)
    typical = np.array(
        [np.median(totals[usual[:, d], d]) if usual[:, d].any() else 0.0 for d in range(7)]
    )
    weekly = np.where(usual, totals, typical[None, :]).sum(axis=1)
    found = [
        place
        for place in change_points(np.sqrt(weekly))
        if weeks - place >= WEEKS_AFTER_CHANGE and _is_level_change(weekly, place)
    ]
    return start + 7 * found[-1] if found else 0


def _is_level_change(weekly: Array, place: int) -> bool:
    before = float(np.median(weekly[max(0, place - 6) : place]))
    after = float(np.median(weekly[place : place + 6]))
    return before > 0 and abs(after / before - 1) >= LEAST_CHANGE
