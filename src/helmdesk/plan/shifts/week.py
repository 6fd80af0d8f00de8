"""A team's week to be planned: who there is, what is planned, whom it needs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from helmdesk.plan.coverage import Coverage
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.shifts.roster import LATE, WEEKEND
from helmdesk.plan.shifts.rules import Person
from helmdesk.plan.simulation.past import Past, planned_for
from helmdesk.plan.simulation.people import Shift
from helmdesk.plan.simulation.tape import DAY_SECONDS

LEDGER_WEEKS = 8
# Who had no plan for so many weeks is not of the team any more.
MEMBER_WEEKS = 4


@dataclass(frozen=True, eq=False)
class Week:
    """What a schedule is made from.

    Attributes:
        coverage: whom the days need.
        shifts: the plan there is; planned_as_on: the earliest day whose plan is carried on, where
            these days have none of their own.
        keys: identities of planned shifts in the records, by person and day.
        people: who can be planned, with what they worked before. names: how they are called.
    """

    coverage: Coverage
    shifts: tuple[Shift, ...]
    planned_as_on: date | None
    keys: Mapping[tuple[str, int], Sequence[str]]
    people: tuple[Person, ...]
    names: Mapping[str, str]

    @property
    def first_day(self) -> date:
        """Local day it begins on."""
        return self.coverage.plan.forecast.first_day

    @property
    def need(self) -> Array:
        """(days × intervals) people needed."""
        return self.coverage.plan.agents

    @property
    def interval_minutes(self) -> int:
        """Of the need."""
        return self.coverage.plan.forecast.interval_minutes


def week_of(found: Coverage, past: Past, keys: Mapping[tuple[str, int], Sequence[str]]) -> Week:
    """Return a team's week."""
    made = found.plan.forecast
    serves = tuple(range(len(found.crew.queues)))
    shifts, as_on = planned_for(past, made.first_day, made.days, serves)
    people = people_of(past, made.first_day, shifts, made.days)
    return Week(found, tuple(shifts), as_on, keys, people, past.names)


def people_of(past: Past, first: date, shifts: Sequence[Shift], days: int) -> tuple[Person, ...]:
    """Return who can be planned: days a week as they are planned now, days off for leave, and what
    they worked in the last eight weeks.
    """
    begin = past.seconds(first)
    since = begin - LEDGER_WEEKS * 7 * DAY_SECONDS
    recent = begin - MEMBER_WEEKS * 7 * DAY_SECONDS
    last: dict[tuple[str, int], float] = {}
    off: dict[str, set[int]] = {}
    members: set[str] = {shift.person for shift in shifts}
    for piece in past.pieces:
        number = int((piece.start - begin) // DAY_SECONDS)
        if piece.activity == "time_off" and 0 <= number < days:
            off.setdefault(piece.person, set()).add(number)
        if piece.activity == "work" and piece.start >= recent:
            members.add(piece.person)
        if piece.activity == "work" and since <= piece.start < begin:
            day = int(piece.start // DAY_SECONDS)
            at = piece.start - day * DAY_SECONDS
            last[piece.person, day] = min(at, last.get((piece.person, day), np.inf))
    lates = Counter(person for (person, _), at in last.items() if at >= 60 * LATE)
    weekends = Counter(
        person for person, day in last if (past.origin + timedelta(days=day)).weekday() in WEEKEND
    )
    worked = Counter(shift.person for shift in shifts)
    usual = Counter(worked.values()).most_common(1)[0][0] if worked else 5
    return tuple(
        Person(
            person,
            worked.get(person, 0) or usual,
            frozenset(off.get(person, ())),
            lates[person],
            weekends[person],
        )
        for person in sorted(members)
    )
