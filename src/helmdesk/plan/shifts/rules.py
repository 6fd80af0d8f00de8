"""What may be planned: the rules of work, what a shift looks like, and what breaks them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from helmdesk.errors import UsageError
from helmdesk.plan.simulation.people import Minutes, Shift

DAY = 1440


@dataclass(frozen=True)
class Rules:
    """Rules that hold for everybody.

    Attributes:
        rest_hours: between two shifts of one person, at least.
        days_in_a_row: worked, at most.
        days_a_week: worked, at most, where a person has no number of their own.
        hours_a_week: paid, at most.
        earliest, latest: minutes of the day before which no shift begins, after which none ends.
    """

    rest_hours: float = 11.0
    days_in_a_row: int = 6
    days_a_week: int = 5
    hours_a_week: float = 48.0
    earliest: int = 0
    latest: int = DAY

    def __post_init__(self) -> None:
        if not 0 <= self.rest_hours <= 23:
            raise UsageError(f"{self.rest_hours:g} hours of rest", "give 0 to 23")
        for name, value in (("in a row", self.days_in_a_row), ("a week", self.days_a_week)):
            if not 1 <= value <= 7:
                raise UsageError(f"{value} days {name}", "give 1 to 7")
        if not 0 < self.hours_a_week <= 168:
            raise UsageError(f"{self.hours_a_week:g} hours a week", "give more than 0, up to 168")
        if self.latest <= self.earliest:
            raise UsageError("shifts that end before they begin", "give a later end of the day")


@dataclass(frozen=True)
class Person:
    """Somebody who can be planned.

    Attributes:
        name: identity, as records have it.
        days: worked a week, at most.
        off: numbers of days on which the person is not available: leave, illness, a wish.
        lates, weekends: how many were worked in the last weeks; who had fewer comes first.
    """

    name: str
    days: int = 5
    off: frozenset[int] = frozenset()
    lates: int = 0
    weekends: int = 0


@dataclass(frozen=True)
class Pattern:
    """What a shift looks like, whenever it begins.

    Attributes:
        minutes: from begin to end.
        meal: minutes of the unpaid one; 0: none. meals: how long after the begin it may be.
        pauses: paid ones, as minutes after the begin.
    """

    minutes: int = 510
    meal: int = 30
    meals: tuple[int, ...] = (180, 210, 240, 270, 300)
    pauses: tuple[Minutes, ...] = ()

    def shift(self, person: str, day: int, start: int, meal: int, queues: tuple[int, ...]) -> Shift:
        """Return a shift of it; its pauses give way to the meal."""
        meals = ((start + meal, start + meal + self.meal),) if self.meal else ()
        breaks = tuple(
            (start + a, start + b)
            for a, b in self.pauses
            if not self.meal or b <= meal or a >= meal + self.meal
        )
        return Shift(person, day, start, start + self.minutes, breaks, queues, meals)

    @property
    def paid_hours(self) -> float:
        """Hours paid."""
        return (self.minutes - self.meal) / 60


def pattern_of(shifts: Sequence[Shift]) -> Pattern:
    """Return what most shifts look like; a usual one where there are none."""
    if not shifts:
        return Pattern()

    def usual(values: Iterable[object]) -> object:
        return Counter(values).most_common(1)[0][0]

    minutes = int(str(usual(shift.end - shift.start for shift in shifts)))
    meal = int(str(usual(s.meals[0][1] - s.meals[0][0] if s.meals else 0 for s in shifts)))
    pauses = usual(
        tuple((a - shift.start, b - shift.start) for a, b in shift.breaks) for shift in shifts
    )
    first = min(180, minutes // 3 // 30 * 30)
    last = max(minutes - 150 - meal, first)
    return Pattern(
        minutes,
        meal,
        tuple(range(first, last + 1, 30)) if meal else (0,),
        tuple(pauses) if isinstance(pauses, tuple) else (),
    )


@dataclass(frozen=True)
class Breach:
    """A rule that a plan breaks."""

    person: str
    day: int
    rule: str


def breaches(
    shifts: Sequence[Shift], rules: Rules, people: Mapping[str, Person] | None = None
) -> list[Breach]:
    """Return every rule that a plan breaks, by person and day."""
    found: list[Breach] = []
    by_person: dict[str, list[Shift]] = defaultdict(list)
    for shift in shifts:
        by_person[shift.person].append(shift)
    for name, own in sorted(by_person.items()):
        own.sort(key=lambda shift: (shift.day, shift.start))
        person = (people or {}).get(name, Person(name, rules.days_a_week))
        found += _between(name, own, rules)
        found += _altogether(name, own, rules, person)
    return found


def _between(name: str, own: list[Shift], rules: Rules) -> list[Breach]:
    found = []
    for before, after in pairwise(own):
        rest = (after.day * DAY + after.start - before.day * DAY - before.end) / 60
        if rest < 0 or before.day == after.day:
            found.append(Breach(name, after.day, "works two shifts at once, or on one day"))
        elif rest < rules.rest_hours:
            found.append(
                Breach(name, after.day, f"rests {rest:g} hours; {rules.rest_hours:g} are needed")
            )
    return found


def _altogether(name: str, own: list[Shift], rules: Rules, person: Person) -> list[Breach]:
    found = []
    days = sorted({shift.day for shift in own})
    hours = sum(shift.paid_minutes for shift in own) / 60
    last = days[-1]
    if len(days) > person.days:
        found.append(Breach(name, last, f"works {len(days)} days; {person.days} at most"))
    if hours > rules.hours_a_week + 1e-9:
        found.append(Breach(name, last, f"works {hours:g} hours; {rules.hours_a_week:g} at most"))
    row = 1
    for before, after in pairwise(days):
        row = row + 1 if after == before + 1 else 1
        if row > rules.days_in_a_row:
            found.append(
                Breach(name, after, f"works {row} days in a row; {rules.days_in_a_row} at most")
            )
    found += [Breach(name, day, "is not available") for day in days if day in person.off]
    for shift in own:
        if shift.start < rules.earliest or shift.end > rules.latest:
            found.append(Breach(name, shift.day, "works outside the hours of the day"))
    return found
