"""Levels: rows alive at an instant, joined to the instants asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlglot import exp

from helmdesk.catalogue.kind import Lifetime
from helmdesk.facts.build.fact import Fact
from helmdesk.query.bounds import Bounds
from helmdesk.query.house import house, timestamp
from helmdesk.query.windows import WINDOW, AskedWindow

MICROSECOND = timedelta(microseconds=1)
DAY_SECONDS = 86_400
# Before any helpdesk: seconds since then are never negative.
RASTER_START = datetime(1900, 1, 1)
# Below these the plain join costs no more.
FEWEST_INSTANTS = 4
MOST_RASTERS = 4


@dataclass(frozen=True)
class LevelInstant:
    """Where a level stands.

    Attributes:
        window: place of the window it belongs to.
        period_start: local start of the period, or None for the window.
        instant: age is measured to here: the end of the period, but never past the data.
        seen: what had happened by here counts. A period is half-open, so an event at the very
        instant
            it ends belongs to the next one; at the end of the data the last event counts.
    """

    window: int
    period_start: datetime | None
    instant: datetime
    seen: datetime


def level_instants(windows: Sequence[AskedWindow], bounds: Bounds) -> list[LevelInstant]:
    """Return where a level stands for each window or for each of its periods."""
    found = []
    for place, window in enumerate(windows):
        last = window.request.end
        if not window.periods:
            found.append(_level_instant(place, None, last, bounds))
        for period in window.periods:
            if period.start <= bounds.as_of:
                end = min(period.end, last) if last else period.end
                found.append(
                    _level_instant(
                        place, datetime.combine(period.label, datetime.min.time()), end, bounds
                    )
                )
    return found


def _level_instant(
    window: int, period_start: datetime | None, end: datetime | None, bounds: Bounds
) -> LevelInstant:
    if end is None or end > bounds.as_of:
        return LevelInstant(window, period_start, bounds.as_of, bounds.as_of)
    return LevelInstant(window, period_start, end, end - MICROSECOND)


def _crosses(level: Lifetime, points: list[LevelInstant], is_weekly: bool) -> exp.Expr | None:
    """Return a condition that every row alive at one of many instants meets and most others do not.

    Joining every row with every instant is most of a trend's cost, and most rows live between two
    of them. Instants one period apart lie on a raster of days or weeks, shifted where the clocks
    change; a row that begins and ends in the same cell of it was alive at none.
    """
    width = (7 if is_weekly else 1) * DAY_SECONDS
    rasters: dict[timedelta, list[datetime]] = {}
    for point in points:
        rasters.setdefault(
            (point.seen + MICROSECOND - RASTER_START) % timedelta(seconds=width), []
        ).append(point.seen)
    if len(points) < FEWEST_INSTANTS or len(rasters) > MOST_RASTERS:
        return None
    conditions = []
    for shift, seen in sorted(rasters.items()):
        cell = f"seconds(timestamp '{RASTER_START + shift}', {{}}) // {width}"
        # One instant off every raster, such as the end of the data, is looked at itself.
        conditions.append(
            f"{cell.format(level.opens)} <> {cell.format(level.closes)}"
            if len(seen) > 1
            else (
                f"({level.opens}) <= timestamp '{seen[0]}' and timestamp '{seen[0]}' <"
                f" ({level.closes})"
            )
        )
    return house(" or ".join(conditions))


def join_instants(
    query: exp.Select,
    fact_name: str,
    level: Lifetime,
    windows: Sequence[AskedWindow],
    bounds: Bounds,
) -> tuple[exp.Select, list[exp.Expr]]:
    """Join the rows alive at each instant asked for; on the business clock also their calendars'
    working time there.

    Returns also the columns window (when there are several) and period_start.
    """
    points = level_instants(windows, bounds)
    rows = [
        exp.Tuple(
            expressions=[
                exp.Literal.number(point.window),
                (
                    timestamp(point.period_start)
                    if point.period_start
                    else house("cast(null as timestamp)")
                ),
                timestamp(point.instant),
                timestamp(point.seen),
            ]
        )
        for point in points
    ]
    columns = [exp.to_identifier(name) for name in (WINDOW, "period_start", "instant", "seen")]
    values = exp.Values(
        expressions=rows, alias=exp.TableAlias(this=exp.to_identifier("instants"), columns=columns)
    )
    alive = house(f"({level.opens}) <= instants.seen and instants.seen < ({level.closes})")
    query = query.join(values, on=alive, copy=False)
    crosses = _crosses(level, points, any(window.request.grain == "week" for window in windows))
    if crosses is not None:
        query = query.where(crosses, copy=False)
    if level.is_worked:
        # Every calendar's working time at every instant, once; rows look theirs up.
        worked = house(
            "select p.instant as instant, c.calendar_id as calendar_id, coalesce(w.seconds_before +"
            " seconds(w.start_at, least(p.instant, w.end_at)), 0) as instant_worked from points_ p"
            " cross join (select distinct calendar_id from working_time) c asof left join"
            " working_time w on w.calendar_id = c.calendar_id and w.start_at <= p.instant"
        )
        distinct = exp.select("instant").distinct().from_(values.copy())
        worked = worked.transform(
            lambda node: (
                distinct.subquery("p")
                if isinstance(node, exp.Table) and node.name == "points_"
                else node
            )
        )
        same = house("worked.calendar_id = calendar_id_ and worked.instant = instants.instant")
        same = same.transform(
            lambda node: (
                exp.column("calendar_id", table=fact_name)
                if isinstance(node, exp.Column) and node.name == "calendar_id_"
                else node
            )
        )
        query = query.join(worked.subquery("worked"), on=same, copy=False)
    placed = [
        exp.column(name, table="instants").as_(name)
        for name in ([WINDOW] if len(windows) > 1 else []) + ["period_start"]
    ]
    return query, placed


def join_beside(query: exp.Select, fact: Fact) -> exp.Select:
    """Join, to rows alive at an instant, the columns that another fact's row of the same ticket,
    alive then too, lends them.
    """
    if fact.beside is None:
        return query
    other, columns = fact.beside
    own = ("ticket_id", "started_at", "ended_at")
    lent = exp.select(
        *(exp.column(name).as_(f"{name}_") for name in own), *map(exp.column, columns)
    ).from_(other)
    same = house(
        f"beside.ticket_id_ = {fact.name}.ticket_id and beside.started_at_ <= instants.seen and"
        " instants.seen < beside.ended_at_"
    )
    return query.join(lent.subquery("beside"), on=same, join_type="left", copy=False)
