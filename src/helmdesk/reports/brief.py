"""The week's brief as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from helmdesk.analysis.scorecard import TREND_WEEKS
from helmdesk.insight.brief import Brief, Watched
from helmdesk.insight.finding import Finding
from helmdesk.query.filters import to_text
from helmdesk.query.receipt import Receipt
from helmdesk.query.window import days_words
from helmdesk.query.words import show_count, show_measurement
from helmdesk.reports.document import Block, Document, Figure, Items, Paragraph, Section
from helmdesk.reports.figures import ask_weeks, levels_of, trend_figure
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
    shown = tuple(_shown(source, found, each, where) for each in found.findings)
    return source.document(
        title="Brief",
        subtitle=f"{about}Week of {found.start.isoformat()} through {last.isoformat()}",
        cover=cover(found),
        sections=tuple(_sections(found, shown)),
        receipts=tuple(receipt for each in shown for receipt in each.receipts),
        keys=keys,
    )


@dataclass(frozen=True)
class Shown:
    """What is seen of a finding: its leading number over half a year, and the receipts of both."""

    figures: tuple[Figure, ...] = ()
    receipts: tuple[tuple[str, Receipt], ...] = ()


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


def _sections(found: Brief, shown: Sequence[Shown]) -> list[Section]:
    sections = [
        Section(f"{place}. {each.title}", (*_told(each), *drawn.figures))
        for place, (each, drawn) in enumerate(zip(found.findings, shown, strict=True), 1)
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
        ("What to do:", finding.act),
        ("By a rule, not tested for chance:", finding.rule),
        ("At the same time:", "; ".join(finding.context)),
        ("What else it could be:", "; ".join(finding.alternatives)),
        ("If this is wrong:", finding.if_wrong),
        ("It was wrong if", f"{review.words}." if review else ""),
        ("Look again on", f"{days_words(review.on, review.on)}." if review else ""),
    )
    return [Paragraph(text, lead) for lead, text in parts if text]


def _shown(source: Source, found: Brief, finding: Finding, where: str | None) -> Shown:
    """Return the leading number of a finding, if it has one, over the half year up to the brief."""
    if not finding.metrics:
        return Shown()
    key, narrowed = finding.metrics[0], to_text(finding.where) or where
    asked = source.ask.measure(
        key, start=finding.start.isoformat(), end=finding.end.isoformat(), where=narrowed
    )
    first = found.end - timedelta(weeks=TREND_WEEKS)
    metric = source.find_metric(key).metric
    weeks = ask_weeks(source, metric, first, found.end.isoformat(), narrowed)
    if weeks is None:
        return Shown(receipts=((finding.title, asked.receipt),))
    (value,) = asked
    text = f"the weeks told of {show_measurement(value)[0]}"
    levels = levels_of(metric, list(weeks), [(text, value.value, finding.start, finding.end)])
    drawn = trend_figure(
        metric, list(weeks), levels=levels, about="in the part told of" if finding.where else ""
    )
    return Shown(
        () if drawn is None else (drawn,),
        ((finding.title, asked.receipt), (f"{finding.title}: the weeks drawn", weeks.receipt)),
    )
