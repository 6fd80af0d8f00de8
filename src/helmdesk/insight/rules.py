"""Alerts in waiting: a rule in a sentence, and when it would have fired, in the words that cards
and the brief use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from helmdesk.analysis.scorecard import against_target
from helmdesk.catalogue.metric import Metric
from helmdesk.insight.context import Annotation
from helmdesk.insight.study import WEEK, Study
from helmdesk.insight.verdict import State, false_alarms_a_year, verdict_of
from helmdesk.query.judgement import Judgement, Standing
from helmdesk.query.measurement import Measurement
from helmdesk.query.periods import local_midnight
from helmdesk.query.words import SHARES, show_value
from helmdesk.settings import Target

DAYS = 90
QUIET_WEEKS = 4
"""A threshold that is crossed again within so many weeks has not fired anew."""
USUAL_POINTS, USUAL_PART = 0.05, 0.1


@dataclass(frozen=True)
class Firing:
    """One time at which a rule would have fired.

    Attributes:
        week: local first day of the week after which it fires.
        says: what it tells.
    """

    week: date
    says: str


@dataclass(frozen=True)
class Rule:
    """One rule with its past.

    Attributes:
        sentence: what it says.
        fired: when it would have fired anew, oldest first.
        weeks: complete weeks that were looked at.
        days: length of the back-test.
        false_alarms: a year, when nothing changes; None for plain thresholds, whose number nobody
        can promise.
    """

    sentence: str
    fired: tuple[Firing, ...]
    weeks: int
    days: int
    false_alarms: float | None

    @property
    def fired_on(self) -> tuple[date, ...]:
        """First days of the weeks in which it would have fired."""
        return tuple(firing.week for firing in self.fired)

    def describe(self) -> str:
        """Return the back-test in words."""
        if not self.weeks:
            return "There are no complete weeks to try it on yet."
        times = {0: "not once", 1: "once", 2: "twice"}.get(
            len(self.fired), f"{len(self.fired)} times"
        )
        promise = (
            f" On a series that never changes it would fire about {self.false_alarms:.2g} times a"
            " year."
            if self.false_alarms is not None
            else ""
        )
        return f"It would have fired {times} in {self.days} days.{promise}"


def rules(
    study: Study, key: str, days: int = DAYS, others: Sequence[Annotation] = ()
) -> tuple[Rule, ...]:
    """Return the rules that a metric offers: its verdict, its target when there is one, and what
    dashboards usually do.

    All judge the metric as its card shows it, week by week.

    Args:
        others: annotations written on the site.
    """
    metric, target = study.find(key).metric, study.targets.get(key)
    weeks = [week for week in study.by_week(key) if _is_over(week, study)]
    first = study.day(study.end) - timedelta(days=days)
    watched = [
        place
        for place, week in enumerate(weeks)
        if week.period_start is not None and week.period_start >= first
    ]
    if not watched:
        return (Rule(_verdict_sentence(metric), (), 0, days, None),)
    found = [
        Rule(
            _verdict_sentence(metric),
            _turns(study, metric, weeks, watched, others),
            len(watched),
            days,
            false_alarms_a_year(study, key),
        ),
    ]
    if target is not None:
        missed = [
            against_target(metric, weeks[place], target) is Standing.MISSED for place in watched
        ]
        sentence = (
            f"Tell me when a week has missed the target of {_target_words(target, metric.unit)}."
        )
        found.append(
            Rule(
                sentence, _crossings(weeks, watched, missed, metric.unit), len(watched), days, None
            )
        )
    usual = [place > 0 and _is_usual(metric, weeks[place - 1], weeks[place]) for place in watched]
    size = f"{100 * USUAL_POINTS:.0f} points" if metric.unit in SHARES else f"{USUAL_PART:.0%}"
    worse = "worse than" if metric.direction in ("higher", "lower") else "away from"
    sentence = (
        f"For comparison, what dashboards do: tell me when it is {size} {worse} the week before."
    )
    found.append(
        Rule(sentence, _crossings(weeks, watched, usual, metric.unit), len(watched), days, None)
    )
    return tuple(found)


def _is_over(week: Measurement, study: Study) -> bool:
    is_whole = week.period_start is not None and not week.is_partial
    return (
        is_whole
        and week.period_start is not None
        and local_midnight(week.period_start + WEEK, study.zone) <= study.end
    )


def _verdict_sentence(metric: Metric) -> str:
    way = (
        "turns for the worse"
        if metric.direction in ("higher", "lower")
        else "tells of another level"
    )
    return f"Tell me when the verdict on “{metric.name}” {way}."


def _turns(
    study: Study,
    metric: Metric,
    weeks: Sequence[Measurement],
    watched: Sequence[int],
    others: Sequence[Annotation],
) -> tuple[Firing, ...]:
    """Return the weeks after which the verdict told of something that it had not told of the week
    before.
    """
    found = []
    was_told = False
    for place in range(max(watched[0] - 1, 0), watched[-1] + 1):
        start = weeks[place].period_start
        assert start is not None
        verdict = verdict_of(study.at(local_midnight(start + WEEK, study.zone)), metric.key, others)
        is_told = verdict.is_told and verdict.side in _sides(metric)
        if place >= watched[0] and is_told and (not was_told or verdict.state is State.NEW):
            found.append(Firing(start, verdict.words))
        was_told = is_told
    return tuple(found)


def _sides(metric: Metric) -> tuple[Judgement, ...]:
    return (
        (Judgement.WORSE,)
        if metric.direction in ("higher", "lower")
        else (Judgement.HIGHER, Judgement.LOWER)
    )


def _is_usual(metric: Metric, before: Measurement, now: Measurement) -> bool:
    """Whether a week would light what dashboards usually have."""
    if before.value is None or now.value is None:
        return False
    step = now.value - before.value
    wrong = {"higher": -step, "lower": step}.get(metric.direction, abs(step))
    return wrong > (USUAL_POINTS if metric.unit in SHARES else USUAL_PART * abs(before.value))


def _target_words(target: Target, unit: str) -> str:
    return (
        f"{show_value(target[0], unit)} to {show_value(target[1], unit)}"
        if isinstance(target, tuple)
        else show_value(target, unit)
    )


def _crossings(
    weeks: Sequence[Measurement], watched: Sequence[int], flagged: Sequence[bool], unit: str
) -> tuple[Firing, ...]:
    """Return the weeks in which a threshold is crossed after some quiet ones, each with its value
    and the one before.
    """
    found = []
    last = -QUIET_WEEKS - 1
    for place, is_flagged in zip(watched, flagged, strict=True):
        week, before = weeks[place], weeks[place - 1].value if place else None
        if (
            is_flagged
            and place - last > QUIET_WEEKS
            and week.period_start is not None
            and week.value is not None
        ):
            after = "" if before is None else f" after {show_value(before, unit)}"
            found.append(Firing(week.period_start, f"{show_value(week.value, unit)}{after}"))
        if is_flagged:
            last = place
    return tuple(found)
