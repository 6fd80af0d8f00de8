"""From compiled SQL to measurements: run it, take intervals, fill empty periods, mark small
groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from helmdesk.catalogue.kind import Kind
from helmdesk.catalogue.metric import Metric
from helmdesk.engines.engine import Engine
from helmdesk.errors import MixedCurrencies, NotPermittedError, TooLargeError
from helmdesk.facts.build.build import ensure_fact
from helmdesk.facts.build.fact import load_facts
from helmdesk.query.aggregates import COUNTED, FIDELITIES
from helmdesk.query.bounds import Bounds
from helmdesk.query.compile import (
    check_dimensions,
    compile_drill,
    compile_values,
    judges,
    require_business_clock,
    resolve,
)
from helmdesk.query.dimensions import metric_dimensions
from helmdesk.query.measurement import SMALL, MeasurementTable, Reason
from helmdesk.query.people import (
    NOTHING_WITHHELD,
    TOO_FEW_PEOPLE,
    Withheld,
    find_withheld,
    is_guarded,
)
from helmdesk.query.periods import Period
from helmdesk.query.request import Request
from helmdesk.query.windows import WINDOW, AskedWindow
from helmdesk.query.words import is_money

if TYPE_CHECKING:
    from sqlglot import exp

MOST_NUMBERS = 100_000
EMPTY_BOUNDS = datetime(1970, 1, 1)
A_DAY = timedelta(days=1)
Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Statements:
    """Writes what an answer was asked with, when somebody wants to see it: these measurements
    alone, though several requests may have been run as one. Plain data: an answer is remembered
    longer than connections and processes live.
    """

    translate: Callable[[str | exp.Expr], str]
    metric: Metric
    window: AskedWindow
    bounds: Bounds
    is_withheld: bool

    def values(self) -> str:
        """Return the statement that gives the measurements."""
        if missing := self.bounds.missing(self.metric):
            return f"-- not asked: there are no records of type {', '.join(missing)}"
        return self.translate(compile_values(self.metric, [self.window], self.bounds))

    def drill(self) -> str:
        """Return the statement that lists the rows behind them.

        Raises:
            NotPermittedError: the rows are of too few people.
        """
        if self.is_withheld:
            raise NotPermittedError(f"{self.metric.name}: these rows {TOO_FEW_PEOPLE}")
        return self.translate(compile_drill(self.metric, self.window, self.bounds))


@dataclass(frozen=True)
class Answer:
    """What one request gave.

    Attributes:
        measurements: in order of period and group.
    """

    request: Request
    metric: Metric
    measurements: MeasurementTable
    statements: Statements

    @property
    def sql(self) -> str:
        """The statement that gives the measurements."""
        return self.statements.values()

    @property
    def drill_sql(self) -> str:
        """The statement that lists the rows behind the measurements."""
        return self.statements.drill()


def read_bounds(engine: Engine) -> Bounds:
    """Return what the mart's data allow."""
    dated = " union all ".join(
        f"select min({fact.dated}) as earliest from {fact.name}"
        for fact in load_facts().values()
        if fact.dated
    )
    ((first,),) = engine.run(f"select min(earliest) from ({dated})")
    ((as_of,),) = engine.run("select as_of from mart")
    ((calendars,),) = engine.run("select count(*) from working_time")
    types = frozenset(name for (name,) in engine.run("select type from record_types"))
    custom = tuple(name for (name,) in engine.run("select name from custom_fields"))
    currencies = tuple(
        code
        for (code,) in engine.run("select distinct currency from ticket_costs where amount <> 0")
    )
    return Bounds(
        first or as_of or EMPTY_BOUNDS,
        as_of or EMPTY_BOUNDS,
        calendars > 0,
        types,
        custom,
        currencies,
    )


def run_request(engine: Engine, request: Request, bounds: Bounds) -> Answer:
    """Answer one request; see `run_requests`."""
    return run_requests(engine, [request], bounds)[0]


def run_requests(engine: Engine, requests: Sequence[Request], bounds: Bounds) -> list[Answer]:
    """Answer requests that differ in their windows and the length of their periods alone, in one
    pass over the rows.

    Raises:
        NotFoundError: unknown metric, variant or dimension, or no calendar.
        UsageError: a clock the metric does not have, or too many periods.
        MixedCurrencies: amounts in several currencies.
    """
    first = requests[0]
    assert all(
        replace(
            request,
            start=first.start,
            end=first.end,
            grain=first.grain,
            is_unfinished=first.is_unfinished,
        )
        == first
        for request in requests
    )
    metric = resolve(first)
    check_dimensions(metric, first, bounds)
    require_business_clock(first, bounds)
    if is_money(metric.unit) and len(codes := bounds.currencies_of(metric)) > 1:
        raise MixedCurrencies(
            f"{metric.name} cannot add amounts in {' and '.join(codes)}: load costs in one currency"
        )
    windows = [AskedWindow.of(request, bounds) for request in requests]
    if bounds.missing(metric):
        # Nothing to ask: no source ever delivered such records.
        found = [_columns_of_nothing(metric, window.request, _whole(window)) for window in windows]
    else:
        ensure_fact(engine, metric.fact)
        found = _ask(engine, metric, windows, bounds)
    withheld = [NOTHING_WITHHELD] * len(windows)
    guarded = [
        place for place, window in enumerate(windows) if is_guarded(metric, window.request, bounds)
    ]
    if guarded and not bounds.missing(metric):
        for place, cells in zip(
            guarded,
            find_withheld(engine, metric, [windows[place] for place in guarded], bounds),
            strict=True,
        ):
            withheld[place] = cells
    return [
        _answer(engine, metric, *each, bounds)
        for each in zip(windows, found, withheld, strict=True)
    ]


def _answer(
    engine: Engine,
    metric: Metric,
    window: AskedWindow,
    columns: Columns,
    withheld: Withheld,
    bounds: Bounds,
) -> Answer:
    missing = bounds.missing(metric)
    table = _measured(
        metric,
        window,
        bounds,
        _with_empty_periods(columns, metric, window, bounds),
        bool(missing),
        withheld,
    )
    statements = Statements(engine.translate, metric, window, bounds, bool(withheld))
    return Answer(window.request, metric, table, statements)


def _ask(
    engine: Engine, metric: Metric, windows: list[AskedWindow], bounds: Bounds
) -> list[Columns]:
    """Return the sums of each window."""
    names, rows = engine.fetch(engine.runnable(compile_values(metric, windows, bounds)))
    if not metric.value.is_folded:
        _refuse_too_many(len(rows), f"{len(rows):,} groups and periods")
    columns: Columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    keys = _keys(windows[0].request)
    if metric.value.is_folded:
        columns = _fold(columns, [*([WINDOW] if len(windows) > 1 else []), *keys], metric.value)
    columns["period_start"] = [
        None if start is None else start.date() for start in columns["period_start"]
    ]
    if len(windows) == 1:
        return [columns]
    owners = columns.pop(WINDOW)
    found = []
    for number, window in enumerate(windows):
        places = [place for place, owner in enumerate(owners) if owner == number]
        here = {name: [column[place] for place in places] for name, column in columns.items()}
        found.append(
            here if places else _columns_of_nothing(metric, window.request, _whole(window))
        )
    return found


def _whole(window: AskedWindow) -> list[tuple[tuple[Any, ...], date | None]]:
    """Return the one row that a question without groups and periods always has."""
    return [] if window.request.by or window.periods else [((), None)]


def _keys(request: Request) -> list[str]:
    return [*(f"group_{place}" for place in range(len(request.by))), "period_start"]


def _measured(
    metric: Metric,
    window: AskedWindow,
    bounds: Bounds,
    columns: Columns,
    is_unrecorded: bool,
    withheld: Withheld,
) -> MeasurementTable:
    """Return the measurements of rows of sums, in whole columns."""
    request = window.request
    value, low, high, numerator, denominator = metric.value.finish(columns)
    starts, sizes = columns["period_start"], columns["n"]
    partial: dict[date | None, bool] = {
        bucket.label: _is_partial(bucket, request, bounds) for bucket in window.periods
    }
    partial[None] = request.is_unfinished or (
        request.end is not None and request.end > bounds.as_of
    )
    is_small = [n < SMALL for n in sizes]
    is_suppressed = [False] * len(sizes)
    if _speaks_of_people(metric, request, bounds):
        is_suppressed = [
            small and number is not None for small, number in zip(is_small, value, strict=True)
        ]
    if withheld:
        keys = zip(*(columns[key] for key in _keys(request)), strict=True)
        is_suppressed = [
            hidden or key in withheld for hidden, key in zip(is_suppressed, keys, strict=True)
        ]
    if any(is_suppressed):
        value, low, high, numerator = (
            _withheld(numbers, is_suppressed) for numbers in (value, low, high, numerator)
        )
    if is_unrecorded:
        # Not even a count is zero where nobody ever recorded such a thing.
        value = [None] * len(sizes)
    reasons = _reasons(metric, window, bounds, columns, value, is_suppressed, is_unrecorded)
    # A period before the data begin is no period without cases.
    value = [
        None if reason == "out_of_range" else number
        for number, reason in zip(value, reasons, strict=True)
    ]
    cells: Columns = {
        **{name: columns[key] for name, key in zip(request.by, _keys(request), strict=False)},
        "period_start": starts,
        "value": value,
        "low": low,
        "high": high,
        "n": sizes,
        "numerator": numerator,
        "denominator": denominator,
        **{name: columns[name] for name in ("pending", "native", "derived", "asserted")},
        "is_partial": [partial.get(start, True) for start in starts],
        "is_small": is_small,
        "is_suppressed": is_suppressed,
        "reason": reasons,
    }
    unit = _unit(metric, request, bounds)
    return MeasurementTable(
        metric.key, metric.version, request.variant or "", unit, metric.statistic, request.by, cells
    )


def _unit(metric: Metric, request: Request, bounds: Bounds) -> str:
    """Return the unit of values: durations say whose clock they are on, money in which currency it
    is.
    """
    if metric.unit == "seconds" and request.clock != "calendar":
        return "business_seconds"
    return bounds.currency(metric) if is_money(metric.unit) else metric.unit


def _reasons(
    metric: Metric,
    window: AskedWindow,
    bounds: Bounds,
    columns: Columns,
    value: Sequence[float | None],
    is_suppressed: Sequence[bool],
    is_unrecorded: bool,
) -> list[Reason]:
    """Return why each value is missing or not to be relied on."""
    request, is_watched = window.request, metric.value.is_watched
    outside = {
        bucket.label
        for bucket in window.periods
        if bucket.end <= bounds.first or bucket.start > bounds.as_of
    }
    nobody: Reason = (
        "filtered_out"
        if request.where is not None
        else "not_permitted"
        if request.policy.predicate is not None
        else "no_rows"
    )
    reaches_out = not window.periods and (
        (request.start is not None and request.start < bounds.first - A_DAY)
        or (request.end is not None and request.end > bounds.as_of + A_DAY)
    )

    def reason(
        start: date | None, n: int, pending: int, number: float | None, hidden: bool
    ) -> Reason:
        if is_unrecorded:
            return "not_recorded"
        if n == 0 and start in outside:
            return "out_of_range"
        if hidden:
            return "withheld"
        if n == 0:
            return "pending" if pending else nobody
        if number is None:
            # Of a duration watched until it ends: fewer than half have ended.
            return "pending" if is_watched else "no_base"
        if n < SMALL:
            return "too_few"
        return "partly_out_of_range" if reaches_out else ""

    told = zip(
        columns["period_start"], columns["n"], columns["pending"], value, is_suppressed, strict=True
    )
    return [reason(*cells) for cells in told]


def _withheld(numbers: list[float | None], is_suppressed: list[bool]) -> list[float | None]:
    return [
        None if hidden else number for number, hidden in zip(numbers, is_suppressed, strict=True)
    ]


def _speaks_of_people(metric: Metric, request: Request, bounds: Bounds) -> bool:
    """Whether groups are people and the value judges them; a plain count of tickets does not."""
    if not request.by or not judges(metric):
        return False
    known = metric_dimensions(metric, request, bounds)
    return any(name in known and known[name][0].is_person for name in request.by)


def _is_partial(bucket: Period, request: Request, bounds: Bounds) -> bool:
    is_cut = (request.start is not None and bucket.start < request.start) or (
        request.end is not None and bucket.end > request.end
    )
    return is_cut or bucket.end > bounds.as_of


def _fold(columns: Columns, keys: list[str], value: Kind) -> Columns:
    """Fold one row for each x into one row for each group and period."""
    places: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, key in enumerate(zip(*(columns[name] for name in keys), strict=True)):
        places[key].append(place)
    if not places and keys == ["period_start"]:
        places[(None,)] = []
    folded: Columns = defaultdict(list)
    for key, members in places.items():
        group = {name: [column[place] for place in members] for name, column in columns.items()}
        row = {
            **dict(zip(keys, key, strict=True)),
            **{name: sum(group[name]) for name in FIDELITIES},
            **value.fold(group),
        }
        for name, cell in row.items():
            folded[name].append(cell)
    return dict(folded) or {name: [] for name in (*keys, *COUNTED, *value.nothing)}


def _columns_of_nothing(
    metric: Metric, request: Request, rows: Sequence[tuple[tuple[Any, ...], date | None]]
) -> Columns:
    """Return sums over no rows, for each group and period."""
    nothing = {
        **dict.fromkeys(COUNTED, 0),
        **metric.value.nothing,
    }
    columns: Columns = {name: [cell] * len(rows) for name, cell in nothing.items()}
    columns["period_start"] = [start for _, start in rows]
    for place in range(len(request.by)):
        columns[f"group_{place}"] = [group[place] for group, _ in rows]
    return columns


def _with_empty_periods(
    columns: Columns, metric: Metric, window: AskedWindow, bounds: Bounds
) -> Columns:
    """Add periods without rows: a count of zero, or no value; a gap in a chart must be a
    statement.
    """
    expected = [bucket.label for bucket in window.periods if bucket.start <= bounds.as_of]
    request = window.request
    if not expected:
        return columns
    *group_keys, _ = _keys(request)
    groups = (
        list(zip(*(columns[key] for key in group_keys), strict=True))
        if request.by
        else [()] * len(columns["period_start"])
    )
    present = set(zip(groups, columns["period_start"], strict=True))
    each = dict.fromkeys(groups) if request.by else ((),)
    _refuse_too_many(
        len(each) * len(expected), f"{len(each):,} groups in {len(expected):,} periods"
    )
    empty = [
        (group, label) for group in each for label in expected if (group, label) not in present
    ]
    if not empty:
        return columns
    more = _columns_of_nothing(metric, request, empty)
    together = {name: [*column, *more[name]] for name, column in columns.items()}
    keys = [
        together["period_start"],
        *(part for key in group_keys for part in _sortable(together[key])),
    ]
    order = sorted(range(len(keys[0])), key=list(zip(*keys, strict=True)).__getitem__)
    return {name: [column[place] for place in order] for name, column in together.items()}


def _refuse_too_many(numbers: int, told: str) -> None:
    """Refuse what nobody reads, before anything is filled.

    Raises:
        TooLargeError: more numbers than one question may ask for.
    """
    if numbers > MOST_NUMBERS:
        raise TooLargeError(
            f"{told} are {numbers:,} numbers, and a question may ask for {MOST_NUMBERS:,}; take a"
            " shorter window, a coarser grain or fewer groups"
        )


def _sortable(names: list[Any]) -> tuple[list[bool], list[Any]]:
    """Return what sorts a group by its name, those without a name last."""
    return [name is None for name in names], ["" if name is None else name for name in names]
