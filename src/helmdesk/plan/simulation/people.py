"""Who is there when: shifts with their breaks, and what can be changed about them. Pure.

Times are minutes of a shift's local day; a shift over midnight ends after 1440.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helmdesk.plan.queues.waiting import Array

Minutes = tuple[int, int]
QUARTER = 15


@dataclass(frozen=True)
class Shift:
    """One person's working day.

    Attributes:
        person: name or number; the same person on all days.
        day: number of the day of the week looked at, 0 the first.
        start, end: minutes of that day.
        breaks: times within it in which no contact is taken.
        queues: numbers of the queues served.
        meals: times within it that are not paid, in which no contact is taken either.
    """

    person: str
    day: int
    start: int
    end: int
    breaks: tuple[Minutes, ...] = ()
    queues: tuple[int, ...] = (0,)
    meals: tuple[Minutes, ...] = ()

    @property
    def spans(self) -> list[Minutes]:
        """Times at work, without breaks and meals."""
        edges = sorted([*self.breaks, *self.meals])
        found, at = [], self.start
        for start, end in edges:
            if start > at:
                found.append((at, min(start, self.end)))
            at = max(at, end)
        if at < self.end:
            found.append((at, self.end))
        return found

    @property
    def paid_minutes(self) -> int:
        """Minutes paid: all but meals."""
        inside = sum(min(e, self.end) - max(s, self.start) for s, e in self.meals)
        return self.end - self.start - inside

    def moved(self, minutes: int) -> Shift:
        """Return the same shift so much later, breaks and meals with it."""
        return replace(
            self,
            start=self.start + minutes,
            end=self.end + minutes,
            breaks=tuple((s + minutes, e + minutes) for s, e in self.breaks),
            meals=tuple((s + minutes, e + minutes) for s, e in self.meals),
        )


def at_work(shifts: Iterable[Shift], days: int, interval_minutes: int) -> Array:
    """Return (days × intervals) people at work, as shares of the interval."""
    size = 1440 // interval_minutes
    flat = np.zeros(days * size)
    for shift in shifts:
        for start, end in shift.spans:
            _add(flat, shift.day * 1440 + start, shift.day * 1440 + end, interval_minutes)
    return flat.reshape(days, size)


def _add(flat: Array, start: int, end: int, length: int) -> None:
    for place in range(max(0, start // length), min(flat.size, -(-end // length))):
        inside = min(end, (place + 1) * length) - max(start, place * length)
        flat[place] += max(0, inside) / length


def stagger_meals(
    shifts: Sequence[Shift], need: Array, interval_minutes: int, window: Minutes
) -> list[Shift]:
    """Return shifts with their meals at other times of a window, so that people are short as little
    as can be; nobody works longer or shorter.

    Meals are placed one by one, each where it hurts least beside those placed already, on quarter
    hours, at least two hours after the shift begins and before it ends. A meal that fits nowhere in
    the window stays.
    """
    found = list(shifts)
    for day in sorted({shift.day for shift in shifts}):
        places = [i for i, shift in enumerate(found) if shift.day == day and shift.meals]
        for _ in range(2):  # a second look mends what the first could not know
            for i in places:
                others = [s for j, s in enumerate(found) if s.day == day and j != i]
                there = at_work([replace(s, day=0) for s in others], 1, QUARTER)[0]
                wanted = np.repeat(need[day], interval_minutes // QUARTER)
                found[i] = _best_meal(found[i], there, wanted, window)
    return found


def _best_meal(shift: Shift, there: Array, need: Array, window: Minutes) -> Shift:
    start, end = shift.meals[0]
    length = end - start
    first = max(window[0], shift.start + 120)
    last = min(window[1], shift.end - 120) - length
    best, cost = shift, _shortness(shift, there, need)
    for at in range(-(-first // QUARTER) * QUARTER, last + 1, QUARTER):
        tried = replace(shift, meals=((at, at + length), *shift.meals[1:]))
        if any(s < at + length and at < e for s, e in shift.breaks):
            continue
        price = _shortness(tried, there, need)
        if price < cost - 1e-9:
            best, cost = tried, price
    return best


def _shortness(shift: Shift, there: Array, need: Array) -> float:
    """Return how much the people there fall short of the need: what is missing counts by its
    square, relative to the need, and what is there beyond counts a little.
    """
    people = there + at_work([replace(shift, day=0)], 1, QUARTER)[0]
    ratio = (need - people) / np.maximum(need, 1)
    open_ = need > 0
    return float((np.exp(3 * ratio[open_]) * need[open_]).sum())


def move_starts(
    shifts: Sequence[Shift], people: int, start: int, day: int | None = None
) -> list[Shift]:
    """Return shifts of which so many on each day begin at another time, those that begin earliest
    first; they stay as long as they are.

    Args:
        start: minute of the day they begin at then.
        day: only on that day.
    """
    found = list(shifts)
    for each in sorted({shift.day for shift in shifts}):
        if day is not None and each != day:
            continue
        of_day = [i for i, s in enumerate(found) if s.day == each and s.start != start]
        for i in sorted(of_day, key=lambda i: (found[i].start, found[i].person))[:people]:
            found[i] = found[i].moved(start - found[i].start)
    return found


def move_days(shifts: Sequence[Shift], people: int, to: int, spare: Array) -> list[Shift]:
    """Return shifts of which so many are worked on another day, each by somebody who is free then,
    taken from the days with the most people to spare.

    Args:
        spare: by day, hours of people beyond the need.
    """
    found = list(shifts)
    left = spare.astype(float).copy()
    for _ in range(people):
        busy = {shift.person for shift in found if shift.day == to}
        free = [i for i, s in enumerate(found) if s.day != to and s.person not in busy]
        if not free:
            break
        chosen = max(free, key=lambda i: (left[found[i].day], -found[i].start, found[i].person))
        left[found[chosen].day] -= (found[chosen].end - found[chosen].start) / 60
        found[chosen] = replace(found[chosen], day=to)
    return sorted(found, key=lambda shift: (shift.day, shift.start, shift.person))


def add_people(
    shifts: Sequence[Shift],
    people: int,
    hours: Minutes,
    days: Iterable[int],
    queues: tuple[int, ...],
) -> list[Shift]:
    """Return shifts with so many more people, there on these days at these hours without a meal."""
    more = [
        Shift(f"new person {number + 1}", day, *hours, queues=queues)
        for day in days
        for number in range(people)
    ]
    return [*shifts, *more]


def without_people(shifts: Sequence[Shift], people: int) -> list[Shift]:
    """Return shifts with so many people away every day, others each day, so that no single person's
    hours decide.
    """
    kept: list[Shift] = []
    for day in sorted({shift.day for shift in shifts}):
        of_day = sorted((s for s in shifts if s.day == day), key=lambda s: (s.start, s.person))
        size, gone = len(of_day), min(people, len(of_day))
        away = {(day + i * size // gone) % size for i in range(gone)}
        kept += [s for i, s in enumerate(of_day) if i not in away]
    return kept


def from_pieces(
    pieces: Iterable[tuple[str, int, int, int, str]], queues_of: Callable[[str], tuple[int, ...]]
) -> list[Shift]:
    """Return shifts out of planned pieces (person, day, start, end, activity): pieces of one person
    that touch each other are one shift.
    """
    by_person: dict[str, list[tuple[int, int, str]]] = {}
    for person, day, start, end, activity in pieces:
        by_person.setdefault(person, []).append((day * 1440 + start, day * 1440 + end, activity))
    found = []
    for person, some in sorted(by_person.items()):
        run: list[tuple[int, int, str]] = []
        for piece in sorted(some):
            if run and piece[0] > run[-1][1]:
                found.append(_shift(person, run, queues_of(person)))
                run = []
            run.append(piece)
        if run:
            found.append(_shift(person, run, queues_of(person)))
    return sorted(
        (shift for shift in found if shift.spans), key=lambda s: (s.day, s.start, s.person)
    )


def _shift(person: str, run: list[tuple[int, int, str]], queues: tuple[int, ...]) -> Shift:
    day = run[0][0] // 1440
    moved = [(start - day * 1440, end - day * 1440, activity) for start, end, activity in run]
    merged: list[tuple[int, int, str]] = []
    for start, end, activity in moved:
        if merged and merged[-1][2] == activity and merged[-1][1] >= start:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]), activity)
        else:
            merged.append((start, end, activity))
    meals = tuple((s, e) for s, e, what in merged if what == "meal")
    breaks = tuple((s, e) for s, e, what in merged if what not in ("work", "meal"))
    return Shift(person, day, moved[0][0], max(end for _, end, _ in moved), breaks, queues, meals)
