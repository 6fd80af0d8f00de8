"""Pages that people without an account open by a link: surveys, booked calls, rooms of cases."""

from __future__ import annotations

import re

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse

from helmdesk.act.survey_words import PHRASES, known_language

# Addresses of links for customers: surveys, rooms, booked calls; and what systems send to.
GUESTS = ("/s/", "/r/", "/book/", "/hooks/")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]+)*")


def private(response: HttpResponse) -> HttpResponse:
    """Return a page that nobody keeps, finds, or tells of where it leads from."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def asks_too_often(request: HttpRequest, what: str, reads: str, writes: str) -> bool:
    """Whether whoever asks has asked as often as one may.

    Args:
        what: names the pages that are counted together.
        reads, writes: rates such as "20/m/ip", of looking and of sending.
    """
    rate = writes if request.method == "POST" else reads
    action = f"{what}_{(request.method or '').lower()}"
    return not ratelimit.consume(
        request, app="helmdesk", action=action, config={action: rate}, limit_get=True
    )


def is_guests(path: str) -> bool:
    """Whether an address is one of a page that people without an account open."""
    return path.startswith(GUESTS)


def too_large(languages: list[str]) -> str:
    """Return, in a guest's language, that what they sent is too long, and what to do."""
    return PHRASES[known_language(*languages)].too_long


def languages_of(request: HttpRequest) -> list[str]:
    """Return the languages that a browser asks for, the dearest first."""
    return languages_in(request.headers.get("Accept-Language", ""))


def languages_in(header: str) -> list[str]:
    """Return the languages that a header names, the dearest first."""
    return LANGUAGE.findall(header[:200])
