"""What the data of a mart allow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from helmdesk.catalogue.metric import Metric
from helmdesk.errors import OutOfRangeError
from helmdesk.query.window import wall


@dataclass(frozen=True)
class Bounds:
    """What the data allow.

    Attributes:
        first: earliest instant of any fact row that is dated (naive UTC).
        as_of: last observed instant: "now" for everything still open.
        has_calendar: whether business clocks exist.
        record_types: types of records that the sources delivered at all.
        custom_fields: further fields of tickets that the sources kept.
        currencies: of the recorded costs, as written; None for costs without one.
        stated_currency: what the desk's settings say money without a currency is in; empty when
        they do not.
    """

    first: datetime
    as_of: datetime
    has_calendar: bool
    record_types: frozenset[str]
    custom_fields: tuple[str, ...] = ()
    currencies: tuple[str | None, ...] = ()
    stated_currency: str = ""

    def currencies_of(self, metric: Metric) -> tuple[str, ...]:
        """Return in which currencies a metric's amounts are; empty where nobody says."""
        if metric.fact != "ticket_costs" or not self.currencies:
            return (self.stated_currency,) if self.stated_currency else ()
        return tuple(
            sorted(
                {
                    code.upper() if code else self.stated_currency or "none stated"
                    for code in self.currencies
                }
            )
        )

    def currency(self, metric: Metric) -> str:
        """Return the unit of a metric's amounts: the currency that all of them are in, or "money"
        when it is not known.
        """
        codes = self.currencies_of(metric)
        return codes[0] if len(codes) == 1 and len(codes[0]) == 3 else "money"

    def missing(self, metric: Metric) -> tuple[str, ...]:
        """Return the record types a metric needs and no source ever delivered; messages of unknown
        authors are none.
        """
        return tuple(
            name.replace("|", "' or '")
            for name in metric.needs
            if not any(word in self.record_types for word in name.split("|"))
        )

    def refuse_outside(self, start: datetime | None, end: datetime | None, zone: str) -> None:
        """Refuse a window of which nothing is known.

        Raises:
            OutOfRangeError: it ends before the data begin, or begins after they end; names their
            span.
        """
        if not self.record_types or (start is not None and end is not None and start >= end):
            # nothing is loaded, as every answer says; or an empty window, which is another mistake
            return
        is_after, is_before = (
            start is not None and start > self.as_of,
            end is not None and end <= self.first,
        )
        if is_after or is_before:
            span = (
                f"{wall(self.first, zone):%Y-%m-%d %H:%M} to"
                f" {wall(self.as_of, zone):%Y-%m-%d %H:%M} ({zone})"
            )
            what = "begins after the data end" if is_after else "ends before the data begin"
            raise OutOfRangeError(
                f"the window {what}: they reach from {span}; ask within it, or load what is missing"
            )
