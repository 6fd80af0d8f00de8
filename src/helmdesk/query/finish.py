"""From sums to values: what one kind of metric makes of the columns that its aggregates gave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from helmdesk.catalogue.kinds import (
    Count,
    Difference,
    Distinct,
    GroupMean,
    Mean,
    NetShare,
    Quantile,
    Ratio,
    Share,
    Sum,
    SumOnce,
    SumRatio,
    Survival,
)
from helmdesk.statistics.proportion import (
    difference_of_counts,
    mean_interval,
    net_share,
    ratio_of_counts,
    ratio_of_sums,
    wilson,
)

Columns = Mapping[str, Sequence[Any]]
Numbers = list[float | None]


class Finished(NamedTuple):
    """Values, their 95% intervals and what was divided, row by row."""

    value: Numbers
    low: Numbers
    high: Numbers
    numerator: Numbers
    denominator: Numbers


def _finished(
    value: Numbers,
    intervals: Iterable[tuple[float, float] | None],
    numerator: Numbers,
    denominator: Numbers,
) -> Finished:
    low: Numbers = []
    high: Numbers = []
    for interval in intervals:
        low.append(interval and interval[0])
        high.append(interval and interval[1])
    return Finished(value, low, high, numerator, denominator)


def _floats(column: Sequence[Any]) -> Numbers:
    return [None if number is None else float(number) for number in column]


def _zeros(column: Sequence[Any]) -> list[float]:
    """Sums over nothing are zero."""
    return [float(number or 0) for number in column]


def _alone(value: Numbers) -> Finished:
    """Return values that have neither an interval nor parts."""
    nothing: Numbers = [None] * len(value)
    return Finished(value, nothing, nothing, nothing, nothing)


def _count(columns: Columns) -> Finished:
    return _alone(_floats(columns["n"]))


def _share(columns: Columns) -> Finished:
    hits, cases = columns["numerator"], columns["denominator"]
    value = [hit / of if of else None for hit, of in zip(hits, cases, strict=True)]
    return _finished(value, map(wilson, hits, cases), _floats(hits), _floats(cases))


def _net_share(columns: Columns) -> Finished:
    positive, negative, cases = columns["positive"], columns["negative"], columns["n"]
    net = [float(more - less) for more, less in zip(positive, negative, strict=True)]
    value = [number / of if of else None for number, of in zip(net, cases, strict=True)]
    return _finished(value, map(net_share, positive, negative, cases), list(net), _floats(cases))


def _ratio(columns: Columns) -> Finished:
    numerator, denominator = _zeros(columns["numerator"]), _zeros(columns["denominator"])
    value = [
        above / below if below else None
        for above, below in zip(numerator, denominator, strict=True)
    ]
    return _finished(
        value, map(ratio_of_counts, numerator, denominator), list(numerator), list(denominator)
    )


def _difference(columns: Columns) -> Finished:
    numerator, denominator = _zeros(columns["numerator"]), _zeros(columns["denominator"])
    value: Numbers = [more - less for more, less in zip(numerator, denominator, strict=True)]
    return _finished(
        value, map(difference_of_counts, numerator, denominator), list(numerator), list(denominator)
    )


def _is_positive(least: Any) -> bool:
    """Whether no value is below zero: then no interval is either."""
    return least is not None and least >= 0


def _mean_of(
    total: Sequence[Any], squares: Sequence[Any], cases: Sequence[int], least: Sequence[Any]
) -> Finished:
    value = [number / of if of else None for number, of in zip(total, cases, strict=True)]
    intervals = (
        mean_interval(*row, is_positive=_is_positive(lowest)) if row[2] else None
        for *row, lowest in zip(total, squares, cases, least, strict=True)
    )
    numerator = [float(number) if of else None for number, of in zip(total, cases, strict=True)]
    return _finished(value, intervals, numerator, _floats(cases))


def _mean(columns: Columns) -> Finished:
    return _mean_of(columns["total"], columns["squares"], columns["n"], columns["least"])


def _group_mean(columns: Columns) -> Finished:
    return _mean_of(columns["total"], columns["squares"], columns["groups"], columns["least"])


def _quantile(columns: Columns) -> Finished:
    value = _floats(columns["quantile"])
    nothing: Numbers = [None] * len(value)
    return Finished(value, _floats(columns["low"]), _floats(columns["high"]), nothing, nothing)


def _distinct(columns: Columns) -> Finished:
    return _alone(_floats(columns["quantile"]))


def _sum(columns: Columns) -> Finished:
    return _alone(list(_zeros(columns["total"])))


def _sum_ratio(columns: Columns) -> Finished:
    numerator, denominator = _zeros(columns["numerator"]), _zeros(columns["denominator"])
    value = [
        above / below if below else None
        for above, below in zip(numerator, denominator, strict=True)
    ]
    sums = zip(
        numerator,
        denominator,
        *(columns[name] for name in ("xx", "xy", "yy", "groups", "least")),
        strict=True,
    )
    intervals = (
        (
            ratio_of_sums(x, y, xx or 0, xy or 0, yy or 0, groups, is_positive=_is_positive(least))
            if y
            else None
        )
        for x, y, xx, xy, yy, groups, least in sums
    )
    return _finished(value, intervals, list(numerator), list(denominator))


FINISH: dict[type, Callable[[Columns], Finished]] = {
    Count: _count,
    Share: _share,
    NetShare: _net_share,
    Ratio: _ratio,
    Difference: _difference,
    Mean: _mean,
    Quantile: _quantile,
    Distinct: _distinct,
    Survival: _quantile,
    Sum: _sum,
    SumOnce: _sum,
    SumRatio: _sum_ratio,
    GroupMean: _group_mean,
}
