"""One total for each unit of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.finished import (
    Columns,
    Finished,
    divided,
    finished,
    is_never_negative,
    zeros,
)
from helmdesk.catalogue.kind import NO_ROW, OF_CASE, Kind, Statistic
from helmdesk.statistics.proportion import ratio_of_sums


@dataclass(frozen=True)
class SumRatio(Kind):
    """Total of `numerator` ÷ total of `denominator` over the same rows.

    `cluster` names what varies together (one agent's day): the interval is taken over clusters,
    because quarter-hours of one day are not independent observations.
    """

    numerator: str
    denominator: str
    cluster: str = ""

    statistic = Statistic("ratio of sums")
    form = "mean"

    @property
    def measured(self) -> tuple[str, ...]:
        """What is added up, above and below."""
        return self.numerator, self.denominator

    @property
    def row(self) -> Mapping[str, str]:
        """What is added up, above and below."""
        return {**NO_ROW, "x": self.numerator, "y": self.denominator}

    @property
    def cluster_numbers(self) -> Mapping[str, str]:
        """Its own totals."""
        return {f"{name}s": f"sum({OF_CASE.format(name)})" for name in ("x", "y")}

    @property
    def numbers(self) -> Mapping[str, str]:
        """Both totals, and the squares and products that an interval takes."""
        x, y = ("xs", "ys") if self.cluster else ("cast(x as double)", "cast(y as double)")
        return {
            "numerator": f"sum({x})",
            "denominator": f"sum({y})",
            "xx": f"sum({x} * {x})",
            "xy": f"sum({x} * {y})",
            "yy": f"sum({y} * {y})",
            "groups": f"count({x})",
            "least": f"min({x})",
        }

    @property
    def nothing(self) -> Mapping[str, Any]:
        """Sums of nothing, of which none is the least."""
        return {**super().nothing, "least": None}

    def finish(self, columns: Columns) -> Finished:
        """Return ratios of totals, with intervals over clusters."""
        numerator, denominator = zeros(columns["numerator"]), zeros(columns["denominator"])
        sums = zip(
            numerator,
            denominator,
            *(columns[name] for name in ("xx", "xy", "yy", "groups", "least")),
            strict=True,
        )
        intervals = (
            (
                ratio_of_sums(
                    x,
                    y,
                    xx or 0,
                    xy or 0,
                    yy or 0,
                    groups,
                    is_positive=is_never_negative(least),
                )
                if y
                else None
            )
            for x, y, xx, xy, yy, groups, least in sums
        )
        value = divided(numerator, denominator)
        return finished(value, intervals, list(numerator), list(denominator))


kind = SumRatio
