"""Exactly once, all or nothing, any earlier version: on a real Delta table."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.errors import ConflictError, NotFoundError
from helmdesk.lake import lake as lake_module

DAY = "2026-01-{:02d}T09:00:00Z"


def created(desk: Desk, version: int | None = None) -> int:
    files = desk.lake.snapshot(version).files.get("ticket", ())
    if not files:
        return 0
    return (
        duckdb.connect()
        .execute(
            f"select count(*) from read_parquet({list(files)!r}, union_by_name=true) where type ="
            " 'created'"
        )
        .fetchall()[0][0]
    )


def test_new_desk_is_empty(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    assert desk.lake.version() == 0
    assert desk.lake.snapshot().files == {}
    assert desk.measure("ticket_volume")[0].value is None
    assert desk.measure("csat")[0].value is None


def test_a_second_desk_in_one_place_is_refused(tmp_path: Path) -> None:
    make_desk(tmp_path / "desk")
    with pytest.raises(ConflictError, match="already a desk"):
        make_desk(tmp_path / "desk")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    with pytest.raises(ConflictError, match="not empty"):
        make_desk(tmp_path / "full")
    with pytest.raises(NotFoundError, match="not a desk"):
        Desk(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["my desk", "100% sûr", "a'b#1"])
def test_folders_may_be_called_anything(tmp_path: Path, name: str) -> None:
    desk = make_desk(tmp_path / name)
    load_events(desk, ticket("A", DAY.format(5)), batch="first")
    load_events(desk, ticket("B", DAY.format(6)), batch="second")
    desk.lake.compact()
    desk.refresh(is_forced=True)
    assert desk.measure("ticket_volume")[0].value == 2


def test_a_batch_is_stored_once(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    first = load_events(desk, ticket("A", DAY.format(5)))
    again = load_events(desk, ticket("A", DAY.format(5)))
    assert (first.is_already_loaded, again.is_already_loaded) == (False, True)
    assert desk.lake.version() == 1
    assert created(desk) == 1


def test_overlapping_batches_count_once(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)), batch="one")
    load_events(desk, [*ticket("A", DAY.format(5)), *ticket("B", DAY.format(6))], batch="two")
    assert created(desk) == 3
    assert desk.measure("ticket_volume")[0].value == 2


def test_a_correction_supersedes(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, [ticket("A", DAY.format(5))[0] | {"record_id": "first"}], batch="one")
    load_events(
        desk,
        [
            ticket("A", DAY.format(5), channel="chat")[0]
            | {
                "record_id": "second",
                "supersedes": "first",
            }
        ],
        batch="two",
    )
    assert desk.measure("ticket_volume", by="channel")[0].group == (("channel", "chat"),)
    assert desk.measure("ticket_volume", by="channel", as_of=1)[0].group == (("channel", "email"),)


def test_time_travel(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    for day in range(1, 6):
        load_events(desk, ticket(f"T{day}", DAY.format(day)), refresh=False)
    assert [created(desk, version) for version in range(6)] == [0, 1, 2, 3, 4, 5]
    assert desk.measure("ticket_volume", as_of=3)[0].value == 3
    with pytest.raises(NotFoundError, match="no version 99"):
        desk.lake.snapshot(99)


def test_any_delta_reader_sees_the_records(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5), DAY.format(6)))
    table = DeltaTable(str(desk.lake.path)).to_pyarrow_table()
    assert sorted(table.column("type").to_pylist()) == ["batch", "created", "status_changed"]
    assert table.schema.field("occurred_at").type.tz == "UTC"


def test_compaction_changes_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk(tmp_path / "desk")
    for day in range(1, 8):
        load_events(desk, ticket(f"T{day}", DAY.format(day), DAY.format(day + 1)), refresh=False)
    before, receipt = desk.measure("ticket_volume", "backlog", grain="day"), None
    receipt = before.receipt
    assert not desk.lake.needs_compaction()
    monkeypatch.setattr(lake_module, "COMPACT_ABOVE_FILES", 3)
    assert desk.lake.needs_compaction()
    done = desk.lake.compact()
    assert done["files_joined"] > done["files_written"] > 0
    assert not desk.lake.needs_compaction()
    desk.refresh()
    assert desk.measure("ticket_volume", "backlog", grain="day").as_rows() == before.as_rows()
    desk.verify(receipt)
    load_events(desk, ticket("late", DAY.format(9)), batch="after")
    assert desk.measure("ticket_volume")[0].value == 8


def test_abandoned_files_are_removed_after_a_day(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)))
    folder = desk.lake.path / "family=ticket"
    (folder / "part-young.parquet").write_bytes(b"x")
    (folder / "part-old.parquet").write_bytes(b"x")
    os.utime(folder / "part-old.parquet", (0, 0))
    assert desk.lake.compact()["files_removed"] == 1
    assert (folder / "part-young.parquet").exists()
    assert created(desk) == 1


def test_a_version_whose_files_are_gone_is_read_by_its_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(tmp_path / "desk")
    receipts = []
    for day in range(1, 6):
        load_events(desk, ticket(f"T{day}", DAY.format(day)), batch=f"batch {day}")
        receipts.append(desk.measure("ticket_volume").receipt)
    monkeypatch.setattr(lake_module, "KEEP_HOURS", 0)
    assert desk.lake.compact()["files_removed"] >= 10
    assert len(list(desk.lake.path.glob("family=ticket/*.parquet"))) == 1
    for receipt in receipts:
        desk.verify(receipt)
    assert desk.lake.snapshot(3).batches == ("batch 1", "batch 2", "batch 3")
    assert created(desk) == 5


def _load_many(path: Path, name: str, start: multiprocessing.synchronize.Barrier) -> None:  # type: ignore[name-defined]
    desk = Desk(path)
    start.wait()
    for day in range(1, 9):
        load_events(desk, ticket(f"{name}{day}", DAY.format(day)), refresh=day % 3 == 0)


def test_two_loaders_at_once_both_succeed(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    loaders = [context.Process(target=_load_many, args=(desk.path, name, start)) for name in "AB"]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join(120)
    assert [loader.exitcode for loader in loaders] == [0, 0]
    desk.refresh()
    assert created(desk) == 16
    assert desk.measure("ticket_volume")[0].value == 16


def test_two_loads_of_one_input_store_it_once(tmp_path: Path) -> None:
    """Both writers pass the first look; the transaction decides."""
    desk = make_desk(tmp_path / "desk")
    connection = duckdb.connect()
    rows = connection.sql(
        "select 'x' as record_id, 'created' as type, 'b' as batch_id, 't' as ticket_id,"
        " now()::timestamptz as occurred_at"
    )
    stale = desk.lake._table()
    assert desk.lake.append("b", {"ticket": rows}, {}) == 1
    desk.lake.version_of_batch = lambda _batch: None  # type: ignore[method-assign]
    desk.lake._table = lambda version=None: stale  # type: ignore[method-assign]
    with pytest.raises(ConflictError):
        desk.lake.append("b", {"ticket": rows}, {})
    assert created(Desk(desk.path)) == 1
