"""Rows of a connection as the tables that files of its system would have held."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helmdesk.connectors.parts.connector import Row


def write_table(folder: Path, table: str, rows: Sequence[Row]) -> Path:
    """Write rows as a table of texts, as an export would have them."""
    import pyarrow
    from pyarrow import parquet

    columns = list(dict.fromkeys(column for row in rows for column in row))
    path = folder / f"{table}.parquet"
    parquet.write_table(
        pyarrow.table(
            {
                column: pyarrow.array([_cell(row.get(column)) for row in rows], pyarrow.string())
                for column in columns
            }
        ),
        path,
    )
    return path


def write_objects(folder: Path, table: str, rows: Sequence[Row], columns: set[str]) -> Path:
    """Write rows that hold objects and lists as a JSON file.

    Args:
        columns: those that must be there, whichever rows came.
    """
    path = folder / f"{table}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            empty = dict.fromkeys(sorted(columns - row.keys()))
            file.write(json.dumps({**empty, **row}, ensure_ascii=False) + "\n")
    return path


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
