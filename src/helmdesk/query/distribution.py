"""How the values behind a number are spread: counts of rows between fixed edges."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass

from sqlglot import exp

from helmdesk.catalogue.kind import CASE
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import UsageError
from helmdesk.facts.build.build import ensure_fact
from helmdesk.query.compile import check_dimensions, require_business_clock, resolve, row_source
from helmdesk.query.house import house
from helmdesk.query.people import refuse_few
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request
from helmdesk.query.windows import AskedWindow

MINUTE, HOUR, DAY = 60, 3600, 86_400
# Durations are read on a scale of human words, not of powers.
DURATIONS = (
    0,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    DAY,
    2 * DAY,
    4 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
)
SHORT_DURATIONS = (
    0,
    5,
    10,
    20,
    30,
    45,
    MINUTE,
    90,
    2 * MINUTE,
    3 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
)
STEPS = 12


@dataclass(frozen=True)
class Bin:
    """Rows with low ≤ value < high; `high` None is open-ended."""

    low: float
    high: float | None
    n: int


def has_distribution(metric: Metric) -> bool:
    """Whether a metric's rows carry a value of their own."""
    return bool(metric.value.row_value)


def distribution(reader: Reader, request: Request) -> tuple[Bin, ...]:
    """Return how many rows behind a measurement lie between each pair of edges; together they are
    its n.

    Tickets whose duration is still running take no part. Rows without a value are in no measurement
    either.

    Raises:
        UsageError: a metric whose rows carry no value, such as a share.
    """
    metric = resolve(request)
    if not has_distribution(metric):
        raise UsageError(f"the rows of '{request.key}' carry no value that could be spread")
    if reader.bounds.missing(metric):
        return ()
    check_dimensions(metric, request, reader.bounds)
    require_business_clock(request, reader.bounds)
    ensure_fact(reader.engine, metric.fact)
    refuse_few(reader.engine, metric, request, reader.bounds)
    rows = row_source(metric, [AskedWindow(request)], reader.bounds)
    is_ended = " and coalesce(hit, true)" if metric.value.is_watched else ""
    values = (
        exp.select("x")
        .from_(rows.subquery("rows_"))
        .where(house(f"role = '{CASE}' and x is not null{is_ended}"))
    )
    found = [float(x) for (x,) in reader.engine.run(reader.engine.runnable(values))]
    if not found:
        return ()
    edges = _edges(metric.unit, found)
    counts = [0] * len(edges)
    for x in found:
        counts[max(0, bisect.bisect_right(edges, x) - 1)] += 1
    ends = [*edges[1:], None]
    bins = [Bin(low, high, n) for low, high, n in zip(edges, ends, counts, strict=True)]
    while bins and bins[-1].n == 0:
        bins.pop()
    return tuple(bins)


def _edges(unit: str, values: list[float]) -> tuple[float, ...]:
    """Return edges that people would choose."""
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.98))]
    if unit == "seconds":
        return SHORT_DURATIONS if high <= HOUR else DURATIONS
    low = min(ordered[0], 0.0)
    step = _round_step((high - low) / STEPS)
    return tuple(low + step * place for place in range(STEPS + 1))


def _round_step(width: float) -> float:
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= width)
