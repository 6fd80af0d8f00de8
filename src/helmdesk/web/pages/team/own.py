"""One person's own numbers, each beside what the team reaches on the same mix of work: the same on
the own page, in the digest by mail and in a coaching pack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helmdesk.analysis.case_mix import CaseMixBenchmark, can_be_expected
from helmdesk.catalogue.metric import Metric
from helmdesk.desk.scoped import ScopedDesk
from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.query.words import show_count, show_measurement, show_value

OWN = (
    "csat",
    "ces",
    "fcr",
    "average_handle_time",
    "reopen_rate",
    "escalation_rate",
    "transfers",
    "utilization",
    "occupancy",
    "schedule_adherence",
)


@dataclass(frozen=True)
class OwnNumber:
    """One own number beside what the mix of work predicts."""

    metric: Metric
    found: CaseMixBenchmark

    @property
    def differs(self) -> bool:
        """Whether it lies outside what chance explains."""
        return self.found.differs

    @property
    def words(self) -> str:
        """The number, its likely range, and what the mix of work predicts, as sentences."""
        value, likely = show_measurement(self.found.own)
        between = f", likely range {likely}" if likely else ""
        told = f"{value}{between}, {show_count(self.found.own.n, 'case')}."
        if self.found.expected is None:
            return f"{told} Too few colleagues do the same work to say what is usual."
        expected = show_value(self.found.expected, self.found.own.unit)
        return f"{told} The mix of work predicts {expected}: {self.found.verdict}."


def own_numbers(desk: ScopedDesk, start: Any, end: Any) -> list[OwnNumber]:
    """Return the numbers of the desk's reader that have rows in a window; none for a reader without
    work of their own in the data.

    Args:
        start, end: local dates, half-open.
    """
    found = []
    for key in OWN:
        metric = desk.find_metric(key).metric
        if not can_be_expected(metric):
            continue
        try:
            benchmark = desk.case_mix_benchmark(key, start=start, end=end)
        except (NotFoundError, NotPermittedError):
            continue
        if benchmark.own.n:
            found.append(OwnNumber(metric, benchmark))
    return found
