"""The first rows of a file as they are read, for people to look at before anything is loaded."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from helmdesk.quoting import name
from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.source import files_within
from helmdesk.sources.reading.archive import unpack_archives
from helmdesk.sources.reading.content import TEXT, kind_of
from helmdesk.sources.reading.inspection import open_bytes
from helmdesk.sources.reading.raw_tables import read_table

SAMPLE = 1 << 18


def first_rows(
    path: Path, rows: int, limits: Limits, sheets: Sequence[str] = ()
) -> list[list[str]]:
    """Return the names of the columns and the first rows of a file; of an archive, of its first
    file. Of text, the beginning is read only.

    Raises:
        NotFoundError, InputError: it cannot be read.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch, duckdb.connect() as connection:
        file = files_within(unpack_archives([path], Path(scratch), limits))[0]
        if kind_of(file) == TEXT:
            with open_bytes(file) as handle:
                head = handle.read(SAMPLE)
            file = Path(scratch) / "head.csv"
            file.write_bytes(head[: head.rfind(b"\n") + 1] if len(head) == SAMPLE else head)
        staging = Staging(connection, "preview", "preview", limits=limits)
        staging.sheets = tuple(sheets)
        table = read_table(staging, file)
        cells = ", ".join(f"coalesce({name(column)}, '')" for column in table.columns)
        found = connection.execute(
            f"select {cells} from {table.table} order by _file, _row limit {rows}"
        ).fetchall()
        return [list(table.columns), *map(list, found)]
