"""What a kind of metric is, and how all kinds are found.

A kind says everything about itself that the rest of the house asks for: what it takes of a row,
what it sums, what it makes of the sums, how it is compared, searched and charted. Nobody else asks
which kind a value is.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from helmdesk.catalogue.finished import Columns, Finished
from helmdesk.modules import module_names

# The roles of a row: it counts, or its outcome is not known yet. Parts of a ratio have their own.
CASE, PENDING = "case", "pending"
NO_NUMBER, NO_TRUTH = "cast(null as double)", "cast(null as boolean)"
# A column of a case, and of no row in another role.
OF_CASE = f"case when role = '{CASE}' then {{}} end"
NO_ROW = MappingProxyType({"x": NO_NUMBER, "hit": NO_TRUTH})
FormKind = Literal["ratio", "mean", "count"]


class Statistic(str):
    """What kind of number a value is, in words.

    Attributes:
        is_typical: whether one number stands for many, as a mean or a percentile does: titles and
        axes say which.
    """

    is_typical: bool

    def __new__(cls, words: str, *, is_typical: bool = False) -> Statistic:
        """Return the words."""
        found = super().__new__(cls, words)
        found.is_typical = is_typical
        return found

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, bool]]:
        """Copies keep both."""
        return (str(self),), {"is_typical": self.is_typical}


NO_STATISTIC = Statistic("")


def quantile_words(q: float) -> Statistic:
    """Return what a quantile is called."""
    return Statistic("median" if q == 0.5 else f"{q * 100:g}th percentile", is_typical=True)


def check_quantile(q: float) -> None:
    """Refuse what is no quantile.

    Raises:
        ValueError: not between 0 and 1; at 1 it is the greatest value.
    """
    if not 0 < q <= 1:
        raise ValueError(f"q must be a number between 0 and 1, not {q!r}")


def on_clock(column: str, clock: str) -> str:
    """Return the column of the same seconds as a business clock counts them."""
    return column.replace("_seconds", f"_{clock}_seconds")


@dataclass(frozen=True)
class Part:
    """Rows with a role, placed in time by an anchor: one side of a ratio, what is pending."""

    role: str
    anchor: str
    where: str


def count_parts(numerator: Part, denominator: Part) -> dict[str, str]:
    """Return how the rows of two parts are counted."""
    return {
        "numerator": f"count_if(role = '{numerator.role}')",
        "denominator": f"count_if(role = '{denominator.role}')",
    }


@dataclass(frozen=True)
class Lifetime:
    """When a row is alive: [opens, closes).

    Attributes:
        is_worked: whether expressions also speak of the working time of the row's calendar at the
        instant, as ``instant_worked``.
    """

    opens: str
    closes: str
    is_worked: bool


class Kind(ABC):
    """What is made of the rows that count; a frozen dataclass in a file of its own.

    Its expressions are house SQL over the columns of the metric's fact. What a kind does not say is
    as here.
    """

    @property
    @abstractmethod
    def statistic(self) -> Statistic:
        """What kind of number it is, in words: a median is not a mean."""

    @property
    @abstractmethod
    def form(self) -> FormKind | None:
        """How values add up over segments and weeks: ratio: hits of cases; mean: a total over a
        base; count: how many or how much. None: not at all; only the share of rows beyond a
        threshold does.
        """

    @property
    def form_at_instant(self) -> FormKind | None:
        """The form of a level of this kind."""
        return self.form

    @property
    def lifetime(self) -> Lifetime | None:
        """Of a kind that stands at an instant, when a row is alive; others count in a window."""
        return None

    @property
    def is_level(self) -> bool:
        """Whether it stands at an instant; such values are never summed over time."""
        return self.lifetime is not None

    @property
    def is_anchored(self) -> bool:
        """Whether its rows are placed in time by the metric's anchor, and not by its own."""
        return self.lifetime is None

    @property
    def is_total(self) -> bool:
        """Whether a value is everything added up: nothing is drawn from it, so none is too little,
        and it judges nobody.
        """
        return False

    @property
    def is_watched(self) -> bool:
        """Whether rows are watched until they end: those where `hit` is false still run."""
        return False

    @property
    def is_mixed_by_weight(self) -> bool:
        """Whether the value over a mix is the weighted sum of the values over its parts."""
        return False

    @property
    def splits_at_its_value(self) -> bool:
        """Whether its own value is the threshold beyond which rows are looked for."""
        return False

    @property
    def row_value(self) -> str:
        """The value that each row carries of its own, where it does."""
        return ""

    @property
    def measured(self) -> tuple[str, ...]:
        """The expressions that are measured: those that are columns belong to the evidence."""
        return (self.row_value,) if self.row_value else ()

    @property
    def required(self) -> str:
        """What a row must have to count; empty when nothing."""
        return ""

    @property
    def cluster(self) -> str:
        """The group that is put together before groups are; empty for most kinds."""
        return ""

    @property
    def cluster_numbers(self) -> Mapping[str, str]:
        """What one cluster contributes, by name."""
        return {}

    @property
    def row(self) -> Mapping[str, str]:
        """What is taken of a row, by name: a number x, whether it is a hit, and more."""
        return NO_ROW

    @property
    def row_of_others(self) -> Mapping[str, str]:
        """What is taken of a row in another role than a case: it only counts."""
        return {name: NO_TRUTH if name == "hit" else NO_NUMBER for name in self.row}

    @property
    def numbers(self) -> Mapping[str, str]:
        """What is summed over rows or clusters, by name."""
        return {}

    @property
    def nothing(self) -> Mapping[str, Any]:
        """What `numbers` are where there are no rows."""
        return dict.fromkeys(self.numbers, 0)

    @property
    def is_folded(self) -> bool:
        """Whether rows are grouped by x too, and `fold` makes one row of each group."""
        return False

    def fold(self, columns: Columns) -> Mapping[str, Any]:
        """Return the numbers of one group, its n and what is pending, from those of each x."""
        raise AssertionError(f"{self} is not folded")

    @abstractmethod
    def finish(self, columns: Columns) -> Finished:
        """Return values and intervals of columns of numbers."""

    def parts(self, anchor: str, where: str) -> tuple[Part, ...]:
        """Return which rows count, and in which role; the last are those it is measured against.

        Args:
            anchor: the metric's, or empty.
            where: which rows the metric counts.
        """
        # A row without what is measured cannot be counted, listed or averaged.
        counted = f"({where}) and {self.required} is not null" if self.required else where
        return (Part(CASE, anchor, counted),)

    def on_clock(self, clock: str) -> Kind | None:
        """Return the same on a business clock; None where there is no such thing."""
        return None

    def instead(self, other: Kind) -> Kind:
        """Return `other` of the same rows."""
        return other

    def drawn(self, n: int, low: float | None, high: float | None) -> tuple[float, float] | None:
        """Return the interval in which chance alone lets a value lie, from its n and its own."""
        return None if low is None or high is None else (low, high)

    @property
    def expressions(self) -> tuple[str, ...]:
        """Every expression it was given."""
        held = (getattr(self, field.name) for field in dataclasses.fields(self))  # type: ignore[arg-type]
        return tuple(text for text in held if isinstance(text, str) and text)


@functools.cache
def load_kinds() -> Mapping[str, type[Kind]]:
    """Return all kinds by name, in the order of names."""
    return {
        name: importlib.import_module(f"helmdesk.catalogue.kinds.{name}").kind
        for name in module_names("helmdesk.catalogue.kinds")
    }
