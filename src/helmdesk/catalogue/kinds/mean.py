"""The arithmetic mean of a value of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.finished import Columns, Finished, mean_of
from helmdesk.catalogue.kind import NO_ROW, Kind, Statistic, on_clock


@dataclass(frozen=True)
class Mean(Kind):
    """Arithmetic mean of `column`; rows where it is null do not take part."""

    column: str

    statistic = Statistic("mean", is_typical=True)
    form = "mean"
    # At an instant only what lies over a threshold adds up: the mean age of those alive does not.
    form_at_instant = None
    is_mixed_by_weight = True
    splits_at_its_value = True

    @property
    def row_value(self) -> str:
        """What is averaged."""
        return self.column

    @property
    def required(self) -> str:
        """What is averaged."""
        return self.column

    @property
    def row(self) -> Mapping[str, str]:
        """What is averaged."""
        return {**NO_ROW, "x": self.column}

    @property
    def numbers(self) -> Mapping[str, str]:
        """Sums of values and of their squares, and the least."""
        return {
            "total": "sum(cast(x as double))",
            "squares": "sum(cast(x as double) * cast(x as double))",
            "least": "min(cast(x as double))",
        }

    @property
    def nothing(self) -> Mapping[str, Any]:
        """Sums of nothing, of which none is the least."""
        return {**super().nothing, "least": None}

    def finish(self, columns: Columns) -> Finished:
        """Return means with Student's intervals."""
        return mean_of(columns["total"], columns["squares"], columns["n"], columns["least"])

    def on_clock(self, clock: str) -> Mean:
        """Return the mean of the same seconds as the clock counts them."""
        return Mean(on_clock(self.column, clock))


kind = Mean
