"""A brief as prose: paragraphs that a leader forwards as they are, the same on the page, in mail
and where they are copied from.
"""

from __future__ import annotations

from collections.abc import Mapping

from helmdesk.insight.brief import Brief, Watched
from helmdesk.insight.finding import Finding
from helmdesk.insight.today import certainty

NOTHING = "Nothing calls for a decision this week."


def paragraph(finding: Finding, courses: Mapping[str, Watched]) -> str:
    """Return what was seen, what it fits, how sure it is, what to do, and when to look again."""
    leading = courses.get(finding.metrics[0]) if finding.metrics else None
    course = leading.course if leading and not finding.is_standing else None
    return " ".join(part for part in _parts(finding, certainty(finding, course)) if part)


def _parts(finding: Finding, sure: str) -> tuple[str, ...]:
    review, meaning = finding.review, finding.meaning
    return (
        f"{finding.title.rstrip('.')}.",
        finding.seen,
        f"It fits this: {meaning[0].lower()}{meaning[1:]}" if meaning else "",
        f"In the same weeks: {'; '.join(finding.context)}." if finding.context else "",
        f"Is it real? {sure}" if sure else "",
        f"What to do: {finding.act[0].lower()}{finding.act[1:]}" if finding.act else "",
        f"Look again on {review.on:%-d %B}: it was wrong if {review.words}." if review else "",
    )


def week_words(found: Brief) -> str:
    """Return the week of a brief."""
    return f"the week of {found.start:%-d %B %Y}"


def paragraphs(found: Brief) -> tuple[str, ...]:
    """Return the whole brief: a paragraph for each finding, then what got better, what settled and
    what stands, each in one.
    """
    courses = {each.key: each for each in found.told}
    told = [paragraph(each, courses) for each in found.findings] or [NOTHING]
    if found.more:
        told.append(f"{len(found.more)} more in the brief on the site.")
    for heading, listed in (
        ("Better", found.better),
        ("Settled this week", found.settled),
        ("As it has stood for a while", found.standing),
    ):
        if listed:
            told.append(f"{heading}: {'; '.join(each.headline for each in listed)}.")
    told.append(
        f"Looked at and quiet: {len(found.quiet)} numbers and {len(found.checked)} patterns."
    )
    return tuple(told)
