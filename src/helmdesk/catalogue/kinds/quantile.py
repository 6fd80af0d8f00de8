"""The median, or any other quantile, of a value of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.finished import Columns, Finished, between
from helmdesk.catalogue.kind import (
    NO_ROW,
    Kind,
    Statistic,
    check_quantile,
    on_clock,
    quantile_words,
)
from helmdesk.statistics.order_statistic import rank_expressions


@dataclass(frozen=True)
class Quantile(Kind):
    """Exact, interpolated quantile of `column`, with an order-statistic interval."""

    column: str
    q: float = 0.5

    form = None

    def __post_init__(self) -> None:
        """Refuse what is no quantile."""
        check_quantile(self.q)

    @property
    def statistic(self) -> Statistic:
        """Median, or which percentile."""
        return quantile_words(self.q)

    @property
    def row_value(self) -> str:
        """What is ordered."""
        return self.column

    @property
    def required(self) -> str:
        """What is ordered."""
        return self.column

    @property
    def row(self) -> Mapping[str, str]:
        """What is ordered."""
        return {**NO_ROW, "x": self.column}

    @property
    def numbers(self) -> Mapping[str, str]:
        """The quantile, and the ordered values between which it lies."""
        lower, upper = rank_expressions("x", self.q)
        return {
            "quantile": f"quantile(x, {self.q!r})",
            # Null where there is no such rank; without a condition both bounds share one sorted
            # list.
            "low": f"nth_smallest(x, cast({lower} as bigint))",
            "high": f"nth_smallest(x, cast({upper} as bigint))",
        }

    @property
    def nothing(self) -> Mapping[str, Any]:
        """No value."""
        return dict.fromkeys(self.numbers)

    def finish(self, columns: Columns) -> Finished:
        """Return what the engine ordered."""
        return between(columns)

    def on_clock(self, clock: str) -> Quantile:
        """Return the quantile of the same seconds as the clock counts them."""
        return Quantile(on_clock(self.column, clock), self.q)


kind = Quantile
