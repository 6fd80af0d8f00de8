"""What a person says of the columns of a file, put into its mapping: no TOML to be written."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from helmdesk.records.schema import STATUSES
from helmdesk.sources.reading.spelled_times import ASK

# What a column may be taken for, in the words of a form.
FIELDS: Mapping[str, str] = {
    "ticket_id": "number of the ticket",
    "created": "when the ticket came in",
    "replied": "when it was first answered",
    "solved": "when it was solved",
    "closed": "when it was closed",
    "updated": "when it last changed",
    "status": "status",
    "priority": "priority",
    "channel": "channel",
    "issue_type": "topic or category",
    "agent_id": "agent",
    "team_id": "team",
    "customer_id": "customer",
    "account_id": "customer's company",
    "answer": "answer to the survey",
    "surveyed": "when the survey was answered",
    "comment": "comment to the survey",
}
NEEDED = ("ticket_id", "created")
MEANINGS = ("positive", "neutral", "negative")
TOP_BOX = 2
"""Of a scale of numbers, its two highest answers are good until somebody says otherwise."""
UNSORTED = re.compile(r"^# \? put into one of these lists: (.*)\n?", re.MULTILINE)


@dataclass(frozen=True)
class Meant:
    """What a mapping says, as a form asks it.

    Attributes:
        fields: what a ticket has -> the column it is read from.
        time_zone: of times without an offset.
        order_is_asked: whether nothing in the file tells day/month from month/day.
        answers: word or number of the survey -> positive, neutral, negative, or empty: nobody said.
        scale: lowest and highest answer, where they are numbers.
        statuses: word of the file -> status.
    """

    fields: Mapping[str, str]
    time_zone: str
    order_is_asked: bool
    answers: Mapping[str, str]
    scale: tuple[int, ...]
    statuses: Mapping[str, str]


def meant(mapping: str) -> Meant | None:
    """Return what a mapping says; None where it is no TOML."""
    try:
        content = tomllib.loads(mapping)
    except tomllib.TOMLDecodeError:
        return None
    instrument = next(iter(_tables(content, "instrument")), {})
    answers = {str(word): meaning for meaning in MEANINGS for word in instrument.get(meaning, ())}
    scale = tuple(int(number) for number in instrument.get("scale", ()))
    listed = [str(number) for number in range(scale[0], scale[-1] + 1)] if scale else []
    for word in [*listed, *_unsorted(mapping)]:
        answers.setdefault(word, "")
    statuses: Mapping[str, str] = next(
        (
            cell["values"]
            for cells in _cells(content)
            if isinstance(cell := cells.get("status"), dict) and cell.get("values")
        ),
        {},
    )
    return Meant(
        _fields(content),
        str(content.get("time_zone", "UTC")),
        json.dumps(ASK) in mapping,
        dict(sorted(answers.items(), key=lambda each: _rank(each[0]))),
        scale,
        {str(word): str(status) for word, status in statuses.items()},
    )


def _rank(word: str) -> tuple[bool, float, str]:
    is_number = word.removeprefix("-").isdigit()
    return not is_number, float(word) if is_number else 0.0, word


def _unsorted(mapping: str) -> list[str]:
    found = UNSORTED.search(mapping)
    return [str(word) for word in json.loads(f"[{found[1]}]")] if found else []


def _tables(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    tables = content.get(name, [])
    return [each for each in tables if isinstance(each, dict)] if isinstance(tables, list) else []


def _cells(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for record in _tables(content, "record"):
        yield record.get("columns", {})


def _fields(content: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in _tables(content, "record"):
        cells = record.get("columns", {})
        for name, cell in cells.items():
            column = cell if isinstance(cell, str) else cell.get("column")
            target = _moment(record, cells) if name == "occurred_at" else name
            if column and target in FIELDS and column not in found.values():
                found.setdefault(target, column)
    return found


def _moment(record: Mapping[str, Any], cells: Mapping[str, Any]) -> str:
    kind = record.get("type", "")
    if kind == "status_changed":
        state = cells.get("status")
        constant = state.get("constant") if isinstance(state, dict) else None
        return str(constant or "updated")
    return {"created": "created", "message": "replied", "responded": "surveyed"}.get(kind, "")


def said_of(
    mapping: str,
    *,
    time_zone: str = "",
    order: str = "",
    answers: Mapping[str, str] | None = None,
    scale: Sequence[int] = (),
    statuses: Mapping[str, str] | None = None,
) -> str:
    """Return a mapping with what a person said of zone, dates, survey and states.

    Args:
        order: "day-first" or "month-first", where nothing in the file tells.
        answers: word -> positive, neutral or negative; with another meaning it is left out.
        scale: lowest and highest answer; with a new one, its two highest are good, as many bad.
        statuses: word of the file -> one of the statuses there are.
    """
    if order:
        mapping = mapping.replace(json.dumps(ASK), json.dumps(order))
    if answers:
        mapping = UNSORTED.sub("", mapping)
    document = tomlkit.parse(mapping)
    if time_zone:
        document["time_zone"] = time_zone
    for instrument in _tables(document, "instrument"):
        if len(scale) == 2 and list(scale) != [int(end) for end in instrument.get("scale", ())]:
            instrument["scale"] = list(scale)
            answers = _boxes(scale)
        _mean(instrument, answers or {})
    for cells in _cells(document):
        _state(cells.get("status"), statuses or {})
    return tomlkit.dumps(document)


def _mean(instrument: dict[str, Any], answers: Mapping[str, str]) -> None:
    """Write what the answers of a survey mean; what it says stays where nobody said anything."""
    if not answers:
        return
    for meaning in MEANINGS:
        words = [word for word, said in answers.items() if said == meaning]
        if words or meaning in instrument:
            instrument[meaning] = words


def _state(cell: Any, statuses: Mapping[str, str]) -> None:
    """Write which status the words of a file mean."""
    meant = cell.get("values", {}) if isinstance(cell, dict) else {}
    for word, status in statuses.items():
        if status in STATUSES and word in meant:
            meant[word] = status


def _boxes(scale: Sequence[int]) -> dict[str, str]:
    low, high = scale
    return {
        str(number): "positive"
        if number > high - TOP_BOX
        else "negative"
        if number < low + TOP_BOX
        else "neutral"
        for number in range(low, high + 1)
    }
