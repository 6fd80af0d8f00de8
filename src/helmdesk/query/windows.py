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

PANE, LAYER = "pane", "layer"


@dataclass(frozen=True)
class Pane:
    """One request with the periods of its window; none when one value is asked for.

    Panes that are asked together differ in their windows and in the length of their periods alone.
    """

    request: Request
    periods: tuple[Period, ...] = ()

    @staticmethod
    def of(request: Request, bounds: Bounds) -> Pane:
        """Return a request's pane.

        Raises:
            UsageError: too many periods.
        """
        start = request.start or bounds.first
        end = request.end or bounds.as_of + timedelta(microseconds=1)
        if request.grain is None or start >= end:
            return Pane(request)
        return Pane(
            request,
            tuple(periods(start, end, request.grain, request.time_zone, request.week_start)),
        )


def pane_key(panes: Sequence[Pane]) -> list[exp.Expr]:
    """Return the column that tells several panes apart."""
    return [exp.column(PANE)] if len(panes) > 1 else []


def place_rows(
    query: exp.Select, anchor: str, panes: Sequence[Pane], bounds: Bounds
) -> tuple[exp.Select, list[exp.Expr]]:
    """Narrow rows to the panes' windows by their anchor; return also the columns pane (when there
    are several) and period_start.

    A row that lies in several windows comes once for each; rows whose pane is null lie in none.
    """
    if len(panes) == 1:
        for condition in _inside(anchor, panes[0].request):
            query = query.where(condition, copy=False)
        return query, [_period(anchor, panes[0], bounds).as_("period_start")]
    layers = _layers(panes)
    starts, ends = ([getattr(pane.request, name) for pane in panes] for name in ("start", "end"))
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
    pane, period = exp.Case(), exp.Case()
    for number, layer in enumerate(layers):
        here = exp.EQ(this=exp.column(LAYER, table="layers"), expression=exp.Literal.number(number))
        for place in layer:
            inside = exp.and_(here, *_inside(anchor, panes[place].request))
            pane = pane.when(inside, exp.Literal.number(place), copy=False)
            if panes[place].periods:
                period = period.when(here.copy(), _period(anchor, panes[place], bounds), copy=False)
    has_periods = any(pane_.periods for pane_ in panes)
    return query, [
        pane.as_(PANE),
        (period if has_periods else house("cast(null as timestamp)")).as_("period_start"),
    ]


def _layers(panes: Sequence[Pane]) -> list[list[int]]:
    """Return the places of panes, those whose windows do not overlap together: a row lies in one of
    them at most.
    """
    layers: list[list[int]] = []
    for place, pane in enumerate(panes):
        for layer in layers:
            if not pane.periods and not any(
                panes[other].periods or _overlap(pane.request, panes[other].request)
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


def _period(anchor: str, pane: Pane, bounds: Bounds) -> exp.Expr:
    request = pane.request
    if not pane.periods or request.grain is None:
        return house("cast(null as timestamp)")
    shift = exp.Literal.number(week_shift(request.week_start))
    return exp.Anonymous(
        this="period",
        expressions=[local_time(anchor, request, bounds), exp.Literal.string(request.grain), shift],
    )
