"""What planners know and history does not tell: applied to the past and to the days to come. Pure.

A day that was different teaches nothing about others. An event is taken out of the days it has
already touched, so that the days to come are forecast without it, and put on them by its decay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from helmdesk.plan.demand import Demand
from helmdesk.plan.forecast.days import DayFactor, Event, factors_of, usual_contacts
from helmdesk.plan.named_days import public_holidays

# Of an event that changes a day by less than this nothing can be measured.
LEAST_EFFECT = 0.02


@dataclass(frozen=True)
class NamedDay:
    """A day with a name, past or to come: days of one name are alike.

    Attributes:
        name: as "Street festival". queue: only of that queue; empty: of all.
    """

    day: date
    name: str
    queue: str = ""


@dataclass(frozen=True)
class Holidays:
    """Public holidays are days of their own.

    Attributes:
        place: country, or country and region: "DE", "DE-BE".
    """

    place: str


Known = DayFactor | Event | NamedDay | Holidays


@dataclass(frozen=True)
class Told:
    """What is known, by kind."""

    factors: tuple[DayFactor, ...] = ()
    events: tuple[Event, ...] = ()
    named: tuple[NamedDay, ...] = ()
    places: tuple[str, ...] = ()

    def names(self, first: date, last: date) -> dict[date, str]:
        """Return the days from `first` to `last` that have a name. What a planner said of a day
        that has been names it too, and wins over a public holiday.
        """
        found: dict[date, str] = {}
        for place in self.places:
            found.update(public_holidays(place, first, last))
        found.update({each.day: each.name for each in self.named})
        found.update({each.day: each.reason or "said by a planner" for each in self.factors})
        return {day: name for day, name in found.items() if first <= day <= last}


def told_of(known: Iterable[Known]) -> Told:
    """Return what is known, by kind."""
    some = tuple(known)
    return Told(
        tuple(each for each in some if isinstance(each, DayFactor)),
        tuple(each for each in some if isinstance(each, Event)),
        tuple(each for each in some if isinstance(each, NamedDay)),
        tuple(each.place for each in some if isinstance(each, Holidays)),
    )


def informed(demand: Demand, known: Sequence[Known]) -> Demand:
    """Return demand as models learn from it: different days named, events taken out."""
    if not known:
        return demand
    told = told_of(known)
    names = {**told.names(demand.first_day, demand.last_day), **demand.named_days}
    without = np.ones(demand.days)
    for event in told.events:
        for i in range(max(0, (event.start - demand.first_day).days), demand.days):
            # Of a day that nearly everything was taken from too little is left to tell.
            without[i] *= max(event.factor(demand.first_day + timedelta(days=i)), 0.05)
    contacts = demand.contacts / without[:, None]
    return replace(demand, contacts=contacts, named_days=names).described()


def of_queue(known: Sequence[Known], queue: str) -> tuple[Known, ...]:
    """Return what concerns one queue."""
    return tuple(each for each in known if _queue(each) in ("", queue))


def of_pool(known: Sequence[Known], shares: Mapping[str, float]) -> tuple[Known, ...]:
    """Return what concerns several queues taken as one: what is said of one of them counts by its
    share of the contacts, and days named for one of them are named.

    Args:
        shares: of the contacts, by queue.
    """
    found: list[Known] = []
    for each in known:
        queue = _queue(each)
        share = 1.0 if not queue else shares.get(queue, 0.0)
        if not share:
            continue
        if isinstance(each, DayFactor):
            found.append(replace(each, factor=1 + share * (each.factor - 1)))
        elif isinstance(each, Event):
            found.append(replace(each, uplift=share * each.uplift))
        else:
            found.append(each)
    return tuple(found)


def _queue(known: Known) -> str:
    return "" if isinstance(known, Holidays) else known.queue


def days_ahead(told: Told, learned: Sequence[DayFactor], first: date, days: int) -> list[DayFactor]:
    """Return what is made of the days to come: a planner's word replaces what was learned of that
    day, and events come on top of either.
    """
    last = first + timedelta(days=days - 1)
    said = [each for each in told.factors if first <= each.day <= last]
    spoken = {each.day for each in said}
    found = [each for each in learned if each.day not in spoken] + said
    found += factors_of(told.events, first, days)
    return sorted(found, key=lambda each: each.day)


@dataclass(frozen=True)
class Measured:
    """What an event has brought so far.

    Attributes:
        days: that have been and can be told apart from usual ones.
        expected, came: contacts above or below usual ÷ usual contacts, by the planner's word and
            in fact.
    """

    days: int
    expected: float
    came: float


def measured(demand: Demand, event: Event) -> Measured | None:
    """Return what an event brought beside what was expected of it; None before its second day, or
    where too few usual days lie before it.
    """
    before = (event.start - demand.first_day).days
    usual, came, expected = 0.0, 0.0, 0.0
    days = 0
    for place in range(max(0, before), demand.days):
        factor = event.factor(demand.first_day + timedelta(days=place))
        if abs(factor - 1) < LEAST_EFFECT:
            break
        middle = usual_contacts(demand, place, until=before)
        if middle is None:
            continue
        usual += middle
        came += float(demand.contacts[place].sum())
        expected += middle * factor
        days += 1
    if days < 2 or usual <= 0:
        return None
    return Measured(days, expected / usual - 1, came / usual - 1)
