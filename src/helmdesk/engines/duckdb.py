"""DuckDB: the embedded engine. A connection and the house functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helmdesk import quoting
from helmdesk.engines.engine import FOREVER
from helmdesk.errors import DamageError, HelmdeskError, TooLargeError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

    from helmdesk.engines.ration import Ration

# Measured on the incident log: a fifth less CPU on one thread, about the same wall time.
SMALL_BYTES = 48 * 1024**2
# The same for records, which lie packed in the lake.
SMALL_PACKED_BYTES = 16 * 1024**2
# What loading and building facts leave of the machine's memory to others, and what they need to be
# quick.
MEMORY_SHARE, LEAST_MEMORY_GB = 4, 2.0
# Bands that sort as text.
TENURE = """case when arg_1 is null then null when arg_2 < arg_1 + interval 3 month
    then '00-03 months'
    when arg_2 < arg_1 + interval 12 month then '03-12 months'
        when arg_2 < arg_1 + interval 24 month then '12-24 months'
    else '24+ months' end"""
_WORDS = "list_distinct(regexp_extract_all(lower({}), '[a-z0-9]{{2,}}'))"
_A, _B = _WORDS.format("arg_1"), _WORDS.format("arg_2")
SIMILARITY = f"""coalesce(len(list_intersect({_A}, {_B}))::double
    / nullif(len(list_distinct(list_concat({_A}, {_B}))), 0), 0)"""

# House functions that are one expression over their arguments: put into questions as trees, and
# into a mart as macros.
SIMPLE = {
    "seconds": "(epoch_us(arg_2::timestamp) - epoch_us(arg_1::timestamp)) // 1000000",
    "quantile": "quantile_cont(arg_1, arg_2)",
    "nth_smallest": (
        "list_extract(list_sort(list(arg_1) filter (where arg_1 is not null)), greatest(arg_2, 0))"
    ),
    "count_if": "count(*) filter (where arg_1)",
    "ratio": "case when arg_2 = 0 then null else arg_1::double / arg_2 end",
    "forever": f"timestamp '{FOREVER}'",
    "days": "to_hours(24 * arg_1)",
    "later": "arg_1 + to_microseconds(1000000 * cast(arg_2 as bigint))",
    "tenure": TENURE,
    "similarity": SIMILARITY,
    "local_time": "(arg_1 at time zone 'UTC' at time zone arg_2)",
    "json_text": "json_extract_string(arg_1, '$.\"' || arg_2 || '\"')",
}


def bound_memory(connection: duckdb.DuckDBPyConnection, gigabytes: float, folder: Path) -> None:
    """Let a connection use so much memory, and then write to a folder, which must go with the work.

    Args:
        gigabytes: 0 takes a quarter of what the machine, or the container, has; at least two.
        folder: made when it is needed.
    """
    if not gigabytes:
        connection.execute("reset memory_limit")
        # DuckDB takes four fifths of what it sees, and knows containers.
        ((whole,),) = connection.execute("select current_setting('memory_limit')").fetchall()
        gigabytes = max(LEAST_MEMORY_GB, _gigabytes(whole) / 0.8 / MEMORY_SHARE)
    connection.execute(f"set memory_limit = '{gigabytes:.2f} GiB'")
    connection.execute(f"set temp_directory = {quoting.text(str(folder))}")


def _gigabytes(shown: str) -> float:
    """Read a size as DuckDB shows it, such as ``18.7 GiB``."""
    number, unit = shown.split()
    return (
        float(number)
        * {"bytes": 2.0**-30, "KiB": 2.0**-20, "MiB": 2.0**-10, "GiB": 1.0, "TiB": 2.0**10}[unit]
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _tells_of_damage(error: duckdb.Error) -> bool:
    """Whether a file cannot be read: one that was open before it rotted has an error of no kind of
    its own.
    """
    import duckdb

    kinds = (
        duckdb.IOException,
        duckdb.SerializationException,
        duckdb.FatalException,
        duckdb.InternalException,
    )
    return isinstance(error, kinds) or (
        type(error) is duckdb.Error and str(error).startswith("Corrupt")
    )


@lru_cache(maxsize=256)
def _parsed(sql: str) -> duckdb.Statement:
    """Read one statement; reading those that make the facts takes as long as running them on a
    small desk.
    """
    import duckdb

    (statement,) = duckdb.extract_statements(sql)
    return statement


class DuckDB:
    """One DuckDB connection, its session in UTC."""

    name = "duckdb"

    _ration: Ration | None
    path: Path | None
    """The mart that was opened for reading."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path | None = None) -> None:
        self.connection, self._ration, self.path = connection, None, path
        # A database that this process has open and locked already speaks UTC.
        if not self.is_locked():
            connection.execute("set timezone = 'UTC'")

    @classmethod
    def open(cls, path: Path) -> DuckDB:
        """Open a mart read-only; any number of processes may."""
        import duckdb

        try:
            size = path.stat().st_size
            engine = cls(duckdb.connect(str(path), read_only=True), path)
        except (duckdb.Error, OSError) as error:
            raise HelmdeskError(
                f"{path}: not a readable mart ({_first_line(error)}); run: helmdesk refresh"
            ) from error
        engine.use_threads(size)
        return engine

    @classmethod
    def create(cls, path: Path | None = None) -> DuckDB:
        """Create a database file, or one in memory."""
        import duckdb

        return cls(duckdb.connect(str(path) if path else ":memory:"))

    @classmethod
    def edit(cls, path: Path) -> DuckDB:
        """Open a copy of a mart for writing, as catalogue ``mart``: its tables can be named beside
        temporary ones of the same name.
        """
        import duckdb

        engine = cls(duckdb.connect())
        engine.connection.execute(f"attach {quoting.text(str(path))} as mart")
        engine.connection.execute("use mart")
        return engine

    def another(self, ration: Ration | None = None) -> DuckDB:
        """Return a connection of its own to the same open database, for another thread; it sees the
        same data.

        Args:
            ration: what the statements of the connection may take.
        """
        twin = object.__new__(DuckDB)
        twin.connection, twin._ration, twin.path = self.connection.cursor(), ration, self.path
        return twin

    def lock(self) -> None:
        """Shut everything but the open database: no other file, no network, no extension, no
        setting, for good.

        Temporary views stay possible. The session's time zone becomes that of every later
        connection.
        """
        if self.is_locked():
            return
        for statement in (
            "set global timezone = 'UTC'",
            "set enable_external_access = false",
            "set lock_configuration = true",
        ):
            self.connection.execute(statement)

    def is_locked(self) -> bool:
        """Whether `lock` was called on the database that this connection belongs to."""
        return self.run("select current_setting('lock_configuration')") == [(True,)]

    def use_threads(self, data_bytes: int, small: int = SMALL_BYTES) -> None:
        """Work on one thread when there is little to do: a second one costs more than it saves."""
        if data_bytes < small and not self.is_locked():
            self.connection.execute("set threads = 1")

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Write what is made within when it is whole, not after every statement; until then it
        stays in memory, what was dropped meanwhile too.
        """
        self.run("begin")
        yield  # what failed half-way is closed and thrown away
        self.run("commit")

    def version(self) -> str:
        """Return DuckDB's version."""
        import duckdb

        return str(duckdb.__version__)

    def define_functions(self) -> None:
        """Put the house functions into the database, so that house SQL of facts runs as it is
        written.

        Reading it into a tree and writing it out again costs more than building the facts of a
        small desk.
        """
        for name, sql in SIMPLE.items():
            count = len(set(re.findall(r"arg_\d", sql)))
            self.connection.execute(
                _parsed(
                    "create or replace macro"
                    f" {name}({', '.join(f'arg_{n}' for n in range(1, count + 1))}) as ({sql})"
                )
            )

    @staticmethod
    def translate(house_sql: str | exp.Expr) -> str:
        """Return DuckDB SQL: every house function replaced, innermost first."""
        from helmdesk.engines.duckdb_dialect import (
            translate,
        )  # building facts needs none of it, and reading SQL is slow to import

        return translate(house_sql)

    @staticmethod
    def runnable(house_sql: exp.Expr) -> str:
        """Return SQL that a mart, which has the macros, understands as it does the translation."""
        from helmdesk.engines.duckdb_dialect import runnable

        return runnable(house_sql)

    def make(self, name: str, house_sql: str, scope: str = "table") -> None:
        """Create a table, temp table, view or temp view; the house functions are macros here, so
        the SQL runs as it is.
        """
        self.connection.execute(_parsed(f"create {scope} {name} as {house_sql}"))

    def put(self, name: str, rows: pa.Table, scope: str = "table") -> None:
        """Create a table of these rows; timestamps become plain."""
        self.connection.register("given_rows", rows)
        self.connection.execute(f"create or replace {scope} {name} as from given_rows")
        self.connection.unregister("given_rows")

    def put_cells(
        self, name: str, columns: Mapping[str, tuple[str, list[Any]]], scope: str = "table"
    ) -> None:
        """Create a table of columns given as (SQL type, cells of equal number); a small table needs
        no Arrow, whose import costs more than most.
        """
        listed = ", ".join(
            f"unnest(cast(? as {sql_type}[])) as {self.quoted(column)}"
            for column, (sql_type, _) in columns.items()
        )
        self.connection.execute(
            f"create or replace {scope} {name} as select {listed}",
            [cells for _, cells in columns.values()],
        )

    def ask(self, house_sql: str) -> list[tuple[Any, ...]]:
        """Run house SQL in a database that has the macros, and return all rows."""
        return self.run(house_sql)

    def fetch(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run translated SQL; return the names of its columns and all rows."""
        with self._rationed():
            cursor = self.connection.execute(sql)
            return [column[0] for column in cursor.description or ()], cursor.fetchall()

    def arrow(self, sql: str) -> pa.Table:
        """Run SQL and return all rows as a table."""
        with self._rationed():
            return self.connection.sql(sql).to_arrow_table()

    def quoted(self, name: str) -> str:
        """Return a quoted column name."""
        return quoting.name(name)

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL and return all rows."""
        with self._rationed():
            return self.connection.execute(sql).fetchall()

    @contextmanager
    def _rationed(self) -> Iterator[None]:
        """Run a statement within the ration of the request.

        Raises:
            TooLongError, BusyError: see `Ration`.
            TooLargeError: it takes more memory than there is.
            DamageError: the file cannot be read any further.
        """
        import duckdb

        try:
            with self._ration.spent(self.connection) if self._ration else nullcontext():
                yield
        except duckdb.InterruptException:
            if self._ration:
                self._ration.check()
            raise
        except duckdb.OutOfMemoryException as error:
            raise TooLargeError(
                "this takes more memory than a question may; ask for a shorter window, a coarser"
                " grain or fewer groups"
            ) from error
        except duckdb.Error as error:
            if self.path is None or not _tells_of_damage(error):
                raise
            raise DamageError(
                f"{self.path} is damaged ({_first_line(error)}); it is a copy, make it anew:"
                " helmdesk refresh --force"
            ) from error

    def columns(self, sql: str) -> list[str]:
        """Return the column names of `sql`."""
        return [row[0] for row in self.connection.execute(f"describe {sql}").fetchall()]

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
