"""What is asked: one metric in one form, sliced, dated and scoped."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from helmdesk.catalogue import Entry, find_metric
from helmdesk.errors import UsageError
from helmdesk.kinds import CLOCKS, Clock
from helmdesk.query.filters import Filter
from helmdesk.query.periods import GRAINS


@dataclass(frozen=True)
class Policy:
    """Who asks, as a predicate that is compiled into every query; None sees everything.

    Attributes:
        name: shown in receipts.
        predicate: rows outside it do not exist for this reader.
        hidden: columns of rows that this reader never sees.
        may_compare_people: whether values that judge people may be asked for one person, or person by person.
    """

    name: str = "owner"
    predicate: Filter | None = None
    hidden: frozenset[str] = frozenset()
    may_compare_people: bool = True

    def digest(self) -> str:
        """Return the policy's identity for cache keys and receipts."""
        return hashlib.sha256(repr((self.name, self.predicate, sorted(self.hidden), self.may_compare_people)).encode()).hexdigest()[:12]


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
    policy: Policy = field(default_factory=Policy)
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
        """
        if self.grain is not None and self.grain not in GRAINS:
            raise UsageError(f"unknown grain '{self.grain}'; use one of {', '.join(GRAINS)}")
        if self.clock not in CLOCKS:
            raise UsageError(f"unknown clock '{self.clock}'; use one of {', '.join(CLOCKS)}")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise UsageError(f"the window is empty: it starts {self.start} and ends {self.end} (UTC)")
        if len(set(self.by)) != len(self.by):
            raise UsageError(f"--by names a dimension twice: {', '.join(self.by)}")
