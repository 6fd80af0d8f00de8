"""What a pack shows: the agent's own numbers, under which conditions, and three tickets; asked as
the agent may ask, so that a lead learns nothing that the agent cannot see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from helmdesk.act.coaching import Case, Talk, Why, worth_talking
from helmdesk.catalogue.metric import Metric
from helmdesk.desk.scoped import ScopedDesk
from helmdesk.errors import NotFoundError, NotPermittedError, OutOfRangeError
from helmdesk.query.words import show_count, show_duration, show_measurement, show_share
from helmdesk.web.labels import dimension_words, value_words
from helmdesk.web.pages.insight.page import Reader, annotations_of
from helmdesk.web.pages.team.own import own_numbers

# What a person's hours were like; no judgement of them.
HOURS = ("occupancy", "utilization", "schedule_adherence")
PARTS = ("queue", "channel", "issue_type", "tenure")
MOST_PARTS, MOST_TICKETS, MOST_HAPPENED = 4, 5000, 6
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
        "conditions": [*_hours(desk, days), *_parts(desk, days)],
        "tickets": [_told(each) for each in worth_talking(_cases(desk, days))],
        "happened": _happened(desk, start, end),
        "receipt": desk.measure(*keys, **days).receipt.content,  # type: ignore[arg-type]
        "as_of": desk.as_of.isoformat(),
    }


def _recorded(desk: ScopedDesk, key: str) -> Metric | None:
    if key not in desk.catalogue or desk.missing(key):
        return None
    return desk.find_metric(key).metric


def _hours(desk: ScopedDesk, days: Mapping[str, Any]) -> Iterable[dict[str, str]]:
    for key in HOURS:
        metric = _recorded(desk, key)
        if metric is None:
            continue
        try:
            found = desk.measure(key, **days)[0]
        except (NotFoundError, NotPermittedError):
            continue
        if found.n:
            yield {"name": metric.name, "words": show_measurement(found)[0]}


def _parts(desk: ScopedDesk, days: Mapping[str, Any]) -> Iterable[dict[str, str]]:
    """Say what the work consisted of, by the share of its tickets or calls."""
    for by in PARTS:
        key = next((k for k in ("ticket_volume", "average_handle_time") if _has(desk, k, by)), None)
        if key is None:
            continue
        rows = [row for row in desk.measure(key, **days, by=by) if row.n]
        total = sum(row.n for row in rows)
        rows.sort(key=lambda row: (-row.n, str(row.group[0][1])))
        told = [f"{value_words(by, row.group[0][1])} {show_share(row.n / total)}" for row in rows]
        more = len(told) - MOST_PARTS
        if more > 0:
            told = [*told[:MOST_PARTS], f"{more} more"]
        if told:
            yield {"name": dimension_words(by), "words": ", ".join(told)}


def _has(desk: ScopedDesk, key: str, by: str) -> bool:
    return _recorded(desk, key) is not None and by in desk.dimensions(key)


def _cases(desk: ScopedDesk, days: Mapping[str, Any]) -> list[Case]:
    if _recorded(desk, "ticket_volume") is None:
        return []
    answers: dict[str, bool] = {}
    if _recorded(desk, "csat") is not None:
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


def _happened(desk: ScopedDesk, start: date, end: date) -> list[str]:
    """Say what people wrote down about these days: tools, rules, outages."""
    found = [
        each
        for each in annotations_of(Reader(desk.policy))
        if start <= each.day < end and each.text
    ]
    found.sort(key=lambda each: each.day)
    return [f"{each.day:%-d %B}: {each.text}" for each in found[-MOST_HAPPENED:]]
