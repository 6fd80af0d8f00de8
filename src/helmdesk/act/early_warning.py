"""The early warning as a routine: whom it names today within a budget, whom it leaves out so that
its worth can be measured, and what it was worth.

A share of the tickets that would be named is left out by chance, and nobody is told which. What
became of both groups tells what being warned changes: nothing else does, for a ticket that was
named and ended well may have ended well anyway.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from helmdesk.statistics.detectable import detectable_share
from helmdesk.statistics.difference import mover
from helmdesk.statistics.proportion import wilson

LEFT_OUT = 0.05
"""Share of the tickets that would be named which are left out."""
USUAL_BUDGET, MOST_BUDGET = 10, 100
LEAST_ENDED = 20
"""Tickets left out whose end is known, below which nothing is said of the worth."""
LEAST_RAISED = 1.5
"""A ticket is named when its chance is so many times the usual."""
MOST_DAYS = 5 * 365


class Worth(StrEnum):
    """What the comparison of those who were warned of with those left out says."""

    EARLY = "too early"
    HELPS = "helps"
    NOTHING = "no visible difference"
    HARMS = "does harm"


@dataclass(frozen=True)
class Named:
    """A ticket that is likely enough to end badly."""

    ticket_id: str
    chance: float
    is_left_out: bool


@dataclass(frozen=True)
class Ended:
    """What became of tickets whose end is known.

    Attributes:
        known: tickets. bad: those that ended badly. expected: sum of the chances that were told.
    """

    known: int = 0
    bad: int = 0
    expected: float = 0.0

    @property
    def share(self) -> float | None:
        """Share that ended badly, 0 to 1; None without tickets."""
        return self.bad / self.known if self.known else None


@dataclass(frozen=True)
class Judged:
    """What the early warning was worth.

    Attributes:
        change: share that ended badly among those warned of, less that among those left out; None
        while it is too early. interval: its 95% interval. days: so many more it takes until half as
        many bad ends would be seen four times in five; None where that would be seen already, or
        cannot be told.
    """

    worth: Worth
    change: float | None = None
    interval: tuple[float, float] | None = None
    days: int | None = None


def is_left_out(salt: str, ticket_id: str) -> bool:
    """Whether a ticket is among those left out: always the same answer for the same ticket, so
    that nobody can ask until it pleases.

    Args:
        salt: drawn when the watch began, and told to nobody.
    """
    digest = hashlib.sha256(f"{salt}\0{ticket_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < LEFT_OUT * 2**64


def most_likely(
    chances: Sequence[tuple[str, float]],
    usual: float,
    settled: Collection[str],
    budget: int,
    is_out: Callable[[str], bool],
) -> list[Named]:
    """Return the tickets that are named now, the largest chance first, among them those left out;
    these do not count against the budget.

    Args:
        chances: open tickets with their chance. usual: share of all tickets that end badly.
        settled: tickets about which somebody decided already. budget: at most so many are told.
    """
    found: list[Named] = []
    told = 0
    for ticket, chance in sorted(chances, key=lambda each: (-each[1], each[0])):
        if told == budget or chance < LEAST_RAISED * usual:
            break
        if ticket in settled:
            continue
        left_out = is_out(ticket)
        found.append(Named(ticket, chance, left_out))
        told += not left_out
    return found


def judge(warned: Ended, left_out: Ended, per_day: float) -> Judged:
    """Return what being warned changes, by all tickets whose end is known, whether or not anybody
    did something about them.
    """
    if left_out.known < LEAST_ENDED or warned.known < LEAST_ENDED:
        return Judged(Worth.EARLY, days=_days(warned, left_out, per_day))
    now, before = wilson(warned.bad, warned.known), wilson(left_out.bad, left_out.known)
    assert warned.share is not None and left_out.share is not None and now and before
    interval = mover(warned.share, now, left_out.share, before)
    worth = Worth.NOTHING
    if interval[1] < 0:
        worth = Worth.HELPS
    elif interval[0] > 0:
        worth = Worth.HARMS
    days = _days(warned, left_out, per_day) if worth is Worth.NOTHING else None
    return Judged(worth, warned.share - left_out.share, interval, days)


def _days(warned: Ended, left_out: Ended, per_day: float) -> int | None:
    known = warned.known + left_out.known
    share = (warned.expected + left_out.expected) / known if known else 0.0
    if share <= 0 or per_day <= 0:
        return None
    for days in range(0, MOST_DAYS, 7):
        many = known + days * per_day
        least = detectable_share(share, LEFT_OUT * many, (1 - LEFT_OUT) * many)
        if least is not None and least <= share / 2:
            return days or None
    return None
