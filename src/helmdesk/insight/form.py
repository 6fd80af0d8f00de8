"""A metric in a form that adds up over segments and weeks: tops over bases."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from helmdesk.catalogue.discovery import Entry
from helmdesk.catalogue.kind import FormKind
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Metric
from helmdesk.query.words import SHARES, show_value


@dataclass(frozen=True)
class Form:
    """What is really asked when a metric is to be explained.

    Attributes:
        entry: the definition to measure: the metric itself, or the share of its rows beyond
        `threshold`. kind: ratio: hits of cases; mean: a total over a base, with a standard error;
        count: how many. is_level: counted at an instant instead of over a window. threshold: of a
        derived share, in the unit of the original metric. original_unit: of the metric, where the
        form has another. clock: words for the clock it is measured on; empty for the calendar.
        good: 1 when more is better, -1 when less is, 0 when it depends.
    """

    entry: Entry
    kind: FormKind
    is_level: bool
    threshold: float | None
    good: int
    original_unit: str = ""
    clock: str = ""

    @property
    def metric(self) -> Metric:
        """The definition that is measured."""
        return self.entry.metric

    @property
    def is_share(self) -> bool:
        """Whether values are parts of one, or one share less another: changes are told in
        points.
        """
        return self.metric.unit in SHARES

    def describe(self) -> str:
        """Return what a value of this form is, in words."""
        if self.threshold is None:
            return self.metric.name
        clock = f" {self.clock}" if self.clock else ""
        return (
            f"share of {self.metric.name.lower()} over"
            f" {show_value(self.threshold, self.original_unit)}{clock}"
        )


def form_of(entry: Entry, threshold: float | None) -> Form:
    """Return the form of a metric; `threshold` is needed where values do not add up (medians,
    percentiles).
    """
    value = entry.metric.value
    good = {"higher": 1, "lower": -1}.get(entry.metric.direction, 0)
    if value.form is None:
        return beyond(entry, threshold or 0.0, good)
    return Form(entry, value.form, value.is_level, None, good, entry.metric.unit)


def needs_threshold(metric: Metric) -> bool:
    """Whether a metric's values do not add up over segments, so that only the share beyond a
    threshold does.
    """
    return metric.value.form is None


def beyond(entry: Entry, threshold: float, good: int | None = None) -> Form:
    """Return the share of a metric's rows whose value is over `threshold` (in the metric's
    unit).
    """
    metric = entry.metric
    column = metric.value.row_value
    where = (
        metric.where if metric.value.is_level else f"({metric.where}) and ({column}) is not null"
    )
    value = metric.value.instead(Share(f"({column}) > {threshold!r}"))
    derived = dataclasses.replace(
        metric, value=value, where=where, unit="share", variants=(), clocks=("calendar",)
    )
    direction = {"higher": 1, "lower": -1}.get(metric.direction, 0) if good is None else good
    return Form(
        Entry(derived, entry.description),
        "ratio",
        metric.value.is_level,
        threshold,
        direction,
        metric.unit,
    )


def varied(entry: Entry, good: int | None = None, **changes: object) -> Form:
    """Return the form of a metric with some of its definition changed, such as `value` or `where`:
    a pattern's own cut.
    """
    derived = dataclasses.replace(entry.metric, variants=(), **changes)  # type: ignore[arg-type]
    form = form_of(Entry(derived, entry.description), None)
    return form if good is None else dataclasses.replace(form, good=good)
