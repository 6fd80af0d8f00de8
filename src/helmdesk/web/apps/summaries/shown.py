"""The summary of a case as a page shows it: at once, in the words of those who wrote; a language
model's where one was written since the last message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helmdesk.desk.summarising import Case
from helmdesk.errors import NotFoundError
from helmdesk.web.apps.summaries.models import Summary, Writer
from helmdesk.web.request import DeskRequest


@dataclass(frozen=True)
class Line:
    """One sentence.

    Attributes:
        says: what it tells; empty for a language model's. cites: who wrote the messages it rests
        on, and when (naive UTC).
    """

    says: str
    words: str
    cites: tuple[tuple[str, datetime | None], ...]


@dataclass(frozen=True)
class Shown:
    """A summary on a page.

    Attributes:
        model: that wrote it; empty for their own words. is_awaited: whether one is being written.
        may_ask: whether its reader may have one written now. problem: why none was.
        zone: in which times are told.
    """

    lines: tuple[Line, ...]
    model: str
    is_awaited: bool
    may_ask: bool
    problem: str
    zone: str


def summary_of(request: DeskRequest, ticket_id: str) -> Shown | None:
    """Return the summary of a case; None where nothing was written in public, or its reader may not
    know.
    """
    try:
        case = request.desk.summaries.of(ticket_id)
    except NotFoundError:
        return None
    if not case.own:
        return None
    writer, zone = Writer.read(), request.desk.settings.time_zone
    row = newest(case) if writer.is_on else None
    if row is not None and row.told:
        return Shown(lines_of(case, row.sentences), row.model, False, False, "", zone)
    own = tuple(Line(str(each.says), each.words, _cited(case, each.cites)) for each in case.own)
    return Shown(
        own,
        "",
        row is not None and row.made_at is None,
        writer.is_on and row is None,
        row.problem if row is not None else "",
        zone,
    )


def newest(case: Case) -> Summary | None:
    """Return the last summary that was asked for of a case as it stands now."""
    return Summary.objects.filter(ticket_id=case.id, stamp=case.digest, is_preview=False).first()


def lines_of(case: Case, sentences: list[dict[str, Any]]) -> tuple[Line, ...]:
    """Return a language model's sentences with what they cite."""
    return tuple(
        Line("", str(each["words"]), _cited(case, tuple(each["cites"]))) for each in sentences
    )


def _cited(case: Case, cites: tuple[str, ...]) -> tuple[tuple[str, datetime | None], ...]:
    found = []
    for each in cites:
        at = case.instant(each)
        who = "the customer" if case.is_of_customer(each) else "the team"
        found.append((who, at))
    return tuple(found)
