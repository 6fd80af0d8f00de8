"""The brief as a letter: the same paragraphs as on its page, in plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from helmdesk.insight.brief import Brief
from helmdesk.insight.prose import paragraphs, week_words
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
    subject = " ".join(f"{desk_name}: {told}, {week_words(found)}".split())
    # Where nobody said under which name the site is reached, a letter has no links.
    link = f"{settings.PUBLIC_URL}{reverse('brief')}" if settings.PUBLIC_URL else ""
    decisions = [f"{each.hypothesis.title}: {each.words or DUE}" for each in due]
    context = {
        "paragraphs": paragraphs(found),
        "week": week_words(found),
        "desk_name": desk_name,
        "link": link,
        "decisions": decisions,
    }
    html = render_to_string("brief_letter.html", context)
    return Letter(subject, _text(found, link, decisions), html)


def _text(found: Brief, link: str, decisions: Sequence[str]) -> str:
    week = week_words(found)
    parts = [f"{week[0].upper()}{week[1:]}", *(fill(each, WIDTH) for each in paragraphs(found))]
    if decisions:
        parts.append("\n".join(["Actions to decide:", *(_item(each) for each in decisions)]))
    if link:
        parts.append(f"The numbers, and how to get this no more: {link}")
    return "\n\n".join(parts) + "\n"


def _item(words: str) -> str:
    return fill(words, WIDTH, initial_indent="- ", subsequent_indent="  ")
