"""The digest as a letter: for leads the same paragraphs as on the brief's page, for agents their
own numbers; in plain text and as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import fill

from django.template.loader import render_to_string

from helmdesk.insight.brief import Brief
from helmdesk.insight.prose import paragraphs, week_words
from helmdesk.web.apps.actions.models import Action
from helmdesk.web.apps.outbox.letter import (
    WIDTH,
    Letter,
    address,
    in_paragraphs,
    one_click,
    one_line,
)
from helmdesk.web.pages.team.own import OwnNumber

DUE = "its weeks are over"
USUAL = "Nothing here differs from what the mix of work predicts by more than chance."
UNKNOWN = "There is too little of the same work in these weeks to say what is usual."


@dataclass(frozen=True)
class Told:
    """One paragraph: what it begins with, set apart, and the rest."""

    lead: str
    rest: str

    @property
    def words(self) -> str:
        """The whole."""
        return f"{self.lead} {self.rest}".strip()


@dataclass(frozen=True)
class Item:
    """One line of a list, and where it leads to; nowhere without a link."""

    words: str
    link: str = ""


@dataclass(frozen=True)
class Parts:
    """All that a digest says.

    Attributes:
        title: of the mail and above it.
        about: what it speaks of.
        link: the page where the same is; empty without a public name of the site.
        stop_link: ends it by one click.
    """

    title: str
    heading: str
    about: str
    paragraphs: tuple[Told, ...]
    decisions: tuple[Item, ...]
    link: str
    link_words: str
    stop_link: str


def letter_of(
    found: Brief,
    desk_name: str,
    due: Sequence[Action] = (),
    *,
    where: str = "",
    stop_link: str = "",
) -> Letter:
    """Write the digest of a week for a lead.

    Args:
        due: actions on which somebody has to decide.
        where: the part of the desk that it speaks of; empty for all that the reader may read.
        stop_link: address that ends it by one click; empty for none.
    """
    count, week = len(found.findings), week_words(found)
    told = f"{count} {'finding' if count == 1 else 'findings'}" if count else "nothing to decide"
    return _letter(
        Parts(
            title=f"{desk_name}: {told}, {week}",
            heading=f"{week[0].upper()}{week[1:]}",
            about=f"Only {where}" if where else "",
            paragraphs=tuple(_paragraphs(found)),
            decisions=tuple(
                Item(
                    f"{each.hypothesis.title}: {each.words or DUE}",
                    address("action", each.pk) if each.pk else "",
                )
                for each in due
            ),
            link=address("brief"),
            link_words="The numbers, and how to get this no more",
            stop_link=stop_link,
        )
    )


def own_letter(
    numbers: Sequence[OwnNumber],
    desk_name: str,
    team: str,
    start: date,
    end: date,
    stop_link: str = "",
) -> Letter:
    """Write the digest for an agent: the own numbers with what the mix of work predicts.

    Args:
        team: whose work it is put beside; empty for the whole desk.
        start, end: local dates, half-open.
    """
    apart = [each.metric.name for each in numbers if each.differs]
    told = f"{len(apart)} of your numbers to talk about" if apart else "your numbers are as usual"
    days = f"{start:%-d %B} to {end - timedelta(days=1):%-d %B %Y}"
    first = f"Outside what the mix of work predicts: {', '.join(apart)}." if apart else USUAL
    if not any(each.found.expected is not None for each in numbers):
        told, first = "your numbers", UNKNOWN
    if not numbers:
        told, first = "none of your work in these weeks", "There is none of your work in the data."
    shown = [Told("", first), *(Told(f"{each.metric.name}.", each.words) for each in numbers)]
    return _letter(
        Parts(
            title=f"{desk_name}: {told}, {days}",
            heading=f"Your work, {days}",
            about=f"Beside what {team or 'the desk'} reaches on the same mix of channels and"
            " topics. Nobody else's numbers are here, and nobody is put beside anybody.",
            paragraphs=tuple(shown),
            decisions=(),
            link=address("me"),
            link_words="Your numbers, where you can say what should be known about them",
            stop_link=stop_link,
        )
    )


def _paragraphs(found: Brief) -> list[Told]:
    leads = [f"{each.title.rstrip('.')}." for each in found.findings]
    told = paragraphs(found)
    begun = [
        Told(lead, words.removeprefix(lead).strip())
        for lead, words in zip(leads, told, strict=False)
    ]
    return [*begun, *(Told("", words) for words in told[len(leads) :])]


def _letter(parts: Parts) -> Letter:
    headers = one_click(*filter(None, (parts.stop_link,)))
    html = render_to_string("brief_letter.html", {"it": parts})
    return Letter(one_line(parts.title), _text(parts), html, headers)


def _text(parts: Parts) -> str:
    told = [parts.heading, parts.about, *(each.words for each in parts.paragraphs)]
    if parts.decisions:
        told.append("\n".join(["Actions to decide:", *(_item(each) for each in parts.decisions)]))
    if parts.link:
        told.append(f"{parts.link_words}: {parts.link}")
    if parts.stop_link:
        told.append(f"No more of these mails: {parts.stop_link}")
    return in_paragraphs(told)


def _item(item: Item) -> str:
    words = fill(item.words, WIDTH, initial_indent="- ", subsequent_indent="  ")
    return f"{words}\n  {item.link}" if item.link else words
