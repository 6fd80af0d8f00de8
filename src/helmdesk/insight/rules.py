"""Alerts in waiting: a rule in a sentence, and how often it would have fired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from helmdesk.insight.form import Form
from helmdesk.insight.movement import judge, promise
from helmdesk.insight.study import Study
from helmdesk.query.words import show_value
from helmdesk.settings import Target
from helmdesk.statistics.lamps import MEMORY_OF_ALARMS

DAYS = 90


@dataclass(frozen=True)
class Rule:
    """One rule with its past.

    Attributes:
        sentence: what it says.
        fired_on: first days of the weeks in which it would have fired anew, oldest first.
        weeks: complete weeks that were looked at.
        days: length of the back-test.
        false_alarms: a year, when nothing changes; None for plain thresholds, whose number nobody can promise.
    """

    sentence: str
    fired_on: tuple[date, ...]
    weeks: int
    days: int
    false_alarms: float | None

    def says(self) -> str:
        """Return the back-test in words."""
        if not self.weeks:
            return "There are no complete weeks to try it on yet."
        times = {0: "not once", 1: "once", 2: "twice"}.get(len(self.fired_on), f"{len(self.fired_on)} times")
        promise = (
            f" On a series that never changes it would fire about {self.false_alarms:.2g} times a year."
            if self.false_alarms is not None
            else ""
        )
        return f"It would have fired {times} in {self.days} days.{promise}"


def rules(study: Study, key: str, days: int = DAYS) -> tuple[Rule, ...]:
    """Return the rules that a metric offers: the lamps, its target when there is one, and what dashboards usually do."""
    form = study.form(key)
    metric = study.find(key).metric
    history = study.history(form)
    first = study.day(study.end) - timedelta(days=days)
    places = [place for place, start in enumerate(history.starts) if start >= first]
    starts = history.starts
    way = {1: "falls", -1: "rises"}.get(form.good, "moves")
    lit = []
    for place in places:
        lamps = judge(history.weeks.until(place + 1))
        lit.append(lamps is not None and bool(lamps.is_spike | lamps.is_shift) and (form.good == 0 or int(lamps.direction) == -form.good))
    found = [
        Rule(
            f"Tell me when {form.says().lower()} {way} beyond chance (spike or shift).",
            _anew(lit, places, starts),
            len(places),
            days,
            promise(history.weeks),
        )
    ]
    target = study.targets.get(key)
    if target is not None:
        missed = [_misses(study, key, form, target, float(history.weeks.values[place])) for place in places]
        found.append(
            Rule(
                f"Tell me when a week misses the target of {_target_words(target, metric.unit)}.",
                _anew(missed, places, starts),
                len(places),
                days,
                None,
            )
        )
    values = history.weeks.values
    usual = []
    for place in places:
        before = values[place - 1] if place else np.nan
        step = values[place] - before
        limit = 0.05 if form.is_share else 0.1 * abs(before)
        usual.append(bool(np.isfinite(step) and (abs(step) if form.good == 0 else -form.good * step) > limit))
    size = "5 points" if form.is_share else "10%"
    found.append(
        Rule(
            f"For comparison, what dashboards do: tell me when it is {size} worse than the week before.",
            _anew(usual, places, starts),
            len(places),
            days,
            None,
        )
    )
    return tuple(found)


def _misses(study: Study, key: str, form: Form, target: Target, value: float) -> bool:
    if not np.isfinite(value):
        return False
    if isinstance(target, tuple):
        return not target[0] <= value <= target[1]
    if form.threshold is not None:
        # The form is the share of rows beyond the target: a median misses it when more than half do.
        return value > 0.5
    return value > target if study.find(key).metric.direction == "lower" else value < target


def _target_words(target: Target, unit: str) -> str:
    return f"{show_value(target[0], unit)} to {show_value(target[1], unit)}" if isinstance(target, tuple) else show_value(target, unit)


def _anew(lit: list[bool], places: list[int], starts: tuple[date, ...]) -> tuple[date, ...]:
    """Return the weeks in which a rule fires after at least four quiet ones."""
    found: list[int] = []
    last = -99
    for is_lit, place in zip(lit, places, strict=True):
        if is_lit and place - last > MEMORY_OF_ALARMS:
            found.append(place)
        if is_lit:
            last = place
    return tuple(starts[place] for place in found)
