"""Heads of many systems: whose each is, and which column is what; nothing is read for it."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

import pytest

from helmdesk.sources.parts.profile import likeliest, profiles, recognise

HEADS = tomllib.loads(
    (Path(__file__).parents[1] / "data/recognition.toml").read_text(encoding="utf-8")
)["file"]
KNOWN = [head for head in HEADS if "profile" in head]


def columns_of(head: dict[str, Any]) -> list[str]:
    separator = ";" if head["head"].count(";") > head["head"].count(",") else ","
    return next(csv.reader([head["head"]], delimiter=separator))


@pytest.mark.parametrize("head", KNOWN, ids=lambda head: head["name"])
def test_a_head_is_recognised_and_each_column_is_what_it_is(head: dict[str, Any]) -> None:
    found = recognise(columns_of(head))
    assert found is not None and found.name == head["profile"]
    assert found.profile.checked
    due = {field: column.split("|") for field, column in head["is"].items()}
    told = dict(found.found)
    if "ended" in due:
        told["ended"] = told.pop("solved", "") or told.pop("closed")
    due |= {field: column.split("|") for field, column in head.get("may", {}).items()}
    assert set(head["is"]) <= set(told)
    assert {field: column for field, column in told.items() if column not in due[field]} == {}


def test_every_profile_has_a_head() -> None:
    assert set(profiles()) == {head["profile"] for head in KNOWN}


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("Freshdesk, a view of few columns", "freshdesk"),
        ("Jira, columns of a filter", "jira_export"),
        ("Zoho Desk, export of tickets", None),
        ("A list kept in German", None),
    ],
)
def test_few_columns_are_offered_not_taken(name: str, system: str | None) -> None:
    columns = columns_of(next(head for head in HEADS if head["name"] == name))
    near = likeliest(columns)
    assert recognise(columns) is None
    assert (near.name if near else None) == system
