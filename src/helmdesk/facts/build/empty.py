"""Tables that are known to have no rows."""

from __future__ import annotations

from helmdesk.engines.duckdb import DuckDB
from helmdesk.engines.engine import Engine

# Names and types of columns as an empty table is asked for them, by the SQL that makes it.
_COLUMNS: dict[str, str] = {}


def without_rows(engine: Engine, house_sql: str) -> str:
    """Return house SQL of a table without rows in the columns of another.

    To plan what gives no rows takes an engine longer than all else on a small desk; a process asks
    for the columns once.
    """
    if not isinstance(engine, DuckDB):
        return f"select * from ({house_sql}) q limit 0"
    if house_sql not in _COLUMNS:
        described = engine.run(f"describe {house_sql}")
        _COLUMNS[house_sql] = ", ".join(
            f"cast(null as {kind}) as {engine.quoted(column)}" for column, kind, *_ in described
        )
    return f"select {_COLUMNS[house_sql]} where false"
