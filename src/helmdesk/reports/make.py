"""Which reports there are, and in which forms they are handed out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from helmdesk.errors import UsageError
from helmdesk.reports.brief import brief_report
from helmdesk.reports.document import Document
from helmdesk.reports.pdf import as_pdf
from helmdesk.reports.review import review_report
from helmdesk.reports.scorecard import scorecard_report
from helmdesk.reports.source import Source
from helmdesk.reports.workbook import as_workbook

Kind = Literal["scorecard", "brief", "review"]
Form = Literal["pdf", "xlsx"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FORMS: tuple[Form, ...] = get_args(Form)
MAKERS: dict[str, Callable[..., Document]] = {
    "scorecard": scorecard_report,
    "brief": brief_report,
    "review": review_report,
}
# What each may be asked; the brief is always that of one week.
TAKES = {
    "scorecard": ("start", "end", "window", "compare", "where"),
    "brief": ("end", "where"),
    "review": ("start", "end", "window", "compare", "account"),
}
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def make_report(source: Source, kind: str, **asked: Any) -> Document:
    """Return a report of a kind.

    Args:
        asked: what `TAKES` names for it; what is None or empty is left out.

    Raises:
        UsageError: no such kind, or something that it does not take.
        NotFoundError, FilterError: the question is not one this desk can answer.
    """
    if kind not in MAKERS:
        raise UsageError(f"there is no report '{kind}'; there are {', '.join(KINDS)}")
    given = {name: value for name, value in asked.items() if value}
    if given.get("compare") == "previous":
        del given["compare"]  # what is compared unless somebody says otherwise
    refused = [name for name in given if name not in TAKES[kind]]
    if refused:
        raise UsageError(f"a {kind} takes no {refused[0]}; it takes {', '.join(TAKES[kind])}")
    return MAKERS[kind](source, **given)


def written(report: Document, form: str, made_at: datetime | None = None) -> bytes:
    """Return a report as a file.

    Args:
        made_at: when it is made; None: now.

    Raises:
        UsageError: no such form, or its extra is not installed.
    """
    if form == "pdf":
        return as_pdf(report, made_at or datetime.now(UTC))
    if form == "xlsx":
        return as_workbook(report)
    raise UsageError(f"there is no form '{form}'; there are {', '.join(FORMS)}")
