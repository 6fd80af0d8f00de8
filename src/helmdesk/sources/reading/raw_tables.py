"""Files into raw tables: every cell as text, every row with its number, nothing lost on the way.

Clean files take a fast road (DuckDB's parallel reader). Whether a file is clean is decided by looking
at its bytes first and at the row count afterwards; any doubt sends it down the careful road, Python's
csv module, which knows each record's line and lets one bad row go to quarantine alone.
"""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from helmdesk.errors import InputError, nearest
from helmdesk.records.limits import Limits
from helmdesk.records.staging import FileReport, Staging, name, text
from helmdesk.sources.reading.glance import Glance, glance_at_parquet, is_gzip, open_bytes, refuse_columns, require_file, take_glance

DELIMITERS = (",", "\t", ";", "|")
BLOCK_ROWS = 50_000


@dataclass(frozen=True)
class RawTable:
    """A file as a DuckDB table of text columns plus ``_file``, ``_row`` (1 = first data row), ``_line``.

    ``_line`` is null where quoted line breaks make it unknown without a second reading; that is done
    for rejected rows only, at the end of a load (`Staging.line_finders`).
    """

    table: str
    path: Path
    columns: tuple[str, ...]
    rows: int


def read_table(
    staging: Staging,
    path: Path,
    *,
    required: Sequence[str] = (),
    known: Sequence[str] | None = None,
    skip: Sequence[str] = (),
    delimiter: str | None = None,
    encoding: str = "utf-8",
) -> RawTable:
    """Read a CSV, TSV, JSON-lines or Parquet file (gzip or not) as a raw table of text.

    Args:
        required: columns that must exist.
        known: columns the source understands; others are reported as schema drift. None: all are.
        skip: known columns that nobody will look at; they need not be kept.
        delimiter: field separator; None takes the one the header line uses most.
        encoding: how bytes become text when the file is not UTF-8.

    Raises:
        NotFoundError: no such file.
        InputError: binary, empty or damaged file, missing required column.
    """
    staging.on_step(f"reading {path.name}")
    require_file(path)
    index = len(staging.report.files)
    table = f"raw_{index}"
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if ".parquet" in suffixes:
        glance_at_parquet(path, staging.limits)
        columns = _read_with(staging, table, index, path, f"read_parquet({text(str(path))})")
    elif {".jsonl", ".ndjson", ".json"} & set(suffixes):
        take_glance(path, staging.limits)
        reader = f"read_ndjson({text(str(path))}, auto_detect=true, sample_size=-1, maximum_depth=1, map_inference_threshold=-1, ignore_errors=false)"
        columns = _read_with(staging, table, index, path, reader, "json_extract_string({}, '$')")
    else:
        columns = _read_delimited(staging, table, index, path, delimiter, encoding, skip)
    missing = [column for column in required if column not in columns]
    if missing:
        raise InputError(
            f"{path}: missing column '{missing[0]}'{nearest(missing[0], columns)}"
            f" (the file has: {', '.join(columns[:12])}{' ...' if len(columns) > 12 else ''})"
        )
    (rows,) = staging.connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    refused = staging.connection.execute("select count(*) from rejected where _file = ? and is_whole_row", [index]).fetchone()
    unknown = () if known is None else tuple(column for column in columns if column not in known)
    staging.report.files.append(FileReport(str(path), rows + (refused[0] if refused else 0), unknown))
    if rows == 0 and not (refused and refused[0]):
        raise InputError(f"{path}: a header but no rows; export it again")
    return RawTable(table, path, columns, rows)


def _read_with(staging: Staging, table: str, index: int, path: Path, reader: str, as_text: str = "cast({} as varchar)") -> tuple[str, ...]:
    """Read a self-describing format; every value becomes text."""
    import duckdb

    try:
        described = staging.connection.execute(f"describe select * from {reader}").fetchall()
        columns = tuple(row[0] for row in described)
        refuse_columns(path, staging.limits, len(columns))
        cells = ", ".join(f"{as_text.format(name(column))} as {name(column)}" for column in columns)
        staging.connection.execute(
            f"create table {table} as select {cells}, {index} as _file, row_number() over () as _row,"
            f" row_number() over () as _line from {reader}"
        )
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path}: not readable ({first})") from error
    return columns


def _read_delimited(
    staging: Staging, table: str, index: int, path: Path, delimiter: str | None, encoding: str, skip: Sequence[str]
) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        glance = take_glance(path, staging.limits, Path(folder) / "unpacked" if is_gzip(path) else None)
        return _read_glanced(staging, table, index, path, glance, delimiter, encoding, skip)


def _read_glanced(
    staging: Staging, table: str, index: int, path: Path, glance: Glance, delimiter: str | None, encoding: str, skip: Sequence[str]
) -> tuple[str, ...]:
    header, separator = _header(path, delimiter, encoding if not glance.is_utf8 else "utf-8", staging.limits)
    is_plain = (
        glance.is_utf8
        and not glance.has_bom
        and glance.carriage_returns == 0
        and glance.quotes % 2 == 0
        and codecs.lookup(encoding).name == "utf-8"
    )
    if is_plain and _read_fast(staging, table, index, glance, header, separator, skip):
        if glance.quotes:
            staging.line_finders[index] = partial(_lines_by_reading, path, separator)
        return tuple(column for column in header if column not in skip)
    staging.connection.execute(f"drop table if exists {table}")
    _read_carefully(staging, table, index, path, header, separator, encoding)
    return header


def _header(path: Path, delimiter: str | None, encoding: str, limits: Limits) -> tuple[tuple[str, ...], str]:
    """Return column names and the separator; repeated or empty names are errors."""
    with open_bytes(path) as handle:
        lines = io.TextIOWrapper(handle, encoding="utf-8-sig", errors="replace", newline="")
        first = lines.readline()
        if not first.strip():
            raise InputError(f"{path}: line 1 is blank; the first line must hold the column names")
        separator = delimiter or max(DELIMITERS, key=first.count)
        refuse_columns(path, limits, first.count(separator) + 1)
        lines.seek(0)
        names = next(csv.reader(lines, delimiter=separator))
    names = [column.strip() for column in names]
    counted = Counter(names)
    if len(counted) < len(names):
        raise InputError(f"{path}: line 1 has the column '{min(column for column in names if counted[column] > 1)}' twice")
    if any(ord(character) < 32 for column in names for character in column):
        raise InputError(f"{path}: line 1 does not look like column names; is this a text table?")
    return tuple(column or f"column_{place}" for place, column in enumerate(names, 1)), separator


def _read_fast(
    staging: Staging, table: str, index: int, glance: Glance, header: tuple[str, ...], separator: str, skip: Sequence[str]
) -> bool:
    """Read with DuckDB; True only when every line of the file is accounted for."""
    import duckdb

    columns = ", ".join(f"{text(column)}: 'VARCHAR'" for column in header)
    kept = ", ".join(name(column) for column in header if column not in skip)
    line = "_row + 1" if glance.quotes == 0 else "null::bigint"
    try:
        staging.connection.execute(
            f"""create table {table} as select *, {line} as _line from (
                select {kept}, {index} as _file, row_number() over () as _row from read_csv({text(str(glance.plain))},
                auto_detect=false, header=true, delim={text(separator)}, quote='"', escape='"',
                columns={{{columns}}}, null_padding=false, strict_mode=true, store_rejects=true,
                max_line_size=8388608, new_line='\\n', compression='none'))"""
        )
        refused = staging.connection.execute("select count(*) from reject_errors").fetchone()
        staging.connection.execute("drop table reject_errors; drop table reject_scans")
    except duckdb.Error:
        return False
    (rows,) = staging.connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    expected = glance.lines - (1 if glance.is_terminated else 0)
    return not (refused and refused[0]) and (rows == expected if glance.quotes == 0 else rows <= expected)


def _read_carefully(
    staging: Staging,
    table: str,
    index: int,
    path: Path,
    header: tuple[str, ...],
    separator: str,
    encoding: str,
) -> None:
    """Read record by record; a row that does not fit goes to quarantine whole, with its line."""
    import pyarrow as pa

    columns = ", ".join(f"{name(column)} varchar" for column in header)
    staging.connection.execute(f"create table {table} ({columns}, _file integer, _row bigint, _line bigint)")
    names = [*header, "_file", "_row", "_line"]
    schema = pa.schema([(column, pa.string()) for column in header] + [("_file", pa.int32()), ("_row", pa.int64()), ("_line", pa.int64())])
    for block in _blocks(_records(staging, index, path, len(header), separator, encoding)):
        cells = list(zip(*block, strict=True))
        arrays = [pa.array(cell, kind.type) for cell, kind in zip(cells, schema, strict=True)]
        arrow_block = pa.table(arrays, names=names)  # noqa: F841 (DuckDB finds it by name)
        staging.connection.execute(f"insert into {table} select * from arrow_block")


def _blocks(records: Iterator[list[object]]) -> Iterator[list[list[object]]]:
    block: list[list[object]] = []
    for record in records:
        block.append(record)
        if len(block) == BLOCK_ROWS:
            yield block
            block = []
    if block:
        yield block


def _records(staging: Staging, index: int, path: Path, width: int, separator: str, encoding: str) -> Iterator[list[object]]:
    refused: list[tuple[object, ...]] = []
    bad_bytes = "surrogateescape" if encoding == "utf-8" else "strict"
    row = 0
    with open_bytes(path) as handle:
        lines = io.TextIOWrapper(handle, encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors=bad_bytes, newline="")
        csv.field_size_limit(staging.limits.cell_bytes)
        reader = csv.reader(lines, delimiter=separator, strict=False)
        next(reader)
        while True:
            start = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                break
            except UnicodeDecodeError as error:
                raise InputError(f"{path}: line {start}: not {encoding} text ({error.reason})") from error
            except csv.Error as error:
                row += 1
                refused.append((index, row, start, None, None, f"not a table row: {error}", True))
                continue
            if not fields:
                continue
            row += 1
            reason = _fault(fields, width)
            if reason:
                raw = separator.join(fields).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                refused.append((index, row, start, None, raw, reason, True))
                continue
            yield [field or None for field in fields] + [index, row, start]
    if refused:
        staging.connection.executemany("insert into rejected values (?, ?, ?, ?, ?, ?, ?)", refused)


def _fault(fields: list[str], width: int) -> str | None:
    if len(fields) != width:
        return f"{len(fields)} fields where the header has {width}"
    for field in fields:
        if not field.isascii() and any("\udc80" <= character <= "\udcff" for character in field):
            return "not UTF-8 text; name the file's encoding in the mapping"
    return None


def _lines_by_reading(path: Path, separator: str, rows: set[int]) -> dict[int, int]:
    """Return the lines on which `rows` of a clean file begin, by reading it once more."""
    with open_bytes(path) as handle:
        lines = io.TextIOWrapper(handle, encoding="utf-8", newline="")
        reader = csv.reader(lines, delimiter=separator)
        next(reader)
        found, before = {}, reader.line_num
        for row, _record in enumerate(reader, 1):
            if row in rows:
                found[row] = before + 1
            before = reader.line_num
    return found
