"""How many different values rows have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helmdesk.catalogue.finished import Columns, Finished, alone, floats
from helmdesk.catalogue.kind import NO_ROW, Kind, Statistic


@dataclass(frozen=True)
class Distinct(Kind):
    """Number of different values of `column`."""

    column: str

    statistic = Statistic("count")
    form = "count"

    @property
    def measured(self) -> tuple[str, ...]:
        """What is told apart."""
        return (self.column,)

    @property
    def required(self) -> str:
        """What is told apart."""
        return self.column

    @property
    def row(self) -> Mapping[str, str]:
        """What is told apart."""
        return {**NO_ROW, "x": self.column}

    @property
    def numbers(self) -> Mapping[str, str]:
        """The number itself."""
        return {"different": "count(distinct x)"}

    def finish(self, columns: Columns) -> Finished:
        """Return the numbers of values."""
        return alone(floats(columns["different"]))


kind = Distinct
