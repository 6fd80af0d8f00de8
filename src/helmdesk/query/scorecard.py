"""The scorecard: a few cards per pillar, each with its change, a verdict in a word, and its guards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from helmdesk.catalogue import Entry
from helmdesk.engines.duckdb import DuckDB
from helmdesk.errors import UsageError
from helmdesk.kinds import Count, Level, Metric
from helmdesk.query.bounds import Bounds
from helmdesk.query.measurement import SMALL, Measurement
from helmdesk.query.periods import local_date, local_midnight
from helmdesk.query.request import Request
from helmdesk.query.run import Answer, run_request
from helmdesk.statistics.difference import mover, poisson_interval

DAYS = 28
YEAR_DAYS = 364  # 52 weeks: the same weekdays a year ago
COMPARISONS = ("previous", "year")


@dataclass(frozen=True)
class Window:
    """Two windows to compare, naive UTC, half-open."""

    start: datetime
    end: datetime
    previous_start: datetime
    previous_end: datetime

    @staticmethod
    def first_day(first: datetime, zone: str) -> datetime:
        """Return the local midnight before the first instant of the data."""
        return local_midnight(local_date(first, zone), zone)


@dataclass(frozen=True)
class Card:
    """One metric on the scorecard.

    Attributes:
        verdict: better, worse, higher, lower, no clear change, too few, no data, nothing to compare.
        reason: why there is no data; empty otherwise.
        guards: keys of metrics that must be read beside it.
    """

    metric: Metric
    now: Measurement
    before: Measurement
    verdict: str
    reason: str
    guards: tuple[str, ...]

    def as_row(self) -> dict[str, Any]:
        """Return the card as one flat row."""
        return {
            "metric": self.metric.key,
            "name": self.metric.name,
            "pillar": self.metric.pillar,
            "value": self.now.value,
            "low": self.now.low,
            "high": self.now.high,
            "unit": self.now.unit,
            "n": self.now.n,
            "pending": self.now.pending,
            "previous": self.before.value,
            "previous_n": self.before.n,
            "verdict": self.verdict,
            "reason": self.reason,
            "read_with": ", ".join(self.guards),
        }


def scorecard_window(as_of: datetime, zone: str, start: datetime | None, end: datetime | None, compare: str) -> Window:
    """Return the window asked for, or the last 28 complete local days, and what to compare it with.

    Raises:
        UsageError: unknown comparison or an empty window.
    """
    if compare not in COMPARISONS:
        raise UsageError(f"unknown comparison '{compare}'; use {' or '.join(COMPARISONS)}")
    end = end or local_midnight(local_date(as_of, zone), zone)
    start = start or _days_before(end, DAYS, zone)
    if start >= end:
        raise UsageError(f"the window is empty: it starts {start} and ends {end} (UTC)")
    days = (local_date(end, zone) - local_date(start, zone)).days or 1
    shift = YEAR_DAYS if compare == "year" else days
    return Window(start, end, _days_before(start, shift, zone), _days_before(end, shift, zone))


def _days_before(instant: datetime, days: int, zone: str) -> datetime:
    """Return the same local time `days` earlier, so that a change of the clocks moves no boundary."""
    day = local_date(instant, zone)
    since_midnight = instant - local_midnight(day, zone)
    return local_midnight(day - timedelta(days=days), zone) + since_midnight


def judge(metric: Metric, now: Measurement, before: Measurement) -> str:
    """Return the verdict on a change: only an interval that excludes zero is called a change."""
    if now.value is None or (now.n == 0 and not _is_counted(metric)):
        return "no data"
    if before.value is None:
        return "nothing to compare"
    if (now.n < SMALL or before.n < SMALL) and not _is_counted(metric):
        return "too few"
    intervals = _interval(metric, now), _interval(metric, before)
    if intervals[0] is None or intervals[1] is None:
        return "higher" if now.value > before.value else "lower" if now.value < before.value else "no change"
    low, high = mover(now.value, intervals[0], before.value, intervals[1])
    if low <= 0 <= high:
        return "no clear change"
    went_up = low > 0
    if metric.direction not in ("higher", "lower"):
        return "higher" if went_up else "lower"
    return "better" if went_up == (metric.direction == "higher") else "worse"


def _is_counted(metric: Metric) -> bool:
    value = metric.value.of if isinstance(metric.value, Level) else metric.value
    return isinstance(value, Count)


def _interval(metric: Metric, measurement: Measurement) -> tuple[float, float] | None:
    if _is_counted(metric):
        return poisson_interval(measurement.n)
    if measurement.low is None or measurement.high is None:
        return None
    return measurement.low, measurement.high


def make_cards(engine: DuckDB, entries: Sequence[Entry], window: Window, base: Request, bounds: Bounds) -> list[Card]:
    """Return one card per metric; `base` carries time zone, week and policy."""
    cards = []
    for entry in entries:
        asked = replace(base, key=entry.metric.key, entry=entry)
        now = run_request(engine, replace(asked, start=window.start, end=window.end), bounds)
        before = run_request(engine, replace(asked, start=window.previous_start, end=window.previous_end), bounds)
        current, earlier = now.measurements[0], before.measurements[0]
        reason = "" if current.n else _why_empty(engine, now, bounds)
        verdict = "no data" if reason else judge(now.metric, current, earlier)
        if window.previous_start < window.first_day(bounds.first, base.time_zone) and not reason:
            # The data begin inside the earlier window: a change against it would be an artefact.
            earlier, verdict = replace(earlier, value=None, low=None, high=None), "nothing to compare"
        cards.append(Card(now.metric, current, earlier, verdict, reason, tuple(now.metric.read_with)))
    return cards


def _why_empty(engine: DuckDB, answer: Answer, bounds: Bounds) -> str:
    """Say why a card has nothing: the sources never record it, or nothing happened in the window."""
    missing = bounds.missing(answer.metric)
    if missing:
        return f"the loaded sources have no '{missing[0]}' records"
    whole = run_request(engine, replace(answer.request, start=None, end=None), bounds)
    return "nothing in this window" if whole.measurements[0].n else "the loaded sources do not carry what it needs"
