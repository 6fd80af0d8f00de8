"""The work that came, by queue and interval, with what is missing from it said.

Pure: `plan.contacts` reads it from a desk, `plan.volumes` from a spreadsheet of totals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from helmdesk.errors import UsageError
from helmdesk.plan.queues.waiting import Array

# Fewer weeks than these make a forecast that knows little of weekdays.
WEEKS_NEEDED = 8
# Days this far from their weekday's median, in standard deviations of days, are no rule.
UNUSUAL = 4.5


class GapKind(Enum):
    """What demand does not say, or says of a day that is no rule."""

    EMPTY_DAY = "no contact on a day on which there usually are some"
    UNUSUAL_DAY = "far more or fewer contacts than on other days like it"
    NAMED_DAY = "a holiday, an outage or a launch that somebody wrote down"
    SHORT_HISTORY = "fewer than eight weeks"
    NO_HANDLE_TIME = "nobody recorded how long the work took"
    NO_PATIENCE = "nobody was recorded giving up"


@dataclass(frozen=True)
class Gap:
    """One thing that is missing or unusual.

    Attributes:
        days: local days it concerns; empty: all of them.
        what: further words about it, such as a holiday's name.
    """

    kind: GapKind
    days: tuple[date, ...] = ()
    what: str = ""


@dataclass(frozen=True, eq=False)
class Demand:
    """Contacts that came to one queue.

    Attributes:
        queue: its name.
        channel: phone, chat, email ...
        first_day: local day of the first row.
        interval_minutes: 15, 30 or 60; 1440: days.
        contacts: (days × intervals of a day) that came, in local time. Where clocks go back the
            hour that is there twice holds both; where they go forward it is empty.
        handled_seconds: of work on contacts that came in each interval, with hold and wrap; zeros
            where nobody recorded any.
        handled: how many contacts those seconds are of.
        waited_seconds: of everybody together, and
        abandoned: how many gave up; together they tell patience.
        is_live: people wait (calls, chats); else it can be done later.
        gaps: what is missing from it, or no rule.
        named_days: days that somebody wrote down, with what they said.
    """

    queue: str
    channel: str
    first_day: date
    interval_minutes: int
    contacts: Array
    handled_seconds: Array
    handled: Array
    waited_seconds: float = 0.0
    abandoned: float = 0.0
    is_live: bool = True
    gaps: tuple[Gap, ...] = ()
    named_days: Mapping[date, str] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """Number of days, empty ones included."""
        return int(self.contacts.shape[0])

    @property
    def last_day(self) -> date:
        """The last day, which is complete."""
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def weekdays(self) -> NDArray[np.int64]:
        """Weekday of each day, 0 = Monday."""
        return (self.first_day.weekday() + np.arange(self.days)) % 7

    @property
    def is_usual(self) -> NDArray[np.bool_]:
        """For each day, whether it may teach what days like it bring."""
        usual = np.ones(self.days, dtype=bool)
        for gap in self.gaps:
            for day in gap.days:
                usual[(day - self.first_day).days] = False
        return usual

    @property
    def handle_seconds(self) -> float | None:
        """Mean work on one contact of the last eight weeks that have any; None where unknown."""
        for recent in (slice(-7 * WEEKS_NEEDED, None), slice(None)):
            handled = float(self.handled[recent].sum())
            if handled > 0:
                return float(self.handled_seconds[recent].sum()) / handled
        return None

    @property
    def patience_seconds(self) -> float | None:
        """Mean time until somebody who is not answered gives up: all waiting ÷ those who gave up
        (exponential, the answered being censored); None where nobody did.
        """
        return self.waited_seconds / self.abandoned if self.abandoned > 0 else None

    def described(self) -> Demand:
        """Return the same with its gaps found."""
        return replace(self, gaps=tuple(find_gaps(self)))

    def every(self, minutes: int) -> Demand:
        """Return the same by longer intervals; UsageError where they do not fit."""
        times, rest = divmod(minutes, self.interval_minutes)
        if rest or not times:
            raise UsageError(
                f"intervals of {minutes} minutes of {self.queue}",
                f"it is known by {self.interval_minutes} minutes; ask for a multiple",
            )

        def sums(values: Array) -> Array:
            return np.asarray(values.reshape(self.days, -1, times).sum(axis=2))

        return replace(
            self,
            interval_minutes=minutes,
            contacts=sums(self.contacts),
            handled_seconds=sums(self.handled_seconds),
            handled=sums(self.handled),
        )


def find_gaps(demand: Demand) -> list[Gap]:
    """Return what is missing from demand, or no rule in it."""
    totals = demand.contacts.sum(axis=1)
    named = {
        day: what
        for day, what in demand.named_days.items()
        if 0 <= (day - demand.first_day).days < demand.days
    }
    gaps = [Gap(GapKind.NAMED_DAY, (day,), what) for day, what in sorted(named.items())]
    odd: dict[GapKind, list[date]] = {GapKind.EMPTY_DAY: [], GapKind.UNUSUAL_DAY: []}
    for i in range(demand.days):
        day = demand.first_day + timedelta(days=i)
        kind = None if day in named else _oddity(totals, i)
        if kind is not None:
            odd[kind].append(day)
    gaps += [Gap(kind, tuple(days)) for kind, days in odd.items() if days]
    if demand.days < 7 * WEEKS_NEEDED:
        gaps.append(Gap(GapKind.SHORT_HISTORY))
    if demand.handle_seconds is None:
        gaps.append(Gap(GapKind.NO_HANDLE_TIME))
    if demand.is_live and demand.patience_seconds is None:
        gaps.append(Gap(GapKind.NO_PATIENCE))
    return gaps


def _oddity(totals: Array, i: int) -> GapKind | None:
    """Return whether a day is empty or unusual beside those weekdays around it."""
    usual = _usual_total(totals, i)
    if usual is None:
        return None
    middle, scale = usual
    if totals[i] == 0 and middle >= 3:
        return GapKind.EMPTY_DAY
    is_far = 2 * abs(math.sqrt(totals[i]) - math.sqrt(middle)) > UNUSUAL * scale
    return GapKind.UNUSUAL_DAY if is_far else None


def _usual_total(totals: Array, i: int) -> tuple[float, float] | None:
    """Return the median of that weekday in the six weeks on either side, and the standard deviation
    of twice a root there (1 of Poisson counts, never less); None of fewer than five.
    """
    beside = [totals[j] for k in range(-6, 7) if k and 0 <= (j := i + 7 * k) < totals.size]
    if len(beside) < 5:
        return None
    roots = 2 * np.sqrt(np.array(beside))
    middle = float(np.median(roots))
    spread = 1.4826 * float(np.median(np.abs(roots - middle)))
    return (middle / 2) ** 2, max(spread, 1.0)


def from_rows(
    queue: str,
    channel: str,
    rows: Sequence[tuple[date, int, float, float, float]],
    *,
    interval_minutes: int,
    last_day: date | None = None,
    waited_seconds: float = 0.0,
    abandoned: float = 0.0,
    is_live: bool = True,
    named_days: Mapping[date, str] | None = None,
) -> Demand:
    """Return demand of rows (local day, minute of the day, contacts, seconds of work, contacts
    those are of).

    Args:
        last_day: rows after it are left out (the day is not over), and days up to it without a row
            are empty. None: the last row's.
    """
    if not rows:
        raise UsageError(f"no contacts of {queue}", "load some, or choose another queue")
    first = min(row[0] for row in rows)
    last = max(row[0] for row in rows) if last_day is None else last_day
    if last < first:
        raise UsageError(f"{queue}: no complete day of contacts", "come back when a day is over")
    shape = ((last - first).days + 1, 1440 // interval_minutes)
    contacts, seconds, handled = (np.zeros(shape) for _ in range(3))
    for day, minute, number, worked, known in rows:
        if day > last:
            continue
        place = (day - first).days, minute // interval_minutes
        contacts[place] += number
        seconds[place] += worked
        handled[place] += known
    return Demand(
        queue,
        channel,
        first,
        interval_minutes,
        contacts,
        seconds,
        handled,
        waited_seconds,
        abandoned,
        is_live,
        named_days=dict(named_days or {}),
    ).described()
