"""People who take contacts of the same queues, and what comes to all of them together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from helmdesk.errors import NotFoundError, UsageError, nearest
from helmdesk.plan.demand import Demand
from helmdesk.plan.queues import ServiceLevel
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.staffing import Target

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
# A plan older than this says nothing of weeks to come.
MOST_WEEKS_BACK = 8


@dataclass(frozen=True, eq=False)
class Crew:
    """A team with the queues whose contacts it answers.

    Attributes:
        name: of the team; of the file's queue where there is no desk.
        queues: names of the queues, the busiest first.
        demand: what comes to all of them together, in intervals.
        parts: the demand of each of the queues.
        planned: people planned at work by local day, one number an interval of the day; days
            without a plan are missing.
        threshold_seconds: what in time means for most of its contacts.
        members: how many people the team has planned in the last four weeks of its plan.
    """

    name: str
    queues: tuple[str, ...]
    demand: Demand
    parts: tuple[Demand, ...] = ()
    planned: Mapping[date, Array] = field(default_factory=dict)
    members: int = 0
    threshold_seconds: float = 60.0

    @property
    def promise(self) -> Target:
        """What is promised where nobody says otherwise: four of five in time, by the catalogue's
        service level (who leaves before that is not counted).
        """
        return Target(0.8, self.threshold_seconds, ServiceLevel.IGNORE_SHORT)

    @property
    def shares(self) -> dict[str, float]:
        """Share of the contacts of the last eight weeks, by queue; of its own name: all."""
        recent = slice(-7 * MOST_WEEKS_BACK, None)
        counts = {each.queue: float(each.contacts[recent].sum()) for each in self.parts}
        total = sum(counts.values())
        shares = {name: count / total for name, count in counts.items()} if total else {}
        return {self.name: 1.0, **shares}

    def people(self, first: date, days: int) -> tuple[Array | None, date | None]:
        """Return (days × intervals) people planned at work, and the earliest day whose plan stands
        in for one of them; None where the plan is the days' own.

        Where nothing is planned for any of the days, each gets the last plan of its weekday;
        (None, None) where there is none within eight weeks.
        """
        wanted = [first + i * DAY for i in range(days)]
        if any(day in self.planned for day in wanted):
            return self._stacked([self.planned.get(day) for day in wanted]), None
        stand_ins = [self._last_like(day) for day in wanted]
        known = [day for day in stand_ins if day is not None]
        if not known:
            return None, None
        plans = [None if day is None else self.planned[day] for day in stand_ins]
        return self._stacked(plans), min(known)

    def _last_like(self, day: date) -> date | None:
        """Return the last planned day of the same weekday before a day."""
        earlier = (day - back * WEEK for back in range(1, MOST_WEEKS_BACK + 1))
        return next((each for each in earlier if each in self.planned), None)

    def _stacked(self, days: Sequence[Array | None]) -> Array:
        none = np.zeros(self.demand.contacts.shape[1])
        return np.array([none if day is None else day for day in days])


def pooled(name: str, demands: Sequence[Demand]) -> Demand:
    """Return the demand of several queues that the same people serve, as one.

    Days before the first row of a queue had none of its contacts. Handle time and patience are
    those of all contacts together.

    Raises:
        UsageError: there are none, or their intervals differ.
    """
    if not demands:
        raise UsageError(f"no queues of {name}", "load calls or chats, or choose another team")
    if len({each.interval_minutes for each in demands}) > 1:
        raise UsageError(f"queues of {name} in different intervals", "use one length of interval")
    first = min(each.first_day for each in demands)
    last = max(each.last_day for each in demands)

    def total(values: str) -> Array:
        whole = np.zeros(((last - first).days + 1, demands[0].contacts.shape[1]))
        for each in demands:
            start = (each.first_day - first).days
            whole[start : start + each.days] += getattr(each, values)
        return whole

    # Patience is the wait of all who wait, over those who gave up, whichever queue they were in.
    return replace(
        demands[0],
        queue=name,
        channel=demands[0].channel if len({each.channel for each in demands}) == 1 else "live",
        first_day=first,
        contacts=total("contacts"),
        handled_seconds=total("handled_seconds"),
        handled=total("handled"),
        waited_seconds=sum(each.waited_seconds for each in demands),
        abandoned=sum(each.abandoned for each in demands),
        named_days={day: what for each in demands for day, what in each.named_days.items()},
        gaps=(),
    ).described()


def find_crew(crews: Sequence[Crew], name: str) -> Crew:
    """Return the crew of that name, or the busiest where none is named.

    Raises:
        UsageError: there is none at all. NotFoundError: none of that name; offers the nearest.
    """
    if not crews:
        raise UsageError(
            "no calls or chats to plan for",
            "load an export of calls or chats, or upload a spreadsheet of contacts by half-hour",
        )
    if not name:
        return crews[0]
    for each in crews:
        if each.name.casefold() == name.casefold():
            return each
    names = [each.name for each in crews]
    raise NotFoundError(
        f"no team '{name}' that answers calls or chats{nearest(name, names)}",
        f"there are: {', '.join(names)}",
    )
