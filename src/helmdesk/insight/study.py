"""What an insight looks at: metrics by segment and by week up to an instant, asked through the one
reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from helmdesk.analysis.scorecard import nothing_measured
from helmdesk.catalogue.discovery import Entry
from helmdesk.errors import HelmdeskError, NotFoundError, NotPermittedError
from helmdesk.facts.build.build import ensure_fact
from helmdesk.facts.build.fact import load_facts
from helmdesk.insight.form import Form, form_of, needs_threshold, varied
from helmdesk.query.compile import check_dimensions, resolve
from helmdesk.query.dimensions import dimensions_of
from helmdesk.query.filters import All, Filter, dimensions_used
from helmdesk.query.measurement import Measurement
from helmdesk.query.people import Withheld, crowded_periods, is_guarded, withheld_of
from helmdesk.query.periods import local_date, local_midnight
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request
from helmdesk.query.words import is_money
from helmdesk.settings import Target
from helmdesk.statistics.pair import Cells
from helmdesk.statistics.proportion import Z95
from helmdesk.statistics.signals import BASELINE, RECENT, Weeks

# Five at a time are searched; those that most desks act by come first.
DIMENSIONS = (
    "channel",
    "team",
    "issue_type",
    "hour",
    "tier",
    "priority",
    "queue",
    "clock",
    "region",
    "tenure",
    "weekday",
    "status",
    "activity",
)
MOST_DIMENSIONS = 5
MOST_VALUES = 60
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Span:
    """A stretch of time, naive UTC, half-open; levels are taken at its end."""

    start: datetime
    end: datetime

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start) / timedelta(days=1)


@dataclass(frozen=True)
class Table:
    """One form by groups: (groups,) arrays.

    Attributes:
        groups: values of the dimensions asked by.
        top, base: what adds up; a count has base 1.
        error: standard error of top ÷ base; nan where unknown.
        n: rows.
    """

    groups: tuple[tuple[Any, ...], ...]
    top: np.ndarray
    base: np.ndarray
    error: np.ndarray
    n: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """Top over base; nan without a base."""
        return np.asarray(
            np.divide(self.top, self.base, out=np.full(len(self.top), np.nan), where=self.base > 0)
        )


@dataclass(frozen=True)
class History:
    """One form by complete weeks.

    Attributes:
        weeks: what signals judge.
        starts: local first day of each week.
    """

    weeks: Weeks
    starts: tuple[date, ...]


class Study:
    """One desk's numbers up to an instant, as one reader may see them.

    Args:
        find: returns a metric by key.
        base: time zone, week, filter and policy of every question.
        end: naive UTC: what comes later is not looked at.
        targets: what the desk wants to reach, by metric.
    """

    def __init__(
        self,
        reader: Reader,
        find: Callable[[str], Entry],
        base: Request,
        end: datetime,
        targets: Mapping[str, Target],
    ) -> None:
        self.reader, self.base, self.end, self.targets = reader, base, end, targets
        self._find = find
        self.zone = base.time_zone
        # One study asks some numbers many times over: histories, tables of two patterns.
        self._known: dict[Any, Any] = {}

    def at(self, end: datetime) -> Study:
        """Return the same study up to an earlier instant; what both look at is asked once."""
        other = Study(self.reader, self._find, self.base, end, self.targets)
        other._known = self._known
        return other

    # -- time -------------------------------------------------------------------------------------

    def back(self, days: float, end: datetime | None = None) -> datetime:
        """Return the local midnight so many days before `end`."""
        end = end or self.end
        return local_midnight(local_date(end, self.zone) - timedelta(days=days), self.zone)

    def last(self, weeks: int) -> Span:
        """Return the last weeks up to the end."""
        return Span(self.back(7 * weeks), self.end)

    def before(self, span: Span, weeks: int) -> Span:
        """Return the weeks before a span, no earlier than the data."""
        start = max(self.back(7 * weeks, span.start), self.first_day)
        return Span(min(start, span.start), span.start)

    @property
    def first_day(self) -> datetime:
        """Local midnight of the first day of the data."""
        return local_midnight(local_date(self.reader.bounds.first, self.zone), self.zone)

    def day(self, instant: datetime) -> date:
        """Return the local date of an instant."""
        return local_date(instant, self.zone)

    # -- metrics ----------------------------------------------------------------------------------

    def find(self, key: str) -> Entry:
        """Return a metric by key; amounts of money name their currency."""
        entry = self._find(key)
        if not is_money(entry.metric.unit):
            return entry
        return replace(
            entry, metric=replace(entry.metric, unit=self.reader.bounds.currency(entry.metric))
        )

    def lacks(self, *keys: str) -> str:
        """Return why one of the metrics cannot be measured at all here; empty when all can."""
        for key in keys:
            try:
                entry = self.find(key)
            except NotFoundError:
                return f"this desk has no metric '{key}'"
            missing = self.reader.bounds.missing(entry.metric)
            if missing:
                return (
                    f"{entry.metric.name.lower()} needs '{missing[0]}' records, which no source"
                    " delivered"
                )
            if not self.may(form_of(entry, 0.0)):
                return f"{entry.metric.name.lower()} cannot be narrowed to what you may see"
        return ""

    def may(self, form: Form) -> bool:
        """Whether this reader may ask for a form; nothing is asked to find out."""
        request = self._request(form, Span(self.back(7), self.end), None)
        try:
            check_dimensions(resolve(request), request, self.reader.bounds)
        except (NotPermittedError, NotFoundError):
            return False
        # Within what was asked for everything is looked at: then it must not be about too few
        # people altogether.
        return self.base.where is None or not self.withheld(form, Span(self.first_day, self.end))

    def withheld(
        self, form: Form, span: Span, by: Sequence[str] = (), where: Filter | None = None
    ) -> Withheld:
        """Return the groups over a span of which this reader is not told; see
        `helmdesk.query.people`.
        """
        request = replace(self._request(form, span, where), by=tuple(by))

        def find() -> Withheld:
            metric = resolve(request)
            ensure_fact(self.reader.engine, metric.fact)
            return withheld_of(self.reader.engine, metric, request, self.reader.bounds)

        return self.reader.cache(("withheld", request), find)

    def may_tell(self, form: Form, spans: Sequence[Span], where: Filter) -> bool:
        """Whether values of a slice may be told to this reader."""
        return not any(
            self.withheld(form, span, where=where) for span in spans if span.start < span.end
        )

    def form(self, key: str) -> Form:
        """Return a metric in the form that adds up; a median becomes the share over its own typical
        value or its target.
        """

        def make() -> Form:
            entry, clock = self._on_open_hours(self.find(key))
            return replace(form_of(entry, self._threshold(key, entry)), clock=clock)

        return self._cached(("form", key, self.end), make)  # type: ignore[no-any-return]

    def _on_open_hours(self, entry: Entry) -> tuple[Entry, str]:
        """Return a metric on the business clock where there is one: holidays and weekends are no
        change of service.
        """
        metric = entry.metric
        has_clock = (
            self.reader.bounds.has_calendar
            and "business" in metric.clocks
            and not metric.value.is_level
        )
        # A target speaks of the metric as its card shows it.
        if not has_clock or metric.key in self.targets:
            return entry, ""
        resolved = resolve(replace(self.base, key=entry.metric.key, entry=entry, clock="business"))
        return (
            Entry(replace(resolved, clocks=("calendar",), variants=()), entry.description),
            "of opening hours",
        )

    def cut(self, key: str, good: int | None = None, **changes: object) -> Form:
        """Return a metric with part of its definition changed."""
        return varied(self.find(key), good, **changes)

    def _threshold(self, key: str, entry: Entry) -> float | None:
        if not needs_threshold(entry.metric):
            return None
        target = self.targets.get(key)
        if isinstance(target, float):
            return target
        start = max(self.back(7 * (BASELINE + RECENT)), self.first_day)
        end = max(self.back(7 * RECENT), start + timedelta(days=1))
        value = self._ask(replace(self.base, key=key, entry=entry, start=start, end=end))[0].value
        return float(f"{value:.3g}") if value else 0.0

    def _ask(self, request: Request) -> tuple[Measurement, ...]:
        return self._cached(request, lambda: tuple(self.reader.answer(request).measurements))  # type: ignore[no-any-return]

    def _cached(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def _request(self, form: Form, span: Span, where: Filter | None) -> Request:
        both = (
            where
            if self.base.where is None
            else self.base.where
            if where is None
            else All((self.base.where, where))
        )
        return replace(
            self.base,
            key=form.metric.key,
            entry=form.entry,
            start=span.start,
            end=span.end,
            where=both,
        )

    def measure(self, form: Form, span: Span, where: Filter | None = None) -> Measurement:
        """Return one form over a span; nothing over an empty one."""
        if span.start >= span.end:
            return nothing_measured(form.metric)
        request = self._request(form, span, where)
        return self._ask(request if where is None else _lifted(request))[0]

    def original(self, key: str, span: Span, where: Filter | None = None) -> Measurement:
        """Return a metric as its card shows it."""
        if span.start >= span.end:
            return nothing_measured(self.find(key).metric)
        request = self._request(form_of(self.find(key), 0.0), span, where)
        request = replace(request, entry=self.find(key))
        return self._ask(request if where is None else _lifted(request))[0]

    def table(
        self, form: Form, span: Span, by: Sequence[str], where: Filter | None = None
    ) -> Table:
        """Return one form by dimensions over a span; a group that is withheld is not in it."""
        if span.start >= span.end:
            return Table((), *(np.zeros(0) for _ in range(4)))
        request = _lifted(replace(self._request(form, span, where), by=tuple(by)))
        rows = [row for row in self._ask(request) if not row.is_suppressed and row.n]
        groups = tuple([tuple([value for _, value in row.group]) for row in rows])
        return Table(groups, *sums(form, rows), np.array([row.n for row in rows], float))

    def cells(
        self,
        form: Form,
        before: Span,
        now: Span,
        segment: Sequence[str],
        unit: Sequence[str],
        where: Filter | None = None,
    ) -> Cells:
        """Return one form in two spans by segment and unit, for tests of pairs; units that are
        nobody are left out.
        """
        tables = [self.table(form, span, (*segment, *unit), where) for span in (before, now)]
        units: dict[Any, int] = {}
        segments: dict[Any, int] = {}
        sums_of: dict[tuple[int, int], list[float]] = {}
        for place, table in enumerate(tables):
            for group, top, base in zip(
                table.groups, table.top.tolist(), table.base.tolist(), strict=True
            ):
                who = group[len(segment) :]
                if None in who:
                    continue
                key = (
                    segments.setdefault(group[: len(segment)], len(segments)),
                    units.setdefault(who, len(units)),
                )
                found = sums_of.setdefault(key, [0.0] * 4)
                found[2 * place] += top
                found[2 * place + 1] += base
        keys = np.array(list(sums_of), dtype=int).reshape(-1, 2)
        values = np.array(list(sums_of.values())).reshape(-1, 4)
        return Cells(keys[:, 0], keys[:, 1], values[:, 0], values[:, 1], values[:, 2], values[:, 3])

    def dimensions(
        self, form: Form, candidates: Sequence[str] = DIMENSIONS, most: int = MOST_DIMENSIONS
    ) -> list[str]:
        """Return by what a form is taken apart: at most five dimensions of two or more values,
        never people.
        """

        def find() -> list[str]:
            anchor = form.metric.anchor
            known = dimensions_of(
                load_facts()[form.metric.fact],
                anchor,
                replace(self.base, key=form.metric.key),
                self.reader.bounds,
            )
            fixed = dimensions_used(self.base.where) if self.base.where else set()
            chosen: list[str] = []
            for name in candidates:
                is_open = (
                    name in known
                    and not known[name][0].is_person
                    and self.base.policy.may_see(name)
                    and name not in fixed
                )
                if not is_open or len(chosen) == most:
                    continue
                try:
                    values = len(
                        self.table(
                            form, Span(max(self.back(7 * 16), self.first_day), self.end), (name,)
                        ).groups
                    )
                except HelmdeskError:
                    continue
                if 2 <= values <= MOST_VALUES:
                    chosen.append(name)
            return chosen

        return self._cached(("dimensions", form, tuple(candidates), most, self.end), find)  # type: ignore[no-any-return]

    # -- weeks ------------------------------------------------------------------------------------

    def by_week(self, key: str) -> tuple[Measurement, ...]:
        """Return a metric, as its card shows it, by week over all data, oldest first; weeks that
        are not over are among them.
        """
        return self.by_period(key, "week")

    def by_period(self, key: str, grain: str) -> tuple[Measurement, ...]:
        """Return a metric by day, week or month; see `by_week`."""
        entry = self.find(key)
        whole = self.reader.bounds.as_of + timedelta(microseconds=1)
        request = replace(
            self.base, key=key, entry=entry, start=self.first_day, end=whole, grain=grain
        )
        metric, reader = resolve(request), self.reader
        if not is_guarded(metric, request, reader.bounds) or reader.bounds.missing(metric):
            return self._ask(request)
        ensure_fact(reader.engine, metric.fact)
        told = reader.cache(
            ("crowded", request),
            lambda: crowded_periods(reader.engine, metric, request, reader.bounds),
        )
        return tuple(week for week in self._ask(_lifted(request)) if week.period_start in told)

    def history(self, form: Form, where: Filter | None = None) -> History:
        """Return a form by complete weeks up to the end, oldest first; weeks before the first
        complete one are left out.
        """
        whole = self.reader.bounds.as_of + timedelta(microseconds=1)
        span = Span(self.first_day, whole)
        request = replace(self._request(form, span, where), grain="week")

        def find() -> History:
            rows = [
                row
                for row in self._ask(request)
                if not row.is_partial and row.period_start is not None
            ]
            tops, bases, errors = sums(form, rows)
            starts = tuple(row.period_start for row in rows if row.period_start is not None)
            return History(
                Weeks(
                    form.kind, tops, bases, np.nan_to_num(errors) if form.kind == "mean" else None
                ),
                starts,
            )

        full: History = self._cached(("history", request), find)
        last = sum(local_midnight(start + WEEK, self.zone) <= self.end for start in full.starts)
        first = next((place for place in range(last) if full.weeks.cases[place] > 0), last)
        weeks = full.weeks
        error = None if weeks.error is None else weeks.error[first:last]
        return History(
            Weeks(weeks.kind, weeks.hits[first:last], weeks.cases[first:last], error),
            full.starts[first:last],
        )


def _lifted(request: Request) -> Request:
    """Return a request under which small groups and single people are looked at: what is told of
    them is checked where it is told.
    """
    return replace(request, policy=replace(request.policy, may_compare_people=True))


def sums(form: Form, rows: Sequence[Measurement]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what adds up in measurements: tops, bases and the standard errors of their ratios,
    (rows,) each.
    """

    def array(name: str) -> np.ndarray:
        # None becomes nan.
        return np.array([getattr(row, name) for row in rows], dtype=float)

    value = array("value")
    if form.kind == "count":
        counts = np.nan_to_num(value)
        return counts, np.ones(len(rows)), np.sqrt(np.maximum(counts, 0.0))
    base = array("denominator")
    is_known = np.isfinite(value) & np.isfinite(base)
    tops, bases = (
        np.where(is_known, np.nan_to_num(part), 0.0) for part in (array("numerator"), base)
    )
    return tops, bases, np.where(is_known, (array("high") - array("low")) / (2 * Z95), np.nan)
