"""The total of a value of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helmdesk.catalogue.finished import Columns, Finished, alone, zeros
from helmdesk.catalogue.kind import NO_ROW, Kind, Statistic


@dataclass(frozen=True)
class Sum(Kind):
    """Total of `column`; rows where it is null do not take part."""

    column: str

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
    def numbers(self) -> Mapping[str, str]:
        """The total."""
        return {"total": "sum(cast(x as double))"}

    def finish(self, columns: Columns) -> Finished:
        """Return totals; over nothing they are zero."""
        return alone(list(zeros(columns["total"])))


kind = Sum
