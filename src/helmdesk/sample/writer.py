"""Collects records by type as tuples and puts them into a staging area as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from helmdesk.quoting import name
from helmdesk.records.schema import RECORD_TYPES, family_columns
from helmdesk.records.staging import Staging

ALWAYS = ("record_id", "occurred_at")


class Writer:
    """One list of rows per record type; ids are counted per ticket or thing, so they are stable."""

    def __init__(self) -> None:
        self._columns: dict[str, tuple[str, ...]] = {}
        self._rows: dict[str, list[tuple[Any, ...]]] = {}

    def add(self, type_name: str, record_id: str, occurred_at: datetime, **columns: Any) -> None:
        """Add one record; every call for one type names the same columns."""
        names = tuple(columns)
        known = self._columns.setdefault(type_name, names)
        if known != names:
            raise AssertionError(f"{type_name}: columns {names} after {known}")
        self._rows.setdefault(type_name, []).append(
            (f"sample:{record_id}", occurred_at, *columns.values())
        )

    def count(self, type_name: str) -> int:
        """Return how many records of a type there are."""
        return len(self._rows.get(type_name, ()))

    def rows(self, type_name: str) -> Iterable[dict[str, Any]]:
        """Return the records of a type as plain rows."""
        names = (*ALWAYS, *self._columns.get(type_name, ()))
        return (dict(zip(names, row, strict=True)) for row in self._rows.get(type_name, ()))

    def stage(self, staging: Staging) -> None:
        """Put everything into `staging`."""
        import pyarrow as pa

        kinds = {
            "text": pa.string(),
            "json": pa.string(),
            "number": pa.float64(),
            "integer": pa.int64(),
            "flag": pa.bool_(),
            "instant": pa.timestamp("us", tz="UTC"),
        }
        for type_name, rows in self._rows.items():
            staging.on_step(f"writing {type_name}")
            columns = (*ALWAYS, *self._columns[type_name])
            types = family_columns(RECORD_TYPES[type_name].family)
            cells = zip(*rows, strict=True)
            arrays = [
                pa.array(cell, kinds[types[column]])
                for column, cell in zip(columns, cells, strict=True)
            ]
            view = f"sample_{type_name}"
            staging.connection.register(view, pa.table(arrays, names=list(columns)))
            staging.add(type_name, {column: name(column) for column in columns}, view)
            staging.connection.unregister(view)
