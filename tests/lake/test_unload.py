"""A load taken out again is as if it had never been; what it had replaced stands again."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from desks import make_desk, stage, ticket
from effort import tries
from helmdesk.cli.commands import unload as unload_command
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError, ReceiptMismatch, UsageError

HEADER = "Order,Opened,Done,Agent,Rating"
RIGHT = """name = "shop"
key = ["Order"]
[[record]]
type = "created"
[record.columns]
ticket_id = "Order"
occurred_at = "Opened"
agent_id = "Agent"
[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "Order"
occurred_at = "Done"
status = { constant = "solved" }
"""
SURVEY = """name = "stars"
key = ["Order"]
[[record]]
type = "responded"
optional = true
[record.columns]
survey_id = "Order"
ticket_id = "Order"
occurred_at = "Opened"
answer = "Rating"
instrument_id = { constant = "stars" }
[[instrument]]
id = "stars"
kind = "csat"
positive = ["4", "5"]
scale = [1, 5]
"""
KEYS = ("resolution_time", "backlog")


def table(path: Path, rows: list[tuple[int, int, int, str]], name: str) -> Path:
    file = path / name
    lines = [
        f"{order},2026-03-{day:02d} 09:00,2026-03-{day:02d} {9 + hours:02d}:00,{agent},5"
        for order, day, hours, agent in rows
    ]
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "right.toml"
    file.write_text(RIGHT, encoding="utf-8")
    return file


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path / "desk")


FIRST = [(1, 2, 4, "Ann"), (2, 3, 5, "Ben")]
SECOND = [(2, 3, 9, "Zoe"), (3, 4, 1, "Zoe")]


def told(desk: Desk) -> Any:
    """Return what the desk knows of its tickets, and numbers over them."""
    with desk.engine() as engine:
        rows = engine.run(
            "select ticket_id, created_at, last_solved_at, agent from tickets order by ticket_id"
        )
    return rows, [
        (measured.value, measured.n)
        for key in KEYS
        for measured in desk.measure(key, start="2026-03-01", end="2026-04-01")
    ]


def test_what_a_load_had_replaced_stands_again(desk: Desk, mapping: Path, tmp_path: Path) -> None:
    desk.load("mapping", [table(tmp_path, FIRST, "a.csv")], mapping=mapping)
    before = told(desk)
    second = desk.load("mapping", [table(tmp_path, SECOND, "b.csv")], mapping=mapping)
    assert told(desk) != before
    done = CliRunner().invoke(
        unload_command.command, [second.batch_id[:14], "--desk", str(desk.path), "--yes"]
    )
    assert done.exit_code == 0, done.output
    assert "lake version 3" in done.output
    assert told(desk) == before
    assert [batch.batch_id for batch in desk.batches()] != [second.batch_id]
    assert desk.lake.version_of_batch(second.batch_id) is None
    # And back again.
    again = desk.load("mapping", [tmp_path / "b.csv"], mapping=mapping)
    assert (again.is_already_loaded, again.lake_version) == (False, 4)
    assert again.tickets == {"new": 1, "updated": 1, "unchanged": 0}


def test_without_the_first_the_second_is_all_there_is(
    desk: Desk, mapping: Path, tmp_path: Path
) -> None:
    first = desk.load("mapping", [table(tmp_path, FIRST, "a.csv")], mapping=mapping)
    desk.load("mapping", [table(tmp_path, SECOND, "b.csv")], mapping=mapping)
    desk.unload([first.batch_id])
    alone = make_desk(tmp_path / "alone")
    alone.load("mapping", [tmp_path / "b.csv"], mapping=mapping)
    assert told(desk) == told(alone)
    desk.unload([desk.batches()[0].batch_id])
    assert desk.batches() == []
    with pytest.raises(NotFoundError, match="helmdesk batches"):
        desk.unload([first.batch_id])


def test_receipts_of_versions_that_held_it(desk: Desk, mapping: Path, tmp_path: Path) -> None:
    desk.load("mapping", [table(tmp_path, FIRST, "a.csv")], mapping=mapping)
    second = desk.load("mapping", [table(tmp_path, SECOND, "b.csv")], mapping=mapping)
    receipt = desk.measure("ticket_volume").receipt
    desk.unload([second.batch_id])
    desk.verify(receipt)
    held = set(desk.lake.snapshot(2).files["ticket"]) - set(desk.lake.snapshot().files["ticket"])
    for file in held:
        Path(file).unlink()
    with pytest.raises((NotFoundError, ReceiptMismatch), match=f"{second.batch_id}.*taken out"):
        desk.verify(receipt)
    desk.measure("ticket_volume")


def test_files_that_were_joined_and_a_version_before_the_unloaded_batch(
    desk: Desk, mapping: Path, tmp_path: Path
) -> None:
    desk.load("mapping", [table(tmp_path, FIRST, "a.csv")], mapping=mapping)
    receipt = desk.measure("ticket_volume").receipt
    second = desk.load("mapping", [table(tmp_path, SECOND, "b.csv")], mapping=mapping)
    desk.lake.compact()
    desk.unload([second.batch_id])
    for file in set(desk.lake.snapshot(1).files["ticket"]) - set(
        desk.lake.snapshot().files["ticket"]
    ):
        Path(file).unlink()
    desk.verify(receipt)
    assert len(told(desk)[0]) == 2


def test_a_corrected_mapping_takes_the_place_of_the_wrong_one(
    desk: Desk, mapping: Path, tmp_path: Path
) -> None:
    file = table(tmp_path, [*FIRST, *SECOND[1:]], "a.csv")
    # Another name, another key, other ids: nothing that a row would be known by again.
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        RIGHT.replace('"shop"', '"shopp"')
        .replace('"Order"', '"Opened"')
        .replace('occurred_at = "Opened"', 'occurred_at = "Done"'),
        encoding="utf-8",
    )
    first = desk.load("mapping", [file], mapping=wrong)
    second = desk.load("mapping", [file], mapping=mapping)
    assert second.replaced == [first.batch_id]
    assert any("read otherwise" in note for note in second.notes)
    assert second.tickets["new"] == 3
    alone = make_desk(tmp_path / "alone")
    alone.load("mapping", [file], mapping=mapping)
    assert told(desk) == told(alone)
    # The wrong one once more, after all: it is there no longer, so it is no repeat.
    third = desk.load("mapping", [file], mapping=wrong)
    assert (third.is_already_loaded, third.replaced) == (False, [second.batch_id])


def test_a_zone_that_was_wrong(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(
        "Call Id,Start time,Queue,Outcome,Talk time\n1,2026-03-02 09:00:00,a,answered,60\n",
        encoding="utf-8",
    )
    desk.load("telephony", [file], time_zone="UTC")
    report = desk.load("telephony", [file], time_zone="Asia/Tokyo")
    assert len(report.replaced) == 1
    with desk.engine() as engine:
        assert engine.run("select count(*), min(hour(offered_at)) from contacts") == [(1, 0)]


def test_what_a_live_account_sent_goes_from_its_end(desk: Desk) -> None:
    for number in (1, 2):

        def fill(staging: Any, number: int = number) -> None:
            stage(staging, ticket(f"T{number}", f"2026-03-0{number}T09:00:00Z"))
            staging.report.sync = {"connection": "shop", "number": number}

        desk.load_with(fill, "test", f"sync:shop:{number}")
    with pytest.raises(UsageError, match="take them out too: sync:shop:2"):
        desk.unload(["sync:shop:1"])
    assert len(desk.batches()) == 2
    desk.unload(["sync:shop:2"])
    assert [batch.batch_id for batch in desk.batches()] == ["sync:shop:1"]


def test_two_mappings_take_different_things_from_one_file(
    desk: Desk, mapping: Path, tmp_path: Path
) -> None:
    file = table(tmp_path, FIRST, "a.csv")
    survey = tmp_path / "survey.toml"
    survey.write_text(SURVEY, encoding="utf-8")
    desk.load("mapping", [file], mapping=mapping)
    assert desk.load("mapping", [file], mapping=survey).replaced == []
    assert len(desk.batches()) == 2


ROWS = st.lists(
    st.tuples(
        st.integers(1, 6), st.integers(1, 20), st.integers(0, 10), st.sampled_from(["Ann", "Ben"])
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[0],
)


@given(first=ROWS, second=ROWS, seed=st.integers(0, 9))
@settings(max_examples=tries(2, 60), deadline=None)
def test_load_and_unload_is_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[int, int, int, str]],
    second: list[tuple[int, int, int, str]],
    seed: int,
) -> None:
    path = tmp_path_factory.mktemp("unload")
    rules = path / "right.toml"
    rules.write_text(RIGHT, encoding="utf-8")
    one = make_desk(path / "one")
    one.load("mapping", [table(path, first, "a.csv")], mapping=rules)
    other = Desk(shutil.copytree(one.path, path / "other"))
    loaded = other.load(
        "mapping",
        [table(path, second, f"b{seed}.csv")],
        mapping=rules,
        refresh=random.Random(seed).random() < 0.5,
    )
    if loaded.is_already_loaded:
        return
    if loaded.replaced:
        return  # the very rows of the first
    other.unload([loaded.batch_id])
    assert told(other) == told(one)
