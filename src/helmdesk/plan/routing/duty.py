"""When people are there, and how long they are at it: seconds on duty, forth and back. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

Span = tuple[float, float]
JOINED = 60.0
"""Spans that follow each other so soon are one."""
LONG_BREAK = 4 * 3600.0
ALONE = 1800.0
"""One sign of somebody in a day: they were there so long before and after."""
LEAST_SIGNS = 20
LONGEST_DAY = 12 * 3600.0


class Known(StrEnum):
    """Where it is known from when people were there."""

    LOG = "log"
    """The log of what people did."""
    PLAN = "plan"
    """Planned shifts."""
    WORK = "work"
    """What they did with tickets."""
    NOTHING = "nothing"


class Duty:
    """When one person, or a whole team, is there.

    Args:
        spans: in any order; those that overlap are joined.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = joined(spans)
        self._starts = [start for start, _ in self.spans]
        self._before = [0.0]
        for start, end in self.spans:
            self._before.append(self._before[-1] + end - start)

    def until(self, instant: float) -> float:
        """Return seconds on duty before an instant."""
        place = bisect_right(self._starts, instant)
        if not place:
            return 0.0
        start, end = self.spans[place - 1]
        return self._before[place - 1] + min(instant, end) - start

    def between(self, start: float, end: float) -> float:
        """Return seconds on duty between two instants."""
        return max(0.0, self.until(end) - self.until(start))

    def after(self, start: float, seconds: float) -> float:
        """Return when so many seconds on duty have passed; infinite: not any more."""
        goal = self.until(start) + seconds
        if goal > self._before[-1] + 1e-6 or not self.spans:
            return math.inf
        place = min(bisect_right(self._before, goal), len(self.spans)) - 1
        # The end of one span rather than the start of the next; but not before `start`.
        if place and goal <= self._before[place] + 1e-6 and seconds > 0:
            place -= 1
        begin = self.spans[place][0]
        return max(start, begin + goal - self._before[place])

    def span_at(self, instant: float) -> Span | None:
        """Return the span around an instant; None outside."""
        place = bisect_right(self._starts, instant)
        if place and self.spans[place - 1][1] > instant:
            return self.spans[place - 1]
        return None

    def leaves_at(self, instant: float) -> float:
        """Return when the shift around an instant ends, over its breaks."""
        place = bisect_right(self._starts, instant)
        end = self.spans[place - 1][1] if place else instant
        while place < len(self.spans) and self.spans[place][0] - end < LONG_BREAK:
            end = self.spans[place][1]
            place += 1
        return end


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that meet as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1] + JOINED:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def from_signs(signs: Sequence[tuple[int, float]], midnight: Callable[[int], float]) -> list[Span]:
    """Return when somebody was there by what they did: on each day with a sign of them, from the
    first to the last, or in their usual hours where those are longer.

    Args:
        signs: what they did, as (local day, seconds of that day). midnight: instant at which a
        local day begins.
    """
    days: dict[int, list[float]] = {}
    for day, second in signs:
        days.setdefault(day, []).append(second)
    usual = _usual_hours([second for _, second in signs])
    found = []
    for day, some in days.items():
        start, end = min(some) - ALONE, max(some) + ALONE
        if usual:
            start, end = min(start, usual[0]), max(end, usual[1])
        found.append((midnight(day) + start, midnight(day) + end))
    return joined(found)


def _usual_hours(seconds: Sequence[float]) -> Span | None:
    """Return between which seconds of the day most is done; None where nothing tells."""
    if len(seconds) < LEAST_SIGNS:
        return None
    ordered = sorted(seconds)
    start, end = (ordered[int(share * (len(ordered) - 1))] for share in (0.1, 0.9))
    return (start, end) if end - start <= LONGEST_DAY else None
