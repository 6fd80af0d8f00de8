"""Days that are no rule: what like days brought before, and what a planner knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from helmdesk.errors import UsageError
from helmdesk.plan.demand import Demand
from helmdesk.plan.queues.waiting import Array

LEARNED = "learned"
LIKE_DAYS = 6


@dataclass(frozen=True)
class DayFactor:
    """What is made of a day's forecast.

    Attributes:
        factor: times the contacts of a day like any other; 0 or more.
        author: who said so; "learned" where earlier days did.
        reason: why, as "Christmas Eve: 0.41 and 0.38 in two years".
        queue: only of that queue; empty: of all.
    """

    day: date
    factor: float
    author: str
    reason: str
    queue: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.factor < 1000:
            raise UsageError(
                f"{self.day}: a factor of {self.factor:g}",
                "give 0 or more: 0.5 is half a usual day",
            )


@dataclass(frozen=True)
class Event:
    """Something that brings more work for a while: a launch, a campaign, a price change.

    Attributes:
        uplift: on its first day, as 0.3 for 30% more; above -1.
        half_life_days: after so many days half of the uplift is left.
        queue: only of that queue; empty: of all.
    """

    name: str
    start: date
    uplift: float
    half_life_days: float
    author: str = ""
    queue: str = ""

    def __post_init__(self) -> None:
        if self.uplift <= -1 or not self.half_life_days > 0:
            raise UsageError(
                f"{self.name}: an uplift of {self.uplift:g} that halves in"
                f" {self.half_life_days:g} days",
                "give an uplift above -1 and days above 0",
            )

    def factor(self, day: date) -> float:
        """Return what the event makes of a day."""
        since = (day - self.start).days
        return 1.0 if since < 0 else 1.0 + self.uplift * 0.5 ** (since / self.half_life_days)


def factors_of(events: Iterable[Event], first: date, days: int) -> list[DayFactor]:
    """Return the factors of events that change a day by half a percent or more."""
    found = []
    for event in events:
        for i in range(days):
            day = first + timedelta(days=i)
            factor = event.factor(day)
            if abs(factor - 1) >= 0.005:
                found.append(DayFactor(day, factor, event.author, event.name))
    return found


def learned(demand: Demand, names: Mapping[date, str], days: int) -> list[DayFactor]:
    """Return factors for the named days that come, from the named days that were.

    Of days of the same name their median is taken, else that of all named days; of a first one
    nothing is known, and nothing is said.

    Args:
        names: day -> holiday or other reason, past and to come.
    """
    past: dict[str, list[float]] = {}
    for day, name in names.items():
        ratio = _ratio(demand, day)
        if ratio is not None:
            past.setdefault(name, []).append(ratio)
    whole = [ratio for ratios in past.values() for ratio in ratios]
    found = []
    for i in range(1, days + 1):
        day = demand.last_day + timedelta(days=i)
        if day not in names or not whole:
            continue
        like = past.get(names[day])
        told = (
            f"{names[day]}: {_told(like)} of a usual day before"
            if like
            else f"{names[day]}: other named days brought {_told(whole)} of a usual day"
        )
        found.append(DayFactor(day, float(np.median(like or whole)), LEARNED, told))
    return found


def _told(ratios: Sequence[float]) -> str:
    shown = [f"{ratio:.0%}" for ratio in ratios[-3:]]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _ratio(demand: Demand, day: date) -> float | None:
    """Return what a past day brought ÷ the median of that weekday around it."""
    place = (day - demand.first_day).days
    if not 0 <= place < demand.days:
        return None
    middle = usual_contacts(demand, place)
    return float(demand.contacts[place].sum() / middle) if middle else None


def usual_contacts(demand: Demand, place: int, until: int | None = None) -> float | None:
    """Return the median of the usual days of that weekday around a day; None where there are none,
    or they brought nothing.

    Args:
        until: only days before that one are looked at.
    """
    usual = demand.is_usual
    near = sorted(
        (
            j
            for j in range(place % 7, demand.days, 7)
            if j != place and usual[j] and (until is None or j < until)
        ),
        key=lambda j: abs(j - place),
    )[:LIKE_DAYS]
    middle = float(np.median(demand.contacts[near].sum(axis=1))) if near else 0.0
    return middle if middle > 0 else None


def apply(contacts: Array, first: date, factors: Iterable[DayFactor]) -> Array:
    """Return the forecast with each day times its factors."""
    made = contacts.copy()
    for factor in factors:
        place = (factor.day - first).days
        if 0 <= place < made.shape[0]:
            made[place] *= factor.factor
    return made
