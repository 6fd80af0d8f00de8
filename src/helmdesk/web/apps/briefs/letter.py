"""The brief as a letter: the same findings as on its page, in plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from helmdesk.insight.brief import Brief
from helmdesk.insight.finding import Finding
from helmdesk.web.apps.actions.models import Action

WIDTH = 76
DUE = "its weeks are over"


@dataclass(frozen=True)
class Letter:
    """A mail to be."""

    subject: str
    text: str
    html: str


def letter_of(found: Brief, desk_name: str, due: Sequence[Action] = ()) -> Letter:
    """Write the letter of a week.

    Args:
        due: actions on which somebody has to decide.
    """
    count = len(found.findings)
    told = f"{count} {'finding' if count == 1 else 'findings'}" if count else "nothing to decide"
    subject = " ".join(f"{desk_name}: {told}, week from {found.start.isoformat()}".split())
    # Where nobody said under which name the site is reached, a letter has no links.
    link = f"{settings.PUBLIC_URL}{reverse('brief')}" if settings.PUBLIC_URL else ""
    context = {"found": found, "desk_name": desk_name, "link": link, "due": due}
    return Letter(subject, _text(found, link, due), render_to_string("brief_letter.html", context))


def _text(found: Brief, link: str, due: Sequence[Action]) -> str:
    parts = [f"Week from {found.start.isoformat()}, seven days"]
    parts += [_paragraph(place, each) for place, each in enumerate(found.findings, 1)]
    if not found.findings:
        parts.append("Nothing that calls for a decision.")
    if found.more:
        parts.append(f"{len(found.more)} more on the page.")
    for title, listed in (
        ("Better", found.better),
        ("Settled this week", found.settled),
        ("Standing, no news", found.standing),
    ):
        if listed:
            parts.append("\n".join([f"{title}:", *(_item(each.words) for each in listed)]))
    if due:
        told = [f"{each.hypothesis.title}: {each.words or DUE}" for each in due]
        parts.append("\n".join(["Actions to decide:", *(_item(each) for each in told)]))
    parts.append(
        fill(
            f"Checked and quiet: {len(found.quiet)} metrics, {len(found.checked)} patterns.",
            WIDTH,
        )
    )
    if link:
        parts.append(f"The numbers, and how to get this no more: {link}")
    return "\n\n".join(parts) + "\n"


def _paragraph(place: int, finding: Finding) -> str:
    lever = "no lever known" if finding.lever == "none" else finding.lever
    lines = [fill(f"{place}. {finding.title} [{lever}]", WIDTH), fill(finding.text, WIDTH)]
    if finding.rule:
        lines.append(fill(f"By a rule, not tested for chance: {finding.rule}.", WIDTH))
    if finding.context:
        lines.append(fill(f"Coincides with {'; '.join(finding.context)}.", WIDTH))
    return "\n".join(lines)


def _item(words: str) -> str:
    return fill(words, WIDTH, initial_indent="- ", subsequent_indent="  ")
