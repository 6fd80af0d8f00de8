"""The total of a value that several rows share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helmdesk.catalogue.finished import Columns, Finished, alone, zeros
from helmdesk.catalogue.kind import NO_ROW, OF_CASE, Kind, Statistic


@dataclass(frozen=True)
class SumOnce(Kind):
    """Total of `column` with each `once_per` counted once: the contract value of an account, not of
    its tickets.
    """

    column: str
    once_per: str

    statistic = Statistic("sum")
    form = "count"
    is_total = True

    @property
    def measured(self) -> tuple[str, ...]:
        """What is added up."""
        return (self.column,)

    @property
    def required(self) -> str:
        """What is added up."""
        return self.column

    @property
    def row(self) -> Mapping[str, str]:
        """What is added up."""
        return {**NO_ROW, "x": self.column}

    @property
    def cluster(self) -> str:
        """What counts once."""
        return self.once_per

    @property
    def cluster_numbers(self) -> Mapping[str, str]:
        """Its one value."""
        return {"xo": f"max({OF_CASE.format('x')})"}

    @property
    def numbers(self) -> Mapping[str, str]:
        """The total."""
        return {"total": "sum(cast(xo as double))"}

    def finish(self, columns: Columns) -> Finished:
        """Return totals; over nothing they are zero."""
        return alone(list(zeros(columns["total"])))


kind = SumOnce
