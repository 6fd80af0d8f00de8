"""The mail that a report comes with."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from helmdesk.web.apps.reports.models import Report

WIDTH = 76


@dataclass(frozen=True)
class Letter:
    """A mail to be."""

    subject: str
    text: str
    html: str


def letter_of(report: Report, desk_name: str) -> Letter:
    """Write the mail of a report that was made: its cover sentence, and where to say no more."""
    subject = " ".join(f"{desk_name}: {report.title}".split())
    # Where nobody said under which name the site is reached, a letter has no links.
    link = f"{settings.PUBLIC_URL}{reverse('reports')}" if settings.PUBLIC_URL else ""
    parts = [report.subtitle, report.cover, f"The whole of it is attached: {report.file_name}"]
    if link:
        parts.append(f"All your reports, and how to get this no more: {link}")
    text = "\n\n".join(fill(part, WIDTH, break_on_hyphens=False) for part in parts) + "\n"
    context = {"report": report, "desk_name": desk_name, "link": link}
    return Letter(subject, text, render_to_string("report_letter.html", context))
