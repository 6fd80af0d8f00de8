"""A request into SQL. Number, drill-down and verification are compiled from the same row source.

The row source of a metric is a select, or a union of selects, of the rows that count, each with its
dimensions, its period and a role ("case", or the parts of a ratio, or "pending"). A value
aggregates it; a drill-down lists it. So a number and its rows cannot disagree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from sqlglot import exp

from helmdesk.catalogue.kind import CASE, Kind, Part
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import NotFoundError, NotPermittedError, UsageError
from helmdesk.facts.build.fact import Dimension, load_facts
from helmdesk.query.aggregates import aggregates, clusters
from helmdesk.query.bounds import Bounds
from helmdesk.query.dimensions import conditions, dimensions_of, metric_dimensions
from helmdesk.query.filters import (
    Filter,
    dimensions_used,
    filter_expression,
    find_dimension,
    values_asked,
)
from helmdesk.query.house import house, instant_column, timestamp
from helmdesk.query.levels import join_beside, join_instants
from helmdesk.query.policy import MONEY
from helmdesk.query.request import Request
from helmdesk.query.windows import WINDOW, AskedWindow, place_rows, window_key
from helmdesk.query.words import is_money

# The column of a drill-down that holds what is measured, where no column of the fact does.
MEASURED = "measured"
# The dimension that says whose work a row is.
PERSON = "agent"


def resolve(request: Request) -> Metric:
    """Return the metric in the asked variant and clock.

    Raises:
        NotFoundError: unknown metric or variant.
        UsageError: a clock the metric does not have.
    """
    entry = request.definition()
    metric = entry.variant(request.variant) if request.variant else entry.metric
    value = metric.value if request.clock == "calendar" else metric.value.on_clock(request.clock)
    if value is None or request.clock not in metric.clocks:
        form = f" in variant '{request.variant}'" if request.variant else ""
        raise UsageError(f"metric '{request.key}'{form} has no {request.clock} clock")
    metric = dataclasses.replace(metric, value=value)
    return dataclasses.replace(metric, evidence=_with_measured(metric, request.clock))


def _with_measured(metric: Metric, clock: str) -> tuple[str, ...]:
    """Return the columns of a drill-down with those that are measured: the number can be computed
    from its rows.
    """
    listed = list(metric.evidence)
    for column in filter(str.isidentifier, metric.value.measured):
        if column not in listed:
            twin = column.replace(f"_{clock}_seconds", "_seconds")
            listed.insert(listed.index(twin) + 1 if twin in listed else len(listed), column)
    return tuple(listed)


def compile_values(metric: Metric, windows: Sequence[AskedWindow], bounds: Bounds) -> exp.Expr:
    """Return house SQL with one row per window, group and period: sums that `run` turns into
    measurements.
    """
    rows = row_source(metric, windows, bounds, for_drill=None)
    for window in window_key(windows):
        is_placed = exp.Not(this=exp.Is(this=window, expression=exp.null()))
        rows = (
            exp.select("*")
            .from_(rows.subquery("placed", copy=False), copy=False)
            .where(is_placed, copy=False)
        )
    request = windows[0].request
    groups = [exp.column(f"group_{place}") for place in range(len(request.by))]
    keys = [*window_key(windows), *groups, exp.column("period_start")]
    if metric.value.cluster:
        rows = clusters(rows, keys, metric.value)
    if metric.value.is_folded:
        keys.append(exp.column("x"))
    elif not request.by and not windows[0].periods and len(windows) == 1:
        # One value for the whole window must be one row, even over no rows at all.
        whole = [house("max(period_start)").as_("period_start"), *aggregates(metric.value)]
        return exp.select(*whole).from_(rows.subquery("rows_", copy=False), copy=False)
    selected = [*keys, *aggregates(metric.value)]
    found = (
        exp.select(*selected)
        .from_(rows.subquery("rows_", copy=False), copy=False)
        .group_by(*keys, copy=False)
    )
    # By period, then by the names of groups, those without a name last: never by value.
    named = [
        part
        for group in groups
        for part in (exp.Is(this=group.copy(), expression=exp.null()), group.copy())
    ]
    return found.order_by(exp.column("period_start"), *named, copy=False)


def compile_drill(metric: Metric, window: AskedWindow, bounds: Bounds) -> exp.Expr:
    """Return house SQL that lists the very rows behind the values (pending rows apart)."""
    rows = row_source(metric, [window], bounds, for_drill=metric.evidence)
    listed = exp.select("*").from_(rows.subquery("rows_", copy=False), copy=False)
    # Where the policy hides what names a row, the order of the rest is as certain.
    shown = window.request.policy.shown(metric.evidence, is_judged=judges(metric))
    names = shown[:1] if metric.evidence[0] in shown else shown
    order = [exp.column(column) for column in ("period_start", "role", *names)]
    return listed.order_by(*order, copy=False)


def compile_people(
    metric: Metric,
    windows: Sequence[AskedWindow],
    names: tuple[str, ...],
    bounds: Bounds,
    most: int,
    others: tuple[str, ...] = (),
) -> exp.Expr:
    """Return house SQL of whose work the policy lets its reader see.

    The columns are window, the values of `names`, period, whether the filter holds, and person;
    with `others`, for each of them in turn, the number and the value of one more dimension before
    the person.

    Args:
        most: rows after which no more are given.
    """
    asked = windows[0].request.where
    wide = [
        dataclasses.replace(
            window, request=dataclasses.replace(window.request, by=(*names, *others), where=None)
        )
        for window in windows
    ]
    parts = [
        _select_part(metric, part, wide, bounds, None, people=asked, is_people=True)
        for part in _parts(metric)
    ]
    rows = parts[0]
    for other in parts[1:]:
        rows = exp.union(rows, other, distinct=False, copy=False)
    window = exp.column(WINDOW) if len(windows) > 1 else exp.Literal.number(0).as_(WINDOW)
    columns = [
        *(exp.column(f"group_{place}") for place in range(len(names))),
        exp.column("period_start"),
        exp.column("is_asked"),
    ]
    found = (
        exp.select(window, *columns)
        .distinct()
        .from_(rows.subquery("rows_", copy=False), copy=False)
    )
    if others:
        each = exp.Values(
            expressions=[
                exp.Tuple(expressions=[exp.Literal.number(number)]) for number in range(len(others))
            ],
            alias=exp.TableAlias(
                this=exp.to_identifier("others"), columns=[exp.to_identifier("other")]
            ),
        )
        value = exp.Case()
        for number in range(len(others)):
            is_it = exp.EQ(
                this=exp.column("other", table="others"), expression=exp.Literal.number(number)
            )
            value = value.when(
                is_it, exp.cast(exp.column(f"group_{len(names) + number}"), "varchar"), copy=False
            )
        found = found.join(each, join_type="cross", copy=False).select(
            exp.column("other", table="others"), value.as_("value"), copy=False
        )
    found = found.select(exp.column("person"), copy=False)
    for needed in ("person", *([WINDOW] if len(windows) > 1 else ())):
        found = found.where(
            exp.Not(this=exp.Is(this=exp.column(needed), expression=exp.null())), copy=False
        )
    return found.limit(most, copy=False)


def person_of(metric: Metric, request: Request, bounds: Bounds) -> exp.Expr | None:
    """Return the column that says whose work a row is; None where the fact does not know."""
    found = metric_dimensions(metric, request, bounds).get(PERSON)
    return found[1].copy() if found else None


def row_source(
    metric: Metric,
    windows: Sequence[AskedWindow],
    bounds: Bounds,
    for_drill: tuple[str, ...] | None = None,
) -> exp.Query:
    """Return house SQL of the rows that count: window, groups, period, role, and either x and hit
    or the columns of a drill-down.
    """
    parts: list[exp.Query] = []
    for part in _parts(metric):
        parts.append(_select_part(metric, part, windows, bounds, for_drill))
    if metric.pending is not None and for_drill is None:
        parts.append(_select_part(metric, metric.pending, windows, bounds, None))
    source: exp.Query = parts[0]
    for other in parts[1:]:
        source = exp.union(source, other, distinct=False, copy=False)
    return source


def _parts(metric: Metric) -> tuple[Part, ...]:
    return metric.value.parts(metric.anchor or "", metric.where)


def _select_part(
    metric: Metric,
    part: Part,
    windows: Sequence[AskedWindow],
    bounds: Bounds,
    for_drill: tuple[str, ...] | None,
    *,
    is_people: bool = False,
    people: Filter | None = None,
) -> exp.Query:
    fact = load_facts()[metric.fact]
    request = windows[0].request
    known = (
        dimensions_of(fact, part.anchor or None, request, bounds)
        if is_people or request.names_dimensions()
        else {}
    )
    groups = [
        find_dimension(name, known)[1].as_(f"group_{place}")
        for place, name in enumerate(request.by)
    ]
    query = exp.select().from_(fact.name)
    if metric.value.lifetime is not None:
        query, placed = join_instants(query, fact.name, metric.value.lifetime, windows, bounds)
    else:
        query, placed = place_rows(query, part.anchor, windows, bounds)
        if fact.is_planned_ahead:
            happened = exp.LTE(this=exp.column(part.anchor), expression=timestamp(bounds.as_of))
            query = query.where(happened, copy=False)
    role = exp.Literal.string(part.role).as_("role")
    if is_people:
        holds = (
            exp.true()
            if people is None
            else exp.func("coalesce", filter_expression(people, known), exp.false())
        )
        selected = [*groups, *placed, holds.as_("is_asked"), known[PERSON][1].copy().as_("person")]
    elif for_drill is None:
        cluster = metric.value.cluster
        selected = [
            *groups,
            *placed,
            role,
            *_row(metric.value, part),
            *([house(cluster).as_("cluster")] if cluster else []),
            exp.column("fidelity"),
        ]
    else:
        listed = request.policy.shown(
            (name for name in for_drill if name not in request.by), is_judged=judges(metric)
        )
        shown: list[exp.Expr] = [
            (
                instant_column(house(fact.at_instant[name])).as_(name)
                if name in fact.at_instant
                else exp.column(name)
            )
            for name in listed
        ]
        if fact.beside and metric.value.is_level:
            query = join_beside(query, fact)
        named = [column.copy() for column in groups]
        for place, column in enumerate(named):
            column.set("alias", exp.to_identifier(request.by[place]))
        value = metric.value.row_value
        if value and not value.isidentifier():
            shown.append(instant_column(house(value)).as_(MEASURED))
        selected = [*placed, role, *named, *shown]
    query = query.select(*selected, copy=False)
    query = query.where(house(f"({part.where})"), copy=False)
    if bounds.missing(metric):
        # Sources that never record such events would make every answer a false zero.
        query = query.where(exp.false(), copy=False)
    for condition in conditions(request, known):
        query = query.where(condition, copy=False)
    return query


def _row(value: Kind, part: Part) -> list[exp.Expr]:
    """Return what a kind takes of one row."""
    row = value.row if part.role == CASE else value.row_of_others
    return [instant_column(house(text)).as_(name) for name, text in row.items()]


def check_dimensions(metric: Metric, request: Request, bounds: Bounds) -> None:
    """Refuse unknown dimensions before anything runs.

    Raises:
        NotFoundError: a name in `by` or `where` that the metric's fact does not have.
        NotPermittedError: rows that the policy cannot tell apart, or people compared by a reader
        who may not.
    """
    check_metric(metric, request)
    if not request.names_dimensions():
        return
    known = metric_dimensions(metric, request, bounds)
    open_ = {name: found for name, found in known.items() if request.policy.may_see(name)}
    for name in request.by:
        find_dimension(name, open_)
    if request.where is not None:
        filter_expression(request.where, open_)
    check_policy(metric, request, {name: dimension for name, (dimension, _) in known.items()})


def check_metric(metric: Metric, request: Request) -> None:
    """Refuse a number that is not for this reader.

    Raises:
        NotPermittedError: a metric outside the policy, or money.
    """
    policy = request.policy
    if policy.metrics is not None and request.key not in policy.metrics:
        raise NotPermittedError(f"{metric.name} is not among the numbers you may see")
    if not policy.may_see_money and (
        is_money(metric.unit) or MONEY.intersection(metric.value.measured)
    ):
        raise NotPermittedError(f"{metric.name} speaks of money, which you may not see")


def check_policy(metric: Metric, request: Request, known: Mapping[str, Dimension]) -> None:
    """Refuse what the reader may not ask.

    Raises:
        NotPermittedError: the fact lacks what the policy goes by; people compared.
    """
    policy = request.policy
    named = {*request.by, *(dimensions_used(request.where) if request.where else ())}
    for name in sorted(dimensions_used(policy.predicate) if policy.predicate else ()):
        if name not in known:
            raise NotPermittedError(
                f"{metric.name} cannot be narrowed to what you may see: its rows carry no {name}"
            )
    for name in sorted(named):
        if not policy.may_compare_people and judges(metric) and policy.may_hold_people(name):
            raise NotPermittedError(
                f"{metric.name} is not shown by {name}: it may hold people's names; an"
                " administrator declares those without in the settings"
            )
        if (
            known[name].is_person
            and not policy.may_compare_people
            and judges(metric)
            and _singles_out(name, request)
        ):
            raise NotPermittedError(
                f"{metric.name} is not shown for single people ({name}); ask by team, channel or"
                " tenure"
            )


def judges(metric: Metric) -> bool:
    """Whether a value says how well something was done; a plain count or total does not."""
    return not metric.value.is_total


def _singles_out(name: str, request: Request) -> bool:
    """Whether a question looks at people one by one; those who are nobody may always be asked
    for.
    """
    return name in request.by or (request.where is not None and name in values_asked(request.where))


def require_business_clock(request: Request, bounds: Bounds) -> None:
    """Refuse business time on a desk without any calendar: zero would be a lie.

    Raises:
        NotFoundError: no calendar in the lake.
    """
    if request.clock != "calendar" and not bounds.has_calendar:
        raise NotFoundError(
            "this desk has no business calendar; load one (for example with Zendesk schedules) or"
            " use --clock calendar"
        )
