"""A question as a person asks it, in plain values: what the command line takes and a receipt
repeats.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from helmdesk.errors import InputError, UsageError
from helmdesk.query.filters import parse_filter
from helmdesk.query.periods import parse_boundary
from helmdesk.query.policy import Policy
from helmdesk.query.request import Request


class Dated(TypedDict, total=False):
    """Arguments that say when.

    Attributes:
        start, end: local dates (or times) in the desk's time zone, half-open.
        window: a named window instead, such as "last-month"; see `helmdesk.query.window.NAMES`.
    """

    start: str | None
    end: str | None
    window: str | None


class Compared(Dated, total=False):
    """Arguments that say when, and beside what.

    Attributes:
        compare: previous, same-weekdays, year or year-dates.
    """

    compare: str


class Filtered(Dated, total=False):
    """Arguments that say when, and of which rows.

    Attributes:
        where: filter over dimensions, such as ``"channel = 'email'"``.
    """

    where: str | None


class Until(TypedDict, total=False):
    """Arguments of what is told of complete weeks.

    Attributes:
        end: local date after the last week; the end of the data when there is none.
        where: filter over dimensions; everything is asked within it.
    """

    end: str | None
    where: str | None


class Judged(Compared, total=False):
    """Arguments that say when, beside what, and of which rows; `where` as in `Filtered`."""

    where: str | None


class Formed(Filtered, total=False):
    """Arguments that say when, of which rows, and in which form.

    Attributes:
        variant: named variant; every metric must have it.
        clock: "calendar" or "business".
    """

    variant: str | None
    clock: str


class Sliced(Formed, total=False):
    """Arguments of a whole question about numbers.

    Attributes:
        by: dimension or dimensions to group by.
        grain: day, week, month, quarter or year; None gives one value for the window.
    """

    by: str | Sequence[str]
    grain: str | None


class Asked(Sliced, total=False):
    """Everything that a question can be asked with; `compare` as in `Compared`."""

    compare: str


# What no receipt tells: it repeats one window, and compares nothing.
UNTOLD = frozenset({"compare"})


@dataclass(frozen=True)
class Question:
    """One or more metrics, sliced alike.

    Attributes:
        start, end: local dates or times in `time_zone`, half-open; None is open-ended.
        where: text of a filter.
        clock: "calendar" or "business".
        window: the name by which `start` and `end` were asked for, such as "this-month", which is
        not over; empty for dates.
        compare: with which window.
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
    compare: str = "previous"

    @classmethod
    def of(cls, keys: Sequence[str], time_zone: str, week_start: str, asked: Asked) -> Question:
        """Return what is asked with arguments; None and what is left out is as usual."""
        given = {name: value for name, value in asked.items() if value is not None}
        by = names(asked.get("by", ()))
        return cls(tuple(keys), **{**given, "by": by}, time_zone=time_zone, week_start=week_start)  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for a receipt."""
        told = {name: cell for name, cell in vars(self).items() if name not in UNTOLD}
        return {**told, "metrics": list(self.metrics), "by": list(self.by)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Question:
        """Read what `as_dict` gave.

        Raises:
            InputError: other fields or types than a question has.
        """
        known = {field.name for field in dataclasses.fields(cls)} - UNTOLD
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

    def requests(self, policy: Policy) -> list[Request]:
        """Return one checked request per metric.

        Raises:
            UsageError, FilterError: a part that cannot be read.
        """
        if not self.metrics:
            raise UsageError("name at least one metric; list them with: helmdesk metrics")
        start, end = self.boundaries()
        return [
            dataclasses.replace(
                self.scope(policy),
                key=key,
                variant=self.variant,
                by=self.by,
                grain=self.grain,
                start=start,
                end=end,
                clock=self.clock,  # type: ignore[arg-type]  # checked by the request itself
                is_unfinished=self.window.startswith("this-"),
            )
            for key in self.metrics
        ]

    def boundaries(self) -> tuple[datetime | None, datetime | None]:
        """Return start and end as naive UTC.

        Raises:
            UsageError: one that cannot be read.
        """
        start, end = (
            parse_boundary(text, self.time_zone, name) if text else None
            for text, name in ((self.start, "start"), (self.end, "end"))
        )
        return start, end

    def scope(self, policy: Policy) -> Request:
        """Return a request that carries nothing but filter, policy and time zone.

        Raises:
            FilterError: a filter that cannot be read.
        """
        return Request(
            "",
            where=parse_filter(self.where) if self.where else None,
            time_zone=self.time_zone,
            week_start=self.week_start,
            policy=policy,
        )


def names(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)
