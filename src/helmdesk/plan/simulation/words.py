"""What a change does, in words: rows of numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from helmdesk.plan.simulation.tape import Habits
from helmdesk.plan.simulation.what_if import Answer, Moved
from helmdesk.query.words import show_duration

NAMES = {
    "service_level": "Service level",
    "average_speed_of_answer": "Average speed of answer",
    "missed_contact_rate": "Missed contacts",
    "occupancy": "Occupancy, contacts alone",
    "utilization": "Utilization, contacts alone",
    "paid_hours": "Paid hours a week",
}
# Which way is good; a number with neither is only told.
BETTER = {"service_level": 1, "average_speed_of_answer": -1, "missed_contact_rate": -1}
SHARES = ("service_level", "missed_contact_rate", "occupancy", "utilization")
SMALL = 0.1


@dataclass(frozen=True)
class Row:
    """One number with and without the change, as it is read.

    Attributes:
        tone: "good" or "bad" where the change is beyond chance and has a good side; else empty.
    """

    key: str
    name: str
    now: str
    then: str
    change: str
    likely: str
    tone: str


def rows_of(answer: Answer) -> list[Row]:
    """Return the numbers of an answer, those that nothing is known of left out."""
    return [_row(moved) for moved in answer.moved.values() if not math.isnan(moved.now)]


def _row(moved: Moved) -> Row:
    tone = ""
    side = BETTER.get(moved.key, 0)
    if side and moved.is_clear:
        tone = "good" if moved.change * side > 0 else "bad"
    likely = f"{_change(moved.key, moved.low)} to {_change(moved.key, moved.high)}"
    return Row(
        moved.key,
        NAMES[moved.key],
        value(moved.key, moved.now),
        value(moved.key, moved.then),
        _change(moved.key, moved.change),
        likely if moved.high - moved.low > 1e-9 else "",
        tone,
    )


def value(key: str, number: float) -> str:
    """Return a number in its unit."""
    if key in SHARES:
        return f"{number:.1%}" if 0 < number < SMALL else f"{number:.0%}"
    if key == "paid_hours":
        return f"{number:,.1f}".removesuffix(".0") + " h"
    return show_duration(round(number))


def _change(key: str, number: float) -> str:
    if key in SHARES:
        points = round(100 * number, 1)
        return "no change" if not points else f"{_sign(points)}{abs(points):g} points"
    if key == "paid_hours":
        hours = round(number, 1)
        return "no change" if not hours else f"{_sign(hours)}{abs(hours):g} h"
    seconds = round(number)
    return "no change" if not seconds else f"{_sign(seconds)}{show_duration(abs(seconds))}"


def _sign(number: float) -> str:
    return "+" if number > 0 else "−"


def in_time(habits: Sequence[Habits]) -> str:
    """Return what in time means: its seconds, where they are the same of all queues."""
    limits = {habit.threshold_seconds for habit in habits}
    return f"within {limits.pop():g} s" if len(limits) == 1 else "in time"


def sentence(answer: Answer, habits: Sequence[Habits]) -> str:
    """Return the answer in one sentence: what becomes of the service level."""
    moved, when = answer.moved["service_level"], in_time(habits)
    if math.isnan(moved.now):
        return "Nothing comes in these weeks, so nothing changes."
    if not moved.is_clear:
        return f"No clear change: {moved.now:.0%} are answered {when}, with it and without"
    before, after = (round(100 * share) for share in (moved.now, moved.then))
    if before == after:
        way = "more" if moved.change > 0 else "fewer"
        return f"{after} of 100 answered {when}, hardly {way} than now"
    return f"{after} of 100 answered {when}, instead of {before}"
