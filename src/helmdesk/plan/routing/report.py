"""What a queue in shadow shows: whom routing named, beside what people did. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helmdesk.act.routing.modes import LEAST_DECISIONS
from helmdesk.plan.simulation.what_if import Moved, moved_between
from helmdesk.statistics.proportion import wilson

WEEK = 7 * 86_400.0
LEAST_TOLD = 30
Share = tuple[float, float, float]
"""A share with its 95% interval."""


@dataclass(frozen=True)
class Compared:
    """One decision beside what people did.

    Attributes:
        entered_at: when the case came. named_at: when routing named somebody. agent: whom.
        taken_by: who took it, and taken_at. knows_named, knows_taken: whether they know the
        customer. was_late: whether the first reply was; None: nothing was promised. due_at: when it
        was due; infinite: never.
        is_before: it came before the queue was put in shadow, and was looked at afterwards.
    """

    entered_at: float
    named_at: float
    agent: str
    taken_by: str
    taken_at: float
    knows_named: bool
    knows_taken: bool
    was_late: bool | None
    due_at: float
    is_before: bool


@dataclass(frozen=True)
class Report:
    """What was seen.

    Attributes:
        decisions: how many; since: of them, of cases that came since the queue is in shadow.
        settled: of which people took the case. agreed: the same person. named, taken: median
        seconds until routing named and until people took it; wait: their difference by weeks.
        knows: whether the customer was known, people (now) and routing (then), by weeks.
        late: cases whose first reply was late; in_time: of them, how many routing named somebody
        for before it was due.
    """

    decisions: int
    since: int
    settled: int
    agreed: Share | None
    named: float
    taken: float
    wait: Moved | None
    knows: Moved | None
    promised: int
    late: int
    in_time: Share | None

    @property
    def is_enough(self) -> bool:
        """Whether enough was decided in shadow for routing to be let to work."""
        return self.since >= LEAST_DECISIONS

    @property
    def is_told(self) -> bool:
        """Whether anything can be said."""
        return self.settled >= LEAST_TOLD


def report_of(rows: Sequence[Compared]) -> Report:
    """Return what was seen of decisions and of what people did."""
    settled = [row for row in rows if row.taken_by and math.isfinite(row.taken_at)]
    late = [row for row in settled if row.was_late]
    weeks: dict[int, list[Compared]] = {}
    for row in settled:
        weeks.setdefault(int(row.entered_at // WEEK), []).append(row)
    blocks = [weeks[week] for week in sorted(weeks)]
    waits = [[r.taken_at - r.entered_at for r in rows] for rows in blocks]
    names = [[r.named_at - r.entered_at for r in rows] for rows in blocks]
    return Report(
        decisions=len(rows),
        since=sum(not row.is_before for row in rows),
        settled=len(settled),
        agreed=_share([row.agent == row.taken_by for row in settled]),
        named=_median([row.named_at - row.entered_at for row in settled]),
        taken=_median([row.taken_at - row.entered_at for row in settled]),
        wait=_moved("wait", [_median(each) for each in waits], [_median(each) for each in names]),
        knows=_moved(
            "known",
            [float(np.mean([r.knows_taken for r in rows])) for rows in blocks],
            [float(np.mean([r.knows_named for r in rows])) for rows in blocks],
        ),
        promised=sum(row.was_late is not None for row in settled),
        late=len(late),
        in_time=_share([row.named_at < row.due_at for row in late]),
    )


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else math.nan


def _share(flags: Sequence[bool]) -> Share | None:
    interval = wilson(sum(flags), len(flags))
    return None if interval is None else (sum(flags) / len(flags), *interval)


def _moved(key: str, now: Sequence[float], then: Sequence[float]) -> Moved | None:
    """Return a difference by weeks; None where two weeks are missing."""
    return moved_between(key, np.array(now), np.array(then)) if len(now) > 1 else None
