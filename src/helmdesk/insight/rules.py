"""Alerts in waiting: a rule in a sentence, and when it would have fired, in the words that cards
and the brief use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from helmdesk.catalogue.metric import Metric
from helmdesk.insight.alerts import Kind, Watch, no_clocks, past
from helmdesk.insight.context import Annotation
from helmdesk.insight.study import WEEK, Study
from helmdesk.insight.weeks import false_alarms_a_year
from helmdesk.query.measurement import Measurement
from helmdesk.query.periods import local_midnight
from helmdesk.query.words import SHARES, show_value

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
        return (Rule(Watch(Kind.VERDICT, key).sentence(metric), (), 0, days, None),)
    found = [_tried(study, Watch(Kind.VERDICT, key), days, len(watched), others)]
    if target is not None:
        found.append(_tried(study, Watch(Kind.TARGET, key), days, len(watched), others))
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


def _tried(study: Study, watch: Watch, days: int, weeks: int, others: Sequence[Annotation]) -> Rule:
    """Return a rule as an alert of the same kind would have followed it."""
    start = study.end - timedelta(days=days)
    found = past(study, watch, days, study.end, no_clocks, others)
    fired = tuple(
        Firing(reading.period, reading.words)
        for reading in found.begun
        if reading.period is not None and reading.period >= study.day(start)
    )
    alarms = false_alarms_a_year(study, watch.metric) if watch.kind is Kind.VERDICT else None
    return Rule(found.sentence, fired, weeks, days, alarms)


def _is_usual(metric: Metric, before: Measurement, now: Measurement) -> bool:
    """Whether a week would light what dashboards usually have."""
    if before.value is None or now.value is None:
        return False
    step = now.value - before.value
    wrong = {"higher": -step, "lower": step}.get(metric.direction, abs(step))
    return wrong > (USUAL_POINTS if metric.unit in SHARES else USUAL_PART * abs(before.value))


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
