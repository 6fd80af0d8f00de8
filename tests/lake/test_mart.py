"""Marts: published by rename, read by many while another is built."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.engines.duckdb import DuckDB, bound_memory
from helmdesk.errors import HelmdeskError, SettingError
from helmdesk.marts.mart import forget_older_tables, publish_mart, published_mart, spilling

DAY = "2026-01-{:02d}T09:00:00Z"


def test_a_reader_keeps_the_mart_it_opened(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)))
    with desk.engine() as reader:
        load_events(desk, ticket("B", DAY.format(6)))
        assert reader.run("select count(*) from tickets") == [(1,)]
        with desk.engine() as other:
            assert other.run("select count(*) from tickets") == [(2,)]
        assert reader.run("select count(*) from tickets") == [(1,)]


def test_a_mart_is_never_open_for_writing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)))
    with desk.engine() as engine, pytest.raises(Exception, match="read-only"):
        engine.run("delete from tickets")


def test_a_lost_mart_is_rebuilt(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)))
    (desk.path / "marts" / "CURRENT").unlink()
    assert desk.marts.version() is None
    assert desk.measure("ticket_volume")[0].value == 1


@pytest.mark.parametrize("keep", [0, 14, 5000, 100_000])
def test_a_damaged_mart_is_rebuilt(tmp_path: Path, keep: int) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)))
    mart = published_mart(desk.path / "marts")
    assert mart is not None
    with pytest.raises(HelmdeskError, match="not a readable mart"):
        DuckDB.open(tmp_path / "nothing.duckdb")
    mart.write_bytes(mart.read_bytes()[:keep] if keep else b"not a database")
    assert desk.measure("ticket_volume")[0].value == 1
    mart = published_mart(desk.path / "marts")
    assert mart is not None
    mart.write_bytes(mart.read_bytes()[:keep] if keep else b"not a database")
    load_events(desk, ticket("B", DAY.format(6)))
    assert desk.measure("ticket_volume")[0].value == 2


def test_an_older_mart_never_replaces_a_newer_one(tmp_path: Path) -> None:
    def build(version: int) -> None:
        publish_mart(
            tmp_path,
            lambda path: path.write_text(str(version)) and None,
            lambda path: int(path.read_text()),
            version,
        )

    def published() -> str:
        path = published_mart(tmp_path)
        return path.read_text() if path else ""

    build(5)
    build(3)
    assert published() == "5"
    build(6)
    assert published() == "6"
    assert len(list(tmp_path.glob("mart-*"))) == 1


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        publish_mart(tmp_path, fail, lambda _path: 0, 1)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_refresh_follows_the_settings(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    reopened = [
        *ticket("A", DAY.format(1), DAY.format(2)),
        {
            "type": "status_changed",
            "ticket_id": "A",
            "occurred_at": DAY.format(12),
            "status": "open",
        },
    ]
    load_events(desk, [*reopened, *ticket("B", "2026-03-01T09:00:00Z")])
    assert desk.measure("reopen_rate")[0].value == 0
    text = (desk.path / "helmdesk.toml").read_text().replace("reopen_days = 7", "reopen_days = 14")
    (desk.path / "helmdesk.toml").write_text(text)
    changed = Desk(desk.path)
    changed.refresh()
    assert changed.measure("reopen_rate")[0].value == 1


def test_engine_answers_in_utc(tmp_path: Path) -> None:
    engine = DuckDB.create(tmp_path / "x.duckdb")
    assert engine.run("select current_setting('timezone')") == [("UTC",)]
    engine.close()


def _load_days(path: Path) -> None:
    desk = Desk(path)
    for day in range(1, 11):
        load_events(
            desk,
            [
                event
                for number in range(day * 10, day * 10 + 10)
                for event in ticket(f"T{number}", DAY.format(day))
            ],
        )


def test_readers_answer_while_another_process_loads(tmp_path: Path) -> None:
    """Every answer is that of a whole lake version, and later answers are never older ones."""
    import multiprocessing

    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("first", DAY.format(1)))
    loader = multiprocessing.get_context("spawn").Process(target=_load_days, args=(desk.path,))
    loader.start()
    seen = [1.0]
    while loader.is_alive():
        value = desk.measure("ticket_volume")[0].value
        assert value is not None and value % 10 == 1
        assert value >= seen[-1]
        seen.append(value)
    loader.join()
    assert loader.exitcode == 0
    assert desk.measure("ticket_volume")[0].value == 101
    assert len(set(seen)) > 2, "the reader never saw the loader at work"


def test_a_mart_of_another_version_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(tmp_path / "desk")
    with monkeypatch.context() as older:
        older.setattr("helmdesk.facts.build.build.facts_hash", lambda: "of an older version")
        load_events(desk, ticket("A", "2026-01-05T09:00"))
    before = (desk.path / "marts" / "CURRENT").read_text()
    assert desk.measure("ticket_volume")[0].value == 1
    assert (desk.path / "marts" / "CURRENT").read_text() != before


def test_what_does_not_fit_into_memory_is_written_and_goes(tmp_path: Path) -> None:
    with spilling(tmp_path / "marts") as folder, duckdb.connect() as connection:
        bound_memory(connection, 0.06, folder)
        connection.execute(
            "create table rows as select range as n, md5(range::varchar) || repeat('x', 60) as"
            " words from range(1500000)"
        )
        assert connection.execute("select count(distinct words), sum(n) from rows").fetchall() == [
            (1_500_000, 1_500_000 * 1_499_999 // 2)
        ]
        assert any(folder.iterdir())
    assert list((tmp_path / "marts").iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)))
    with subprocess.Popen(["true"]) as gone:
        pass
    left = desk.path / "marts" / f".building-{gone.pid}-12345678.tmp"
    left.mkdir()
    (left / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"rows")
    (desk.path / "marts" / f".building-{gone.pid}-12345678").write_bytes(b"a mart")
    load_events(desk, ticket("B", DAY.format(6)))
    assert not list((desk.path / "marts").glob(".building-*"))


def test_memory_is_a_quarter_of_the_machine_unless_the_desk_says(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        whole = gigabytes(connection) / 0.8
        bound_memory(connection, 0, tmp_path)
        assert gigabytes(connection) == pytest.approx(max(2, whole / 4), rel=0.02)
        bound_memory(connection, 3.5, tmp_path)
        assert gigabytes(connection) == pytest.approx(3.5)
    with pytest.raises(SettingError, match=r"memory_gb = 0.1; use 0, or 0.5 or more"):
        make_desk(tmp_path / "desk", memory_gb=0.1)


def gigabytes(connection: duckdb.DuckDBPyConnection) -> float:
    ((shown,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    assert shown.endswith(" GiB")
    return float(shown.removesuffix(" GiB"))


def test_older_tables_of_spark_go(tmp_path: Path) -> None:
    for number in range(5):
        folder = tmp_path / f"spark-{number}-abc"
        folder.mkdir()
        (folder / "rows.parquet").write_bytes(b"rows")
        os.utime(folder, (1_700_000_000 + number, 1_700_000_000 + number))
    forget_older_tables(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "spark-2-abc",
        "spark-3-abc",
        "spark-4-abc",
    ]
