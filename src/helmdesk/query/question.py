"""A question as a person asks it, in plain values: what the command line takes and a receipt
repeats.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helmdesk.errors import InputError, UsageError
from helmdesk.query.filters import parse_filter
from helmdesk.query.periods import parse_boundary
from helmdesk.query.policy import Policy
from helmdesk.query.request import Request


@dataclass(frozen=True)
class Question:
    """One or more metrics, sliced alike.

    Attributes:
        start, end: local dates or times in `time_zone`, half-open; None is open-ended.
        where: text of a filter.
        clock: "calendar" or "business".
        window: the name by which `start` and `end` were asked for, such as "this-month", which is
        not over; empty for dates.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    grain: str | None = None
    start: str | None = None
    end: str | None = None
    where: str | None = None
    variant: str | None = None
    clock: str = "calendar"
    time_zone: str = "UTC"
    week_start: str = "monday"
    window: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for a receipt."""
        return {**dataclasses.asdict(self), "metrics": list(self.metrics), "by": list(self.by)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Question:
        """Read what `as_dict` gave.

        Raises:
            InputError: other fields or types than a question has.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        lists = ("metrics", "by")
        # Receipts of before do not tell the window's name.
        is_shaped = known - {"window"} <= set(content) <= known and all(
            (
                isinstance(value, list) and all(isinstance(item, str) for item in value)
                if name in lists
                else value is None or isinstance(value, str)
            )
            for name, value in content.items()
        )
        if not is_shaped:
            raise InputError("the request in the receipt is not a question this version knows")
        values: dict[str, Any] = {
            name: tuple(value) if name in lists else value for name, value in content.items()
        }
        return cls(**values)

    def requests(self, policy: Policy | None = None) -> list[Request]:
        """Return one checked request per metric.

        Raises:
            UsageError, FilterError: a part that cannot be read.
        """
        if not self.metrics:
            raise UsageError("name at least one metric; list them with: helmdesk metrics")
        return [
            Request(
                key=key,
                variant=self.variant,
                by=self.by,
                grain=self.grain,
                start=parse_boundary(self.start, self.time_zone, "start") if self.start else None,
                end=parse_boundary(self.end, self.time_zone, "end") if self.end else None,
                where=parse_filter(self.where) if self.where else None,
                clock=self.clock,  # type: ignore[arg-type]  # checked by the request itself
                time_zone=self.time_zone,
                week_start=self.week_start,
                is_unfinished=self.window.startswith("this-"),
                policy=policy or Policy(),
            )
            for key in self.metrics
        ]


def names(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)
