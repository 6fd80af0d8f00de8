"""What a mapping takes the columns of a file for, column by column and in words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN_VALUES = 3
MOMENTS = {
    "created": "when the ticket came in",
    "message": "when it was answered",
    "responded": "when the survey was answered",
    "assigned": "when it was assigned",
    "solved": "when it was solved",
    "closed": "when it was closed",
}
WORDS = {
    "ticket_id": "number of the ticket",
    "channel": "channel",
    "priority": "priority",
    "status": "status",
    "issue_type": "topic",
    "agent_id": "agent",
    "actor_id": "agent who answered",
    "team_id": "team",
    "customer_id": "customer",
    "account_id": "customer's company",
    "answer": "answer to the survey",
    "comment": "comment to the survey",
    "survey_id": "number of the survey",
}


@dataclass(frozen=True)
class Column:
    """One column of a file.

    Attributes:
        values: some that stand in it.
        taken_for: what it is taken for, in words; empty: it is kept with the ticket, and no number
        rests on it.
        is_guess: whether somebody should look.
    """

    name: str
    values: tuple[str, ...]
    taken_for: tuple[str, ...]
    is_guess: bool


def explained(mapping: str, head: Sequence[Sequence[str]]) -> list[Column]:
    """Return what a mapping takes columns for; nothing where it is no mapping.

    Args:
        head: the names of the columns, and some rows.
    """
    try:
        content = tomllib.loads(mapping)
    except tomllib.TOMLDecodeError:
        return []
    told: dict[str, list[str]] = {}
    for column, words in _cells(content):
        told.setdefault(column, []).append(words)
    doubted = [line for line in mapping.splitlines() if "# ?" in line]
    names, *rows = head
    return [
        Column(
            name,
            tuple(
                dict.fromkeys(row[place][:40] for row in rows if place < len(row) and row[place])
            )[:SHOWN_VALUES],
            tuple(dict.fromkeys(told.get(name, ()))),
            name in told and any(f'"{name}"' in line for line in doubted),
        )
        for place, name in enumerate(names)
    ]


def _cells(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give every column that a mapping names, and what for."""
    records = content.get("record", [])
    for record in records if isinstance(records, list) else ():
        cells = record.get("columns", {})
        status = cells.get("status")
        state = status.get("constant", "") if isinstance(status, dict) else ""
        kind = state or record.get("type", "")
        for field, cell in cells.items():
            words = (
                MOMENTS.get(kind, "when it last changed")
                if field == "occurred_at"
                else WORDS.get(field, field.replace("_", " "))
            )
            if isinstance(cell, str):
                yield cell, words
            elif isinstance(cell, dict):
                for part in ("column", "time", "after"):
                    said = cell.get(part)
                    named = said.get("column") if isinstance(said, dict) else said
                    if isinstance(named, str):
                        yield named, words
