"""Small questions to files share a database, and no process shares it with another."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime

import duckdb
import pytest

from helmdesk import parquet
from helmdesk.parquet import asking


def answer() -> object:
    with asking() as connection:
        return connection.execute("select 6 * 7").fetchall()


def test_a_forked_process_asks_a_database_of_its_own() -> None:
    assert answer() == [(42,)]
    # Runs between fork and exec: what fails there is an error here.
    done = subprocess.run(
        [sys.executable, "-c", "print('alive')"],
        preexec_fn=lambda: None if answer() == [(42,)] else sys.exit(1),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "alive\n")
    assert answer() == [(42,)]


def test_nothing_made_by_one_is_seen_by_another() -> None:
    with asking() as one:
        one.execute("create temp table mine as select 1 as x")
        with asking() as other, pytest.raises(duckdb.CatalogException, match="mine"):
            other.execute("from mine")
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with asking() as connection:
        told = connection.execute("select cast(? as timestamptz)::varchar", [moment]).fetchone()
    assert told == ("2026-01-05 09:00:00+00",)


def test_many_threads_ask() -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(answer())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[(42,)]] * 12


def test_after_a_database_that_broke_another_is_started() -> None:
    answer()
    broken = parquet._shared[0]
    with pytest.raises(duckdb.FatalException), asking():
        raise duckdb.FatalException("it is invalid from now on")
    assert answer() == [(42,)]
    assert parquet._shared[0] is not broken
