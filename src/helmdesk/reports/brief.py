"""The week's brief as a document."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from helmdesk.insight.brief import Brief, Watched
from helmdesk.insight.finding import Finding
from helmdesk.query.filters import to_text
from helmdesk.query.receipt import Receipt
from helmdesk.query.words import show_count
from helmdesk.reports.document import Block, Document, Items, Paragraph, Section
from helmdesk.reports.source import Source


def brief_report(source: Source, *, where: str | None = None, **asked: Any) -> Document:
    """Return what a leader should know about the last complete week.

    Args:
        where: filter over dimensions, as text.
        asked: `end`, as `Questions.brief` takes it.

    Raises:
        FilterError, UsageError: the question is not one this desk can answer.
    """
    found = source.ask.brief(where=where, annotations=source.annotations, **asked)
    keys = tuple(dict.fromkeys(key for each in found.findings for key in each.metrics[:1]))
    about = f"Only {where}. " if where else ""
    last = found.end - timedelta(days=1)
    return source.document(
        title="Brief",
        subtitle=f"{about}Week of {found.start.isoformat()} through {last.isoformat()}",
        cover=cover(found),
        sections=tuple(_sections(found)),
        receipts=tuple(_receipts(source, found, where)),
        keys=keys,
    )


def cover(found: Brief) -> str:
    """Return what a leader would write above it."""
    if not found.findings:
        quiet = show_count(len(found.quiet), "number")
        return f"Nothing this week calls for a decision: {quiet} and {len(found.checked)} known" + (
            " patterns of trouble were checked and are quiet."
        )
    told = "; ".join(each.title for each in found.findings)
    count = len(found.findings)
    return f"{'One thing' if count == 1 else f'{count} things'} to know this week: {told}."


def _sections(found: Brief) -> list[Section]:
    sections = [
        Section(f"{place}. {each.title}", tuple(_told(each)))
        for place, each in enumerate(found.findings, 1)
    ]
    if found.more:
        sections.append(Section("Also", (Items(tuple(each.title for each in found.more)),)))
    for title, listed in (
        ("Better", found.better),
        ("Settled this week", found.settled),
        ("Standing, no news", found.standing),
    ):
        if listed:
            sections.append(Section(title, (Items(_words(listed)),)))
    quiet = ", ".join(each.name for each in found.quiet) or "nothing"
    checked = f"{show_count(len(found.checked), 'pattern')} of trouble looked for and not found."
    sections.append(Section("Checked and quiet", (Paragraph(f"{quiet}."), Paragraph(checked))))
    return sections


def _words(listed: tuple[Watched, ...]) -> tuple[str, ...]:
    return tuple(each.words for each in listed)


def _told(finding: Finding) -> list[Block]:
    review = finding.review
    parts = (
        ("", finding.text),
        ("What to do:", "" if finding.lever == "none" else f"look at {finding.lever}."),
        ("By a rule, not tested for chance:", finding.rule),
        ("At the same time:", "; ".join(finding.context)),
        ("What else it could be:", "; ".join(finding.alternatives)),
        ("If this is wrong:", finding.if_wrong),
        ("Look again:", f"{review.on.isoformat()}, {review.words}" if review else ""),
    )
    return [Paragraph(text, lead) for lead, text in parts if text]


def _receipts(source: Source, found: Brief, where: str | None) -> list[tuple[str, Receipt]]:
    """Return a receipt of the leading number of each finding that has one."""
    made = []
    for each in found.findings:
        if not each.metrics:
            continue
        narrowed = to_text(each.where) or where
        asked = source.ask.measure(
            each.metrics[0],
            start=each.start.isoformat(),
            end=each.end.isoformat(),
            where=narrowed,
        )
        made.append((each.title, asked.receipt))
    return made
