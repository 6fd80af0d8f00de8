"""Files into raw tables: every cell as text, every row with its number, nothing lost on the way.

Workbooks, JSON and markup are turned into rows by a process of their own (`conversion`). Clean text
files take a fast road (DuckDB's parallel reader). Whether a file is clean is decided by looking at
its bytes first and at the row count afterwards; any doubt sends it down the careful road, Python's
csv module, which knows each record's line and lets one bad row go to quarantine alone.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from helmdesk.csv_text import first_rows, read_rows, separator_of
from helmdesk.errors import InputError, nearest
from helmdesk.formulas import FORMULA
from helmdesk.quoting import name, text
from helmdesk.records.staging import WHY, FileReport, Staging
from helmdesk.sources.reading.content import PARQUET, TEXT, kind_of
from helmdesk.sources.reading.conversion import read_converted
from helmdesk.sources.reading.encodings import SHOWN, encoding_of, transcode
from helmdesk.sources.reading.heading import Heading, find_heading
from helmdesk.sources.reading.inspection import (
    Inspection,
    inspect_parquet,
    inspect_text,
    is_gzip,
    open_bytes,
    refuse_columns,
    require_file,
)

BLOCK_ROWS = 50_000
SAMPLE = 1 << 20
SHOWN_NAMES = 8
STATED_SEPARATOR = re.compile(r'"?sep=(.)"?\s*(?:\r\n|\r|\n)', re.IGNORECASE)


@dataclass(frozen=True)
class RawTable:
    """A file as a DuckDB table of text columns plus ``_file``, ``_row`` (1 = first data row),
    ``_line``.

    ``_line`` is null where quoted line breaks make it unknown without a second reading; that is
    done for rejected rows only, at the end of a load (`Staging.line_finders`). ``place`` is that of
    its file in the load report; None where it was made of several.
    """

    table: str
    path: Path
    columns: tuple[str, ...]
    rows: int
    place: int | None


def read_table(
    staging: Staging,
    path: Path,
    *,
    required: Sequence[str] = (),
    known: Sequence[str] | None = None,
    skip: Sequence[str] = (),
    delimiter: str | None = None,
    encoding: str | None = None,
) -> RawTable:
    """Read a table of text, a workbook, JSON or Parquet (gzip or not) as a raw table of text; which
    of them it is its bytes tell.

    Args:
        required: columns that must exist.
        known: columns the source understands; others are reported as schema drift. None: all are.
        skip: known columns that nobody will look at; they need not be kept.
        delimiter: field separator; None takes the one that divides the rows alike.
        encoding: how bytes become text; None lets the bytes tell.

    Raises:
        NotFoundError: no such file.
        InputError: binary, empty or damaged file, missing required column.
    """
    staging.on_step(f"reading {path.name}")
    require_file(path)
    index = len(staging.report.files)
    table = f"raw_{index}"
    kind = kind_of(path)
    if kind == PARQUET:
        inspect_parquet(path, staging.limits)
        columns = _read_parquet(staging, table, index, path)
        staging.report.files.append(FileReport(str(path)))
    elif kind == TEXT:
        columns = _read_delimited(staging, table, index, path, delimiter, encoding, skip)
        staging.report.files.append(FileReport(str(path)))
    else:
        columns = read_converted(staging, table, path, kind, {*required, *(known or ())})
    if WHY in columns:
        columns = _as_before(staging, table, columns)
    missing = [column for column in required if column not in columns]
    if missing:
        raise InputError(
            f"{path}: missing column '{missing[0]}'{nearest(missing[0], columns)}"
            f" (the file has: {', '.join(columns[:12])}{' ...' if len(columns) > 12 else ''})"
        )
    unknown = () if known is None else tuple(column for column in columns if column not in known)
    files = range(index, len(staging.report.files))
    for file in files:
        ((rows,),) = staging.connection.execute(
            f"select count(*) from {table} where _file = ?", [file]
        ).fetchall()
        ((refused,),) = staging.connection.execute(
            "select count(*) from rejected where _file = ? and is_whole_row", [file]
        ).fetchall()
        staging.report.files[file].rows, staging.report.files[file].unknown_columns = (
            rows + refused,
            unknown,
        )
    if not any(staging.report.files[file].rows for file in files):
        raise InputError(f"{path}: a header but no rows; export it again")
    ((rows,),) = staging.connection.execute(f"select count(*) from {table}").fetchall()
    return RawTable(table, path, columns, rows, index)


def _as_before(staging: Staging, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a file of rows to mend, its cells as they were before they were made
    safe for spreadsheets.
    """
    kept = tuple(column for column in columns if column != WHY)
    starts = ", ".join(text(start) for start in FORMULA if start != "\0")
    cells = ", ".join(
        f"{name(column)} = case when starts_with({name(column)}, chr(39)) and"
        f" left(ltrim(substr({name(column)}, 2), ' '), 1) in ({starts}) then"
        f" substr({name(column)}, 2) else {name(column)} end"
        for column in kept
    )
    staging.connection.execute(f"update {table} set {cells}")
    return kept


def _read_parquet(staging: Staging, table: str, index: int, path: Path) -> tuple[str, ...]:
    """Read Parquet; every value becomes text."""
    import duckdb

    reader = f"read_parquet({text(str(path))})"
    try:
        described = staging.connection.execute(f"describe select * from {reader}").fetchall()
        columns = tuple(row[0] for row in described)
        refuse_columns(path, staging.limits, len(columns))
        cells = ", ".join(
            f"cast({name(column)} as varchar) as {name(column)}" for column in columns
        )
        staging.connection.execute(
            f"create table {table} as select {cells}, {index} as _file, row_number() over () as"
            f" _row, row_number() over () as _line from {reader}"
        )
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path}: not readable ({first})") from error
    return columns


def _read_delimited(
    staging: Staging,
    table: str,
    index: int,
    path: Path,
    delimiter: str | None,
    encoding: str | None,
    skip: Sequence[str],
) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        inspection = inspect_text(
            path, staging.limits, Path(folder) / "unpacked" if is_gzip(path) else None
        )
        told = _encoding(staging, path, inspection, encoding)
        if told == "utf-8":
            return _read_inspected(staging, table, index, path, inspection, delimiter, skip)
        plain = Path(folder) / "text"
        with inspection.plain.open("rb") as source, plain.open("wb") as target:
            transcode(source, target, told, path)
        inspection = replace(inspect_text(plain, staging.limits), is_utf8=False)
        return _read_inspected(staging, table, index, path, inspection, delimiter, skip)


def _encoding(staging: Staging, path: Path, inspection: Inspection, said: str | None) -> str:
    """Return what a text is written in: what is said of it, or what its bytes tell."""
    if inspection.wide is None and (inspection.has_bom or (said is None and inspection.is_utf8)):
        return "utf-8"
    if said is not None and inspection.wide is None:
        return codecs.lookup(said).name
    told = inspection.wide
    if told is None:
        with inspection.plain.open("rb") as handle:
            told = encoding_of(handle, path)
    if told != "utf-8":
        more = (
            ""
            if inspection.wide
            else f'; if letters look wrong, say encoding = "..." in a mapping (this is {told})'
        )
        staging.note(f"{path.name}: read as {SHOWN[told]}, told by its bytes{more}")
    return told


def _read_inspected(
    staging: Staging,
    table: str,
    index: int,
    path: Path,
    inspection: Inspection,
    delimiter: str | None,
    skip: Sequence[str],
) -> tuple[str, ...]:
    heading, separator = _heading(staging, path, inspection, delimiter)
    staging.titles[index] = heading.titles
    is_plain = (
        heading.is_plain
        and inspection.is_utf8
        and not inspection.has_bom
        and inspection.carriage_returns == 0
        and inspection.quotes % 2 == 0
    )
    if is_plain and _read_fast(staging, table, index, inspection, heading.names, separator, skip):
        if inspection.quotes:
            staging.line_finders[index] = partial(_lines_by_reading, path, separator)
        return tuple(column for column in heading.names if column not in skip)
    staging.connection.execute(f"drop table if exists {table}")
    _read_carefully(staging, table, index, path, inspection.plain, heading, separator)
    return heading.names


def _heading(
    staging: Staging, path: Path, inspection: Inspection, delimiter: str | None
) -> tuple[Heading, str]:
    """Return the names of the columns, where they stand, and the separator."""
    with inspection.plain.open(encoding="utf-8-sig", errors="replace", newline="") as handle:
        sample = handle.read(SAMPLE)
    sample = sample if len(sample) < SAMPLE else sample[: sample.rfind("\n") + 1] or sample
    stated = STATED_SEPARATOR.match(sample)
    separator = delimiter or (stated[1] if stated else separator_of(sample))
    rows = first_rows(sample, separator)
    if stated:
        rows[0] = []
    refuse_columns(path, staging.limits, max(map(len, rows), default=0))
    heading = find_heading(rows)
    if heading is None:
        raise InputError(f"{path}: nothing but blank lines; export it again")
    if any(
        ord(character) < 32 and character not in "\t\r\n"
        for column in heading.names
        for character in column
    ):
        raise InputError(f"{path}: line 1 does not look like column names; is this a text table?")
    titles = heading.place - heading.further - bool(stated)
    tell_heading(staging, path.name, heading, titles, "lines")
    return heading, separator


def tell_heading(staging: Staging, where: str, heading: Heading, place: int, word: str) -> None:
    """Say what was done about titles above the names of the columns, and about names that stand
    several times.
    """
    if place > 1:
        staging.note(
            f"{where}: the first {place - 1:,} {word} are titles, not names of columns, and were"
            " left out"
        )
    tell_repeated(staging, where, heading.repeated)


def tell_repeated(staging: Staging, where: str, repeated: Mapping[str, int]) -> None:
    """Say which names stand several times."""
    if repeated:
        listed = ", ".join(
            f"{column} ({count} times)" for column, count in list(repeated.items())[:SHOWN_NAMES]
        )
        more = f" and {len(repeated) - SHOWN_NAMES} more" if len(repeated) > SHOWN_NAMES else ""
        staging.note(
            f"{where}: columns of one name were put together, as lists where a row fills several:"
            f" {listed}{more}"
        )


def _read_fast(
    staging: Staging,
    table: str,
    index: int,
    inspection: Inspection,
    header: tuple[str, ...],
    separator: str,
    skip: Sequence[str],
) -> bool:
    """Read with DuckDB; True only when every line of the file is accounted for."""
    import duckdb

    columns = ", ".join(f"{text(column)}: 'VARCHAR'" for column in header)
    kept = ", ".join(name(column) for column in header if column not in skip)
    line = "_row + 1" if inspection.quotes == 0 else "null::bigint"
    try:
        staging.connection.execute(f"""create table {table} as select *, {line} as _line from (
                select {kept}, {index} as _file, row_number() over () as _row
                    from read_csv({text(str(inspection.plain))},
                auto_detect=false, header=true, delim={text(separator)}, quote='"', escape='"',
                columns={{{columns}}}, null_padding=false, strict_mode=true, store_rejects=true,
                max_line_size=8388608, new_line='\\n', compression='none'))""")
        refused = staging.connection.execute("select count(*) from reject_errors").fetchone()
        staging.connection.execute("drop table reject_errors; drop table reject_scans")
    except duckdb.Error:
        return False
    (rows,) = staging.connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    expected = inspection.lines - (1 if inspection.is_terminated else 0)
    return not (refused and refused[0]) and (
        rows == expected if inspection.quotes == 0 else rows <= expected
    )


def _read_carefully(
    staging: Staging,
    table: str,
    index: int,
    path: Path,
    plain: Path,
    heading: Heading,
    separator: str,
) -> None:
    """Read record by record; a row that does not fit goes to quarantine whole, with its line."""
    import pyarrow as pa

    columns = ", ".join(f"{name(column)} varchar" for column in heading.names)
    staging.connection.execute(
        f"create table {table} ({columns}, _file integer, _row bigint, _line bigint)"
    )
    names = [*heading.names, "_file", "_row", "_line"]
    schema = pa.schema(
        [(column, pa.string()) for column in heading.names]
        + [("_file", pa.int32()), ("_row", pa.int64()), ("_line", pa.int64())]
    )
    for block in _blocks(_records(staging, index, path, plain, heading, separator)):
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


def _records(
    staging: Staging, index: int, path: Path, plain: Path, heading: Heading, separator: str
) -> Iterator[list[object]]:
    refused: list[tuple[object, ...]] = []
    row = 0
    with plain.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        csv.field_size_limit(staging.limits.cell_bytes)
        reader = read_rows(lines, separator)
        for _ in range(heading.place):
            next(reader)
        while True:
            start = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                row += 1
                refused.append((index, row, start, None, None, f"not a table row: {error}", True))
                continue
            if not fields:
                continue
            row += 1
            fields = _without_ends(fields, heading.width)
            reason = _fault(fields, heading.width)
            if reason:
                raw = (
                    separator.join(fields)
                    .encode("utf-8", "surrogateescape")
                    .decode("utf-8", "backslashreplace")
                )
                refused.append((index, row, start, None, raw, reason, True))
                continue
            yield [*heading.gather(fields), index, row, start]
    if refused:
        staging.connection.executemany("insert into rejected values (?, ?, ?, ?, ?, ?, ?)", refused)


def _without_ends(fields: list[str], width: int) -> list[str]:
    """Return fields without the empty ones that separators at the end of a line make."""
    return (
        fields[:width]
        if len(fields) > width and not any(map(str.strip, fields[width:]))
        else fields
    )


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
        reader = read_rows(lines, separator)
        next(reader)
        found, before = {}, reader.line_num
        for row, _record in enumerate(reader, 1):
            if row in rows:
                found[row] = before + 1
            before = reader.line_num
    return found
