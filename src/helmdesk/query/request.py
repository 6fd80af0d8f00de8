"""What is asked: one metric in one form, sliced, dated and scoped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from helmdesk.catalogue.discovery import Entry, find_metric
from helmdesk.catalogue.metric import CLOCKS, Clock
from helmdesk.errors import UsageError
from helmdesk.query.filters import Filter
from helmdesk.query.periods import GRAINS
from helmdesk.query.policy import Policy


@dataclass(frozen=True)
class Request:
    """One question.

    Attributes:
        key: metric.
        variant: named alternative; None is the default definition.
        by: dimensions to group by.
        grain: length of periods; None gives one value for the window.
        start, end: naive UTC, half-open; None is open-ended.
        where: filter over dimensions.
        clock: calendar or business time, for metrics that have both.
        time_zone: where days begin.
        week_start: first day of a week.
        is_unfinished: whether the window is what has passed of one that is not over.
        policy: who asks.
        entry: the definition, for metrics that only this desk knows; None looks in the catalogue.
    """

    key: str
    variant: str | None = None
    by: tuple[str, ...] = ()
    grain: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    where: Filter | None = None
    clock: Clock = "calendar"
    time_zone: str = "UTC"
    week_start: str = "monday"
    is_unfinished: bool = False
    policy: Policy = field(kw_only=True)
    entry: Entry | None = None

    def definition(self) -> Entry:
        """Return the definition asked for.

        Raises:
            NotFoundError: unknown key.
        """
        return self.entry or find_metric(self.key)

    def names_dimensions(self) -> bool:
        """Whether any part of the question speaks of a dimension."""
        return bool(self.by) or self.where is not None or self.policy.predicate is not None

    def __post_init__(self) -> None:
        """Refuse impossible questions.

        Raises:
            UsageError: unknown grain or clock, empty window, a dimension named twice.
            NotPermittedError: a name that the reader may not ask by.
        """
        self.policy.check_names(self.by, self.where)
        if self.grain is not None and self.grain not in GRAINS:
            raise UsageError(f"unknown grain '{self.grain}'; use one of {', '.join(GRAINS)}")
        if self.clock not in CLOCKS:
            raise UsageError(f"unknown clock '{self.clock}'; use one of {', '.join(CLOCKS)}")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise UsageError(
                f"the window is empty: it starts {self.start} and ends {self.end} (UTC)"
            )
        if len(set(self.by)) != len(self.by):
            raise UsageError(f"--by names a dimension twice: {', '.join(self.by)}")
