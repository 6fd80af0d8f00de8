"""A mail before it is in the outbox, whatever it is about: subject, plain text, HTML, headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

from django.conf import settings
from django.urls import reverse

WIDTH, LONGEST_SUBJECT = 76, 200


@dataclass(frozen=True)
class Letter:
    """A mail to be."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


def one_line(subject: str) -> str:
    """Return a subject as mail servers take it: one line, not too long."""
    return " ".join(subject.split())[:LONGEST_SUBJECT]


def in_paragraphs(parts: Sequence[str]) -> str:
    """Return plain text of a letter: its paragraphs in lines that every program shows whole; one
    that has lines of its own keeps them.
    """
    told = [
        part if "\n" in part else fill(part, WIDTH, break_on_hyphens=False, break_long_words=False)
        for part in parts
        if part
    ]
    return "\n\n".join(told) + "\n"


def address(name: str, *arguments: Any) -> str:
    """Return a page's address; where nobody said under which name the site is reached, a letter has
    no links.
    """
    return f"{settings.PUBLIC_URL}{reverse(name, args=arguments)}" if settings.PUBLIC_URL else ""


def one_click(*ways: str) -> dict[str, str]:
    """Return the headers by which mail programs offer to end such mails (RFC 8058); none without a
    way.
    """
    if not ways:
        return {}
    return {
        "List-Unsubscribe": ", ".join(f"<{way}>" for way in ways),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
