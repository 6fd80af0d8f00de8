"""What an action could show, before it starts, and what it did, when its weeks are over.

Every number is asked as cards ask it, week by week, by the road of the verdict; what is compared
with what is fixed by the weeks before the start alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from helmdesk.act.actions import (
    WEEK,
    Hypothesis,
    Judged,
    Outcome,
    Towards,
    Why,
    first_week,
    judge,
    plan_of,
    review_day,
)
from helmdesk.catalogue.metric import Metric
from helmdesk.insight.context import Annotation, delivered_annotations
from helmdesk.insight.movement import LEAST_PART, LEAST_SHARE
from helmdesk.insight.study import Study
from helmdesk.insight.weeks import CompleteWeeks, verdict_of
from helmdesk.query.measurement import Measurement
from helmdesk.query.periods import local_midnight, week_shift
from helmdesk.query.words import DURATIONS, SHARES, show_change, show_size, show_value
from helmdesk.statistics.placebo import (
    LEAST_DATES,
    SPELL,
    Comparison,
    Plan,
    Spell,
    compare,
    dates_of,
    foresee,
    last_spell,
    with_dates,
)

NEAR = timedelta(days=7)
LONGEST_WAIT = 104


@dataclass(frozen=True)
class Series:
    """A metric by complete weeks without holes.

    Attributes:
        starts: local first days. values: nan where a week has too few cases; counts without their
        season. weights: how much each says; 0 where there is nothing.
    """

    metric: Metric
    starts: tuple[date, ...]
    values: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, study: Study, key: str) -> Series:
        """Ask for the weeks of a metric up to the end of a study."""
        weeks = CompleteWeeks.of(study, key, ())
        if not weeks.starts:
            return cls(weeks.metric, (), np.zeros(0), np.zeros(0))
        count = (weeks.starts[-1] - weeks.starts[0]).days // 7 + 1
        values, weights = np.full(count, np.nan), np.zeros(count)
        places = [(start - weeks.starts[0]).days // 7 for start in weeks.starts]
        values[places], weights[places] = weeks.levels, weeks.weights
        starts = tuple(weeks.starts[0] + place * WEEK for place in range(count))
        return cls(weeks.metric, starts, values, weights)

    def less(self, other: Series) -> Series:
        """Return the difference to the weeks of other work; weeks that one of them lacks are
        none.
        """
        known = {
            start: (value, weight)
            for start, value, weight in zip(other.starts, other.values, other.weights, strict=True)
        }
        nothing = (float("nan"), 0.0)
        theirs = np.array([known.get(start, nothing) for start in self.starts]).reshape(-1, 2)
        both = np.minimum(self.weights, theirs[:, 1])
        return Series(self.metric, self.starts, self.values - theirs[:, 0], both)


@dataclass(frozen=True)
class Foresight:
    """What can be known before an action starts.

    Attributes:
        review_on: local day on which its weeks are over. detectable: least true change that will
        then be told four times in five, in the metric's unit; None where there are too few weeks.
        can_tell_on: day from which there are weeks enough; None where that is not to be foreseen.
        since: of the level that it will be compared with, where it is another than before it.
        weeks_before: how many weeks it is compared with. spell: how the last four weeks lie; None
        where there are too few to say. now: mean of the weeks before.
    """

    hypothesis: Hypothesis
    metric: Metric
    review_on: date
    detectable: float | None
    can_tell_on: date | None
    since: date | None
    weeks_before: int
    spell: Spell | None
    now: float | None

    @property
    def is_after_a_bad_spell(self) -> bool:
        """Whether it starts after weeks that would most likely get better by themselves."""
        return self.spell is not None and self.spell.is_unusual

    @property
    def is_too_coarse(self) -> bool:
        """Whether an effect as large as the one expected would most likely not be seen."""
        expected = self.hypothesis.expected
        return self.detectable is not None and expected is not None and self.detectable > expected

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should know who is about to start it, in sentences."""
        unit, found = self.metric.unit, []
        if self.detectable is None:
            when = f"; from {self.can_tell_on:%-d %B %Y} on they may" if self.can_tell_on else ""
            found.append(
                f"The weeks so far are too few to tell on {self.review_on:%-d %B %Y} whether it"
                f" worked{when}."
            )
        if self.is_too_coarse:
            assert self.detectable is not None and self.hypothesis.expected is not None
            found.append(
                f"A change of {show_size(self.hypothesis.expected, unit)} would most likely not be"
                f" seen by then: it takes {show_size(self.detectable, unit)}. Give it more weeks,"
                " more of the work, or expect no verdict."
            )
        if self.is_after_a_bad_spell:
            found.append(self._bad_spell())
        return tuple(found)

    def _bad_spell(self) -> str:
        assert self.spell is not None
        unit, spell = self.metric.unit, self.spell
        said = (
            f"You start after an unusually bad spell: {show_value(spell.level, unit)} in the last"
            f" four weeks, usually {show_value(spell.usual, unit)}."
        )
        if self.since is not None:
            return (
                f"{said} It has lasted since {self.since:%-d %B %Y}, so the weeks since then are"
                " what it is compared with."
            )
        if np.isfinite(spell.rebound) and spell.rebound * self.hypothesis.towards.sign > 0:
            said += (
                f" Weeks like these got better by {show_size(spell.rebound, unit)} by themselves."
            )
        return f"{said} These weeks take no part in the comparison."

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; numbers in the metric's unit, days local."""
        return {
            "review_on": self.review_on.isoformat(),
            "smallest_visible": self.detectable,
            "can_tell_on": self.can_tell_on and self.can_tell_on.isoformat(),
            "compared_since": self.since and self.since.isoformat(),
            "weeks_before": self.weeks_before,
            "after_a_bad_spell": self.is_after_a_bad_spell,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Change:
    """What one series says of the start of an action.

    Attributes:
        name: whose it is. found: None where weeks are missing. judged: against what is expected of
        it.
    """

    name: str
    metric: Metric
    found: Comparison | None
    judged: Judged

    @property
    def words(self) -> str:
        """The change with its likely range, or why there is none."""
        if self.found is None:
            return "too few weeks with cases"
        unit = self.metric.unit
        said = show_change(self.found.effect, unit)
        if not self.found.is_enough:
            return f"{said}; too few weeks to say how much of it is chance"
        low, high = self.found.interval
        return f"{said}, likely {show_change(low, unit)} to {show_change(high, unit)}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        found = self.found
        return {
            "name": self.name,
            "metric": self.metric.key,
            "outcome": self.judged.outcome.value,
            "why": self.judged.why and self.judged.why.value,
            "before": found and found.before,
            "now": found and found.now,
            "change": found and found.effect,
            "interval": list(found.interval) if found and found.is_enough else None,
            "other_weeks": found and found.dates,
            "as_large": found and found.larger,
            "smallest_visible": found.detectable if found and found.is_enough else None,
            "words": self.words,
        }


@dataclass(frozen=True)
class Effect:
    """What came of an action, up to the end of the data.

    Attributes:
        own: the work that it concerns. control: the work it is compared with; None without.
        against: the difference of the two; None without control. guards: metrics that must not get
        worse. others: what else was written down for those weeks. review_on: local day on which
        its weeks are over. weeks: so many of them are. series, plan: what was compared.
        is_redefined: whether the metric has another version now. points: the weeks as cards show
        them.
    """

    hypothesis: Hypothesis
    foresight: Foresight
    own: Change
    control: Change | None
    against: Change | None
    guards: tuple[Change, ...]
    others: tuple[Annotation, ...]
    weeks: int
    series: Series
    plan: Plan | None
    is_redefined: bool
    points: tuple[Measurement, ...]

    @property
    def judged(self) -> Judged:
        """The verdict: that of the difference to other work, where it is compared with some."""
        return (self.against or self.own).judged

    @property
    def harmed(self) -> tuple[Change, ...]:
        """Metrics that got worse."""
        return tuple(each for each in self.guards if each.judged.outcome is Outcome.WORSE)

    @cached_property
    def words(self) -> str:
        """The verdict in one sentence."""
        told, judged = self.against or self.own, self.judged
        unit = told.metric.unit
        if judged.outcome is Outcome.UNKNOWN:
            return self._unknown(told, judged.why)
        assert told.found is not None and self.own.found is not None
        low, high = told.found.interval
        than = "than without it" if self.against else "than before"
        rose = told.found.effect > 0
        if judged.outcome is Outcome.NOTHING:
            return (
                f"No visible effect: {show_value(self.own.found.now, unit)} since, before it"
                f" {show_value(self.own.found.before, unit)}. A change of less than"
                f" {show_size(told.found.detectable, unit)} would most likely not have shown."
            )
        sizes = sorted((abs(low), abs(high)))
        return (
            f"{show_value(self.own.found.now, unit)} since the start:"
            f" {show_size(told.found.effect, unit)} {compared(rose, unit)} {than}, likely"
            f" {show_size(sizes[0], unit)} to {show_size(sizes[1], unit)}."
        )

    def _unknown(self, told: Change, why: Why | None) -> str:
        on = f"{self.foresight.review_on:%-d %B %Y}"
        if why is Why.EARLY:
            return (
                f"Too early: {self.weeks} of {self.hypothesis.weeks} weeks are over. It is looked"
                f" at on {on}."
            )
        if why is Why.FEW_WEEKS:
            return "It cannot be told: too few weeks with cases before the start, or since."
        assert told.found is not None
        if why is Why.FEW_DATES:
            later = self.foresight.can_tell_on
            when = f" From {later:%-d %B %Y} on there are enough." if later else ""
            return (
                f"It cannot be told yet: there are {told.found.dates} other weeks to compare with,"
                f" and it takes {LEAST_DATES}.{when}"
            )
        unit = told.metric.unit
        if why is Why.REBOUND:
            assert self.own.found is not None
            return (
                f"It cannot be told: {show_value(self.own.found.now, unit)} since is where it"
                " usually is, and after weeks as bad as those right before the start it goes back"
                " there by itself."
            )
        assert self.hypothesis.expected is not None
        return (
            f"It cannot be told: only a change of {show_size(told.found.detectable, unit)} or more"
            f" would show, and {show_size(self.hypothesis.expected, unit)} was expected."
        )

    @cached_property
    def checks(self) -> tuple[tuple[bool, str], ...]:
        """What speaks for the verdict, and what against it: (fine, sentence)."""
        found: list[tuple[bool, str]] = []
        told = self.against or self.own
        if told.found is not None and told.found.is_enough and not self.is_early:
            found.append(_other_weeks(told.found))
        if self.foresight.is_after_a_bad_spell:
            bad = self.foresight.since is None
            found.append(
                (
                    True,
                    "It was started after an unusually bad spell; those weeks take no part"
                    if bad
                    else "It was started after weeks that were bad for long: they are what it is"
                    f" compared with, since {self.foresight.since:%-d %B %Y}",
                )
            )
        found += [(False, f"{each.metric.name} got worse: {each.words}") for each in self.harmed]
        found += [
            (False, f"In the same weeks: {each.text.strip().rstrip('.')} ({each.day:%-d %B})")
            for each in self.others
        ]
        if self.is_redefined:
            found.append(
                (False, "The metric is defined otherwise now; all weeks are measured as now")
            )
        return tuple(found)

    @property
    def is_early(self) -> bool:
        """Whether the weeks that are looked at are not over."""
        return self.judged.why is Why.EARLY

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "outcome": self.judged.outcome.value,
            "why": self.judged.why and self.judged.why.value,
            "words": self.words,
            "weeks_over": self.weeks,
            **self.foresight.as_dict(),
            "own": self.own.as_dict(),
            "control": self.control and self.control.as_dict(),
            "against_control": self.against and self.against.as_dict(),
            "guards": [each.as_dict() for each in self.guards],
            "checks": [{"fine": fine, "words": words} for fine, words in self.checks],
        }


def foresight_of(study: Study, hypothesis: Hypothesis, control: Study | None = None) -> Foresight:
    """Return what can be known of an action before it starts; weeks after its start are not looked
    at.

    Args:
        study: of the work that it concerns, up to the end of the data.
        control: of the work it is compared with.
    """
    shift = week_shift(study.base.week_start)
    start = local_midnight(hypothesis.start, study.zone)
    past = study.at(min(study.end, start))
    series = _series(past, hypothesis.metric, control and control.at(past.end))
    own = Series.of(past, hypothesis.metric) if control else series
    towards = hypothesis.towards.sign
    spell = last_spell(own.values, towards, hypothesis.weeks)
    since = hypothesis.since or _since(past, hypothesis, own)
    plan = plan_of(hypothesis, series.starts, since, spell, shift)
    review = review_day(hypothesis, shift)
    if plan is None:
        return Foresight(
            hypothesis, own.metric, review, None, None, since, 0, spell, _mean(own, SPELL)
        )
    plan = _within(plan, series)
    length = len(series.starts)
    ahead = with_dates(plan.start, plan)
    detectable = foresee(series.values, series.weights, _cut(ahead, length))
    is_known = bool(np.isfinite(detectable))
    return Foresight(
        hypothesis,
        own.metric,
        review,
        float(detectable) if is_known else None,
        review if is_known else _can_tell_on(plan, hypothesis, shift),
        since if plan.since is not None else None,
        ahead.before if is_known else plan.before,
        spell,
        _mean(own, plan.before + plan.skip),
    )


def effect_of(
    study: Study,
    hypothesis: Hypothesis,
    control: Study | None = None,
    others: Sequence[Annotation] = (),
) -> Effect:
    """Return what came of an action; see `foresight_of` for the studies.

    Args:
        others: annotations written on the site, without the action's own.
    """
    shift = week_shift(study.base.week_start)
    foresight = foresight_of(study, hypothesis, control)
    begin = first_week(hypothesis.start, shift)
    is_over = study.day(study.end) >= foresight.review_on
    measured = _Measured(study, hypothesis, foresight, shift, is_over)
    series = Series.of(study, hypothesis.metric)
    own = measured.change("The work it concerns", series)
    theirs = against = None
    if control is not None:
        other = Series.of(control, hypothesis.metric)
        theirs = measured.change("The work it is compared with", other)
        against = measured.change("The difference", series.less(other))
    guards = tuple(measured.guard(key) for key in hypothesis.guards)
    weeks = max(0, min(hypothesis.weeks, (study.day(study.end) - begin).days // 7))
    return Effect(
        hypothesis,
        foresight,
        own,
        theirs,
        against,
        guards,
        _beside(study, hypothesis, foresight.review_on, others),
        weeks,
        series,
        measured.plan(series),
        study.find(hypothesis.metric).metric.version != hypothesis.version,
        study.by_week(hypothesis.metric),
    )


@dataclass(frozen=True)
class _Measured:
    """One action at its review."""

    study: Study
    hypothesis: Hypothesis
    foresight: Foresight
    shift: int
    is_over: bool

    def plan(self, series: Series) -> Plan | None:
        """Return which weeks of a series are compared."""
        spell, since = self.foresight.spell, self.foresight.since
        plan = plan_of(self.hypothesis, series.starts, since, spell, self.shift)
        return plan and with_dates(len(series.starts), _within(plan, series))

    def change(self, name: str, series: Series) -> Change:
        """Return what a series says, judged by what was expected."""
        return self._judged(name, series, self.hypothesis)

    def guard(self, key: str) -> Change:
        """Return what a metric that must not get worse says."""
        lacking = self.study.lacks(key)
        metric = self.study.find(key).metric
        if lacking:
            return Change(metric.name, metric, None, Judged(Outcome.UNKNOWN, Why.FEW_WEEKS))
        towards = Towards(metric.direction if metric.direction in ("higher", "lower") else "lower")
        return self._judged(
            metric.name,
            Series.of(self.study, key),
            replace(self.hypothesis, metric=key, guards=(), towards=towards, expected=None),
        )

    def _judged(self, name: str, series: Series, hypothesis: Hypothesis) -> Change:
        plan = self.plan(series)
        found = compare(series.values, series.weights, plan) if plan and self.is_over else None
        least = _least(series, plan)
        judged = judge(hypothesis, found, least, self.is_over, self._spell(series, plan))
        return Change(name, series.metric, found, judged)

    def _spell(self, series: Series, plan: Plan | None) -> float | None:
        """Return the level of the bad weeks before the start that take no part; None without."""
        spell = self.foresight.spell
        is_left_out = spell is not None and spell.is_unusual and plan is not None
        if plan is None or not is_left_out or plan.skip < SPELL:
            return None
        weeks = series.values[plan.start - plan.skip : plan.start - plan.skip + SPELL]
        known = weeks[np.isfinite(weeks)]
        return float(known.mean()) if len(known) else None


def _series(study: Study, key: str, control: Study | None) -> Series:
    own = Series.of(study, key)
    return own if control is None else own.less(Series.of(control, key))


def _since(past: Study, hypothesis: Hypothesis, own: Series) -> date | None:
    """Return since when the level before the start holds, by the verdict of that day; None where no
    other one is known before it.
    """
    since = verdict_of(past, hypothesis.metric).since
    return since if since is not None and own.starts and since > own.starts[0] else None


def _within(plan: Plan, series: Series) -> Plan:
    """Return the plan with no more weeks before than a series has."""
    return replace(plan, before=max(1, min(plan.before, plan.start - plan.skip)))


def _cut(plan: Plan, length: int) -> Plan:
    """Return the plan as it is tried on the weeks before the start alone."""
    return replace(plan, start=min(plan.start, length))


def _can_tell_on(plan: Plan, hypothesis: Hypothesis, shift: int) -> date | None:
    """Return the day after the review from which there are enough other weeks, those after the
    start among them; None where there are by then, and cases are what lacks, or never.
    """
    for weeks in range(hypothesis.weeks, LONGEST_WAIT):
        count = plan.start + weeks
        if len(dates_of(count, with_dates(count, plan))) >= LEAST_DATES:
            is_later = weeks > hypothesis.weeks
            return first_week(hypothesis.start, shift) + weeks * WEEK if is_later else None
    return None


def _mean(series: Series, weeks: int) -> float | None:
    values, weights = series.values[-weeks:], series.weights[-weeks:]
    known = np.isfinite(values) & (weights > 0)
    return float(np.average(values[known], weights=weights[known])) if known.any() else None


def _least(series: Series, plan: Plan | None) -> float:
    """Return the change below which nobody would act."""
    if series.metric.unit in SHARES:
        return LEAST_SHARE
    if plan is None or not len(series.values):
        return 0.0
    before = series.values[max(0, plan.start - plan.skip - plan.before) : plan.start - plan.skip]
    known = before[np.isfinite(before)]
    return LEAST_PART * abs(float(known.mean())) if len(known) else 0.0


def _beside(
    study: Study, hypothesis: Hypothesis, until: date, others: Sequence[Annotation]
) -> tuple[Annotation, ...]:
    """Return what else was written down for the weeks that are looked at, or right before them."""
    known = () if study.base.policy.is_outsider else delivered_annotations(study)
    return tuple(
        each
        for each in (*known, *others)
        if each.metric in ("", hypothesis.metric)
        and hypothesis.start - NEAR <= each.day < until
        and each.day != hypothesis.start  # most likely itself
    )


def _other_weeks(found: Comparison) -> tuple[bool, str]:
    said = f"Of {found.dates} other weeks tried as the start"
    if found.larger == 0:
        return True, f"{said}, none shows a change as large"
    shows = "1 shows" if found.larger == 1 else f"{found.larger} show"
    return found.is_real, f"{said}, {shows} a change as large"


def compared(rose: bool, unit: str) -> str:
    """Return in which way a value differs: higher, lower, slower, faster."""
    if unit in DURATIONS:
        return "longer" if rose else "shorter"
    return "higher" if rose else "lower"
