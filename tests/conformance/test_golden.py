"""Every golden table on every engine."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from desks import Event, load_events, make_desk
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.desk.desk import Desk

FOLDER = Path(__file__).parents[1] / "golden"
NOISE = FOLDER / "noise.toml"
GOLDEN = sorted(path for path in FOLDER.glob("*.toml") if path != NOISE)
ENGINES = ("duckdb",)
FLAGS = {"true": True, "false": False}
NUMBERS = {
    "seq": int,
    "revision": int,
    "number": float,
    "score": float,
    "probability": float,
    "points": float,
    "possible_points": float,
    "amount": float,
    "weight": float,
    "contacts": int,
    "target_seconds": int,
}


def read_events(text: str) -> list[Event]:
    events = []
    for line in text.strip().splitlines():
        day, time, ticket, kind, *columns = line.split()
        event: Event = {
            "type": kind,
            "occurred_at": f"{day}T{time}+00:00",
            **({} if ticket == "-" else {"ticket_id": ticket}),
        }
        for column in columns:
            name, _, value = column.partition("=")
            event[name] = NUMBERS[name](value) if name in NUMBERS else FLAGS.get(value, value)
        events.append(event)
    return events


def golden_events(golden: dict[str, Any]) -> list[Event]:
    """The events and entities of a table, and what no metric may count."""
    tables = [
        golden,
        *([tomllib.loads(NOISE.read_text(encoding="utf-8"))] if golden.get("noise", True) else []),
    ]
    return [
        event
        for table in tables
        for event in (
            *read_events(table["events"]),
            *map(entity, [*table.get("instruments", []), *table.get("entities", [])]),
        )
    ]


def entity(columns: dict[str, Any]) -> Event:
    """Entities may give their definition as a table instead of JSON text."""
    given = {
        name: json.dumps(value) if isinstance(value, dict | list) else value
        for name, value in columns.items()
    }
    return {"type": "instrument", "occurred_at": "2020-01-01", "valid_from": "2020-01-01", **given}


def metric_of(path: Path) -> str:
    """A metric may have several tables: ``key.toml``, ``key@case.toml``."""
    return path.stem.split("@")[0]


def check(found: Any, expected: dict[str, Any]) -> None:
    if "groups" in expected:
        assert {str(m.group[0][1]): m.value for m in found} == pytest.approx(
            expected["groups"], rel=1e-9
        )
    elif "periods" in expected:
        assert {str(m.period_start): m.value for m in found} == pytest.approx(
            expected["periods"], rel=1e-9
        )
    else:
        assert len(found) == 1
        for name in ("value", "n", "pending", "low", "high"):
            if name in expected:
                assert getattr(found[0], name) == pytest.approx(expected[name], rel=1e-5), name


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden(path: Path, engine: str, tmp_path: Path) -> None:
    golden = tomllib.loads(path.read_text(encoding="utf-8"))
    events = golden_events(golden)
    desks: dict[str, Desk] = {}
    for expected in golden["expect"]:
        settings = {"time_zone": expected.get("time_zone", "UTC"), **expected.get("settings", {})}
        if repr(settings) not in desks:
            desks[repr(settings)] = make_desk(tmp_path / str(len(desks)), **settings)
            load_events(desks[repr(settings)], events)
        found = desks[repr(settings)].measure(metric_of(path), **expected.get("ask", {}))
        check(found, expected)
        assert found.drill().num_rows == sum(m.n for m in found)
        assert all(m.native + m.derived + m.asserted == m.n for m in found)


@pytest.mark.parametrize("key", load_catalogue())
def test_every_form_of_a_metric_is_in_a_golden_table(key: str) -> None:
    """Every variant in every clock it has is asked for at least once."""
    asked = {
        (ask.get("variant"), ask.get("clock", "calendar"))
        for path in GOLDEN
        if metric_of(path) == key
        for ask in (
            expected.get("ask", {})
            for expected in tomllib.loads(path.read_text(encoding="utf-8"))["expect"]
        )
    }
    entry = load_catalogue()[key]
    forms = {(None, clock) for clock in entry.metric.clocks}
    forms |= {
        (variant.name, clock)
        for variant in entry.metric.variants
        for clock in entry.variant(variant.name).clocks
    }
    assert forms <= asked


def test_every_metric_has_a_golden_table() -> None:
    assert {metric_of(path) for path in GOLDEN} == set(load_catalogue())
