"""How far one day's service lies from its long-run mean, by chance alone.

Those who arrive close together wait together, so a day of a thousand calls holds far less than
a thousand independent answers. For a chain of births and deaths the variance of a sum over arrivals
is explicit: with h(m) what an arrival that finds m there adds, centred, Poisson's equation has the
differences Δ(m) = −Σ(i ≤ m) π(i)h(i) / π(m), and the variance grows at the rate
Σ π(m) [λ(h(m) + c + Δ(m))² + d(m)Δ(m−1)²], c being the mean of what an arrival adds. Asmussen,
"Applied Probability and Queues" (2003), chapters I.7 and XIV.

What becomes of an arrival given what it finds is taken for independent of what becomes of the next;
the standard deviation is some seven percent low for that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helmdesk.plan.queues.waiting import Array

MOST_WAITING = 1500
ENDLESS = 400


@dataclass(frozen=True, eq=False)
class Line:
    """Servers of any kind and the line before them, in one unit of time.

    Attributes:
        ends: rate at which the work of somebody ends with 1, 2, ... at work; the last while all
            places are taken.
        patience: mean, above 0; may be infinite.
        threshold: within how long an answer is in time.
    """

    ends: Array
    patience: float
    threshold: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """By how many are waiting in front (0, 1, ...) when all places are taken: shares of arrivals.

    Attributes:
        answered: answered at all; in_time: within the threshold.
        left_early: left within the threshold.
        answered_wait: mean wait × answered.
    """

    answered: Array
    in_time: Array
    left_early: Array
    answered_wait: Array


def outcomes(line: Line, waiting: int) -> Outcome:
    """Return what becomes of an arrival that finds 0 ... `waiting` − 1 in front of it.

    The wait behind j others is a sum of exponentials of the rates s, s + θ, ... s + jθ, of which
    e^(−θ·wait) is Beta(s/θ, j + 1); without impatience it is Erlang's.
    """
    from scipy.special import betainc, gammainc

    j = np.arange(waiting, dtype=float)
    freed = float(line.ends[-1])
    if np.isinf(line.patience):
        in_time = gammainc(j + 1, freed * line.threshold)
        return Outcome(np.ones(waiting), in_time, np.zeros(waiting), (j + 1) / freed)
    x = freed * line.patience
    gone = -np.expm1(-line.threshold / line.patience)
    answered = x / (x + j + 1)
    in_time = answered * betainc(j + 1, x + 1, gone)
    reached = betainc(j + 1, x, gone)
    left_early = 1.0 - (1.0 - gone) * (1.0 - reached) - in_time
    wait = np.cumsum(1.0 / (freed + (j + 1) / line.patience))
    return Outcome(answered, in_time, left_early, answered * wait)


def places_in_line(line: Line, rate: float) -> int:
    """Return how many may wait before the rest is nothing; of a line without end, a few hundred."""
    freed = float(line.ends[-1])
    if np.isinf(line.patience):
        return int(min(ENDLESS, 40 / max(1.0 - rate / freed, 1e-9) + 20))
    most = max(0.0, (rate - freed) * line.patience)
    return int(min(MOST_WAITING, most + 9 * np.sqrt(rate * line.patience) + 60))


@dataclass(frozen=True, eq=False)
class Chain:
    """How many are there in the long run, at each of several arrival rates.

    Attributes:
        rates: arrivals per unit of time, above 0.
        ends: rate at which one of 1, 2, ... goes, done or tired of waiting.
        chance: probability of 0, 1, ... there (rates × states).
    """

    rates: Array
    ends: Array
    chance: Array

    def sum_over_arrivals(self, adds: Array, spread: Array) -> tuple[Array, Array]:
        """Return the mean and the variance, per unit of time, of a sum over all who arrive.

        Args:
            adds: what an arrival that finds 0, 1, ... there adds on average.
            spread: the variance of what it adds, likewise.
        """
        mean = self.chance @ adds
        part = self.chance * (adds[None, :] - mean[:, None])
        # From whichever end is nearer, since the sum over all is nothing.
        below = np.cumsum(part, axis=1)
        above = np.zeros_like(part)
        above[:, :-1] = -np.cumsum(part[:, :0:-1], axis=1)[:, ::-1]
        is_low = np.cumsum(self.chance, axis=1) <= 0.5
        steps = np.divide(
            -np.where(is_low, below, above),
            self.chance,
            out=np.zeros_like(part),
            where=self.chance > 1e-290,
        )
        arriving = self.chance * ((adds[None, :] + steps) ** 2 + spread[None, :])
        leaving = (self.chance[:, 1:] * self.ends[None, :]) * steps[:, :-1] ** 2
        return self.rates * mean, self.rates * arriving.sum(axis=1) + leaving.sum(axis=1)


def chain(line: Line, rates: Array, waiting: int) -> Chain:
    """Return the steady state with up to `waiting` in line; more are turned away."""
    ends = np.concatenate([line.ends, line.ends[-1] + np.arange(1, waiting + 1) / line.patience])
    logs = np.zeros((rates.size, ends.size + 1))
    np.cumsum(np.log(rates)[:, None] - np.log(ends)[None, :], axis=1, out=logs[:, 1:])
    chance = np.exp(logs - logs.max(axis=1, keepdims=True))
    return Chain(rates, ends, chance / chance.sum(axis=1, keepdims=True))
