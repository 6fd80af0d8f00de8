"""Work that can wait: mail and tickets, each due within its response target.

What has been done by a time lies between all that is due and all that has come. The shortest path
between the two bounds is the evenest plan there is: no other meets every target with a lower peak,
and its peak is the densest stretch of work that both comes and is due within it. Yao, Demers and
Shenker, "A scheduling model for reduced CPU energy" (FOCS 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helmdesk.errors import UsageError
from helmdesk.plan.queues.waiting import Array, as_arrays


@dataclass(frozen=True, eq=False)
class Backlog:
    """The evenest plan for deferred work; arrays have one value an interval.

    Attributes:
        agents: people at work on it, without shrinkage; 0 while closed. Fractions: it can be
            shared out among those who wait for calls.
        waiting: work not yet done at the end of the interval, in the unit of the work.
        overdue: work that is late whatever the staffing, since it comes while nobody is there and
            is due before anybody is; its target is counted from the opening.
    """

    agents: Array
    waiting: Array
    overdue: Array

    @property
    def peak(self) -> float:
        """People needed at the busiest time; with fewer some target is missed."""
        return float(self.agents.max(initial=0.0))


def deferred_work(
    work: ArrayLike,
    target: int,
    *,
    length: float = 1.0,
    is_open: ArrayLike | None = None,
    is_clock_always_running: bool = False,
    is_repeating: bool = True,
) -> Backlog:
    """Return the people that deferred work needs, as evenly as its targets allow.

    Args:
        work: that comes in each interval, in person-hours (or the unit of `length`).
        target: within how many intervals it is due; at least 1.
        length: of an interval, in hours.
        is_open: intervals in which somebody works on it; all, unless told.
        is_clock_always_running: targets run while closed too; else in open time alone.
        is_repeating: the intervals are a typical week that comes again and again. Else nothing is
            there at the start, and only what is due within the intervals is done.

    Work comes evenly over its interval.
    """
    (amounts,) = as_arrays(work=work)
    opened = np.ones(amounts.shape, bool) if is_open is None else np.asarray(is_open, dtype=bool)
    _check(amounts, target, length, opened)
    if not opened.any():
        return Backlog(np.zeros_like(amounts), np.cumsum(amounts), amounts.copy())
    times = 1 + 2 * (2 + target // max(int(opened.sum()), 1)) if is_repeating else 1
    tiled, open_tiles = np.tile(amounts, times), np.tile(opened, times)
    due, is_late = _due(open_tiles, target, is_clock_always_running=is_clock_always_running)
    agents, waiting = _evenest(tiled, due, open_tiles, length, is_all_done=is_repeating)
    middle = slice(times // 2 * amounts.size, (times // 2 + 1) * amounts.size)
    return Backlog(agents[middle], waiting[middle], np.where(is_late, tiled, 0.0)[middle])


def _check(work: Array, target: int, length: float, opened: NDArray[np.bool_]) -> None:
    if work.ndim != 1 or opened.shape != work.shape:
        raise UsageError(
            f"work of shape {work.shape}, opening of shape {opened.shape}",
            "give both as one list of equal length",
        )
    if target < 1:
        raise UsageError(f"a target of {target} intervals", "work is due after one at least")
    if not length > 0:
        raise UsageError(f"intervals of {length:g}", "give the length of an interval, above 0")


def _due(
    opened: NDArray[np.bool_], target: int, *, is_clock_always_running: bool
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return in which interval the work of each is due (past the last: later), and what is late."""
    size = opened.size
    index = np.arange(size)
    open_index = np.flatnonzero(opened)
    before = np.concatenate([[0], np.cumsum(opened)])
    # The open interval in which work of each interval can first be done, counted among the open.
    first = before[:-1]
    if is_clock_always_running:
        due = index + target
        starts = np.append(open_index, size)[first]
        is_late = starts > due
        return np.where(is_late, starts + target, due), is_late
    due_open = first + target - np.where(opened, 0, 1)
    due = np.append(open_index, size)[np.minimum(due_open, open_index.size)]
    return due, np.zeros(size, dtype=bool)


def _evenest(
    work: Array,
    due: NDArray[np.int64],
    opened: NDArray[np.bool_],
    length: float,
    *,
    is_all_done: bool,
) -> tuple[Array, Array]:
    size = work.size
    come = np.cumsum(work)
    by_due = np.cumsum(np.bincount(np.minimum(due, size), weights=work, minlength=size + 1))
    open_index = np.flatnonzero(opened)
    # What falls due while closed is done before the doors close.
    following = np.append(open_index[1:], size)
    upper = np.concatenate([[0.0], come[open_index]])
    lower = np.concatenate([[0.0], by_due[following - 1]])
    if is_all_done:
        lower[-1] = upper[-1]
    done = _taut(np.minimum(lower, upper), upper)
    agents, total = np.zeros(size), np.zeros(size)
    agents[open_index] = np.diff(done) / length
    total[open_index] = np.diff(done)
    return agents, np.maximum(come - np.cumsum(total), 0.0)


def _taut(lower: Array, upper: Array) -> Array:
    """Return the shortest path from the first to the last of `lower` that leaves neither bound."""
    last = lower.size - 1
    path = np.zeros(last + 1)
    path[0] = at = lower[0]
    start = 0
    ceiling = upper.copy()
    ceiling[last] = lower[last]
    while start < last:
        end, slope = _straight(lower, ceiling, start, at)
        path[start : end + 1] = at + slope * np.arange(end - start + 1)
        start, at = end, path[end]
    return path


def _straight(lower: Array, upper: Array, start: int, at: float) -> tuple[int, float]:
    """Return up to where the path from (start, at) runs straight, and how steeply."""
    steps = np.arange(1, lower.size - start)
    over = (upper[start + 1 :] - at) / steps
    under = (lower[start + 1 :] - at) / steps
    highest, lowest = np.minimum.accumulate(over), np.maximum.accumulate(under)
    crossed = np.flatnonzero(lowest > highest + 1e-12)
    if not crossed.size:
        return lower.size - 1, float(over[-1])
    first = int(crossed[0])
    seen = slice(0, first + 1)
    # The new point lies above what may be seen, or below it: the path bends at what hid it.
    if under[first] > highest[first]:
        bend = int(np.flatnonzero(over[seen] <= highest[first])[-1])
        return start + 1 + bend, float(over[bend])
    bend = int(np.flatnonzero(under[seen] >= lowest[first])[-1])
    return start + 1 + bend, float(under[bend])
