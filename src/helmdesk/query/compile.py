"""A request into SQL. Number, drill-down and verification are compiled from the same row source.

The row source of a metric is a select, or a union of selects, of the rows that count, each with its
dimensions, its period and a role ("case", or the parts of a ratio, or "pending"). A value aggregates
it; a drill-down lists it. So a number and its rows cannot disagree.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlglot
from sqlglot import exp

from helmdesk.errors import NotFoundError, UsageError
from helmdesk.facts.fact import CUSTOM, Dimension, Fact, load_facts
from helmdesk.kinds import (
    Distinct,
    GroupMean,
    Level,
    Mean,
    Metric,
    NetShare,
    Part,
    Quantile,
    Ratio,
    Share,
    Sum,
    SumOnce,
    SumRatio,
    Survival,
    Value,
)  # fmt: skip
from helmdesk.query.filters import filter_expression, find_dimension
from helmdesk.query.periods import Period, week_shift
from helmdesk.query.request import Request
from helmdesk.statistics.order_statistic import rank_expressions

CASE, PENDING = "case", "pending"


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


def resolve(request: Request) -> Metric:
    """Return the metric in the asked variant and clock.

    Raises:
        NotFoundError: unknown metric or variant.
        UsageError: a clock the metric does not have.
    """
    entry = request.definition()
    metric = entry.variant(request.variant) if request.variant else entry.metric
    if request.clock not in metric.clocks:
        form = f" in variant '{request.variant}'" if request.variant else ""
        raise UsageError(f"metric '{request.key}'{form} has no {request.clock} clock")
    if request.clock != "calendar":
        metric = dataclasses.replace(metric, value=_on_business_clock(metric.value, request.clock))
    return metric


def _on_business_clock(value: Value, clock: str) -> Value:
    if isinstance(value, Quantile | Mean):
        return dataclasses.replace(value, column=value.column.replace("_seconds", f"_{clock}_seconds"))
    if isinstance(value, Level) and value.business is not None:
        return dataclasses.replace(value, of=value.business)
    raise AssertionError(f"{value} has no {clock} clock")


def metric_dimensions(metric: Metric, request: Request, bounds: Bounds) -> dict[str, tuple[Dimension, exp.Expr]]:
    """Return the dimensions of a metric's fact with their column expressions."""
    return dimensions_of(load_facts()[metric.fact], metric.anchor, request, bounds)


def dimensions_of(fact: Fact, anchor: str | None, request: Request, bounds: Bounds) -> dict[str, tuple[Dimension, exp.Expr]]:
    """Return a fact's dimensions by name, each with the expression of its column; times of day are those of `anchor`."""
    found = {}
    for dimension in fact.dimensions:
        if dimension.column in ("hour", "weekday"):
            if anchor is None:
                continue
            column = _house(f"local_part({anchor}, '{dimension.column}', zone_)")
            column = column.transform(_fill_zone(request), copy=False)
        elif dimension.is_of_ticket:
            column = _of_ticket(fact, exp.column(dimension.column))
        else:
            column = _instant_column(_house(dimension.column))
        found[dimension.name] = (dimension, column)
    if any(dimension.is_of_ticket for dimension in fact.dimensions):
        for name in bounds.custom_fields:
            text = exp.Anonymous(this="json_text", expressions=[exp.column("custom"), exp.Literal.string(name)])
            found[CUSTOM + name] = (Dimension(CUSTOM + name, name, "kept by the source"), _of_ticket(fact, text))
    return found


def _of_ticket(fact: Fact, column: exp.Expr) -> exp.Expr:
    """Look an attribute of the ticket up, unless the fact is the tickets themselves."""
    if fact.name == "tickets":
        return column
    named = column.transform(lambda node: exp.column(node.name, table="of_") if isinstance(node, exp.Column) else node)
    same = exp.EQ(this=exp.column("ticket_id", table="of_"), expression=exp.column("ticket_id", table=fact.name))
    return exp.select(named).from_("tickets as of_").where(same).subquery()


def _clustered(value: Value) -> str:
    """Return the expression of the group that a kind aggregates in first; empty for most kinds."""
    inner = value.of if isinstance(value, Level) else value
    if isinstance(inner, GroupMean):
        return inner.group
    if isinstance(inner, SumOnce):
        return inner.once_per
    return inner.cluster if isinstance(inner, SumRatio) else ""


# What one cluster contributes, and how clusters are put together.
_CLUSTER = {
    "xs": f"sum(case when role = '{CASE}' then x end)", "ys": f"sum(case when role = '{CASE}' then y end)",
    "xm": f"avg(case when role = '{CASE}' then x end)", "xo": f"max(case when role = '{CASE}' then x end)",
}  # fmt: skip
_COUNTED = ("n", "pending", "native", "derived", "asserted")


def _clusters(rows: exp.Query, keys: Sequence[exp.Expr], has_y: bool) -> exp.Query:
    """Fold rows into clusters, keeping the counts of the rows themselves."""
    sums = {name: text for name, text in _CLUSTER.items() if has_y or name != "ys"}
    selected = [
        *(key.copy() for key in keys), exp.column("cluster"), *(_house(text).as_(name) for name, text in sums.items()),
        _house(f"count_if(role <> '{PENDING}')").as_("n"), _house(f"count_if(role = '{PENDING}')").as_("pending"), *_coverage(),
    ]  # fmt: skip
    return (
        exp.select(*selected)
        .from_(rows.subquery("rows_", copy=False), copy=False)
        .group_by(*(k.copy() for k in keys), "cluster", copy=False)
    )


def compile_values(metric: Metric, request: Request, bounds: Bounds, periods: list[Period]) -> exp.Expr:
    """Return house SQL with one row per group and period: sums that `run` turns into measurements."""
    rows = _row_source(metric, request, bounds, periods, for_drill=None)
    groups = [exp.column(f"group_{place}") for place in range(len(request.by))]
    keys = [*groups, exp.column("period_start")]
    if _clustered(metric.value):
        rows = _clusters(rows, keys, isinstance(metric.value, SumRatio))
    if isinstance(metric.value, Survival):
        keys.append(exp.column("x"))
    elif not request.by and not periods:
        # One value for the whole window must be one row, even over no rows at all.
        whole = [_house("max(period_start)").as_("period_start"), *_aggregates(metric.value)]
        return exp.select(*whole).from_(rows.subquery("rows_", copy=False), copy=False)
    selected = [*keys, *_aggregates(metric.value)]
    return exp.select(*selected).from_(rows.subquery("rows_", copy=False), copy=False).group_by(*keys, copy=False)


def compile_drill(metric: Metric, request: Request, bounds: Bounds, periods: list[Period]) -> exp.Expr:
    """Return house SQL that lists the very rows behind the values (pending rows apart)."""
    rows = _row_source(metric, request, bounds, periods, for_drill=metric.evidence)
    listed = exp.select("*").from_(rows.subquery("rows_", copy=False), copy=False)
    order = [exp.column(column) for column in ("period_start", "role", metric.evidence[0])]
    return listed.order_by(*order, copy=False)


def _aggregates(value: Value) -> list[exp.Expr]:
    if isinstance(value, Survival):
        return [
            _house(f"count_if(role = '{CASE}' and hit)").as_("n_ended"),
            _house(f"count_if(role = '{CASE}' and not hit)").as_("n_censored"),
            *_coverage(),
        ]
    if _clustered(value):
        sums = [_house(f"coalesce(cast(sum({name}) as bigint), 0)").as_(name) for name in _COUNTED]
        return [*sums, *(_house(text).as_(name) for name, text in _numbers(value).items())]
    return [
        _house(f"count_if(role <> '{PENDING}')").as_("n"),
        _house(f"count_if(role = '{PENDING}')").as_("pending"),
        *(_house(text).as_(name) for name, text in _numbers(value).items()),
        *_coverage(),
    ]


def _coverage() -> list[exp.Expr]:
    return [
        _house(f"count_if(role <> '{PENDING}' and fidelity = '{fidelity}')").as_(fidelity) for fidelity in ("native", "derived", "asserted")
    ]


def _numbers(value: Value) -> dict[str, str]:
    """Return the SQL of numerator, denominator, quantile, bounds and squares a kind needs."""
    if isinstance(value, Level):
        return _numbers(value.of)
    if isinstance(value, Share):
        return {"numerator": "count_if(hit)", "denominator": f"count_if(role = '{CASE}')"}
    if isinstance(value, NetShare):
        return {"positive": "count_if(x > 0)", "negative": "count_if(x < 0)"}
    if isinstance(value, Ratio):
        return {
            "numerator": f"count_if(role = '{value.numerator.role}')",
            "denominator": f"count_if(role = '{value.denominator.role}')",
        }
    if isinstance(value, Mean):
        return {"total": "sum(cast(x as double))", "squares": "sum(cast(x as double) * cast(x as double))"}
    if isinstance(value, Quantile):
        lower, upper = rank_expressions("x", value.q)
        return {
            "quantile": f"quantile(x, {value.q!r})",
            "low": f"case when {lower} >= 1 then nth_smallest(x, cast({lower} as bigint)) end",
            "high": f"case when {upper} <= count(x) then nth_smallest(x, cast({upper} as bigint)) end",
        }
    if isinstance(value, Distinct):
        return {"quantile": "count(distinct x)"}
    if isinstance(value, Sum):
        return {"total": "sum(cast(x as double))"}
    if isinstance(value, SumOnce):
        return {"total": "sum(cast(xo as double))"}
    if isinstance(value, GroupMean):
        return {"total": "sum(xm)", "squares": "sum(xm * xm)", "groups": "count(xm)"}
    if isinstance(value, SumRatio):
        x, y = ("xs", "ys") if value.cluster else ("cast(x as double)", "cast(y as double)")
        return {"numerator": f"sum({x})", "denominator": f"sum({y})", "xx": f"sum({x} * {x})", "xy": f"sum({x} * {y})",
                "yy": f"sum({y} * {y})", "groups": f"count({x})"}  # fmt: skip
    return {}


def _row_source(metric: Metric, request: Request, bounds: Bounds, periods: list[Period], for_drill: tuple[str, ...] | None) -> exp.Query:
    parts: list[exp.Query] = []
    for part in _parts(metric):
        parts.append(_select_part(metric, part, request, bounds, periods, for_drill))
    if metric.pending is not None and for_drill is None:
        parts.append(_select_part(metric, metric.pending, request, bounds, periods, None))
    source: exp.Query = parts[0]
    for other in parts[1:]:
        source = exp.union(source, other, distinct=False, copy=False)
    return source


def _parts(metric: Metric) -> list[Part]:
    if isinstance(metric.value, Ratio):
        return [metric.value.numerator, metric.value.denominator]
    where = metric.where
    column = getattr(metric.value, "column", None)
    if column is not None:
        # A row without the measured value cannot be counted, listed or averaged.
        where = f"({where}) and {column} is not null"
    return [Part(CASE, metric.anchor or "", where)]


def _select_part(
    metric: Metric,
    part: Part,
    request: Request,
    bounds: Bounds,
    periods: list[Period],
    for_drill: tuple[str, ...] | None,
) -> exp.Query:
    fact = load_facts()[metric.fact]
    known = dimensions_of(fact, part.anchor or None, request, bounds) if request.names_dimensions() else {}
    is_level = isinstance(metric.value, Level)
    groups = [find_dimension(name, known)[1].as_(f"group_{place}") for place, name in enumerate(request.by)]
    period: exp.Expr
    if is_level:
        period = exp.column("period_start", table="instants")
    elif periods:
        period = _house(f"period({part.anchor}, grain_, zone_, {week_shift(request.week_start)})")
        period = period.transform(_fill_zone(request), copy=False)
    else:
        period = _house("cast(null as timestamp)")
    role = exp.Literal.string(part.role).as_("role")
    if for_drill is None:
        cluster = _clustered(metric.value)
        clusters = [_house(cluster).as_("cluster")] if cluster else []
        selected = [*groups, period.as_("period_start"), role, *_measured(metric.value, part), *clusters, exp.column("fidelity")]
    else:
        shown = [exp.column(name) for name in for_drill if name not in request.by]
        named = [column.copy() for column in groups]
        for place, column in enumerate(named):
            column.set("alias", exp.to_identifier(request.by[place]))
        selected = [period.as_("period_start"), role, *named, *shown]
    query = exp.select(*selected).from_(fact.name)
    if is_level:
        query = _join_instants(query, fact.name, metric.value, request, bounds, periods)  # type: ignore[arg-type]
    else:
        query = _within(query, part.anchor, request)
    query = query.where(_house(f"({part.where})"), copy=False)
    if bounds.missing(metric):
        # Sources that never record such events would make every answer a false zero.
        query = query.where(exp.false(), copy=False)
    for condition in (request.where, request.policy.predicate):
        if condition is not None:
            query = query.where(filter_expression(condition, known), copy=False)
    return query


def _measured(value: Value, part: Part) -> list[exp.Expr]:
    """Return the columns x and hit of one row."""
    inner = value.of if isinstance(value, Level) else value
    has_y = isinstance(inner, SumRatio)
    if part.role != CASE:
        empty = [_house("cast(null as double)").as_("x"), _house("cast(null as boolean)").as_("hit")]
        return [*empty, _house("cast(null as double)").as_("y")] if has_y else empty
    x, hit = "cast(null as double)", "cast(null as boolean)"
    if isinstance(inner, SumRatio):
        columns = {"x": inner.numerator, "hit": hit, "y": inner.denominator}
        return [_instant_column(_house(column)).as_(name) for name, column in columns.items()]
    if isinstance(inner, Mean | Quantile | Distinct | Sum | SumOnce | GroupMean):
        x = inner.column
    elif isinstance(inner, Survival):
        x, hit = inner.column, inner.ended
    elif isinstance(inner, Share):
        hit = inner.hits
    elif isinstance(inner, NetShare):
        x = f"case when {inner.positive} then 1.0 when {inner.negative} then -1.0 else 0.0 end"
    return [_instant_column(_house(x)).as_("x"), _instant_column(_house(hit)).as_("hit")]


def _instant_column(expression: exp.Expr) -> exp.Expr:
    """`instant` in a level's expressions is the column of the joined instants."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name == "instant":
            return exp.column("instant", table="instants")
        if isinstance(node, exp.Column) and node.name == "instant_worked":
            return exp.column("instant_worked", table="worked")
        return node

    return expression.transform(fill, copy=False)


def _within(query: exp.Select, anchor: str, request: Request) -> exp.Select:
    if request.start is not None:
        query = query.where(exp.GTE(this=exp.column(anchor), expression=_timestamp(request.start)), copy=False)
    if request.end is not None:
        query = query.where(exp.LT(this=exp.column(anchor), expression=_timestamp(request.end)), copy=False)
    return query


@dataclass(frozen=True)
class LevelInstant:
    """Where a level stands.

    Attributes:
        period_start: local start of the period, or None for the window.
        instant: age is measured to here: the end of the period, but never past the data.
        seen: what had happened by here counts. A period is half-open, so an event at the very instant
            it ends belongs to the next one; at the end of the data the last event counts.
    """

    period_start: datetime | None
    instant: datetime
    seen: datetime


def level_instants(request: Request, bounds: Bounds, periods: list[Period]) -> list[LevelInstant]:
    """Return where a level stands for the window or for each of its periods."""
    if not periods:
        return [_level_instant(None, request.end, bounds)]
    found = []
    for period in periods:
        if period.start <= bounds.as_of:
            end = min(period.end, request.end) if request.end else period.end
            found.append(_level_instant(datetime.combine(period.label, datetime.min.time()), end, bounds))
    return found


def _level_instant(period_start: datetime | None, end: datetime | None, bounds: Bounds) -> LevelInstant:
    if end is None or end > bounds.as_of:
        return LevelInstant(period_start, bounds.as_of, bounds.as_of)
    return LevelInstant(period_start, end, end - timedelta(microseconds=1))


def _join_instants(query: exp.Select, fact_name: str, level: Level, request: Request, bounds: Bounds, periods: list[Period]) -> exp.Select:
    rows = [
        exp.Tuple(
            expressions=[
                _timestamp(point.period_start) if point.period_start else _house("cast(null as timestamp)"),
                _timestamp(point.instant),
                _timestamp(point.seen),
            ]
        )
        for point in level_instants(request, bounds, periods)
    ]
    columns = [exp.to_identifier(name) for name in ("period_start", "instant", "seen")]
    values = exp.Values(expressions=rows, alias=exp.TableAlias(this=exp.to_identifier("instants"), columns=columns))
    alive = _house(f"({level.opens}) <= instants.seen and instants.seen < ({level.closes})")
    query = query.join(values, on=alive, copy=False)
    if level.of == level.business:
        # Every calendar's working time at every instant, once; rows look theirs up.
        worked = _house(
            "select p.instant, c.calendar_id, coalesce(w.seconds_before + seconds(w.start_at, least(p.instant, w.end_at)), 0) as instant_worked"
            " from points_ p cross join (select distinct calendar_id from working_time) c"
            " asof left join working_time w on w.calendar_id = c.calendar_id and w.start_at <= p.instant"
        )
        points = exp.select("instant").distinct().from_(values.copy())
        worked = worked.transform(lambda node: points.subquery("p") if isinstance(node, exp.Table) and node.name == "points_" else node)
        same = _house("worked.calendar_id = calendar_id_ and worked.instant = instants.instant")
        same = same.transform(
            lambda node: (
                exp.column("calendar_id", table=fact_name) if isinstance(node, exp.Column) and node.name == "calendar_id_" else node
            )
        )
        query = query.join(worked.subquery("worked"), on=same, copy=False)
    return query


def _timestamp(instant: datetime) -> exp.Expr:
    return exp.cast(exp.Literal.string(instant.strftime("%Y-%m-%d %H:%M:%S.%f")), "timestamp")


def _fill_zone(request: Request) -> Callable[[exp.Expr], exp.Expr]:
    """Replace the placeholders zone_ and grain_ by literals; neither is ever pasted as text."""
    literals = {"zone_": request.time_zone, "grain_": request.grain or "day"}

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in literals:
            return exp.Literal.string(literals[node.name])
        return node

    return fill


@functools.cache
def _parsed(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, dialect="duckdb")


def _house(text: str) -> exp.Expr:
    """Return house SQL as a tree of its own; parsing is the expensive half of compiling."""
    return _parsed(text).copy()


def check_dimensions(metric: Metric, request: Request, bounds: Bounds) -> None:
    """Refuse unknown dimensions before anything runs.

    Raises:
        NotFoundError: a name in `by` or `where` that the metric's fact does not have.
    """
    if not request.names_dimensions():
        return
    known = metric_dimensions(metric, request, bounds)
    if isinstance(metric.value, Ratio):
        known = dimensions_of(load_facts()[metric.fact], metric.value.denominator.anchor, request, bounds)
    for name in request.by:
        find_dimension(name, known)
    for condition in (request.where, request.policy.predicate):
        if condition is not None:
            filter_expression(condition, known)


def require_business_clock(request: Request, bounds: Bounds) -> None:
    """Refuse business time on a desk without any calendar: zero would be a lie.

    Raises:
        NotFoundError: no calendar in the lake.
    """
    if request.clock != "calendar" and not bounds.has_calendar:
        raise NotFoundError("this desk has no business calendar; load one (for example with Zendesk schedules) or use --clock calendar")
