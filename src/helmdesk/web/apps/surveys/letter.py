"""The mail of a survey: the first question with its answers as links, in text and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from helmdesk.act.survey_words import PHRASES, choices, ends
from helmdesk.act.surveys import Purpose, sign
from helmdesk.web.apps.outbox.letter import Letter, one_click, one_line
from helmdesk.web.apps.surveys.models import Instrument, Invitation, site_key

SHORT = 80


@dataclass(frozen=True)
class Links:
    """Where the links of one mail lead: `answer` takes a rating, `stop` ends all surveys."""

    answer: str
    stop: str

    def rated(self, value: str) -> str:
        """Return the link of one answer."""
        return f"{self.answer}?rating={value}"


def links_of(invitation: Invitation) -> Links:
    """Return the links of an invitation, which has the moment at which it is over."""
    assert invitation.expires_at is not None
    tokens = [
        sign(site_key(), purpose, invitation.id, invitation.expires_at)
        for purpose in (Purpose.ANSWER, Purpose.STOP)
    ]
    return Links(
        f"{settings.PUBLIC_URL}{reverse('survey_answer', args=[tokens[0]])}",
        f"{settings.PUBLIC_URL}{reverse('survey_stop', args=[tokens[1]])}",
    )


def headers_of(links: Links) -> Mapping[str, str]:
    """Return the headers by which mail programs offer to end it: RFC 8058."""
    ways = [links.stop]
    if settings.MAILBOX and settings.MAIL_FROM:
        # Some programs write a mail instead; its answer is read from the mailbox.
        token = links.stop.rsplit("/", 2)[1]
        subject = quote(f"unsubscribe {token}")
        ways.append(f"mailto:{parseaddr(settings.MAIL_FROM)[1]}?subject={subject}")
    return one_click(*ways)


def letter_of(
    instrument: Instrument,
    language: str,
    subject: str,
    desk_name: str,
    links: Links,
    *,
    is_reminder: bool = False,
) -> Letter:
    """Write the mail of a survey.

    Args:
        subject: of the ticket; empty where it has none, or is not asked about.
    """
    phrases, kind = PHRASES[language], instrument.asks
    title = (phrases.reminder if is_reminder else phrases.subject).replace("{desk}", desk_name)
    offered = [(each.label, links.rated(each.value)) for each in choices(kind, language)]
    context = {
        "language": language,
        "phrases": phrases,
        "desk_name": desk_name,
        "about": about_words(language, subject),
        "question": instrument.question(language, desk_name),
        "offered": offered,
        "ends": ends(kind, language),
        "links": links,
        "kept": phrases.kept.replace("{desk}", desk_name),
    }
    return Letter(
        one_line(title),
        _text(context),
        render_to_string("survey_letter.html", context),
    )


def about_words(language: str, subject: str) -> str:
    """Return which ticket is asked about; empty where it has no subject."""
    plain = " ".join(subject.split())
    short = plain if len(plain) <= SHORT else f"{plain[: SHORT - 1].rstrip()}…"
    return PHRASES[language].about.replace("{subject}", short) if plain else ""


def _text(context: Mapping[str, Any]) -> str:
    phrases, offered, low_high = context["phrases"], context["offered"], context["ends"]
    lines = [phrases.greeting, context["about"], context["question"]]
    lines.append("\n".join(f"  {label}: {link}" for label, link in offered))
    if low_high:
        lines.append(f"({offered[0][0]}: {low_high[0]}. {offered[-1][0]}: {low_high[1]}.)")
    lines += [context["kept"], f"{phrases.never}: {context['links'].stop}"]
    return "\n\n".join(line for line in lines if line) + "\n"
