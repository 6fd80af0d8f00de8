"""The mail that a report comes with."""

from __future__ import annotations

from django.template.loader import render_to_string

from helmdesk.web.apps.outbox.letter import Letter, address, in_paragraphs, one_line
from helmdesk.web.apps.reports.models import Report


def letter_of(report: Report, desk_name: str) -> Letter:
    """Write the mail of a report that was made: its cover sentence, and where to say no more."""
    link = address("reports")
    parts = [report.subtitle, report.cover, f"The whole of it is attached: {report.file_name}"]
    if link:
        parts.append(f"All your reports, and how to get this no more: {link}")
    context = {"report": report, "desk_name": desk_name, "link": link}
    html = render_to_string("report_letter.html", context)
    return Letter(one_line(f"{desk_name}: {report.title}"), in_paragraphs(parts), html)
