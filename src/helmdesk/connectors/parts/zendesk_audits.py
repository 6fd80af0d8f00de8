"""Zendesk's audits, the history of one ticket, as rows of its connector tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from helmdesk.connectors.parts.connector import Row

RULES = "-1"
"""The user that triggers and automations act as."""
SCORE, REMARK = "satisfaction_score", "satisfaction_comment"


def rows_of_audits(
    ticket: Mapping[str, Any], audits: Sequence[Mapping[str, Any]]
) -> dict[str, list[Row]]:
    """Return the rows of one ticket's history, its comments and its schedules."""
    history: list[Row] = []
    comments: dict[str, dict[str, Any]] = {}
    schedules: list[Row] = []
    for audit in sorted(audits, key=lambda each: (each["created_at"], each["id"])):
        at, author = audit["created_at"], audit.get("author_id")
        for event in audit.get("events") or ():
            kind = event.get("type")
            if kind in ("Create", "Change"):
                history.append(_change(ticket, event, at, author))
            elif kind in ("Comment", "VoiceComment"):
                comments[str(event["id"])] = _comment(ticket, event, at, author)
            elif kind == "CommentPrivacyChange" and str(event.get("comment_id")) in comments:
                comments[str(event["comment_id"])]["public"] = event.get("public")
            elif kind == "SatisfactionRating":
                history += _rating(ticket, event, at, author)
            elif kind == "ScheduleAssignment" and event.get("new_schedule_id"):
                schedules.append(
                    {
                        "ticket_id": ticket["id"],
                        "schedule_id": event["new_schedule_id"],
                        "created_at": at,
                    }
                )
    return {
        "ticket_field_history": _without_repeats(history),
        "ticket_comment": list(comments.values()),
        "ticket_schedule": schedules,
    }


def _change(ticket: Mapping[str, Any], event: Mapping[str, Any], at: str, author: Any) -> Row:
    via = event.get("via")
    is_rule = isinstance(via, Mapping) and via.get("channel") == "rule"
    return {
        "ticket_id": ticket["id"],
        "field_name": str(event.get("field_name")),
        "value": text_of(event.get("value")),
        "updated": at,
        "user_id": RULES if is_rule else author,
    }


def _comment(
    ticket: Mapping[str, Any], event: Mapping[str, Any], at: str, author: Any
) -> dict[str, Any]:
    return {
        "id": event["id"],
        "ticket_id": ticket["id"],
        "user_id": event.get("author_id") or author,
        "created": at,
        "public": event.get("public"),
        "body": event.get("plain_body") or event.get("body"),
    }


def _rating(ticket: Mapping[str, Any], event: Mapping[str, Any], at: str, author: Any) -> list[Row]:
    told = ((SCORE, event.get("score")), (REMARK, event.get("body")))
    return [
        {
            "ticket_id": ticket["id"],
            "field_name": field,
            "value": value,
            "updated": at,
            "user_id": author,
        }
        for field, value in told
        if value
    ]


def _without_repeats(history: Sequence[Row]) -> list[Row]:
    """A rating is told by a change and by an event of its own; once is enough."""
    seen = set()
    kept = []
    for row in history:
        identity = (row["field_name"], row["value"], row["updated"])
        if identity not in seen:
            seen.add(identity)
            kept.append(row)
    return kept


def text_of(value: Any) -> str | None:
    """Return a value as the tables write it: lists and objects as JSON."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def merged_into_it(audits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the tickets that were merged into this one, as its audits tell it."""
    found: list[str] = []
    for audit in audits:
        via = audit.get("via")
        source = via.get("source") if isinstance(via, Mapping) else None
        if isinstance(source, Mapping) and source.get("rel") == "merge":
            told = source.get("from")
            numbers = told.get("ticket_ids") if isinstance(told, Mapping) else None
            found += [str(each) for each in numbers or ()]
    return list(dict.fromkeys(found))
