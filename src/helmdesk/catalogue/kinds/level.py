"""What stands at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from helmdesk.catalogue.finished import Columns, Finished
from helmdesk.catalogue.kind import FormKind, Kind, Lifetime, Statistic
from helmdesk.catalogue.kinds.count import Count


@dataclass(frozen=True)
class Level(Kind):
    """Rows alive at an instant: [opens, closes) contains it. Never summed over time.

    `of` measures the living rows instead of counting them; in it ``instant`` is the instant.
    `business` does the same on the business clock; in it ``instant_worked`` is the calendar's
    cumulative working time at the instant.
    """

    opens: str
    closes: str
    of: Kind = Count()  # noqa: RUF009
    business: Kind | None = None

    @property
    def lifetime(self) -> Lifetime:
        """When a row is alive."""
        return Lifetime(self.opens, self.closes, self.of == self.business)

    @property
    def statistic(self) -> Statistic:
        """As of those alive, like all that follows."""
        return self.of.statistic

    @property
    def form(self) -> FormKind | None:
        """How values add up over segments."""
        return self.of.form_at_instant

    @property
    def is_total(self) -> bool:
        """Whether those alive are only counted or added up."""
        return self.of.is_total

    @property
    def row_value(self) -> str:
        """The value that each of those alive carries."""
        return self.of.row_value

    @property
    def measured(self) -> tuple[str, ...]:
        """The expressions that are measured."""
        return self.of.measured

    @property
    def cluster(self) -> str:
        """The group that is put together before groups are."""
        return self.of.cluster

    @property
    def cluster_numbers(self) -> Mapping[str, str]:
        """What one cluster contributes."""
        return self.of.cluster_numbers

    @property
    def row(self) -> Mapping[str, str]:
        """What is taken of a row."""
        return self.of.row

    @property
    def numbers(self) -> Mapping[str, str]:
        """What is summed."""
        return self.of.numbers

    @property
    def nothing(self) -> Mapping[str, Any]:
        """What is summed over nobody."""
        return self.of.nothing

    def finish(self, columns: Columns) -> Finished:
        """Return values and intervals of those alive."""
        return self.of.finish(columns)

    def drawn(self, n: int, low: float | None, high: float | None) -> tuple[float, float] | None:
        """Return the interval in which chance alone lets a value lie."""
        return self.of.drawn(n, low, high)

    def on_clock(self, clock: str) -> Level | None:
        """Return what is measured on the business clock."""
        return None if self.business is None else replace(self, of=self.business)

    def instead(self, other: Kind) -> Level:
        """Return `other` of those alive."""
        return replace(self, of=other, business=None)


kind = Level
