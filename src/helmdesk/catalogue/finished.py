"""From sums to values: whole columns of numbers, their intervals and what was divided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from helmdesk.statistics.proportion import mean_interval

Columns = Mapping[str, Sequence[Any]]
Numbers = list[float | None]


class Finished(NamedTuple):
    """Values, their 95% intervals and what was divided, row by row."""

    value: Numbers
    low: Numbers
    high: Numbers
    numerator: Numbers
    denominator: Numbers


def finished(
    value: Numbers,
    intervals: Iterable[tuple[float, float] | None],
    numerator: Numbers,
    denominator: Numbers,
) -> Finished:
    """Return values with intervals and parts."""
    low: Numbers = []
    high: Numbers = []
    for interval in intervals:
        low.append(interval and interval[0])
        high.append(interval and interval[1])
    return Finished(value, low, high, numerator, denominator)


def floats(column: Sequence[Any]) -> Numbers:
    """Return numbers of whatever type as floats."""
    return [None if number is None else float(number) for number in column]


def zeros(column: Sequence[Any]) -> list[float]:
    """Sums over nothing are zero."""
    return [float(number or 0) for number in column]


def alone(value: Numbers) -> Finished:
    """Return values that have neither an interval nor parts."""
    nothing: Numbers = [None] * len(value)
    return Finished(value, nothing, nothing, nothing, nothing)


def between(columns: Columns) -> Finished:
    """Return quantiles that the engine found, with the values that enclose them."""
    value = floats(columns["quantile"])
    nothing: Numbers = [None] * len(value)
    return Finished(value, floats(columns["low"]), floats(columns["high"]), nothing, nothing)


def divided(above: Sequence[float], below: Sequence[float]) -> Numbers:
    """Return quotients; none where there is nothing to divide by."""
    return [one / other if other else None for one, other in zip(above, below, strict=True)]


def is_never_negative(least: Any) -> bool:
    """Whether no value is below zero: then no interval is either."""
    return least is not None and least >= 0


def mean_of(
    total: Sequence[Any], squares: Sequence[Any], cases: Sequence[int], least: Sequence[Any]
) -> Finished:
    """Return means of cases from their sums and sums of squares."""
    value = [number / of if of else None for number, of in zip(total, cases, strict=True)]
    intervals = (
        mean_interval(*row, is_positive=is_never_negative(lowest)) if row[2] else None
        for *row, lowest in zip(total, squares, cases, least, strict=True)
    )
    numerator = [float(number) if of else None for number, of in zip(total, cases, strict=True)]
    return finished(value, intervals, numerator, floats(cases))
