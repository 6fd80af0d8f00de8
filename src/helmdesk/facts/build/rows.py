"""Rows that Python works out (calendars, rules, instruments) put beside those that SQL does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helmdesk.engines.duckdb import DuckDB
from helmdesk.engines.engine import Engine

KINDS = {
    "text": "varchar",
    "texts": "varchar[]",
    "instant": "timestamp",
    "integer": "bigint",
    "number": "double",
    "flag": "boolean",
}


def put_rows(
    engine: Engine,
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[Sequence[object]],
    scope: str = "table",
) -> None:
    """Create a table of rows.

    Args:
        columns: kind of each column by name: text, texts, instant (naive UTC), integer, number or
        flag.
    """
    cells = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
    if isinstance(engine, DuckDB):
        engine.put_cells(
            table,
            {
                name: (KINDS[kind], column)
                for (name, kind), column in zip(columns.items(), cells, strict=True)
            },
            scope,
        )
        return
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "instant": pa.timestamp("us"),
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
    }
    arrays = [
        pa.array(column, kinds[kind]) for column, kind in zip(cells, columns.values(), strict=True)
    ]
    engine.put(table, pa.table(arrays, names=list(columns)), scope)
