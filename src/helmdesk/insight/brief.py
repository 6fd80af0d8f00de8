"""The week's brief: at most five findings in order of consequence, and what was checked and found
quiet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.insight.context import Annotation, context, worked_share
from helmdesk.insight.dismissals import Dismissal
from helmdesk.insight.finding import ByCourse, Evidence, Finding, Test, review_in
from helmdesk.insight.location import Location, locate
from helmdesk.insight.movement import Movement, movement
from helmdesk.insight.pattern import load_patterns
from helmdesk.insight.search import Patterns, look_for_patterns
from helmdesk.insight.soundness import changed_definitions, data_problems
from helmdesk.insight.study import Study
from helmdesk.insight.verdict import State, Verdict
from helmdesk.insight.weeks import verdict_of
from helmdesk.query.judgement import Judgement

MOST = 5
# With less than this share of the usual time worked, a week is short.
SHORT_WEEK = 0.9


@dataclass(frozen=True)
class Watched:
    """One metric of the scorecard with the verdict on its course."""

    key: str
    name: str
    course: Verdict

    @property
    def words(self) -> str:
        """The metric and its verdict."""
        return f"{self.name}: {self.course.words}"

    @property
    def headline(self) -> str:
        """Where it is and where it was, as a sentence."""
        return self.course.headline(self.name)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"name": self.name, **self.course.as_dict()}


@dataclass(frozen=True)
class SetAside:
    """Something that would be told, had nobody dismissed it.

    Attributes:
        name: of the metric, or title of the finding.
        metric: whose page tells of it.
    """

    name: str
    metric: str
    dismissal: Dismissal

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"name": self.name, "metric": self.metric, **self.dismissal.as_dict()}


@dataclass(frozen=True)
class Brief:
    """What a leader reads on Monday.

    Attributes:
        start, end: the week, local dates, half-open.
        findings: at most five: data problems, then changes, then what stands; what was tested
            before what meets a rule, each by how many cases a week it concerns.
        more: findings beyond those.
        told: every metric whose course is told, in the order of the scorecard.
        better: metrics that move the right way: new, or going on.
        settled: metrics whose course settled in this week; told once.
        standing: metrics that settled within the last quarter, or go on and are among the findings
            no more: not news.
        dismissed: what somebody dismissed, and has not changed since.
        quiet: metrics that are steady, or have too few weeks.
        checked: (pattern, why it is not there).
        missing: (pattern, which data it would need).
    """

    start: date
    end: date
    findings: tuple[Finding, ...]
    more: tuple[Finding, ...]
    told: tuple[Watched, ...]
    better: tuple[Watched, ...]
    settled: tuple[Watched, ...]
    standing: tuple[Watched, ...]
    dismissed: tuple[SetAside, ...]
    quiet: tuple[Watched, ...]
    checked: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "findings": [finding.as_dict() for finding in self.findings],
            "more": [finding.as_dict() for finding in self.more],
            "better": [watched.as_dict() for watched in self.better],
            "settled": [watched.as_dict() for watched in self.settled],
            "standing": [watched.as_dict() for watched in self.standing],
            "dismissed": [each.as_dict() for each in self.dismissed],
            "quiet": [watched.name for watched in self.quiet],
            "checked": [{"pattern": title, "quiet_because": why} for title, why in self.checked],
            "missing": [{"pattern": title, "needs": what} for title, what in self.missing],
        }


@dataclass(frozen=True)
class Look:
    """All that was seen in a week, before anybody's dismissals; takes long, and is the same for
    everybody.

    Attributes:
        moved: the last week's movement of each metric that is watched.
        courses: the verdict on each.
        settled: those that settled in this week.
        patterns: found among all that were looked for.
        problems: of the data.
        is_short: whether it was a week of holidays.
    """

    moved: Mapping[str, Movement]
    courses: Mapping[str, Watched]
    settled: frozenset[str]
    patterns: tuple[Finding, ...]
    problems: tuple[Finding, ...]
    checked: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]
    is_short: bool


def look(
    study: Study,
    keys: Iterable[str],
    others: Sequence[Annotation] = (),
    on_step: Callable[[str], None] = lambda _step: None,
    patterns: Callable[[], Patterns] | None = None,
) -> Look:
    """Look at the week that ends at the study's end.

    Args:
        keys: metrics that are watched.
        others: annotations written on the site.
        patterns: gives those of the week where somebody looked already.
    """
    moved = {}
    for key in keys:
        on_step(f"looking at {key.replace('_', ' ')}")
        found = _movement(study, key)
        if found is not None:
            moved[key] = found
    on_step("looking for patterns")
    told = patterns() if patterns else look_for_patterns(study, others)
    problems = (*data_problems(study), *changed_definitions(study, study.last(1), tuple(moved)))
    on_step("explaining what is left")
    courses = {
        key: Watched(key, study.find(key).metric.name, verdict_of(study, key, others))
        for key in moved
    }
    week_before = study.at(study.last(1).start)
    # Told once: what had settled a week ago is no news.
    settled = frozenset(
        key
        for key, each in courses.items()
        if each.course.state is State.SETTLED
        and verdict_of(week_before, key, others).identity != each.course.identity
    )
    is_short = (worked_share(study) or 1.0) < SHORT_WEEK
    return Look(
        moved, courses, settled, told.findings, problems, told.checked, told.missing, is_short
    )


def make_brief(
    study: Study,
    seen: Look,
    others: Sequence[Annotation] = (),
    dismissed: Mapping[str, Dismissal] = MappingProxyType({}),
) -> Brief:
    """Return the brief of what was seen in a week, without what is dismissed."""
    courses = {
        key: replace(each, course=each.course.unless(dismissed))
        for key, each in seen.courses.items()
    }
    told = [each for each in courses.values() if each.course.is_told]
    found = [
        each for each in seen.patterns if not (each.is_standing and each.identity in dismissed)
    ]
    explained = {
        key
        for finding in seen.patterns
        for key in (*finding.metrics, *load_patterns()[finding.key].pattern.explains)
    }
    left = _left(seen, told, explained)
    if left:
        found.append(_unexplained(study, left, courses, others))
    ordered = sorted((*seen.problems, *found), key=lambda each: each.order)
    aside = [
        *(
            SetAside(each.title, each.metrics[0], dismissed[each.identity])
            for each in seen.patterns
            if each not in found
        ),
        *(
            SetAside(each.name, each.key, each.course.dismissed)
            for each in courses.values()
            if each.course.dismissed is not None
        ),
    ]
    last = study.last(1)
    return Brief(
        study.day(last.start),
        study.day(last.end),
        tuple(ordered[:MOST]),
        tuple(ordered[MOST:]),
        tuple(told),
        tuple(
            each for each in told if each.course.is_moving and each.course.side is Judgement.BETTER
        ),
        tuple(each for each in told if each.key in seen.settled),
        tuple(
            each
            for each in told
            if each.course.state is State.SETTLED and each.key not in seen.settled
        ),
        tuple(aside),
        tuple(each for each in seen.courses.values() if not each.course.is_told),
        seen.checked,
        seen.missing,
    )


def _movement(study: Study, key: str) -> Movement | None:
    try:
        return None if study.lacks(key) else movement(study, key)
    except (NotFoundError, NotPermittedError):
        return None


def _left(seen: Look, told: Iterable[Watched], explained: Set[str]) -> list[tuple[str, Movement]]:
    """Return what is new or going on, for the worse, and is explained by nothing found.

    In a week of holidays single weeks look odd in every metric: only what lasts is told.
    """
    found = []
    for each in told:
        is_odd_week = seen.is_short and each.course.state is State.NEW
        if (
            each.key not in explained
            and each.course.is_moving
            and each.course.is_bad
            and not is_odd_week
        ):
            found.append((each.key, seen.moved[each.key]))
    return found


def _unexplained(
    study: Study,
    left: Sequence[tuple[str, Movement]],
    courses: Mapping[str, Watched],
    others: Sequence[Annotation],
) -> Finding:
    """Tell what moved and fits no pattern as one finding: metrics that move in one week usually
    have one cause.
    """
    sizes = {key: _affected(study, moved) for key, moved in left}
    key, moved = max(left, key=lambda each: sizes[each[0]])
    entry, course = study.find(key), courses[key].course
    where = locate(study, moved.form, moved.before, moved.now)
    start, end = study.day(moved.now.start), study.day(moved.now.end)
    is_mix = where.is_mix and not where.places
    place = where.places[0].where if where.places else None
    words = course.words
    text = f"{words[0].upper()}{words[1:]}. {mix_words(where, moved)}"
    if where.describe():
        text += f" {where.describe()[0].upper()}{where.describe()[1:]}."
    also = "; ".join(courses[name].words for name, _ in left if name != key)
    if also:
        text += f" In the same weeks: {also}."
    text += "" if is_mix else " No cause is known yet."
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    told = "got worse" if course.state is State.NEW else "is still worse"
    return Finding(
        f"moved:{key}",
        "unexplained",
        f"{entry.metric.name}{more} {told}",
        text,
        "none",
        tuple(name for name, _ in left),
        start,
        end,
        ByCourse(),
        place,
        sizes[key],
        (Test("course of the weeks", True, course.words),),
        ("chance", *(("the mix of work changed, not how it is done",) if is_mix else ())),
        "time spent on noise",
        review_in(2, end, key, "it is back by itself: then it was noise"),
        (
            Evidence(
                key,
                study.day(moved.before.start),
                end,
                place,
                where.breakdowns[0].dimension if where.breakdowns else "",
            ),
        ),
        context(study, moved.now, (entry,), others),
    )


def _affected(study: Study, moved: Movement) -> float:
    """Cases a week that a movement concerns: points of a share, or the part by which anything else
    moved.
    """
    cases = study.measure(moved.form, moved.now).n / max(moved.now.days / 7, 1.0)
    return cases * (
        abs(moved.change)
        if moved.form.is_share
        else min(1.0, abs(moved.change) / max(abs(moved.earlier), 1e-9))
    )


def mix_words(where: Location, moved: Movement) -> str:
    """Say how much of a change is mix, by the dimension that shows most of it."""
    if not where.breakdowns or moved.form.kind == "count":
        return ""
    most = max(where.breakdowns, key=lambda each: abs(each.mix))
    if not most.change or abs(most.mix) < 0.1 * abs(most.change):
        return "It is not other work: the same work is handled differently."
    return (
        f"{most.mix / most.change:.0%} of the change is other work, by"
        f" {most.dimension.replace('_', ' ')}; the rest is the same work handled differently."
    )
