"""What the data of a mart allow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from helmdesk.kinds import Metric


@dataclass(frozen=True)
class Bounds:
    """What the data allow.

    Attributes:
        first: earliest instant of any fact row that is dated (naive UTC).
        as_of: last observed instant: "now" for everything still open.
        has_calendar: whether business clocks exist.
        record_types: types of records that the sources delivered at all.
        custom_fields: further fields of tickets that the sources kept.
    """

    first: datetime
    as_of: datetime
    has_calendar: bool
    record_types: frozenset[str]
    custom_fields: tuple[str, ...] = ()

    def missing(self, metric: Metric) -> tuple[str, ...]:
        """Return the record types a metric needs and no source ever delivered."""
        return tuple(name.replace("|", "' or '") for name in metric.needs if not any(word in self.record_types for word in name.split("|")))
