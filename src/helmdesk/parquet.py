"""Small questions to Parquet files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_turn = Lock()
_shared: list[duckdb.DuckDBPyConnection] = []
_left_alone: list[duckdb.DuckDBPyConnection] = []


@contextmanager
def asking() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection, in UTC, that reads files and makes nothing but temporary tables.

    To start a database takes longer than to answer a small question: a process has one for all of
    them. It keeps nothing of what it read.
    """
    import duckdb

    with _turn:
        if not _shared:
            _shared.append(duckdb.connect())
            _shared[0].execute("set enable_external_file_cache = false")
        connection = _shared[0].cursor()
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    except (duckdb.FatalException, duckdb.InternalException):
        with _turn:  # after which DuckDB answers nothing any more
            _shared.clear()
        raise
    finally:
        connection.close()


def _forget() -> None:
    """Let a forked process start its own: the threads of its parent's stayed there, and closing it
    would wait for them.
    """
    global _turn  # noqa: PLW0603
    _turn = Lock()
    _left_alone.extend(_shared)
    _shared.clear()


os.register_at_fork(after_in_child=_forget)
