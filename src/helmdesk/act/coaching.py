"""Which of an agent's tickets are worth talking about: one that went well, and two that did not;
and how the conditions of their work are told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

HARD = 2
LEAST_TRANSFERS = 2
# Parts of the day by their first hour; the night goes over midnight.
PARTS_OF_DAY = ((6, "in the morning"), (12, "in the afternoon"), (18, "in the evening"))
NIGHT = (22, 6)
WEEKEND = ("saturday", "sunday")
# Of a kind of work there is clearly more or less from so many points of all work on.
UNLIKE, MOST_UNLIKE = 0.05, 3
SURE = 0.001
"""How often chance may look like it: of a dozen kinds of work it then shows one in forty times."""


class Why(StrEnum):
    """Why a ticket is worth talking about, the clearest sign first."""

    UNHAPPY = "unhappy"
    CAME_BACK = "came back"
    UPWARDS = "upwards"
    HANDED_ROUND = "handed round"
    LONG = "long"
    WENT_WELL = "went well"


@dataclass(frozen=True)
class Case:
    """One ticket of an agent.

    Attributes:
        created_at: naive UTC.
        replies: by people.
        seconds: until it was solved; None where it is not.
        is_satisfied: what its customer answered; None where they did not.
    """

    ticket_id: str
    created_at: datetime
    reopens: int = 0
    escalations: int = 0
    transfers: int = 0
    replies: int = 0
    seconds: float | None = None
    is_satisfied: bool | None = None

    @property
    def trouble(self) -> Why | None:
        """The clearest sign that it did not go well; None without one."""
        signs = (
            (Why.UNHAPPY, self.is_satisfied is False),
            (Why.CAME_BACK, self.reopens > 0),
            (Why.UPWARDS, self.escalations > 0),
            (Why.HANDED_ROUND, self.transfers >= LEAST_TRANSFERS),
        )
        return next((why for why, is_so in signs if is_so), None)

    @property
    def went_well(self) -> bool:
        """Whether it was solved without a sign of trouble, and nobody said otherwise."""
        return self.trouble is None and self.seconds is not None


@dataclass(frozen=True)
class Talk:
    """A ticket worth talking about."""

    case: Case
    why: Why


def worth_talking(cases: Iterable[Case]) -> tuple[Talk, ...]:
    """Return at most three tickets: first the one that went well and asked for most, with a
    satisfied answer if there is any; then up to two with different troubles, the clearest and then
    the newest first; the longest where there is no trouble. The same cases give the same tickets.
    """
    known = sorted(cases, key=lambda case: (case.created_at, case.ticket_id), reverse=True)
    good = max(
        (case for case in known if case.went_well),
        key=lambda case: (case.is_satisfied is True, case.replies),
        default=None,
    )
    found = [Talk(good, Why.WENT_WELL)] if good else []
    return (*found, *_hard([case for case in known if case is not good]))


def _hard(known: list[Case]) -> list[Talk]:
    order = list(Why)
    troubled = sorted(
        (Talk(case, case.trouble) for case in known if case.trouble),
        key=lambda talk: order.index(talk.why),
    )
    first_of = {talk.why: talk for talk in reversed(troubled)}
    distinct = [talk for talk in troubled if first_of[talk.why] is talk]
    chosen = [*distinct, *(talk for talk in troubled if talk not in distinct)][:HARD]
    if not chosen:
        longest = max(
            (case for case in known if case.seconds is not None),
            key=lambda case: case.seconds or 0.0,
            default=None,
        )
        return [Talk(longest, Why.LONG)] if longest else []
    return chosen


def when_words(by_hour: Mapping[int, float], by_weekday: Mapping[str, float]) -> str:
    """Say at which times work came, most first; empty where neither is known.

    Args:
        by_hour: cases by local hour of the day, 0 to 23.
        by_weekday: cases by weekday, named in English.
    """
    parts: dict[str, float] = {}
    for hour, count in by_hour.items():
        name = part_of_day(hour)
        parts[name] = parts.get(name, 0.0) + count
    total = sum(parts.values())
    order = sorted(parts, key=lambda name: (-parts[name], name))
    told = [f"{parts[name] / total:.0%} {name}" for name in order if parts[name] / total >= 0.005]
    days = sum(by_weekday.values())
    weekend = sum(count for day, count in by_weekday.items() if day.casefold() in WEEKEND)
    if days:
        told.append(f"{weekend / days:.0%} on Saturdays and Sundays")
    return ", ".join(told)


def part_of_day(hour: int) -> str:
    """Return what a local hour of the day is called."""
    if hour >= NIGHT[0] or hour < NIGHT[1]:
        return "at night"
    return next(name for first, name in reversed(PARTS_OF_DAY) if hour >= first)


def unlike(
    mix: Sequence[tuple[str, float, float]], cases: int
) -> tuple[tuple[str, float, float], ...]:
    """Return the kinds of work of which there is clearly more or less than among the others, beyond
    what chance explains for all kinds together; the greatest difference first.

    Args:
        mix: (kind, share of the own work, share of the others' work).
        cases: how many there are of the own work.
    """
    apart = [
        row
        for row in mix
        if abs(row[1] - row[2]) >= UNLIKE
        and _by_chance(round(row[1] * cases), cases, row[2]) < SURE
    ]
    apart.sort(key=lambda row: (-abs(row[1] - row[2]), row[0]))
    return tuple(apart[:MOST_UNLIKE])


def _by_chance(hits: int, cases: int, share: float) -> float:
    """Return how often so many of the cases, or more, or so few, or fewer, would be of a kind that
    has this share; exact, so that two cases of twenty prove nothing.
    """
    if not 0 < share < 1:
        return 0.0 if hits != round(share * cases) else 1.0
    upwards = hits > share * cases
    places = range(hits, cases + 1) if upwards else range(hits + 1)
    log_share, log_rest = math.log(share), math.log1p(-share)
    whole = math.lgamma(cases + 1)
    return sum(
        math.exp(
            whole
            - math.lgamma(n + 1)
            - math.lgamma(cases - n + 1)
            + n * log_share
            + (cases - n) * log_rest
        )
        for n in places
    )
