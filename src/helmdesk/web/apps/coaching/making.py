"""What a pack shows: the agent's own numbers, under which conditions, and three tickets; asked as
the agent may ask, so that a lead learns nothing that the agent cannot see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from helmdesk.act.coaching import Case, Talk, Why, worth_talking
from helmdesk.desk.scoped import ScopedDesk
from helmdesk.errors import NotFoundError, OutOfRangeError
from helmdesk.query.words import show_count, show_duration
from helmdesk.web.apps.coaching.conditions import conditions_of, happened, recorded
from helmdesk.web.pages.team.own import own_numbers

MOST_TICKETS = 5000
COUNTS = ("reopens", "escalations", "transfers", "human_replies")


def make_content(desk: ScopedDesk, start: date, end: date) -> dict[str, Any]:
    """Return what a pack shows of the desk's reader, as plain values.

    Args:
        start, end: local dates, half-open.

    Raises:
        NotFoundError: there is none of the reader's work in these days.
    """
    days = {"start": start.isoformat(), "end": end.isoformat()}
    numbers = own_numbers(desk, days["start"], days["end"])
    if not numbers:
        raise NotFoundError(
            "there is none of this agent's work in these days; choose more weeks, or load newer"
            " data"
        )
    keys = [each.metric.key for each in numbers]
    return {
        "team": desk.own_team or "",
        "numbers": [
            {
                "key": each.metric.key,
                "name": each.metric.name,
                "words": each.words,
                "differs": each.differs,
            }
            for each in numbers
        ],
        "conditions": conditions_of(desk, days, numbers),
        "tickets": [_told(each) for each in worth_talking(_cases(desk, days))],
        "happened": happened(desk, start, end),
        "receipt": desk.measure(*keys, **days).receipt.content,  # type: ignore[arg-type]
        "as_of": desk.as_of.isoformat(),
    }


def _cases(desk: ScopedDesk, days: Mapping[str, Any]) -> list[Case]:
    if recorded(desk, "ticket_volume") is None:
        return []
    answers: dict[str, bool] = {}
    if recorded(desk, "csat") is not None:
        try:
            answered = desk.rows("csat", **days, sort="responded_at", limit=MOST_TICKETS)
            answers = {
                row["ticket_id"]: row["is_positive"]
                for row in answered.table.to_pylist()
                if row.get("is_positive") is not None
            }
        except (NotFoundError, OutOfRangeError):
            pass
    found = desk.rows(
        "ticket_volume",
        **days,
        sort="created_at",
        is_descending=True,
        limit=MOST_TICKETS,
        also=(*COUNTS, "resolution_seconds"),
    )
    return [_case(row, answers) for row in found.table.to_pylist()]


def _case(row: Mapping[str, Any], answers: Mapping[str, bool]) -> Case:
    reopens, escalations, transfers, replies = (int(row.get(name) or 0) for name in COUNTS)
    seconds = row.get("resolution_seconds")
    return Case(
        row["ticket_id"],
        row["created_at"],
        reopens,
        escalations,
        transfers,
        replies,
        None if seconds is None else float(seconds),
        answers.get(row["ticket_id"]),
    )


def _told(talk: Talk) -> dict[str, Any]:
    return {"id": talk.case.ticket_id, "words": why_words(talk), "good": talk.why is Why.WENT_WELL}


def why_words(talk: Talk) -> str:
    """Say why a ticket is worth talking about."""
    case = talk.case
    took = "" if case.seconds is None else show_duration(case.seconds)
    replies = f"{case.replies} {'reply' if case.replies == 1 else 'replies'}"
    happy = ", and its customer was satisfied" if case.is_satisfied else ""
    return {
        Why.UNHAPPY: "Its customer was not satisfied.",
        Why.CAME_BACK: f"It came back {_times(case.reopens)} after it was solved.",
        Why.UPWARDS: "It was handed upwards.",
        Why.HANDED_ROUND: f"It changed hands {_times(case.transfers)}.",
        Why.LONG: f"It took longest: {took}.",
        Why.WENT_WELL: f"It went well: {replies}, solved in {took}{happy}. What made it work?",
    }[talk.why]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count) or show_count(count, "time")
