"""Weeks that have been: contacts one by one, and who was there. Pure, but for being read elsewhere.

Times are local wall-clock seconds from the midnight that `Past.origin` begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helmdesk.plan.crews import MOST_WEEKS_BACK
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.simulation.kernel import Lived
from helmdesk.plan.simulation.people import Shift, from_pieces
from helmdesk.plan.simulation.tape import DAY_SECONDS, Habits, Tape

# Work in hand at once, on average, from which on contacts are taken side by side.
SIDE_BY_SIDE = 1.15
WEEK_SECONDS = 7 * DAY_SECONDS


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of one person's time: what was planned, and what was done."""

    person: str
    start: float
    end: float
    activity: str | None
    state: str | None


@dataclass(frozen=True, eq=False)
class Past:
    """What one team lived through.

    Attributes:
        origin: local day; `days` whole days from it on are known.
        queues: names; `queue` numbers them.
        at, wait, own, elapsed: of each contact, by arrival; not a number where unknown.
            own: seconds of work, a share of them where contacts were taken side by side.
        is_answered: else nobody answered.
        threshold, short: seconds, by contact.
        pieces: of the team's people. names: of people, by identity.
    """

    origin: date
    days: int
    queues: tuple[str, ...]
    queue: NDArray[np.int64]
    at: Array
    wait: Array
    own: Array
    elapsed: Array
    is_answered: NDArray[np.bool_]
    threshold: Array
    short: Array
    pieces: tuple[Piece, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    def weeks(self, week_start: int) -> list[date]:
        """Return the first days of the whole weeks in it."""
        first = self.origin + timedelta(days=(week_start - self.origin.weekday()) % 7)
        found = []
        while (first - self.origin).days + 7 <= self.days:
            found.append(first)
            first += timedelta(days=7)
        return found

    def seconds(self, day: date) -> float:
        """Return when a day begins."""
        return (day - self.origin).days * DAY_SECONDS


def habits_of(past: Past, patience: float, handle: float | None = None) -> tuple[Habits, ...]:
    """Return how contacts of each queue are.

    Args:
        patience: mean seconds until somebody leaves; infinite: never.
        handle: seconds of work, where nobody recorded any.
    """
    return tuple(_habit(past, number, patience, handle) for number in range(len(past.queues)))


def _habit(past: Past, number: int, patience: float, handle: float | None) -> Habits:
    mine = past.queue == number
    done = mine & past.is_answered & ~np.isnan(past.own) & (past.own > 0)
    own, elapsed = past.own[done], past.elapsed[done]
    together = 1
    if own.size:
        known = ~np.isnan(elapsed)
        at_once = float(elapsed[known].sum()) / max(float(own[known].sum()), 1e-9)
        if at_once > SIDE_BY_SIDE:
            together, own = int(np.ceil(at_once)), elapsed[known]
    if not own.size and handle is not None:
        own = np.array([handle])
    elif handle is not None:
        own = own * (handle / float(own.mean()))
    threshold = past.threshold[mine & ~np.isnan(past.threshold)]
    short = past.short[mine & ~np.isnan(past.short)]
    return Habits(
        past.queues[number],
        own,
        patience,
        float(np.median(threshold)) if threshold.size else 60.0,
        float(np.median(short)) if short.size else 10.0,
        together,
    )


def tape_of(past: Past, start: date, habits: Sequence[Habits], seed: int = 0) -> Tape:
    """Return what really came in a week.

    Who was not answered would have waited as long as they did, and who was answered longer than
    they did; work that nobody did, or recorded, is drawn from that of others.
    """
    begin = past.seconds(start)
    mine = (past.at >= begin) & (past.at < begin + WEEK_SECONDS) & ~np.isnan(past.wait)
    draw = np.random.default_rng([seed, start.toordinal()])
    queue, wait = past.queue[mine], past.wait[mine]
    together = np.array([habit.together for habit in habits])[queue]
    work = np.where(together > 1, past.elapsed[mine], past.own[mine])
    patience = wait.copy()
    for number, habit in enumerate(habits):
        of_queue = queue == number
        unknown = of_queue & (np.isnan(work) | (work <= 0))
        work[unknown] = draw.choice(habit.work, int(unknown.sum()))
        answered = of_queue & past.is_answered[mine]
        more = (
            draw.exponential(habit.patience, int(answered.sum()))
            if np.isfinite(habit.patience)
            else np.full(int(answered.sum()), np.inf)
        )
        patience[answered] += more
    size = int(mine.sum())
    return Tape(past.at[mine] - begin, queue, work, patience, np.zeros(size), np.zeros(size))


def as_it_was(past: Past, start: date, tape: Tape) -> Lived:
    """Return a week as it really went: its tape with the waits there were."""
    begin = past.seconds(start)
    mine = (past.at >= begin) & (past.at < begin + WEEK_SECONDS) & ~np.isnan(past.wait)
    return Lived(tape, past.wait[mine], past.is_answered[mine], 0.0, 0.0, 0.0)


def people_of(past: Past, start: date) -> list[Shift]:
    """Return who was really there for contacts in a week; who was planned, where nobody recorded
    what people did.
    """
    begin = past.seconds(start)
    within = [p for p in past.pieces if begin <= p.start < begin + WEEK_SECONDS]
    done = [p for p in within if p.state in ("handling", "wrap", "available")]
    if not done:
        done = [p for p in within if p.activity == "work"]
    serves = tuple(range(len(past.queues)))
    return from_pieces(_pieces(done, begin, lambda _: "work"), lambda _: serves)


def planned_for(
    past: Past, first: date, days: int, serves: tuple[int, ...]
) -> tuple[list[Shift], date | None]:
    """Return the shifts of days to come, and the earliest day whose plan stands in for one of them.

    Where none of the days has a plan, each has the last one of its weekday.
    """
    planned: dict[date, list[Piece]] = {}
    for piece in past.pieces:
        if piece.activity is not None and piece.activity != "time_off":
            day = past.origin + timedelta(days=int(piece.start // DAY_SECONDS))
            planned.setdefault(day, []).append(piece)
    wanted = [first + timedelta(days=i) for i in range(days)]
    is_own = any(day in planned for day in wanted)
    found, stand_ins = [], []
    for number, day in enumerate(wanted):
        source = day if is_own else _last_like(planned, day)
        if source is None or source not in planned:
            continue
        stand_ins.append(source)
        moved = _pieces(planned[source], past.seconds(source), lambda p: p.activity or "work")
        found += [(person, number, start, end, what) for person, _, start, end, what in moved]
    shifts = from_pieces(found, lambda _: serves)
    return shifts, None if is_own or not stand_ins else min(stand_ins)


@dataclass(frozen=True)
class Absence:
    """How often people were not there on days they were planned.

    Attributes:
        known: person-days with a plan and a record of what people did; 0: nobody recorded it.
        leave: share of them that were leave by plan. ill: of the others, share without any work.
    """

    known: int
    leave: float
    ill: float


def absence_of(past: Past) -> Absence:
    """Return how often people were away in the days that have been."""
    end = past.days * DAY_SECONDS
    days: dict[tuple[str, int], set[str]] = {}
    for piece in past.pieces:
        if piece.start < end:
            seen = days.setdefault((piece.person, int(piece.start // DAY_SECONDS)), set())
            seen.add(piece.activity or "")
            if piece.state in ("handling", "wrap", "available"):
                seen.add("there")
    planned = [seen for seen in days.values() if seen & {"work", "time_off"}]
    if not any("there" in seen for seen in planned):
        return Absence(0, 0.0, 0.0)
    leave = sum("work" not in seen for seen in planned)
    ill = sum("work" in seen and "there" not in seen for seen in planned)
    return Absence(len(planned), leave / len(planned), ill / max(1, len(planned) - leave))


def has_leave(past: Past, first: date, days: int) -> bool:
    """Whether leave of days to come is planned already."""
    begin = past.seconds(first)
    return any(
        piece.activity == "time_off" and begin <= piece.start < begin + days * DAY_SECONDS
        for piece in past.pieces
    )


def _last_like(planned: dict[date, list[Piece]], day: date) -> date | None:
    earlier = (day - timedelta(days=7 * back) for back in range(1, MOST_WEEKS_BACK + 1))
    return next((each for each in earlier if each in planned), None)


def _pieces(
    some: Sequence[Piece], begin: float, what: Callable[[Piece], str]
) -> list[tuple[str, int, int, int, str]]:
    """Return pieces as (person, day, start, end, activity) in minutes of their day."""
    found = []
    for piece in some:
        day = int((piece.start - begin) // DAY_SECONDS)
        start, end = (
            round((at - begin - day * DAY_SECONDS) / 60) for at in (piece.start, piece.end)
        )
        if end > start:
            found.append((piece.person, day, start, end, what(piece)))
    return found


def joined(first: Past, second: Past) -> Past:
    """Return two teams' past as one: the second's queues follow the first's."""
    order = np.argsort(np.concatenate([first.at, second.at]), kind="stable")

    def both(name: str) -> Any:
        return np.concatenate([getattr(first, name), getattr(second, name)])[order]

    queue = np.concatenate([first.queue, second.queue + len(first.queues)])
    return replace(
        first,
        queues=first.queues + second.queues,
        queue=queue[order],
        at=both("at"),
        wait=both("wait"),
        own=both("own"),
        elapsed=both("elapsed"),
        is_answered=both("is_answered"),
        threshold=both("threshold"),
        short=both("short"),
        pieces=first.pieces + second.pieces,
        names={**first.names, **second.names},
    )
