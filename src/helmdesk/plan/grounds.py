"""From a team's coverage and past to what scenarios stand on. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from helmdesk.plan.coverage import Coverage, part_of
from helmdesk.plan.crews import Crew
from helmdesk.plan.demand import Demand
from helmdesk.plan.forecast import Forecast
from helmdesk.plan.planner import Conditions, Planner
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.simulation.back_test import Week
from helmdesk.plan.simulation.kernel import Lived, live_through
from helmdesk.plan.simulation.kpis import kpi
from helmdesk.plan.simulation.past import (
    Past,
    absence_of,
    as_it_was,
    habits_of,
    has_leave,
    people_of,
    planned_for,
    tape_of,
)
from helmdesk.plan.simulation.people import Shift
from helmdesk.plan.simulation.tape import Habits
from helmdesk.plan.simulation.what_if import Ground, rates_of

# A smaller share of absences is not worth a sentence.
NOTEWORTHY = 0.005


def ground_of(
    found: Coverage,
    past: Past,
    known: Conditions,
    other: tuple[Coverage, Past] | None,
    weeks: int,
) -> Ground:
    """Return what scenarios of a coverage's days stand on, with its tapes drawn.

    Args:
        past: of the same team.
        other: a second team's coverage and past, where both may be asked to help each other.
        weeks: how many futures.
    """
    made = found.plan.forecast
    mine, shifts, told = _side(found, past, known, weeks, 0)
    away, why = _away(past, made, known)
    told += [why] if why else []
    names: tuple[str, ...] = (found.crew.name,)
    rates, habits, need = mine, _habits(found, past, known), found.plan.agents
    if other is not None:
        theirs, their_past = other
        more, people, said = _side(theirs, their_past, known, weeks, len(habits))
        names = (*names, theirs.crew.name)
        rates = np.concatenate([rates, more], axis=1)
        habits = (*habits, *_habits(theirs, their_past, known))
        shifts, told = [*shifts, *people], [*told, *said]
        need = need + theirs.plan.agents
    ground = Ground(
        names=names,
        first_day=made.first_day,
        interval_minutes=made.interval_minutes,
        habits=habits,
        rates=rates,
        shifts=tuple(shifts),
        need=need,
        assumptions=(*told, *_said(habits)),
        away=away,
    )
    return ground.drawn()


def _side(
    found: Coverage, past: Past, known: Conditions, weeks: int, before: int
) -> tuple[Array, list[Shift], list[str]]:
    """Return one team's rates, shifts and assumptions; its queues are numbered from `before` on."""
    made, crew = found.plan.forecast, found.crew
    serves = tuple(range(before, before + len(crew.queues)))
    shifts, as_on = planned_for(past, made.first_day, made.days, serves)
    told = [f"People of {crew.name} take {' and '.join(crew.queues)}, whoever waits longest first"]
    if as_on is not None:
        told.append(f"Shifts of {crew.name} as they were last planned, from {as_on:%-d %B} on")
    expected = [_expected(part, found) for part in crew.parts]
    return rates_of(crew, made.paths(weeks), made.contacts, expected), shifts, told


def _expected(part: Demand, found: Coverage) -> Array:
    """Return what is expected of one queue on the days of the coverage."""
    made = found.plan.forecast
    ahead = (made.first_day - part.last_day).days - 1
    (whole,) = Planner((part,)).forecast(ahead + made.days, factors=found.told)
    return part_of(whole, ahead, made.days).contacts


def _habits(found: Coverage, past: Past, known: Conditions) -> tuple[Habits, ...]:
    patience = known.patience_seconds or found.crew.demand.patience_seconds or math.inf
    return habits_of(past, patience, known.handle_seconds)


def _away(past: Past, made: Forecast, known: Conditions) -> tuple[float, str]:
    """Return the share of planned days on which people are not there, and where it is from."""
    if known.shrinkage:
        return known.shrinkage, f"{known.shrinkage:.0%} of planned people are away, as given"
    seen = absence_of(past)
    share = seen.ill
    words = "ill or away without a plan"
    if not has_leave(past, made.first_day, made.days):
        share, words = 1 - (1 - seen.leave) * (1 - seen.ill), "ill or on leave"
    if share < NOTEWORTHY:
        return 0.0, ""
    return share, f"{share:.1%} of planned days people are {words}, as in the last weeks"


def _said(habits: Sequence[Habits]) -> list[str]:
    told = []
    for habit in habits:
        leave = "nobody gives up"
        if math.isfinite(habit.patience):
            leave = f"people give up after {habit.patience:,.0f} s on average"
        side = f", {habit.together} at once" if habit.together > 1 else ""
        told.append(
            f"{habit.name}: {habit.work.mean():,.0f} s of work each, as it was recorded{side};"
            f" {leave}; in time means within {habit.threshold_seconds:,.0f} s"
        )
    return [
        *told,
        "Nobody calls again after giving up; whoever is at it when a shift ends finishes first",
    ]


def predicted_weeks(
    past: Past, crew: Crew, starts: Sequence[date], measured: Mapping[str, Mapping[date, float]]
) -> list[Week]:
    """Return weeks that have been, as the simulation sees them and as they were measured.

    What the reader may not be shown of a small team is taken from its contacts by the same
    definition, for the check alone.
    """
    patience = crew.demand.patience_seconds or math.inf
    habits = habits_of(past, patience)
    found = []
    for start in starts:
        tape = tape_of(past, start, habits)
        lived = live_through(tape, people_of(past, start), [habit.together for habit in habits])
        seen = as_it_was(past, start, tape)

        def actual(key: str, start: date = start, seen: Lived = seen) -> float:
            told = measured.get(key, {}).get(start)
            return kpi(key, seen, habits) if told is None else told

        found.append(
            Week(
                start,
                len(tape),
                kpi("service_level", lived, habits),
                actual("service_level"),
                kpi("missed_contact_rate", lived, habits),
                actual("missed_contact_rate"),
                is_withheld=start not in measured.get("service_level", {}),
            )
        )
    return found
