"""Rows that Python works out (calendars, rules, instruments) put beside those that SQL does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helmdesk.engines.engine import Engine


def put_rows(engine: Engine, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]], scope: str = "table") -> None:
    """Create a table of rows.

    Args:
        columns: kind of each column by name: text, texts, instant (naive UTC), integer, number or flag.
    """
    import pyarrow as pa

    kinds = {"text": pa.string(), "texts": pa.list_(pa.string()), "instant": pa.timestamp("us"), "integer": pa.int64(),
             "number": pa.float64(), "flag": pa.bool_()}  # fmt: skip
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(column, kinds[kind]) for column, kind in zip(cells, columns.values(), strict=True)]
    engine.put(table, pa.table(arrays, names=list(columns)), scope)
