"""Rows of one part for each row of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helmdesk.catalogue.finished import Columns, Finished, divided, finished, zeros
from helmdesk.catalogue.kind import Kind, Part, Statistic, count_parts
from helmdesk.statistics.proportion import ratio_of_counts


@dataclass(frozen=True)
class Ratio(Kind):
    """Rows of one part ÷ rows of another, each placed in time by its own anchor."""

    numerator: Part
    denominator: Part

    statistic = Statistic("ratio")
    form = "mean"
    is_anchored = False

    @property
    def numbers(self) -> Mapping[str, str]:
        """Rows of both parts."""
        return count_parts(self.numerator, self.denominator)

    def parts(self, anchor: str, where: str) -> tuple[Part, ...]:
        """Return both parts: each says itself which rows it counts."""
        return self.numerator, self.denominator

    def finish(self, columns: Columns) -> Finished:
        """Return ratios of counts."""
        numerator, denominator = zeros(columns["numerator"]), zeros(columns["denominator"])
        value = divided(numerator, denominator)
        intervals = map(ratio_of_counts, numerator, denominator)
        return finished(value, intervals, list(numerator), list(denominator))


kind = Ratio
