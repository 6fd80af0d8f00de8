"""One metric explained: is it sound, did it move, where, what moved with it, which lever."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.metric import Metric
from helmdesk.insight.brief import mix_words
from helmdesk.insight.context import Annotation, context
from helmdesk.insight.finding import Finding
from helmdesk.insight.location import Breakdown, Location, locate, plain, workload_parts
from helmdesk.insight.movement import EARLIER_WEEKS, Movement, level, movement
from helmdesk.insight.search import Patterns, look_for_patterns
from helmdesk.insight.soundness import (
    Soundness,
    changed_definitions,
    data_problems,
    soundness,
)
from helmdesk.insight.study import Span, Study
from helmdesk.insight.verdict import Verdict
from helmdesk.insight.weeks import verdict_of
from helmdesk.query.filters import to_text
from helmdesk.query.periods import local_midnight
from helmdesk.query.words import show_size, show_value

WORKLOAD = ("ticket_volume", "average_handle_time")


@dataclass(frozen=True)
class Guard:
    """A metric that must be read beside, and how it moved in the same stretch."""

    key: str
    name: str
    earlier: float
    value: float
    is_worse: bool
    words: str


@dataclass(frozen=True)
class Explanation:
    """The five questions of one metric.

    Attributes:
        metric: the definition asked about.
        course: the verdict on the metric's weeks; None where there is no history.
        movement: the two stretches compared; None where there is no history.
        now, before: the stretches compared.
        sound: what the value rests on.
        problems: data problems, to be read first.
        location: where the change lies.
        workload: (volume, mix, handle time) in handled hours a week, for the metrics that make
        work; None otherwise.
        guards: metrics that must be read beside it.
        findings: patterns found that speak of this metric: those that the week's brief tells.
        checked: (pattern, why) of those that are not there, or could be chance.
        missing: (pattern, data) of those that could not be looked for.
        lever, verdict: what it points to, in a word and in a sentence.
        context: what coincides.
    """

    metric: Metric
    course: Verdict | None
    movement: Movement | None
    now: Span
    before: Span
    sound: Soundness
    problems: tuple[Finding, ...]
    location: Location | None
    workload: tuple[float, float, float] | None
    guards: tuple[Guard, ...]
    findings: tuple[Finding, ...]
    checked: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]
    lever: str
    verdict: str
    context: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; shares from 0 to 1, times in seconds."""
        moved = self.movement
        return {
            "metric": self.metric.key,
            "sound": {
                "n": self.sound.n,
                "pending": self.sound.pending,
                "low": self.sound.low,
                "high": self.sound.high,
                "design_effect": round(self.sound.effect, 3),
                "response_rate": self.sound.response_rate,
                "notes": list(self.sound.notes),
            },
            "course": None if self.course is None else self.course.as_dict(),
            "moved": (
                None
                if moved is None
                else {
                    "measured_as": moved.form.describe(),
                    "value": _plain(moved.value),
                    "earlier": _plain(moved.earlier),
                    "change": _plain(moved.change),
                    "standard_error": _plain(moved.error),
                    "detectable": moved.detectable,
                }
            ),
            "where": (
                None
                if self.location is None
                else {
                    "by": [
                        {
                            "dimension": each.dimension,
                            "rate": each.rate,
                            "mix": each.mix,
                            "simpson": each.is_simpson,
                            "segments": [
                                {
                                    "segment": part.group[0],
                                    "rate": part.rate,
                                    "mix": part.mix,
                                    "before": _plain(part.before),
                                    "now": _plain(part.now),
                                }
                                for part in each.parts
                            ],
                        }
                        for each in self.location.breakdowns
                    ],
                    "slices": [
                        {"where": to_text(place.where), "share": place.share, "cases": place.cases}
                        for place in self.location.places
                    ],
                    "p": self.location.p,
                    "unexplained": self.location.unexplained,
                }
            ),
            "workload": (
                None
                if self.workload is None
                else dict(zip(("volume", "mix", "handle_time"), self.workload, strict=True))
            ),
            "with": [
                {
                    "metric": guard.key,
                    "earlier": _plain(guard.earlier),
                    "value": _plain(guard.value),
                    "worse": guard.is_worse,
                }
                for guard in self.guards
            ],
            "problems": [finding.as_dict() for finding in self.problems],
            "findings": [finding.as_dict() for finding in self.findings],
            "checked": [{"pattern": title, "quiet_because": why} for title, why in self.checked],
            "missing": [{"pattern": title, "needs": what} for title, what in self.missing],
            "lever": self.lever,
            "verdict": self.verdict,
            "context": list(self.context),
        }


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def explain(
    study: Study,
    key: str,
    window: tuple[Span, Span] | None = None,
    others: Sequence[Annotation] = (),
    dimensions: Sequence[str] | None = None,
    patterns: Callable[[], Patterns] | None = None,
) -> Explanation:
    """Return the explanation of one metric.

    Args:
        window: stretches to compare, before first; None takes the present level and the eight weeks
            before it, or before the episode that led to it; where nothing is to be told, the last
            four weeks and the eight before.
        others: annotations written on the site.
        dimensions: by which it is taken apart; None takes those that most desks act by.
        patterns: gives those of the study's last week where somebody looked already.
    """
    metric = study.find(key).metric
    course = None if study.lacks(key) else verdict_of(study, key, others)
    window = window or (_stretches(study, course) if course is not None else None)
    moved = None if study.lacks(key) else movement(study, key, window)
    before, now = window or (
        (moved.before, moved.now) if moved else (study.before(study.last(4), 8), study.last(4))
    )
    where = locate(study, moved.form, before, now, dimensions) if moved is not None else None
    told = (patterns() if patterns else look_for_patterns(study, others)).of(key)
    problems = (*data_problems(study), *changed_definitions(study, study.last(1), (key,)))
    verdict, lever = _verdict(study, key, moved, course, where, told.findings, problems)
    return Explanation(
        metric,
        course,
        moved,
        now,
        before,
        soundness(study, key, now),
        problems,
        where,
        workload_parts(study, before, now) if key in WORKLOAD else None,
        tuple(_guards(study, metric, before, now)),
        told.findings,
        told.checked,
        told.missing,
        lever,
        verdict,
        context(study, now, (study.find(key),), others),
    )


def _stretches(study: Study, course: Verdict) -> tuple[Span, Span] | None:
    """Return what a verdict speaks of: the weeks before, and those of the present level; None where
    it tells of nothing.
    """
    if not course.is_told or course.since is None:
        return None
    now = Span(local_midnight(course.since, study.zone), study.end)
    left = local_midnight(course.episode.start, study.zone) if course.episode else now.start
    return study.before(Span(left, now.end), EARLIER_WEEKS), now


def _guards(study: Study, metric: Metric, before: Span, now: Span) -> list[Guard]:
    found = []
    for key in metric.read_with:
        if study.lacks(key):
            continue
        form = study.form(key)
        values = [level(study, form, span) for span in (before, now)]
        (earlier, error_before, _), (value, error_now, _) = values
        if math.isnan(earlier) or math.isnan(value):
            continue
        error = (error_before**2 + error_now**2) ** 0.5
        is_clear = error > 0 and abs(value - earlier) > 1.96 * error
        is_worse = is_clear and form.good * (value - earlier) < 0
        unit = form.metric.unit
        told = (
            "got worse"
            if is_worse
            else (
                "got better"
                if is_clear and form.good
                else "moved"
                if is_clear
                else "did not clearly move"
            )
        )
        words = (
            f"{form.describe()} {told}: {show_value(earlier, unit)} to {show_value(value, unit)}"
        )
        found.append(Guard(key, form.metric.name, earlier, value, bool(is_worse), words))
    return found


def _verdict(
    study: Study,
    key: str,
    moved: Movement | None,
    course: Verdict | None,
    where: Location | None,
    findings: Sequence[Finding],
    problems: Sequence[Finding],
) -> tuple[str, str]:
    """Return a sentence and the lever."""
    if moved is None or course is None:
        return study.lacks(key) or "there is no complete week to look at yet", "none"
    story = f"{course.words[0].upper()}{course.words[1:]}."
    if problems:
        return f"{story} Look at the data first: {problems[0].title.lower()}.", "data"
    changes = [finding for finding in findings if finding.kind == "change"]
    if changes:
        return f"{story} It fits this: {changes[0].title.lower()}.", changes[0].lever
    if course.is_told and where is not None and where.is_mix and not where.places:
        return f"{story} The mix of work changed. {mix_words(where, moved)}", "none"
    if course.is_told:
        return f"{story} No known cause yet: look where it lies.", "none"
    standing = f" What lies there all along: {findings[0].title.lower()}." if findings else ""
    reach = f" A change under {_reach(moved)} could not have been seen." if moved.detectable else ""
    return f"{story} Do nothing about last week's value.{reach}{standing}", (
        findings[0].lever if findings else "none"
    )


def _reach(moved: Movement) -> str:
    assert moved.detectable is not None
    return show_size(moved.detectable, moved.form.metric.unit)


def waterfall(breakdown: Breakdown, most: int = 8) -> list[tuple[str, str, float]]:
    """Return (segment, rate or mix, its part in the change) in order of size, the smallest together
    at the end; they add up.
    """
    terms = [
        (plain(((breakdown.dimension, part.group[0]),)), kind, value)
        for part in breakdown.parts
        for kind, value in (("rate", part.rate), ("mix", part.mix))
        if value
    ]
    terms.sort(key=lambda term: -abs(term[2]))
    rest = sum(value for *_, value in terms[most:])
    return [*terms[:most], *([("all others", "rate and mix", rest)] if terms[most:] else [])]
