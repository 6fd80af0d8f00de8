"""What a leader needs to hear on opening the site: at most three stories, what is going on beside
them, and what has settled.

Nothing is judged here: a story is a finding of the brief, or metrics whose verdict it tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from helmdesk.insight.brief import Brief, Watched
from helmdesk.insight.finding import ByRule, ByTest, Evidence, Finding
from helmdesk.insight.verdict import NUMBERS, State, Verdict
from helmdesk.query.judgement import Badge

MOST_STORIES = 3
KINDS = {
    "data": Badge("Check the data", "recovering", "alert"),
    "change": Badge("Changed", "moved", "flag"),
    "standing": Badge("Worth changing", "moved", "flag"),
}
LEAST_P = 0.001
"""Odds smaller than this are told as this."""


@dataclass(frozen=True)
class Story:
    """One thing worth a leader's time.

    Attributes:
        key: what a dismissal is about: a metric's key, or a finding's.
        identity: what a dismissal holds to; empty where it cannot be dismissed.
        metric: whose course shows it.
        badge: its verdict, or what kind of finding it is.
        short: in a few words, for a heading. headline: in a sentence.
        changed, real, why, act: what changed, whether it is real, why, and what to do; `why` is
        empty where nothing is known. again: when to look again and what would prove it wrong.
        evidence: where the numbers are; None on the page that explains the metric.
        also: metrics that moved with it.
        rests_on: tests and alternatives, for those who ask.
    """

    key: str
    identity: str
    metric: str
    badge: Badge
    short: str
    headline: str
    changed: str
    real: str
    why: str
    act: str
    again: str
    evidence: Evidence | None
    also: tuple[Watched, ...] = ()
    rests_on: Finding | None = None
    course: Verdict | None = None


@dataclass(frozen=True)
class Today:
    """What is told on opening the site.

    Attributes:
        stories: at most three, the weightiest first. more: how many findings stay for the brief.
        going: what has moved and is in no story. settled: what came to rest within the last
        quarter and is in no story.
    """

    stories: tuple[Story, ...]
    more: int
    going: tuple[Watched, ...]
    settled: tuple[Watched, ...]

    @property
    def heading(self) -> str:
        """The two weightiest stories in a few words."""
        if not self.stories:
            return "All steady. Nothing needs you this week."
        return " ".join(f"{story.short}." for story in self.stories[:2])


def today_of(found: Brief) -> Today:
    """Return what the brief of a week comes to."""
    courses = {each.key: each for each in found.told}
    findings = (*found.findings, *found.more)
    moved = [each for each in findings if not each.is_standing]
    standing = [each for each in findings if each.is_standing]
    taken = {key for each in moved for key in each.metrics}
    lasting = [
        each
        for each in found.told
        if each.course.is_bad and each.course.state is State.SETTLED and each.key not in taken
    ]
    stories = [
        *(_of_finding(each, courses) for each in moved),
        *(_of_courses(group) for group in _together(lasting)),
        *(_of_finding(each, courses) for each in standing),
    ]
    first = stories[:MOST_STORIES]
    shown = {key for story in first for key in _metrics(story)}
    rest = [each for each in found.told if each.key not in shown]
    return Today(
        tuple(first),
        len(stories) - len(first),
        tuple(each for each in rest if each.course.is_moving),
        tuple(each for each in rest if not each.course.is_moving),
    )


def _metrics(story: Story) -> Iterable[str]:
    """Return the metrics whose course a story tells; what stands is about no course."""
    if story.course is not None:
        yield story.metric
    yield from (each.key for each in story.also)


def _together(told: Sequence[Watched]) -> list[list[Watched]]:
    """Return metrics in groups that turned in the same week: they usually have one cause."""
    groups: dict[date, list[Watched]] = {}
    for each in told:
        groups.setdefault(each.course.beginning, []).append(each)
    return sorted(groups.values(), key=lambda group: group[0].course.beginning, reverse=True)


def _of_courses(group: Sequence[Watched]) -> Story:
    """Return the story of metrics that turned together."""
    first, *also = group
    course = first.course
    event = course.event or (course.episode.event if course.episode else "")
    return Story(
        first.key,
        course.identity,
        first.key,
        course.badge,
        f"{first.name}: {course.word[0].lower()}{course.word[1:]}",
        first.headline,
        _sentence(course.words),
        _lasting(course),
        f"It began after {event}. That is when, not yet why." if event else "",
        "See where it lies: by channel, team, kind of question and hour.",
        "",
        None,
        tuple(also),
        course=course,
    )


def _lasting(course: Verdict) -> str:
    """Say how sure a course is."""
    if course.state is State.NEW:
        return "One week can be chance. If next week is the same, it is not."
    weeks = NUMBERS[course.weeks] if course.weeks < len(NUMBERS) else str(course.weeks)
    if course.state is State.SETTLED:
        return f"Yes: it has lasted {weeks} weeks and has not come back by itself."
    return f"Very likely: {weeks} weeks so far, more than chance explains."


def _of_finding(finding: Finding, courses: dict[str, Watched]) -> Story:
    """Return the story of a finding; it starts from the verdict on its leading metric, where that
    moved.
    """
    leading = courses.get(finding.metrics[0])
    course = leading.course if leading and not finding.is_standing else None
    title = finding.title.rstrip(".")
    if finding.kind == "unexplained" and leading:
        word = leading.course.word
        title = f"{leading.name}: {word[0].lower()}{word[1:]}"
    headline = leading.headline if finding.kind == "unexplained" and leading else title
    identity = finding.identity if finding.is_standing else course.identity if course else ""
    why = [finding.meaning] if finding.meaning else []
    if finding.context:
        why.append(f"In the same weeks: {'; '.join(finding.context)}.")
    review = finding.review
    return Story(
        finding.key if finding.is_standing else finding.metrics[0],
        identity,
        finding.metrics[0],
        course.badge if course else KINDS.get(finding.kind, KINDS["change"]),
        title,
        headline,
        finding.seen,
        certainty(finding, course),
        " ".join(why),
        finding.act or "See where it lies: by channel, team, kind of question and hour.",
        f"Look again on {review.on:%-d %B}: wrong if {review.words}." if review else "",
        finding.evidence[0] if finding.evidence else None,
        tuple(courses[key] for key in finding.metrics[1:] if key in courses and course),
        finding,
        course,
    )


def certainty(finding: Finding, course: Verdict | None) -> str:
    """Say how sure a finding is: by a test of chance, a rule, or the verdict on its number."""
    if isinstance(finding.basis, ByTest):
        return f"Yes: chance alone would show this {odds(finding.basis.p)}."
    if isinstance(finding.basis, ByRule):
        return f"It is a rule, not a test of chance: {finding.basis.statement}."
    return _lasting(course) if course else "As sure as the verdict on the number."


def odds(p: float) -> str:
    """Return a probability as people say it."""
    if p <= LEAST_P:
        return f"less than once in {round(1 / LEAST_P):,} tries"
    times = round(1 / p)
    return f"about once in {times:,} tries" if times > 1 else "quite often"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
