"""Rows as files: CSV that no spreadsheet takes for formulas, workbooks, Parquet and JSON without
loss, Arrow.
"""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from helmdesk.csv_text import write_rows
from helmdesk.query.window import plain
from helmdesk.reports.make import CONTENT_TYPES
from helmdesk.reports.workbook import table_as_workbook

if TYPE_CHECKING:
    import pyarrow

    from helmdesk.catalogue.discovery import Entry

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": CONTENT_TYPES["xlsx"],
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


def as_csv(table: pyarrow.Table) -> bytes:
    """Return a table as CSV with a header; instants as ISO 8601 with their offset, nothing for
    null.
    """
    text = io.StringIO(newline="")
    rows = (
        [_plain(cell) for cell in row]
        for batch in table.to_batches(max_chunksize=10_000)
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    write_rows(text, chain([table.column_names], rows), "\r\n")
    return text.getvalue().encode()


def _plain(cell: Any) -> Any:
    if cell is None:
        return ""
    return plain(cell) if isinstance(cell, datetime | date) else cell


def as_json(table: pyarrow.Table) -> bytes:
    """Return a table as a JSON list of objects; instants as ISO 8601 with their offset."""
    return json.dumps(table.to_pylist(), default=plain, ensure_ascii=False).encode()


def as_parquet(table: pyarrow.Table) -> bytes:
    """Return a table as a Parquet file."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def as_arrow(table: pyarrow.Table) -> bytes:
    """Return a table as an Arrow stream."""
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


WRITERS = {
    "csv": as_csv,
    "xlsx": table_as_workbook,
    "json": as_json,
    "parquet": as_parquet,
    "arrow": as_arrow,
}


def rows_as_file(table: pyarrow.Table, form: str, entry: Entry, zone: str) -> bytes:
    """Return the rows of a metric as a file; a workbook tells its definition and is in the desk's
    own time.
    """
    if form == "xlsx":
        return table_as_workbook(table, "Rows", zone, [entry])
    return WRITERS[form](table)
