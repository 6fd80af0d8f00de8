"""Every golden table on every engine."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from desks import Event, load_events, make_desk
from helmdesk.catalogue import load_catalogue

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.toml"))
ENGINES = ("duckdb",)
FLAGS = {"true": True, "false": False}
NUMBERS = {"seq": int, "revision": int, "number": float, "score": float}


def read_events(text: str) -> list[Event]:
    events = []
    for line in text.strip().splitlines():
        day, time, ticket, kind, *columns = line.split()
        event: Event = {"type": kind, "ticket_id": ticket, "occurred_at": f"{day}T{time}+00:00"}
        for column in columns:
            name, _, value = column.partition("=")
            event[name] = NUMBERS[name](value) if name in NUMBERS else FLAGS.get(value, value)
        events.append(event)
    return events


def instrument(columns: dict[str, str]) -> Event:
    return {"type": "instrument", "occurred_at": "2020-01-01", "valid_from": "2020-01-01", **columns}


def check(found: Any, expected: dict[str, Any]) -> None:
    if "groups" in expected:
        assert {m.group[0][1]: m.value for m in found} == pytest.approx(expected["groups"], rel=1e-9)
    elif "periods" in expected:
        assert {str(m.period_start): m.value for m in found} == pytest.approx(expected["periods"], rel=1e-9)
    else:
        assert len(found) == 1
        for name in ("value", "n", "pending", "low", "high"):
            if name in expected:
                assert getattr(found[0], name) == pytest.approx(expected[name], rel=1e-5), name


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden(path: Path, engine: str, tmp_path: Path) -> None:
    golden = tomllib.loads(path.read_text(encoding="utf-8"))
    events = [*read_events(golden["events"]), *map(instrument, golden.get("instruments", []))]
    for number, expected in enumerate(golden["expect"]):
        desk = make_desk(tmp_path / str(number), time_zone=expected.get("time_zone", "UTC"), **expected.get("settings", {}))
        load_events(desk, events)
        found = desk.measure(path.stem, **expected.get("ask", {}))
        check(found, expected)
        assert found.drill().num_rows == sum(m.n for m in found)
        assert all(m.native + m.derived + m.asserted == m.n for m in found)


def test_every_metric_has_a_golden_table() -> None:
    assert {path.stem for path in GOLDEN} == set(load_catalogue())
