"""From compiled SQL to measurements: run it, take intervals, fill empty periods, mark small groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from helmdesk.engines.engine import Engine
from helmdesk.facts.build import ensure_fact
from helmdesk.kinds import (
    Count,
    Difference,
    Distinct,
    GroupMean,
    Level,
    Mean,
    Metric,
    NetShare,
    Quantile,
    Ratio,
    Share,
    Sum,
    SumOnce,
    SumRatio,
    Survival,
    Value,
)
from helmdesk.query.bounds import Bounds
from helmdesk.query.compile import (
    check_dimensions,
    compile_drill,
    compile_values,
    judges,
    require_business_clock,
    resolve,
)  # fmt: skip
from helmdesk.query.dimensions import metric_dimensions
from helmdesk.query.measurement import SMALL, Measurement
from helmdesk.query.periods import Period, periods
from helmdesk.query.request import Request
from helmdesk.statistics.proportion import difference_of_counts, mean_interval, net_share, ratio_of_counts, ratio_of_sums, wilson
from helmdesk.statistics.survival import kaplan_meier_quantile

EMPTY_BOUNDS = datetime(1970, 1, 1)
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What one request gave.

    Attributes:
        measurements: in order of period and group.
        sql: executed statement.
        make_drill_sql: writes the statement that lists the rows behind it, when somebody asks.
    """

    request: Request
    metric: Metric
    measurements: tuple[Measurement, ...]
    sql: str
    make_drill_sql: Callable[[], str]

    @property
    def drill_sql(self) -> str:
        """The statement that lists the rows behind the measurements."""
        return self.make_drill_sql()


def read_bounds(engine: Engine) -> Bounds:
    """Return what the mart's data allow."""
    ((first,),) = engine.run(
        "select min(earliest) from (select min(created_at) as earliest from tickets union all select min(responded_at) from responses"
        " union all select min(sent_at) from invites union all select min(offered_at) from legs union all select min(started_at) from agent_time"
        " union all select min(round_at) from pulses union all select min(handled_at) from ticket_costs union all select min(reviewed_at) from reviews)"
    )
    ((as_of,),) = engine.run("select as_of from mart")
    ((calendars,),) = engine.run("select count(*) from working_time")
    types = frozenset(name for (name,) in engine.run("select type from record_types"))
    custom = tuple(name for (name,) in engine.run("select name from custom_fields"))
    return Bounds(first or as_of or EMPTY_BOUNDS, as_of or EMPTY_BOUNDS, calendars > 0, types, custom)


def run_request(engine: Engine, request: Request, bounds: Bounds) -> Answer:
    """Answer one request.

    Raises:
        NotFoundError: unknown metric, variant or dimension, or no calendar.
        UsageError: a clock the metric does not have, or too many periods.
    """
    metric = resolve(request)
    check_dimensions(metric, request, bounds)
    require_business_clock(request, bounds)
    buckets = _buckets(request, bounds)
    missing = bounds.missing(metric)
    if missing:
        # Nothing to ask: no source ever delivered such records.
        sql = f"-- not asked: there are no records of type {', '.join(missing)}"
        rows = [] if request.by or buckets else [{**_empty_row(metric), "period_start": None}]
    else:
        ensure_fact(engine, metric.fact)
        sql, rows = _ask(engine, metric, request, bounds, buckets)
    partial = {bucket.label: _is_partial(bucket, request, bounds) for bucket in buckets}
    is_personal = _speaks_of_people(metric, request, bounds)
    measure = _measurer(metric, request, partial, is_personal)
    found = [measure(row) for row in rows]
    found += _missing_periods(found, metric, request, bounds, buckets, measure)
    if missing:
        # Not even a count is zero where nobody ever recorded such a thing.
        found = [replace(measurement, value=None) for measurement in found]

    translate = engine.translate  # not the engine: answers are remembered longer than connections live

    def make_drill_sql() -> str:
        return translate(compile_drill(metric, request, bounds, buckets))

    return Answer(request, metric, tuple(sorted(found, key=_order)), sql, make_drill_sql)


def _ask(engine: Engine, metric: Metric, request: Request, bounds: Bounds, buckets: list[Period]) -> tuple[str, list[Row]]:
    sql = engine.translate(compile_values(metric, request, bounds, buckets))
    names, found = engine.fetch(sql)
    rows = [dict(zip(names, row, strict=True)) for row in found]
    if isinstance(metric.value, Survival):
        rows = _survival_rows(rows, len(request.by), metric.value)
    return sql, rows


def _buckets(request: Request, bounds: Bounds) -> list[Period]:
    if request.grain is None:
        return []
    start = request.start or bounds.first
    end = request.end or bounds.as_of + timedelta(microseconds=1)
    if start >= end:
        return []
    return periods(start, end, request.grain, request.time_zone, request.week_start)


def _order(measurement: Measurement) -> tuple[Any, ...]:
    """Sort by period, then by the names of groups, those without a name last: never by value."""
    return (
        measurement.period_start or date.min,
        *[(value is None, isinstance(value, str), value if value is not None else 0) for _, value in measurement.group],
    )


def _measurer(metric: Metric, request: Request, partial: Mapping[date, bool], is_personal: bool) -> Callable[[Row], Measurement]:
    """Return what turns one row into a measurement; what all rows share is looked up once, as there may be tens of thousands."""
    finish = FINISH[type(_inner(metric.value))]
    named = [(name, f"group_{place}") for place, name in enumerate(request.by)]
    key, version, variant, unit = metric.key, metric.version, request.variant or "", metric.unit

    def measure(row: Row) -> Measurement:
        value, interval, numerator, denominator = finish(row)
        start = row["period_start"]
        label = None if start is None else start.date()
        n = row["n"]
        is_small = n < SMALL
        is_suppressed = is_small and is_personal and value is not None
        if is_suppressed:
            value, interval, numerator = None, None, None
        low, high = interval or (None, None)
        return Measurement(
            key, version, variant, tuple([(name, row[column]) for name, column in named]), label, value, low, high, unit, n, numerator,
            denominator, row["pending"], row["native"], row["derived"], row["asserted"], label is not None and partial.get(label, True),
            is_small, is_suppressed,
        )  # fmt: skip

    return measure


def _inner(value: Value) -> Any:
    return value.of if isinstance(value, Level) else value


def _speaks_of_people(metric: Metric, request: Request, bounds: Bounds) -> bool:
    """Whether groups are people and the value judges them; a plain count of tickets does not."""
    if not request.by or not judges(metric):
        return False
    known = metric_dimensions(metric, request, bounds)
    return any(name in known and known[name][0].is_person for name in request.by)


def _is_partial(bucket: Period, request: Request, bounds: Bounds) -> bool:
    is_cut = (request.start is not None and bucket.start < request.start) or (request.end is not None and bucket.end > request.end)
    return is_cut or bucket.end > bounds.as_of


Finished = tuple[float | None, tuple[float | None, float | None] | None, float | None, float | None]


def _finish_count(row: Row) -> Finished:
    return float(row["n"]), None, None, None


def _finish_share(row: Row) -> Finished:
    hits, cases = row["numerator"], row["denominator"]
    return (hits / cases if cases else None), wilson(hits, cases), float(hits), float(cases)


def _finish_net_share(row: Row) -> Finished:
    positive, negative, cases = row["positive"], row["negative"], row["n"]
    value = (positive - negative) / cases if cases else None
    return value, net_share(positive, negative, cases), float(positive - negative), float(cases)


def _finish_ratio(row: Row) -> Finished:
    numerator, denominator = float(row["numerator"]), float(row["denominator"])
    value = numerator / denominator if denominator else None
    return value, ratio_of_counts(numerator, denominator), numerator, denominator


def _finish_difference(row: Row) -> Finished:
    numerator, denominator = float(row["numerator"]), float(row["denominator"])
    return numerator - denominator, difference_of_counts(numerator, denominator), numerator, denominator


def _finish_mean(row: Row) -> Finished:
    total, cases = row["total"], row["n"]
    if not cases:
        return None, None, None, 0.0
    return total / cases, mean_interval(total, row["squares"], cases), float(total), float(cases)


def _finish_quantile(row: Row) -> Finished:
    value, low, high = row["quantile"], row.get("low"), row.get("high")
    bounds = (None if low is None else float(low), None if high is None else float(high))
    return None if value is None else float(value), bounds, None, None


def _finish_sum(row: Row) -> Finished:
    return float(row["total"] or 0), None, None, None


def _finish_sum_ratio(row: Row) -> Finished:
    numerator, denominator = float(row["numerator"] or 0), float(row["denominator"] or 0)
    if not denominator:
        return None, None, numerator, 0.0
    interval = ratio_of_sums(numerator, denominator, row["xx"] or 0, row["xy"] or 0, row["yy"] or 0, row["groups"])
    return numerator / denominator, interval, numerator, denominator


def _finish_group_mean(row: Row) -> Finished:
    total, groups = row["total"], row["groups"]
    if not groups:
        return None, None, None, 0.0
    return total / groups, mean_interval(total, row["squares"], groups), float(total), float(groups)


def _finish_distinct(row: Row) -> Finished:
    return float(row["quantile"]), None, None, None


FINISH: dict[type, Callable[[Row], Finished]] = {
    Count: _finish_count,
    Share: _finish_share,
    NetShare: _finish_net_share,
    Ratio: _finish_ratio,
    Difference: _finish_difference,
    Mean: _finish_mean,
    Quantile: _finish_quantile,
    Distinct: _finish_distinct,
    Survival: _finish_quantile,
    Sum: _finish_sum,
    SumOnce: _finish_sum,
    SumRatio: _finish_sum_ratio,
    GroupMean: _finish_group_mean,
}


def _survival_rows(rows: Sequence[Row], groups: int, kind: Survival) -> list[Row]:
    """Fold one row per duration into one row per group and period."""
    keys = [*(f"group_{place}" for place in range(groups)), "period_start"]
    folded: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        folded[tuple(row[key] for key in keys)].append(row)
    if not folded and not groups:
        folded[(None,)] = []
    result = []
    for values, members in folded.items():
        steps = [(float(row["x"]), row["n_ended"], row["n_censored"]) for row in members]
        estimate = kaplan_meier_quantile(steps, kind.q)
        sums = {name: sum(row[name] for row in members) for name in ("native", "derived", "asserted")}
        n = sum(row["n_ended"] + row["n_censored"] for row in members)
        result.append(
            {**dict(zip(keys, values, strict=True)), **sums, "n": n,
             "pending": sum(row["n_censored"] for row in members),
             "quantile": estimate.value, "low": estimate.low, "high": estimate.high}
        )  # fmt: skip
    return result


def _empty_row(metric: Metric) -> Row:
    """Sums over no rows."""
    sums = (
        "n",
        "pending",
        "native",
        "derived",
        "asserted",
        "numerator",
        "denominator",
        "positive",
        "negative",
        "total",
        "squares",
        "xx",
        "xy",
        "yy",
        "groups",
    )
    return {**dict.fromkeys(sums, 0), "quantile": 0 if isinstance(_inner(metric.value), Distinct) else None}


def _missing_periods(
    found: Sequence[Measurement],
    metric: Metric,
    request: Request,
    bounds: Bounds,
    buckets: list[Period],
    measure: Callable[[Row], Measurement],
) -> list[Measurement]:
    """Periods without rows: a count of zero, or no value; a gap in a chart must be a statement."""
    groups = {measurement.group for measurement in found} or ({()} if not request.by else set())
    present = {(measurement.group, measurement.period_start) for measurement in found}
    empty = _empty_row(metric)
    missing = []
    for group in groups:
        for bucket in buckets:
            if (group, bucket.label) not in present and bucket.start <= bounds.as_of:
                names = {f"group_{place}": value for place, (_, value) in enumerate(group)}
                start = datetime.combine(bucket.label, datetime.min.time())
                missing.append(measure({**empty, **names, "period_start": start}))
    return missing
