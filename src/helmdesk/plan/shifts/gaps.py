"""Where a plan is short. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helmdesk.plan.queues.waiting import Array


@dataclass(frozen=True)
class Short:
    """Intervals of one day that follow each other and are short.

    Attributes:
        day: its number. start, end: minutes of the day. people: the most that are missing at once.
    """

    day: int
    start: int
    end: int
    people: int


def short_spans(spare: Array, minutes: int) -> list[Short]:
    """Return when people are short, the most people times minutes first.

    Args:
        spare: (days × intervals) people at work less people needed.
        minutes: length of an interval.
    """
    spans: list[Short] = []
    for day in range(spare.shape[0]):
        for i in np.flatnonzero(spare[day] < 0):
            start, people = int(i) * minutes, int(-spare[day, i])
            if spans and (spans[-1].day, spans[-1].end) == (day, start):
                last = spans.pop()
                start, people = last.start, max(last.people, people)
            spans.append(Short(day, start, (int(i) + 1) * minutes, people))
    return sorted(spans, key=lambda span: -(span.end - span.start) * span.people)
