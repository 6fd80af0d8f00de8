"""What people ask of a week's shifts, as the lead reads it: who, what, and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helmdesk.errors import UsageError
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.simulation.people import Shift, at_work
from helmdesk.web.apps.planning.models import ShiftRequest
from helmdesk.web.apps.planning.requests import changed, new_breaches, of_week
from helmdesk.web.apps.planning.words import show_day, show_days, show_hours
from helmdesk.web.pages.schedule.drafts import Plan


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        what: in words. effect: what it does to the week. problem: why it cannot be approved; empty
            where it can.
    """

    request: ShiftRequest
    what: str
    effect: str
    problem: str


def what_of(asked: ShiftRequest) -> str:
    """Return what somebody asks, in words."""
    if asked.kind == "leave":
        return f"days off, {show_days(asked.day, asked.last_day)}"
    taker = getattr(asked.colleague, "agent", "") or "a colleague"
    given = f"{taker} works the shift of {show_day(asked.day)} {asked.day:%B}"
    if asked.other_day is None:
        return given
    return f"{given}, for the one of {show_day(asked.other_day)} {asked.other_day:%B}"


def asked_of_plan(plan: Plan) -> list[Asked]:
    """Return what awaits the lead in a week."""
    found = of_week(plan.week.coverage.crew.name, plan.week)
    return [_asked(plan, each) for each in found if each.is_open and each.awaits_lead]


def _asked(plan: Plan, asked: ShiftRequest) -> Asked:
    try:
        after = changed(plan.week, asked, plan.shifts)
    except UsageError as error:
        return Asked(asked, what_of(asked), "", str(error))
    effect, problem = _effect(plan, after), ""
    if asked.kind == "swap":
        broken = new_breaches(plan.week, plan.shifts, after, plan.rules, plan.members)
        problem = f"It would break a rule of work: {'; '.join(broken)}" if broken else ""
    return Asked(asked, what_of(asked), effect, problem)


def _effect(plan: Plan, after: Sequence[Shift]) -> str:
    minutes = plan.week.interval_minutes
    people = at_work(after, plan.week.need.shape[0], minutes)
    now, then = _short(plan.spare, minutes), _short(_spare(people, plan.week.need), minutes)
    if abs(then - now) < 0.01:
        return "People are short as much as before." if now else "Enough people all the same."
    if then < now:
        return f"Short by {show_hours(then)} instead of {show_hours(now)}."
    return f"Short by {show_hours(then)} instead of {show_hours(now)} in these days."


def _spare(people: Array, need: Array) -> Array:
    return np.asarray(np.floor(people + 1e-6) - need)


def _short(spare: Array, minutes: int) -> float:
    return float(np.maximum(-spare, 0).sum()) * minutes / 60
