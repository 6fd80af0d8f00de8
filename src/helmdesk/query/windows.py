"""Several windows of one question, asked in one pass over its rows: a card's value, the one before,
and its trend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlglot import exp

from helmdesk.query.bounds import Bounds
from helmdesk.query.house import house, timestamp
from helmdesk.query.local_clock import local_time
from helmdesk.query.periods import Period, periods, week_shift
from helmdesk.query.request import Request

WINDOW, LAYER = "window_number", "layer"


@dataclass(frozen=True)
class AskedWindow:
    """One request with the periods of its window; none when one value is asked for.

    Those asked together differ in their bounds and in the length of their periods alone.
    """

    request: Request
    periods: tuple[Period, ...] = ()

    @staticmethod
    def of(request: Request, bounds: Bounds) -> AskedWindow:
        """Return a request's window.

        Raises:
            UsageError: too many periods.
        """
        start = request.start or bounds.first
        end = request.end or bounds.as_of + timedelta(microseconds=1)
        if request.grain is None or start >= end:
            return AskedWindow(request)
        return AskedWindow(
            request,
            tuple(periods(start, end, request.grain, request.time_zone, request.week_start)),
        )


def window_key(windows: Sequence[AskedWindow]) -> list[exp.Expr]:
    """Return the column that tells several windows apart."""
    return [exp.column(WINDOW)] if len(windows) > 1 else []


def place_rows(
    query: exp.Select, anchor: str, windows: Sequence[AskedWindow], bounds: Bounds
) -> tuple[exp.Select, list[exp.Expr]]:
    """Narrow rows to the windows by their anchor; return also the columns window_number (when there
    are several) and period_start.

    A row that lies in several windows comes once for each; rows whose window is null lie in none.
    """
    if len(windows) == 1:
        for condition in _inside(anchor, windows[0].request):
            query = query.where(condition, copy=False)
        return query, [_period(anchor, windows[0], bounds).as_("period_start")]
    layers = _layers(windows)
    starts, ends = (
        [getattr(window.request, name) for window in windows] for name in ("start", "end")
    )
    if None not in starts:
        query = query.where(
            exp.GTE(this=exp.column(anchor), expression=timestamp(min(starts))), copy=False
        )
    if None not in ends:
        query = query.where(
            exp.LT(this=exp.column(anchor), expression=timestamp(max(ends))), copy=False
        )
    rows = [exp.Tuple(expressions=[exp.Literal.number(number)]) for number in range(len(layers))]
    values = exp.Values(
        expressions=rows,
        alias=exp.TableAlias(this=exp.to_identifier("layers"), columns=[exp.to_identifier(LAYER)]),
    )
    query = query.join(values, join_type="cross", copy=False)
    window, period = exp.Case(), exp.Case()
    for number, layer in enumerate(layers):
        here = exp.EQ(this=exp.column(LAYER, table="layers"), expression=exp.Literal.number(number))
        for place in layer:
            inside = exp.and_(here, *_inside(anchor, windows[place].request))
            window = window.when(inside, exp.Literal.number(place), copy=False)
            if windows[place].periods:
                period = period.when(
                    here.copy(), _period(anchor, windows[place], bounds), copy=False
                )
    has_periods = any(each.periods for each in windows)
    return query, [
        window.as_(WINDOW),
        (period if has_periods else house("cast(null as timestamp)")).as_("period_start"),
    ]


def _layers(windows: Sequence[AskedWindow]) -> list[list[int]]:
    """Return the places of windows, those that do not overlap together: a row lies in one of
    them at most.
    """
    layers: list[list[int]] = []
    for place, window in enumerate(windows):
        for layer in layers:
            if not window.periods and not any(
                windows[other].periods or _overlap(window.request, windows[other].request)
                for other in layer
            ):
                layer.append(place)
                break
        else:
            layers.append([place])
    return layers


def _overlap(one: Request, other: Request) -> bool:
    latest = max(one.start or datetime.min, other.start or datetime.min)
    return latest < min(one.end or datetime.max, other.end or datetime.max)


def _inside(anchor: str, request: Request) -> list[exp.Expr]:
    bounds = [(exp.GTE, request.start), (exp.LT, request.end)]
    return [
        compare(this=exp.column(anchor), expression=timestamp(edge))
        for compare, edge in bounds
        if edge is not None
    ]


def _period(anchor: str, window: AskedWindow, bounds: Bounds) -> exp.Expr:
    request = window.request
    if not window.periods or request.grain is None:
        return house("cast(null as timestamp)")
    shift = exp.Literal.number(week_shift(request.week_start))
    return exp.Anonymous(
        this="period",
        expressions=[local_time(anchor, request, bounds), exp.Literal.string(request.grain), shift],
    )
