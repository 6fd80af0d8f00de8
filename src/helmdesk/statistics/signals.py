"""Did it move: two signals for a series of weeks, one for a spike, one for a shift. Pure.

A signal judges the last week of a series against a baseline of up to 26 weeks that ends before the
eight weeks in which a shift may be building up. How much weeks differ is taken from neighbouring
weeks (their moving range), so that large volumes do not cry wolf (D. B. Laney, Quality Engineering
14 (2002) 531-537); weeks that resemble the week before are whitened first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from helmdesk.statistics import tails

Kind = Literal["ratio", "count", "mean"]
BASELINE = 26
RECENT = 8
# With fewer baseline weeks than this nothing is claimed.
LEAST_BASELINE = 8
ALPHA = 0.001
SLACK = 0.5
DECISION = 5.5
# One week alone makes a spike, not a shift: what it adds to the cumulative sum is bounded.
LARGEST = 4.0
RESEMBLING = 0.3
MOVING_RANGE = 1.128


@dataclass(frozen=True)
class Weeks:
    """One metric by week, oldest first; or many such series, (series, weeks).

    Attributes:
        kind: ratio: hits of cases; count: hits are counts, cases their exposure (1 a week); mean:
        hits ÷ cases is
            the mean and `error` its standard error.
        hits, cases: (..., weeks); a ratio's week without cases says nothing.
        error: (..., weeks) for means.
    """

    kind: Kind
    hits: np.ndarray
    cases: np.ndarray
    error: np.ndarray | None = None

    def until(self, end: int) -> Weeks:
        """Return the series up to (not including) week `end`."""
        error = None if self.error is None else self.error[..., :end]
        return Weeks(self.kind, self.hits[..., :end], self.cases[..., :end], error)

    @property
    def values(self) -> np.ndarray:
        """Hits per case; nan where there are no cases."""
        return np.asarray(
            np.divide(
                self.hits, self.cases, out=np.full(self.hits.shape, np.nan), where=self.cases > 0
            )
        )

    def __len__(self) -> int:
        """Return the number of weeks."""
        return int(self.hits.shape[-1])


@dataclass(frozen=True)
class Signals:
    """The verdict on the last week of each series.

    Attributes:
        is_spike, is_shift: the two signals.
        direction: 1 up, -1 down, 0 neither.
        baseline: what the weeks before were like.
        low, high: where the last week would lie 998 times in 1,000 if nothing had changed.
        tail: two-sided p-value of the last week alone.
        pressure: the cumulative sum, in units of its decision limit; 1 raises the signal.
        since: weeks back to where the shift began (0 is the last week); 0 without one.
        autocorrelation: of neighbouring baseline weeks.
        dispersion: how many times wider than counting noise the weeks vary, at least 1.
    """

    is_spike: np.ndarray
    is_shift: np.ndarray
    direction: np.ndarray
    baseline: np.ndarray
    low: np.ndarray
    high: np.ndarray
    tail: np.ndarray
    pressure: np.ndarray
    since: np.ndarray
    autocorrelation: np.ndarray
    dispersion: np.ndarray


def judge_weeks(weeks: Weeks, interval: bool = True, settled_from: int = 0) -> Signals | None:
    """Return the signals for the last week; None where fewer than eight weeks came before the
    recent ones.

    Args:
        settled_from: first week of the present level, where the history before it is another world;
        it counts only
            when eight baseline weeks are left.
        interval: whether to work out `low` and `high` (slow for ratios of many cases); otherwise
        nan.
    """
    count = len(weeks)
    # A short history keeps its baseline and gives up recent weeks.
    first_recent = max(count - RECENT, min(LEAST_BASELINE, count - 1))
    first = max(0, first_recent - BASELINE)
    if first_recent - settled_from >= LEAST_BASELINE:
        first = max(first, settled_from)
    if first_recent - first < LEAST_BASELINE:
        return None
    base = _Baseline.of(weeks, first, first_recent)
    z = base.standardise(weeks)[..., first:]
    recent = z[..., first_recent - first :] / base.dispersion[..., None]
    whitened = np.clip(_whiten(recent, base.autocorrelation), -LARGEST, LARGEST)
    up, up_since = _cusum(whitened)
    down, down_since = _cusum(-whitened)
    tail = base.tail(weeks)
    low, high = base.limits(weeks) if interval else (np.full(tail.shape, np.nan),) * 2
    shift_sign = np.where(up > down, 1.0, -1.0)
    # What has come back is history, however high the sum still is.
    still_leans = shift_sign * np.nan_to_num(recent[..., -2:]).mean(axis=-1) > SLACK
    is_spike, is_shift = tail < ALPHA, (np.maximum(up, down) > DECISION) & still_leans
    spike_sign = np.sign(np.nan_to_num(z[..., -1]))
    direction = np.where(is_shift, shift_sign, np.where(is_spike, spike_sign, 0.0)).astype(int)
    since = np.where(is_shift, np.where(up > down, up_since, down_since), 0)
    return Signals(
        is_spike,
        is_shift,
        direction,
        base.mean,
        low,
        high,
        tail,
        np.maximum(up, down) / DECISION,
        since,
        base.autocorrelation,
        base.dispersion,
    )


@dataclass(frozen=True)
class _Baseline:
    """What the weeks before were like, with what they leave open."""

    kind: Kind
    mean: np.ndarray
    weight: np.ndarray  # baseline cases: how well the mean is known
    typical: np.ndarray  # cases of a week
    dispersion: np.ndarray
    autocorrelation: np.ndarray
    weeks: int

    @staticmethod
    def plain(weeks: Weeks, first: int, end: int) -> _Baseline:
        """Return the level of some weeks, as if they varied by their counts alone."""
        hits, cases = weeks.hits[..., first:end], weeks.cases[..., first:end]
        total = cases.sum(axis=-1)
        if weeks.kind == "ratio":
            mean = (hits.sum(axis=-1) + 0.5) / (total + 1)
        else:
            mean = np.divide(hits.sum(axis=-1), total, out=np.zeros(total.shape), where=total > 0)
        return _Baseline(
            weeks.kind,
            mean,
            total,
            cases.mean(axis=-1),
            np.ones(mean.shape),
            np.zeros(mean.shape),
            end - first,
        )

    @staticmethod
    def of(weeks: Weeks, first: int, end: int) -> _Baseline:
        plain = _Baseline.plain(weeks, first, end)
        z = plain.standardise(weeks)[..., first:end]
        weeks_known = np.isfinite(z)
        centre = np.where(weeks_known, z, 0).sum(axis=-1, keepdims=True) / np.maximum(
            weeks_known.sum(axis=-1, keepdims=True), 1
        )
        centred = np.where(weeks_known, z - centre, 0)
        energy = np.maximum((centred**2).sum(axis=-1), 1e-12)
        correlation = (centred[..., 1:] * centred[..., :-1]).sum(axis=-1) / energy
        steps = np.abs(np.diff(z, axis=-1))
        known = np.isfinite(steps)
        ranges = (
            np.where(known, steps, 0).sum(axis=-1)
            / np.maximum(known.sum(axis=-1), 1)
            / MOVING_RANGE
        )
        spread = np.sqrt(energy / max(1, end - first - 1))
        # Neighbours that resemble each other make the moving range too small.
        dispersion = np.maximum(1.0, np.where(correlation > RESEMBLING, spread, ranges))
        return replace(
            plain,
            dispersion=dispersion,
            autocorrelation=np.where(correlation > RESEMBLING, correlation, 0.0),
        )

    def standardise(self, weeks: Weeks) -> np.ndarray:
        """Return each week's distance from the mean in units of its own counting noise; nan without
        cases.
        """
        mean = self.mean[..., None]
        if weeks.kind == "ratio":
            noise = np.sqrt(
                np.divide(
                    mean * (1 - mean),
                    weeks.cases,
                    out=np.full(weeks.cases.shape, np.nan),
                    where=weeks.cases > 0,
                )
            )
        elif weeks.kind == "count":
            noise = np.sqrt(np.maximum(mean, 0.5) / np.maximum(weeks.cases, 1e-12))
        else:
            assert weeks.error is not None
            noise = np.where(weeks.error > 0, weeks.error, np.nan)
        return np.asarray((weeks.values - mean) / noise)

    def tail(self, weeks: Weeks) -> np.ndarray:
        """Return the two-sided p-value of the last week under the predictive distribution."""
        hits, cases = weeks.hits[..., -1], weeks.cases[..., -1]
        if self.kind == "ratio":
            low, high = tails.beta_binomial(hits, cases, *self._beta())
        elif self.kind == "count":
            low, high = tails.negative_binomial(hits, *self._negative_binomial(cases))
        else:
            low, high = tails.student(self._student(weeks), self.weeks - 1)
        return np.asarray(np.nan_to_num(np.minimum(1.0, 2 * np.minimum(low, high)), nan=1.0))

    def limits(self, weeks: Weeks) -> tuple[np.ndarray, np.ndarray]:
        """Return where the last week would lie if nothing had changed."""
        from scipy.special import betaincinv, stdtrit

        cases = weeks.cases[..., -1]
        both = (ALPHA, 1 - ALPHA)
        if self.kind == "ratio":
            a, b = self._beta()
            # The beta alone is close enough for a band, and the cases' own noise joins its
            # variance.
            strength = 1 / (1 / (a + b + 1) + (1 - 1 / (a + b + 1)) / np.maximum(cases, 1)) - 1
            low, high = (
                betaincinv(self.mean * strength, (1 - self.mean) * strength, tail) for tail in both
            )
        elif self.kind == "count":
            size, chance = self._negative_binomial(cases)
            low, high = (
                tails.negative_binomial_quantile(tail, size, chance) / np.maximum(cases, 1e-12)
                for tail in both
            )
        else:
            error = self._error(weeks)
            low, high = (self.mean + stdtrit(self.weeks - 1, tail) * error for tail in both)
        return np.asarray(low), np.asarray(high)

    def _beta(self) -> tuple[np.ndarray, np.ndarray]:
        """Parameters that hold the spread between weeks and what the baseline leaves open."""
        between = np.clip((self.dispersion**2 - 1) / np.maximum(self.typical - 1, 1), 0, 0.5)
        strength = (
            1 / np.maximum(between + self.dispersion**2 / np.maximum(self.weight, 1), 1e-9) - 1
        )
        strength = np.maximum(strength, 0.1)
        return self.mean * strength, (1 - self.mean) * strength

    def _negative_binomial(self, cases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        expected = np.maximum(self.mean * cases, 0.5)
        variance = expected * self.dispersion**2 * (1 + 1 / self.weeks)
        size = expected**2 / np.maximum(variance - expected, 1e-6 * expected)
        return size, size / (size + expected)

    def _error(self, weeks: Weeks) -> np.ndarray:
        assert weeks.error is not None
        return np.asarray(weeks.error[..., -1] * self.dispersion * np.sqrt(1 + 1 / self.weeks))

    def _student(self, weeks: Weeks) -> np.ndarray:
        error = self._error(weeks)
        return np.asarray(
            np.divide(
                weeks.values[..., -1] - self.mean,
                error,
                out=np.full(error.shape, np.nan),
                where=error > 0,
            )
        )


def _whiten(z: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Take out what the week before foretold."""
    z = np.nan_to_num(z)
    before = np.concatenate([np.zeros((*z.shape[:-1], 1)), z[..., :-1]], axis=-1)
    rho = correlation[..., None]
    return np.asarray((z - rho * before) / np.sqrt(1 - rho**2))


def _cusum(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the one-sided cumulative sum after the last week, and how many weeks back it left
    zero.
    """
    level = np.zeros(z.shape[:-1])
    since = np.zeros(z.shape[:-1], dtype=int)
    for week in range(z.shape[-1]):
        level = np.maximum(0.0, level + z[..., week] - SLACK)
        since = np.where(level > 0, since + 1, 0)
    return level, np.maximum(since - 1, 0)
