"""Did it move? Two signals on the last complete week, what they cost in false alarms, and what
could have been seen.

A spike is one week far outside what the weeks before lead one to expect; a shift is several weeks
that lean the same way. Neither says why: that is asked next, and only of what moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from helmdesk.insight.form import Form
from helmdesk.insight.study import Span, Study
from helmdesk.query.words import show_change, show_value
from helmdesk.statistics.change_points import change_points
from helmdesk.statistics.detectable import detectable_from_errors, detectable_share
from helmdesk.statistics.season import year_profile
from helmdesk.statistics.signals import RECENT, Signals, Weeks, judge_weeks

# A change below this is not worth a leader's time, however certain: points of a share, part of
# anything else.
LEAST_SHARE, LEAST_PART = 0.02, 0.05
EARLIER_WEEKS = 8
LONGEST_SHIFT = RECENT - 1


class Signal(StrEnum):
    """What one week, and several, say by themselves."""

    SPIKE = "spike"
    SHIFT = "shift"
    QUIET = "quiet"
    UNKNOWN = "too little history"


FLAGGED = (Signal.SPIKE, Signal.SHIFT)


@dataclass(frozen=True)
class Movement:
    """One metric's last complete week against the weeks before.

    Attributes:
        signal: which one is on.
        direction: 1 up, -1 down, 0 neither.
        now, before: the stretch that moved and the one it is compared with; without a signal the
        last four weeks and
            the eight before.
        value, earlier: of the form over these.
        error: standard error of their difference; nan where unknown.
        p: of the last week alone.
        detectable: smallest change the two stretches could show four times in five; None where
        unknown.
    """

    form: Form
    signal: Signal
    direction: int
    now: Span
    before: Span
    value: float
    earlier: float
    error: float
    p: float
    detectable: float | None

    @property
    def is_flagged(self) -> bool:
        """Whether a signal is on."""
        return self.signal in FLAGGED

    @property
    def change(self) -> float:
        """Value less earlier value."""
        return self.value - self.earlier

    @property
    def is_worth_telling(self) -> bool:
        """Whether the change is large enough to act on: two points of a share, a twentieth of
        anything else.
        """
        return abs(self.change) >= least_change(self.form, self.earlier)

    def describe(self) -> str:
        """Return the change in words."""
        each = " a week" if self.form.kind == "count" and not self.form.is_level else ""
        return (
            f"{self.form.describe()} went from {self.show(self.earlier)} to"
            f" {self.show(self.value)}{each}{self._interval()}"
        )

    def _interval(self) -> str:
        if not self.error > 0:
            return ""
        half = 1.96 * self.error
        return (
            f" (a change of {self._signed(self.change)}, likely between"
            f" {self._signed(self.change - half)} and {self._signed(self.change + half)})"
        )

    def _signed(self, change: float) -> str:
        return show_change(change, self.form.metric.unit)

    def show(self, value: float) -> str:
        """Return a value of the form in its unit."""
        return show_value(value, self.form.metric.unit) if np.isfinite(value) else "no data"


def least_change(form: Form, earlier: float) -> float:
    """Return the smallest change worth speaking of."""
    return LEAST_SHARE if form.is_share else LEAST_PART * abs(earlier)


def movement(study: Study, key: str, window: tuple[Span, Span] | None = None) -> Movement | None:
    """Return how a metric moved up to the study's end; None where there is nothing to look at."""
    return move_of(study, study.form(key), window)


def move_of(study: Study, form: Form, window: tuple[Span, Span] | None = None) -> Movement | None:
    """Return how a form moved; None without any week.

    Args:
        window: stretches to compare, before first, whatever the signals say.
    """
    history = study.history(form)
    if len(history.weeks) < 2:
        return None
    signals = judge(history.weeks)
    signal, direction, length = _read(signals)
    # What is not flagged is looked at over four weeks: one week alone is mostly noise.
    now = window[1] if window else study.last(length if signal in FLAGGED else 4)
    before = window[0] if window else study.before(now, EARLIER_WEEKS)
    value, error_now, cases_now = level(study, form, now)
    earlier, error_before, cases_before = level(study, form, before)
    error = float(np.hypot(error_now, error_before))
    if form.kind == "ratio":
        detectable = (
            detectable_share(earlier, cases_before, cases_now) if np.isfinite(earlier) else None
        )
    else:
        detectable = detectable_from_errors(error_before, error_now) if np.isfinite(error) else None
    return Movement(
        form,
        signal,
        direction,
        now,
        before,
        value,
        earlier,
        error,
        float(signals.tail) if signals else 1.0,
        detectable,
    )


def judge(weeks: Weeks) -> Signals | None:
    """Return the signals of one series; the baseline begins where the level last changed for good.

    An episode long over must neither raise the baseline nor make ordinary weeks look restless. What
    the same weeks of earlier years lead one to expect of a count is taken out first.
    """
    settled, since = _settled(weeks)
    return judge_weeks(settled, interval=False, settled_from=since)


def _settled(weeks: Weeks) -> tuple[Weeks, int]:
    season = year_profile(weeks.hits, RECENT) if weeks.kind == "count" else None
    if season is not None:
        weeks = Weeks("count", weeks.hits, season)
    earlier = _filled(weeks.values[: max(0, len(weeks) - RECENT)])
    found = change_points(earlier) if len(earlier) == max(0, len(weeks) - RECENT) else []
    return weeks, found[-1] if found else 0


def _read(signals: Signals | None) -> tuple[Signal, int, int]:
    """Return signal, direction and how many weeks it speaks of."""
    if signals is None:
        return Signal.UNKNOWN, 0, 1
    direction = int(signals.direction)
    if bool(signals.is_shift):
        return Signal.SHIFT, direction, min(int(signals.since), LONGEST_SHIFT) + 1
    return (Signal.SPIKE, direction, 1) if bool(signals.is_spike) else (Signal.QUIET, 0, 1)


def level(study: Study, form: Form, span: Span) -> tuple[float, float, float]:
    """Return value, standard error and cases of a form over a span; counts are per week, levels at
    its end.
    """
    table = study.table(form, span, ())
    if not len(table.groups):
        return (
            (0.0, float("nan"), 0.0) if form.kind == "count" else (float("nan"), float("nan"), 0.0)
        )
    value, error = float(table.values[0]), float(table.error[0])
    if form.kind != "count":
        return value, error, float(table.base[0])
    weeks = 1.0 if form.is_level else max(span.days, 1.0) / 7
    return value / weeks, error / weeks, float(table.n[0])


def _filled(values: np.ndarray) -> np.ndarray:
    """Weeks without a value take the one before: a gap is no change."""
    filled = values.copy()
    for place in range(1, len(filled)):
        if np.isnan(filled[place]):
            filled[place] = filled[place - 1]
    return filled[~np.isnan(filled)] if np.isnan(filled).any() else filled
