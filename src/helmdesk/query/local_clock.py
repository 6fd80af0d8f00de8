"""The local clock as SQL. Its offset changes a few times a year: adding it is several times cheaper
than asking an engine's calendar for each row.
"""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from helmdesk.query.bounds import Bounds
from helmdesk.query.house import house, timestamp
from helmdesk.query.request import Request
from helmdesk.zones import offset_change, utc_offset

# Beyond these an engine's own calendar costs no more.
MOST_OFFSETS = 24


def local_time(anchor: str, request: Request, bounds: Bounds) -> exp.Expr:
    """Return house SQL of what the local clock shows at the instant in column `anchor`; null stays
    null.

    Offsets are written out for the request's window, or for the data where it is open; any other
    instant is left to the engine.
    """
    whole = exp.Anonymous(
        this="local_time", expressions=[exp.column(anchor), exp.Literal.string(request.time_zone)]
    )
    if request.time_zone == "UTC":
        return exp.column(anchor)
    start, end = (
        request.start or bounds.first,
        request.end or bounds.as_of + timedelta(microseconds=1),
    )
    offsets = utc_offsets(request.time_zone, start, end)
    if not 1 <= len(offsets) <= MOST_OFFSETS:
        return whole
    case = exp.Case().when(exp.LT(this=exp.column(anchor), expression=timestamp(start)), whole)
    for (_, offset), until in zip(
        offsets, [*(begin for begin, _ in offsets[1:]), end], strict=True
    ):
        case = case.when(
            exp.LT(this=exp.column(anchor), expression=timestamp(until)),
            house(f"later({anchor}, {offset})"),
            copy=False,
        )
    return case.else_(whole.copy(), copy=False)


def utc_offsets(zone: str, start: datetime, end: datetime) -> list[tuple[datetime, int]]:
    """Return (naive UTC instant from which it holds, seconds east of UTC) for a half-open window;
    the first begins at `start`.
    """
    if start >= end:
        return []
    changes = [
        change
        for year in range(start.year, end.year + 1)
        for change in _changes(zone, year)
        if start < change[0] < end
    ]
    return [(start, _offset(zone, start)), *changes]


@functools.lru_cache(maxsize=1024)
def _changes(zone: str, year: int) -> tuple[tuple[datetime, int], ...]:
    """Return when the offset changes in a year of UTC, and to what: looked for day by day, then to
    the second.
    """
    found = []
    before, last = datetime(year, 1, 1) - timedelta(seconds=1), datetime(year, 12, 31, 23, 59, 59)
    while before < last:
        after = min(before + timedelta(days=1), last)
        if _offset(zone, before) != _offset(zone, after):
            change = offset_change(ZoneInfo(zone), before, after)
            found.append((change, _offset(zone, change)))
        before = after
    return tuple(found)


def _offset(zone: str, instant: datetime) -> int:
    return int(utc_offset(ZoneInfo(zone), instant).total_seconds())
