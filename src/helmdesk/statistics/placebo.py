"""Did something that was begun in a certain week change a series of weeks? Pure.

The change from the weeks before to the weeks after is ranked among the changes at other weeks, at
which nothing was begun. A t-test finds an effect of nothing up to three times as often as it says
(`benchmarks/PREDICT.md`); ranks come close to their promise.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

BEFORE = 26
LEAST_BEFORE = 8
LEAST_DATES = 19
"""With fewer other weeks to compare with, no change is rarer than one in twenty."""
REACH = 1.5
"""Other weeks reach over so many times the weeks that are compared."""
SHORTER = (20, 16, 13, 10, LEAST_BEFORE)
ALPHA = 0.05
POWER = 0.8
KNOWN = 2 / 3
"""Of the weeks of a window so many must have a value."""
SPELL = 4
WORST = 0.25
"""A spell of four weeks among the worst quarter of a year is an unusual one to begin after."""
YEAR = 52
LEAST_SPELLS = 20


@dataclass(frozen=True)
class Plan:
    """Which weeks are compared; fixed before anything is known of the weeks after.

    Attributes:
        start: place of the first whole week after the beginning.
        after: how many weeks are looked at from there.
        before: how many weeks they are compared with.
        skip: how many weeks right before `start` take no part: the one in which it was begun, and a
        bad spell that made somebody begin.
        since: place at which the level before began, where it is known to have another one before
        it; None otherwise. No other week is tried across it.
    """

    start: int
    after: int
    before: int
    skip: int = 0
    since: int | None = None


@dataclass(frozen=True)
class Comparison:
    """What a series says of a beginning.

    Attributes:
        before, now: weighted means of the two windows; effect: now − before.
        dates: how many other weeks were tried; larger: how many of them show a change as large.
        critical: the least change, either way, that fewer than one in twenty of them reach; nan
        where there are too few.
        detectable: the least true change that would be told four times in five; nan likewise.
    """

    before: float
    now: float
    effect: float
    dates: int
    larger: int
    critical: float
    detectable: float

    @property
    def is_enough(self) -> bool:
        """Whether there are other weeks enough."""
        return self.dates >= LEAST_DATES

    @property
    def p(self) -> float:
        """How often a week in which nothing was begun shows a change as large."""
        return (1 + self.larger) / (1 + self.dates)

    @property
    def is_real(self) -> bool:
        """Whether chance would rarely do that."""
        return self.is_enough and self.p <= ALPHA

    @property
    def interval(self) -> tuple[float, float]:
        """Changes that the weeks speak against no more than one time in twenty."""
        return self.effect - self.critical, self.effect + self.critical


def dates_of(count: int, plan: Plan) -> np.ndarray:
    """Return the other weeks at which a plan can be tried within `count` weeks: all its weeks lie
    on one side of the beginning, and of the beginning of the level before it.
    """
    edges = sorted({0, plan.start, count} | ({plan.since} if plan.since is not None else set()))
    reach = plan.before + plan.skip
    parts = [
        np.arange(first + reach, last - plan.after + 1)
        for first, last in itertools.pairwise(edges)
        if last - first >= reach + plan.after
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=int)


def with_dates(count: int, plan: Plan) -> Plan:
    """Return the plan with as many weeks before as leave other weeks enough, and reaching far
    enough, to try it at: what is chosen knows how many weeks there are, and not their values.

    Neighbouring weeks compare nearly the same windows. Where they reach over less than one and a
    half times the weeks that are compared, all of them tell about one and the same time, and a
    start at the end of it is an exception more often than one time in twenty. With too few weeks
    for that, the least weeks before are taken; with too few even so, the plan as it is.
    """
    lengths = [plan.before, *(n for n in SHORTER if n < plan.before)]
    for before in lengths:
        shorter = replace(plan, before=before)
        dates = len(dates_of(count, shorter))
        if dates >= max(LEAST_DATES, REACH * (before + plan.after)):
            return shorter
    least = replace(plan, before=lengths[-1])
    return least if len(dates_of(count, least)) >= LEAST_DATES else plan


def compare(
    values: Sequence[float] | np.ndarray, weights: Sequence[float] | np.ndarray, plan: Plan
) -> Comparison | None:
    """Return what a series says of a beginning; None where one of the two windows lacks weeks.

    Args:
        values: at equal steps; nan where there is none.
        weights: how much each value says.
    """
    sums = _Sums.of(values, weights)
    places = np.append(dates_of(len(sums), plan), plan.start)
    if plan.start - plan.skip - plan.before < 0 or plan.start + plan.after > len(sums):
        return None
    before = sums.means(places - plan.skip - plan.before, places - plan.skip)
    now = sums.means(places, places + plan.after)
    changes = now - before
    if not np.isfinite(changes[-1]):
        return None
    others = changes[:-1][np.isfinite(changes[:-1])]
    effect = float(changes[-1])
    return Comparison(
        float(before[-1]),
        float(now[-1]),
        effect,
        len(others),
        int((np.abs(others) >= abs(effect)).sum()),
        *_reach(others),
    )


def foresee(
    values: Sequence[float] | np.ndarray, weights: Sequence[float] | np.ndarray, plan: Plan
) -> float:
    """Return the least true change that a plan would tell four times in five, by the weeks before
    its beginning alone; nan where they are too few.
    """
    sums = _Sums.of(values, weights)
    places = dates_of(plan.start, plan)
    before = sums.means(places - plan.skip - plan.before, places - plan.skip)
    changes = sums.means(places, places + plan.after) - before
    return _reach(changes[np.isfinite(changes)])[1]


@dataclass(frozen=True)
class Spell:
    """The weeks right before a beginning, among all spells as long of the year before.

    Attributes:
        share: of those spells that are as bad, or worse. usual: mean of the weeks of that year.
        level: of the spell. rebound: by how much the weeks after spells that were among the worst
        fifth differed from them, without anybody beginning anything; nan without such.
    """

    share: float
    usual: float
    level: float
    rebound: float

    @property
    def is_unusual(self) -> bool:
        """Whether it is among the worst quarter."""
        return self.share <= WORST


def last_spell(
    values: Sequence[float] | np.ndarray, towards: int, after: int = 2 * SPELL
) -> Spell | None:
    """Return how the last four weeks of a series lie among those of the year before; None where
    there are too few.

    Args:
        values: weeks before a beginning; nan where there is none.
        towards: 1 where more is better, -1 where less is.
        after: length of the weeks after a spell that it is compared with.
    """
    y = np.asarray(values, dtype=float)[-YEAR - SPELL :]
    sums = _Sums.of(y, np.ones(len(y)))
    starts = np.arange(max(0, len(y) - SPELL + 1))
    means = towards * sums.means(starts, starts + SPELL)
    known = means[np.isfinite(means)]
    if len(known) < LEAST_SPELLS or not np.isfinite(means[-1]):
        return None
    share = float((known <= means[-1] + 1e-12).mean())
    then = towards * sums.means(starts + SPELL, np.minimum(starts + SPELL + after, len(y)))
    is_bad = (means <= np.quantile(known, WORST)) & np.isfinite(then)
    is_bad &= starts + SPELL + after <= len(y)
    rebound = float((then - means)[is_bad].mean()) if is_bad.any() else float("nan")
    usual = float(np.nanmean(y))
    return Spell(share, usual, towards * float(means[-1]), towards * rebound)


def _reach(others: np.ndarray) -> tuple[float, float]:
    """Return the least change that is rarer than one in twenty among others, and the least true one
    that would show four times in five.
    """
    if len(others) < LEAST_DATES:
        return float("nan"), float("nan")
    sizes = np.sort(np.abs(others))[::-1]
    # As many as may be as large or larger while the rank still is one in twenty.
    most = int(np.floor(ALPHA * (1 + len(others)) + 1e-9)) - 1
    critical = float(sizes[most])
    worst = float(np.quantile(np.concatenate([others, -others]), 1 - POWER))
    return critical, critical - min(worst, 0.0)


@dataclass(frozen=True)
class _Sums:
    """Running sums of a weighted series with gaps."""

    weight: np.ndarray
    total: np.ndarray
    known: np.ndarray

    @classmethod
    def of(
        cls, values: Sequence[float] | np.ndarray, weights: Sequence[float] | np.ndarray
    ) -> _Sums:
        y, w = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
        known = np.isfinite(y)
        w = np.where(known, w, 0.0)
        parts = (w, np.where(known, y, 0.0) * w, known.astype(float))
        return cls(*(np.concatenate(([0.0], np.cumsum(part))) for part in parts))

    def __len__(self) -> int:
        return len(self.weight) - 1

    def means(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return the weighted means of stretches; nan where too many of their weeks are gaps."""
        weight = self.weight[ends] - self.weight[starts]
        total = self.total[ends] - self.total[starts]
        known = self.known[ends] - self.known[starts]
        is_told = (weight > 0) & (known >= KNOWN * (ends - starts))
        return np.asarray(np.divide(total, weight, out=np.full(len(weight), np.nan), where=is_told))
