"""How many rows there are."""

from __future__ import annotations

from dataclasses import dataclass

from helmdesk.catalogue.finished import Columns, Finished, alone, floats
from helmdesk.catalogue.kind import Kind, Statistic
from helmdesk.statistics.difference import poisson_interval


@dataclass(frozen=True)
class Count(Kind):
    """Number of rows."""

    statistic = Statistic("count")
    form = "count"
    is_total = True

    def finish(self, columns: Columns) -> Finished:
        """Return the numbers of rows."""
        return alone(floats(columns["n"]))

    def drawn(self, n: int, low: float | None, high: float | None) -> tuple[float, float] | None:
        """Return the interval of a Poisson count."""
        return poisson_interval(n)


kind = Count
