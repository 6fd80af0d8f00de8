"""Drafts of a week: begun from the plan there is, changed by shifts or filled anew, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from django.http import QueryDict

from helmdesk.errors import UsageError
from helmdesk.plan.coverage import expected_level
from helmdesk.plan.planner import Conditions
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.shifts.roster import Roster, make_roster, why_short
from helmdesk.plan.shifts.rules import Breach, Person, Rules, breaches, pattern_of
from helmdesk.plan.shifts.week import Week
from helmdesk.plan.simulation.people import Shift, at_work
from helmdesk.plan.simulation.scenario import read_time
from helmdesk.web.apps.planning.models import Draft, scope_of, shift_said
from helmdesk.web.apps.planning.requests import leave_days, of_week
from helmdesk.web.request import DeskRequest

RULES: dict[str, tuple[str, float]] = {
    "rest_hours": ("Hours of rest between shifts", 11),
    "days_in_a_row": ("Days in a row", 6),
    "hours_a_week": ("Paid hours a week", 48),
}


@dataclass(frozen=True, eq=False)
class Plan:
    """A week as it is shown: the draft, or the plan there is where nobody began one.

    Attributes:
        people: (days × intervals) at work.
        level: share answered in time that is expected; None where nothing comes.
    """

    week: Week
    draft: Draft | None
    shifts: tuple[Shift, ...]
    rules: Rules
    members: tuple[Person, ...]
    people: Array
    breaches: tuple[Breach, ...]
    level: float | None
    level_before: float | None

    @property
    def spare(self) -> Array:
        """People at work less people needed."""
        return np.asarray(np.floor(self.people + 1e-6) - self.week.need)

    @property
    def changed(self) -> set[tuple[str, int]]:
        """Person and day of shifts that are not as in the plan there is."""
        then = {(s.person, s.day): s for s in self.week.shifts}
        now = {(s.person, s.day): s for s in self.shifts}
        return {key for key in {*then, *now} if then.get(key) != now.get(key)}

    def why(self, day: int, minute: int) -> str:
        """Return why nobody more is there at a moment."""
        made = Roster(self.shifts, {}, self.week.need, self.people, self.week.interval_minutes)
        return why_short(made, self.members, self.rules, pattern_of(self.shifts), day, minute)


def draft_of(request: DeskRequest, week: Week) -> Draft | None:
    """Return the draft of a week, as this kind of reader makes it."""
    crew = week.coverage.crew.name
    return Draft.objects.filter(
        team=crew, start=week.first_day, policy=scope_of(request.policy), published_at=None
    ).first()


def plan_of(request: DeskRequest, week: Week) -> Plan:
    """Return a week as it is shown."""
    draft = draft_of(request, week)
    shifts = tuple(draft.plan) if draft else week.shifts
    rules = rules_of(draft.rules if draft else {})
    members = members_of(week, draft)
    made, days = week.coverage.plan.forecast, week.need.shape[0]
    people = at_work(shifts, days, week.interval_minutes)
    return Plan(
        week,
        draft,
        shifts,
        rules,
        members,
        people,
        tuple(breaches(shifts, rules, {person.name: person for person in members})),
        _level(week, people) if made.contacts.any() else None,
        _level(week, at_work(week.shifts, days, week.interval_minutes)),
    )


def _level(week: Week, people: Array) -> float | None:
    found = week.coverage
    made = found.plan.forecast
    if not made.contacts.any():
        return None
    return expected_level(found.crew, made, people, found.target, Conditions())[0]


def rules_of(said: Mapping[str, Any]) -> Rules:
    """Return the rules that a form or a draft says; UsageError where one is none."""
    numbers: dict[str, Any] = {}
    for name, (words, _) in RULES.items():
        text = str(said.get(name) or "").strip()
        if text:
            try:
                value = float(text.replace(",", "."))
            except ValueError as error:
                raise UsageError(f"{words}: '{text[:20]}' is no number") from error
            numbers[name] = int(value) if name == "days_in_a_row" else value
    for name, words in (("earliest", "Shifts begin from"), ("latest", "Shifts end by")):
        if text := str(said.get(name) or "").strip():
            numbers[name] = read_time(words, text)
    return Rules(**numbers)


def members_of(week: Week, draft: Draft | None) -> tuple[Person, ...]:
    """Return who can be planned, with the days on which somebody is away by the draft, or by leave
    that was approved.
    """
    away = leave_days(week, of_week(week.coverage.crew.name, week))
    for person, day in draft.away if draft else []:
        away.setdefault(str(person), set()).add(int(day))
    return tuple(
        replace(person, off=person.off | frozenset(away.get(person.name, ())))
        for person in week.people
    )


def begin(request: DeskRequest, week: Week) -> Draft:
    """Return the draft of a week, begun from the plan there is."""
    found = draft_of(request, week)
    if found is not None:
        return found
    return Draft(
        person=request.user,
        team=week.coverage.crew.name,
        start=week.first_day,
        shifts=[shift_said(shift) for shift in week.shifts],
        policy=scope_of(request.policy),
    )


def fill(week: Week, draft: Draft) -> Roster:
    """Plan the week anew: what need not change stays."""
    rules, members = rules_of(draft.rules), members_of(week, draft)
    known = {person.name: person for person in members}
    kept = [shift for shift in draft.plan if shift.day not in known[shift.person].off]
    made = make_roster(
        week.need,
        week.interval_minutes,
        members,
        rules,
        current=kept,
        first_weekday=week.first_day.weekday(),
        queues=tuple(range(len(week.coverage.crew.queues))),
    )
    draft.shifts = [shift_said(shift) for shift in made.shifts]
    return made


def change_shift(week: Week, draft: Draft, given: QueryDict) -> str:
    """Change one person's day as the form says; return what was done.

    Raises:
        UsageError: no such person or day, or no time.
    """
    person, day = given.get("person", ""), given.get("day", "")
    if person not in {each.name for each in week.people}:
        raise UsageError("choose somebody of the team")
    if not day.isdecimal() or int(day) >= week.need.shape[0]:
        raise UsageError("choose one of these days")
    number, do = int(day), given.get("do", "")
    others = [s for s in draft.plan if (s.person, s.day) != (person, number)]
    had = next((s for s in draft.plan if (s.person, s.day) == (person, number)), None)
    draft.away = [each for each in draft.away if each != [person, number]]
    name = week.names.get(person, person)
    when = f"{week.first_day + timedelta(days=number):%A}"
    if do in ("off", "away"):
        draft.shifts = [shift_said(shift) for shift in others]
        if do == "away":
            draft.away = [*draft.away, [person, number]]
        return f"{name} {'is away' if do == 'away' else 'is off'} on {when}."
    start = read_time("Begin", given.get("begins", "").strip())
    made = _new_shift(week, draft.plan, person, number, start, had)
    if given.get("end", "").strip():
        end = read_time("End", given["end"].strip())
        if end <= start:
            raise UsageError("the shift ends before it begins")
        made = replace(made, end=end)
    if given.get("meal", "").strip() and made.meals:
        meal = read_time("Lunch", given["meal"].strip())
        length = made.meals[0][1] - made.meals[0][0]
        made = replace(
            made,
            meals=((meal, meal + length),),
            breaks=tuple((a, b) for a, b in made.breaks if b <= meal or a >= meal + length),
        )
    made = _inside(made)
    draft.shifts = [shift_said(shift) for shift in [*others, made]]
    return f"{name} works from {_clock(made.start)} to {_clock(made.end)} on {when}."


def _new_shift(
    week: Week, plan: Sequence[Shift], person: str, day: int, start: int, had: Shift | None
) -> Shift:
    if had is not None:
        return had.moved(start - had.start)
    pattern = pattern_of(plan or week.shifts)
    middle = pattern.meals[len(pattern.meals) // 2]
    queues = tuple(range(len(week.coverage.crew.queues)))
    return pattern.shift(person, day, start, middle, queues)


def _inside(shift: Shift) -> Shift:
    """Return a shift without pauses that lie outside of it."""
    return replace(
        shift,
        meals=tuple((a, b) for a, b in shift.meals if a >= shift.start and b <= shift.end),
        breaks=tuple((a, b) for a, b in shift.breaks if a >= shift.start and b <= shift.end),
    )


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24}:{minute % 60:02d}"
