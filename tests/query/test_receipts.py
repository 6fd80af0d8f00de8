"""Receipts verify after further loads, and an edited one never does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk import Desk
from helmdesk.errors import HelmdeskError, InputError, NotFoundError, ReceiptMismatch
from helmdesk.query.receipt import Receipt, read_receipt

DAY = "2026-01-{:02d}T{:02d}:00:00Z"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, [event for day in range(1, 11) for event in ticket(f"T{day}", DAY.format(day, 9), DAY.format(day, 9 + day % 5))])
    return desk


def saved(receipt: Receipt, path: Path, change: Any = None) -> Path:
    content = json.loads(receipt.to_json())
    if change:
        change(content)
    path.write_text(json.dumps(content))
    return path


def test_verifies_after_two_further_loads(desk: Desk, tmp_path: Path) -> None:
    found = desk.measure("resolution_time", "ticket_volume", "backlog", grain="day", where="channel = 'email'")
    path = saved(found.receipt, tmp_path / "receipt.json")
    load_events(desk, ticket("late", DAY.format(3, 9), DAY.format(4, 9)))
    load_events(desk, ticket("later", DAY.format(5, 9), DAY.format(20, 9)))
    assert desk.measure("ticket_volume")[0].value == 12
    desk.verify(read_receipt(path))


def test_what_a_receipt_holds(desk: Desk) -> None:
    content = desk.measure("resolution_time").receipt.content
    assert content["lake_version"] == 1
    assert content["engine"]["name"] == "duckdb"
    assert content["queries"][0]["metric"] == "resolution_time@1"
    assert content["queries"][0]["sql"].startswith("SELECT")
    assert content["queries"][0]["rows_behind"] == 10
    assert set(content["packages"]) == {"duckdb", "deltalake", "sqlglot"}
    with desk.engine() as engine:
        assert engine.run(content["queries"][0]["sql"])[0][1] == 10
        assert len(engine.run(content["queries"][0]["drill_sql"])) == 10


EDITS = {
    "a better value": lambda c: c["results"][0].update(value=1.0),
    "another window": lambda c: c["request"].update(end="2026-01-05"),
    "another filter": lambda c: c["request"].update(where="channel = 'chat'"),
    "another version": lambda c: c.update(lake_version=0),
    "another definition": lambda c: c["queries"][0].update(definition="0" * 16),
    "a word": lambda c: c.update(note="trust me"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_receipt_is_refused(desk: Desk, tmp_path: Path, name: str) -> None:
    path = saved(desk.measure("resolution_time").receipt, tmp_path / "r.json", EDITS[name])
    with pytest.raises(ReceiptMismatch, match="was edited after it was made"):
        desk.verify(read_receipt(path))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["request"].update(where="1 = 1; drop table tickets"),
        lambda c: c["request"].update(metrics=["nothing"]),
        lambda c: c["request"].update(extra=1),
        lambda c: c["settings"].update(reopen_days=-1),
        lambda c: c["settings"].update(unknown=1),
        lambda c: c.update(lake_version=999),
    ],
)
def test_a_malicious_receipt_is_an_error_not_a_query(desk: Desk, tmp_path: Path, change: Any) -> None:
    path = saved(desk.measure("resolution_time").receipt, tmp_path / "r.json", change)
    with pytest.raises(HelmdeskError):
        desk.verify(read_receipt(path))


def test_another_lake_gives_another_answer(desk: Desk, tmp_path: Path) -> None:
    receipt = desk.measure("resolution_time").receipt
    other = make_desk(tmp_path / "other")
    load_events(other, ticket("X", DAY.format(1, 9), DAY.format(2, 9)))
    with pytest.raises(ReceiptMismatch, match=r"row 1 \(resolution_time\): value recorded 7200"):
        other.verify(receipt)


def test_what_is_not_a_receipt(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such receipt"):
        read_receipt(tmp_path / "none.json")
    for text, message in (("not json", "not a receipt"), ("[]", "'receipt' is missing"), ("{}", "'receipt' is missing")):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(InputError, match=message):
            read_receipt(tmp_path / "bad.json")


def test_an_unknown_format_is_named(desk: Desk, tmp_path: Path) -> None:
    path = saved(desk.measure("resolution_time").receipt, tmp_path / "r.json", lambda c: c.update(receipt=99))
    with pytest.raises(InputError, match="format 99"):
        read_receipt(path)
