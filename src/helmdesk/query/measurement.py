"""A measurement: a value with its uncertainty, its n and where it came from; and a table of
them.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

from helmdesk.catalogue.kind import NO_STATISTIC, Statistic

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from helmdesk.query.receipt import Receipt

SMALL = 5
Reason = Literal[
    "",
    "not_recorded",
    "out_of_range",
    "partly_out_of_range",
    "withheld",
    "pending",
    "filtered_out",
    "not_permitted",
    "no_rows",
    "too_few",
    "no_base",
]
# What a reason means, and the next step.
REASONS: Mapping[Reason, tuple[str, str]] = {
    "not_recorded": (
        "never recorded",
        "no source delivered such records; 'helmdesk metrics --desk' names them",
    ),
    "out_of_range": (
        "outside the data",
        "the period lies outside the time that the data cover; ask within it",
    ),
    "partly_out_of_range": (
        "partly outside the data",
        "the window reaches beyond the data; only what lies within it is counted",
    ),
    "withheld": (
        "withheld (fewer than 5)",
        (
            "it would speak of fewer than five people, or of fewer than five cases of one; take"
            " fewer conditions or a longer window"
        ),
    ),
    "pending": (
        "not known yet",
        "the outcome of these cases is still open; ask again later, or for an earlier window",
    ),
    "filtered_out": ("nothing passes the filter", "widen the filter or the window"),
    "not_permitted": ("nothing you may see", "ask somebody who may see more"),
    "no_rows": (
        "no cases",
        "no such case lies in the window; widen it, or see what is loaded: helmdesk doctor",
    ),
    "no_base": (
        "nothing to divide by",
        (
            "none of what it is measured against lies in the window; widen it, or see what is"
            " loaded: helmdesk doctor"
        ),
    ),
    "too_few": (
        "fewer than five cases",
        "too few for a conclusion; widen the window or the filter",
    ),
}
FIXED_COLUMNS = (
    "value",
    "low",
    "high",
    "unit",
    "statistic",
    "n",
    "numerator",
    "denominator",
    "pending",
    "native",
    "derived",
    "asserted",
    "is_partial",
    "is_small",
    "is_suppressed",
    "reason",
)


@dataclass(frozen=True)
class Measurement:
    """One number, complete.

    Attributes:
        metric, version, variant: which definition ("" is the default variant).
        group: (dimension, value) pairs; a None value is the visible segment without one.
        period_start: local date on which the period starts; None for the whole window.
        value: in `unit`; None when no row counts or when suppressed.
        low, high: 95% interval; None where none exists.
        n: rows behind the number, exactly those a drill-down lists.
        numerator, denominator: what was divided, for shares, ratios and means.
        pending: rows whose outcome is not known yet.
        native, derived, asserted: coverage: how the rows came to be known; they add up to n.
        is_partial: the period (or the window, where there are no periods) is not over, or the
        window cuts it. is_small: fewer than five rows. is_suppressed: value withheld because it
        would speak about fewer than five cases of a person. statistic: what kind of number it is:
        median, mean, share, count ... reason: why there is no value, or not one to rely on, see
        `REASONS`; empty when there is nothing to say.
    """

    metric: str
    version: int
    variant: str
    group: tuple[tuple[str, Any], ...]
    period_start: date | None
    value: float | None
    low: float | None
    high: float | None
    unit: str
    n: int
    numerator: float | None
    denominator: float | None
    pending: int
    native: int
    derived: int
    asserted: int
    is_partial: bool
    is_small: bool
    is_suppressed: bool
    statistic: Statistic = NO_STATISTIC
    reason: Reason = ""


class MeasurementTable(Sequence[Measurement]):
    """The measurements of one metric, kept column by column: tens of thousands are common, and few
    are looked at one by one.

    Args:
        metric, version, variant, unit, statistic: what all of them share.
        by: names of the dimensions.
        columns: lists of equal length: the dimensions by their names, and every other column of a
        measurement.
    """

    def __init__(
        self,
        metric: str,
        version: int,
        variant: str,
        unit: str,
        statistic: Statistic,
        by: Sequence[str],
        columns: Mapping[str, list[Any]],
    ) -> None:
        self.metric, self.version, self.variant, self.unit, self.by = (
            metric,
            version,
            variant,
            unit,
            tuple(by),
        )
        self.statistic = statistic
        self._size = len(columns["value"])
        self._columns = dict(columns)

    def column(self, name: str) -> list[Any]:
        """Return one column of the tabular form."""
        shared = {
            "metric": self.metric,
            "variant": self.variant,
            "unit": self.unit,
            "statistic": self.statistic,
        }
        return [shared[name]] * self._size if name in shared else self._columns[name]

    def as_rows(self) -> list[dict[str, Any]]:
        """Return plain rows; every row has every column of the tabular form."""
        names = ("metric", "variant", *self.by, "period_start", *FIXED_COLUMNS)
        return [
            dict(zip(names, row, strict=True)) for row in zip(*map(self.column, names), strict=True)
        ]

    def __len__(self) -> int:
        """Return the number of measurements."""
        return self._size

    @overload
    def __getitem__(self, index: int) -> Measurement: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Measurement, ...]: ...
    def __getitem__(self, index: int | slice) -> Measurement | tuple[Measurement, ...]:
        """Return one measurement, or a tuple of them for a slice."""
        if isinstance(index, slice):
            return tuple(self._make(place) for place in range(self._size)[index])
        return self._make(range(self._size)[index])

    def _make(self, place: int) -> Measurement:
        at = {name: column[place] for name, column in self._columns.items()}
        group = tuple((name, at.pop(name)) for name in self.by)
        return Measurement(
            metric=self.metric,
            version=self.version,
            variant=self.variant,
            unit=self.unit,
            statistic=self.statistic,
            group=group,
            **at,
        )


class Measurements:
    """The measurements of one request, in order of metric, period and group; never by value.

    Turns into Arrow (`pyarrow.table(m)`), pandas and polars, and shows as a table in a notebook.
    """

    def __init__(
        self,
        tables: Sequence[MeasurementTable],
        by: Sequence[str],
        receipt: Callable[[], Receipt],
        drill: Callable[[str | None], pyarrow.Table],
    ) -> None:
        self._tables = tuple(tables)
        self.by = tuple(by)
        self._make_receipt = receipt
        self._drill = drill

    @functools.cached_property
    def receipt(self) -> Receipt:
        """What is needed to compute the measurements again; written when somebody asks for it."""
        return self._make_receipt()

    def __getitem__(self, index: Any) -> Any:
        """Return one measurement, or a tuple of them for a slice."""
        return self._rows[index]

    @functools.cached_property
    def _rows(self) -> tuple[Measurement, ...]:
        return tuple(itertools.chain.from_iterable(self._tables))

    def __len__(self) -> int:
        """Return the number of measurements."""
        return sum(map(len, self._tables))

    def __iter__(self) -> Iterator[Measurement]:
        """Iterate over the measurements."""
        return iter(self._rows)

    def drill(self, key: str | None = None) -> pyarrow.Table:
        """Return the very rows behind the measurements of metric `key` (the first by default)."""
        return self._drill(key)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the tabular form."""
        return ("metric", "variant", *self.by, "period_start", *FIXED_COLUMNS)

    def as_rows(self) -> list[dict[str, Any]]:
        """Return plain rows; every row has every column."""
        return [row for table in self._tables for row in table.as_rows()]

    def to_arrow(self) -> pyarrow.Table:
        """Return an Arrow table; `period_start` is a local date, durations are seconds."""
        import pyarrow as pa

        types: dict[str, Any] = {
            name: pa.float64() for name in ("value", "low", "high", "numerator", "denominator")
        }
        types |= {name: pa.int64() for name in ("n", "pending", "native", "derived", "asserted")}
        types |= {name: pa.bool_() for name in ("is_partial", "is_small", "is_suppressed")}
        types["period_start"] = pa.date32()
        arrays = {}
        for name in self.columns:
            cells = [cell for table in self._tables for cell in table.column(name)]
            kind = types.get(name)
            if kind is None:
                kind = (
                    pa.int64()
                    if name in self.by and any(isinstance(cell, int) for cell in cells)
                    else pa.string()
                )
            arrays[name] = pa.array(cells, kind)
        return pa.table(arrays)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Export through the Arrow PyCapsule interface."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> pandas.DataFrame:
        """Return a pandas data frame."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """Return a polars data frame."""
        import polars

        return polars.from_arrow(self.to_arrow())  # type: ignore[return-value]

    def _repr_html_(self) -> str:
        """Show as a small table in a notebook."""
        from html import escape

        from helmdesk.query.words import show_measurement, show_period, show_segment

        head = ["metric", *self.by, "period", "value", "95% interval", "n"]
        lines = [
            "<table><thead><tr>",
            *(f"<th>{escape(name)}</th>" for name in head),
            "</tr></thead><tbody>",
        ]
        for row in self._rows:
            value, interval = show_measurement(row)
            name = f"{row.metric} ({row.variant})" if row.variant else row.metric
            cells = [
                name,
                *(show_segment(part) for _, part in row.group),
                show_period(row),
                value,
                interval,
                f"{row.n:,}",
            ]
            lines += ["<tr>", *(f"<td>{escape(str(cell))}</td>" for cell in cells), "</tr>"]
        lines.append("</tbody></table>")
        return "".join(lines)

    def __repr__(self) -> str:
        """Show the first rows as plain text."""
        from helmdesk.query.words import show_measurement, show_period, show_segment

        lines = []
        for row in self._rows[:20]:
            value, interval = show_measurement(row)
            where = " ".join(
                [show_period(row), *(show_segment(part) for _, part in row.group)]
            ).strip()
            lines.append(
                f"{row.metric} {where}: {value} {interval} (n = {row.n:,})".replace("  ", " ")
            )
        if len(self._rows) > 20:
            lines.append(f"... {len(self._rows) - 20} more")
        return "\n".join(lines) or "no measurements"
