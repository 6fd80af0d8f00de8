"""Connector exports: a folder with one file per table, each seen as a view of plain text
columns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from helmdesk.errors import NotFoundError
from helmdesk.quoting import name, text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.source import Options
from helmdesk.sources.reading.raw_tables import RawTable, read_table
from helmdesk.sources.reading.spelled_times import ISO
from helmdesk.sources.reading.times import MEND, NO_TIME, TimeReader, spelling_of, spellings_of

# What exporters append to a table's name; the plain name wins where both exist.
SUFFIXES = ("_data", "_snowflake", "_postgres", "_redshift")
# Columns that hold instants, in any of the tables.
TIMES = frozenset(
    (
        "created_at",
        "updated_at",
        "created",
        "updated",
        "time",
        "due_at",
        "resolved",
        "status_category_changed",
        "policy_applied_at",
        "sla_policy_updated_at",
        "conversation_rating_created_at",
        "recorded_date",
        "sent_at",
    )
)
TRIED = 1000
TABLE_FILES = (".csv", ".gz", ".parquet")


def find_tables(paths: Sequence[Path], known: Collection[str], needed: str) -> dict[str, Path]:
    """Return the files of known tables in folders or among files, by table name.

    Raises:
        NotFoundError: a path does not exist, or the table `needed` is missing.
    """
    candidates: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"{path}: no such file or folder")
        candidates += sorted(path.iterdir()) if path.is_dir() else [path]
    found: dict[str, tuple[int, Path]] = {}
    for path in candidates:
        stem = path.name.split(".")[0]
        for rank, suffix in enumerate(("", *SUFFIXES)):
            table = stem.removesuffix(suffix) if suffix else stem
            if (
                table in known
                and path.is_file()
                and rank < found.get(table, (len(SUFFIXES) + 1, path))[0]
            ):
                found[table] = (rank, path)
    if needed not in found:
        raise NotFoundError(
            f"{paths[0]}: no {needed} table; expected a file named {needed}.csv or"
            f" {needed}_data.csv"
        )
    return {table: path for table, (_, path) in found.items()}


def open_tables(
    staging: Staging,
    paths: Sequence[Path],
    required: Mapping[str, Sequence[str]],
    optional: Mapping[str, Sequence[str]],
    needed: str,
    prefix: str,
    options: Options,
) -> dict[str, RawTable]:
    """Read every known table and create a view ``<prefix>_<table>`` of it.

    Times of connectors are UTC and ISO 8601; where whoever passed a table on has written them
    otherwise, as a spreadsheet or a warehouse does, the view shows what they say as ISO 8601. A
    view has all required and optional columns (null where the file has none, and for empty text),
    the rest packed as JSON in ``extra``, and ``_file``, ``_row``. Unknown tables are reported, not
    read.
    """
    tables: dict[str, RawTable] = {}
    for table, path in find_tables(paths, required, needed).items():
        raw = read_table(staging, path, required=required[table])
        known = [*required[table], *optional.get(table, ())]
        spelled = _respelled(
            staging,
            raw,
            [column for column in known if column in TIMES and column in raw.columns],
            options,
        )
        shown = {
            column: f"nullif({name(column)}, '')" for column in known if column in raw.columns
        } | spelled
        cells = [f"{shown.get(column, 'null::varchar')} as {name(column)}" for column in known]
        rest = [
            column
            for column in raw.columns
            if column not in known and not column.startswith("_fivetran")
        ]
        packed = ", ".join(f"{name(column)} := nullif({name(column)}, '')" for column in rest)
        extra = f"to_json(struct_pack({packed}))" if rest else "null"
        staging.connection.execute(
            f"create view {prefix}_{table} as select {', '.join(cells)}, {extra} as extra, _file,"
            f" _row from {raw.table}"
        )
        tables[table] = raw
    used = {raw.path for raw in tables.values()}
    left = sorted(
        entry.name
        for path in paths
        if path.is_dir()
        for entry in path.iterdir()
        if entry not in used and entry.suffix in TABLE_FILES
    )
    if left:
        staging.note(f"tables left alone: {', '.join(left)}")
    return tables


def _respelled(
    staging: Staging, raw: RawTable, columns: Sequence[str], options: Options
) -> dict[str, str]:
    """Return SQL of the columns whose times are not ISO 8601, as ISO 8601; what cannot be read
    stays as it is.

    Raises:
        InputError: days and months cannot be told apart.
    """
    cells = {column: f"nullif({name(column)}, '')" for column in columns}
    found: dict[str, str] = {}
    for column, cell in cells.items():
        isoformat = TimeReader().instant("cell")
        tried = f"(select {cell} as cell from {raw.table} where {cell} is not null limit {TRIED})"
        ((total, readable),) = staging.connection.execute(
            f"select count(*), count({isoformat}) from {tried}"
        ).fetchall()
        if readable or not total:
            continue
        others = [other for other in cells.values() if other != cell]
        if not any(spellings_of(staging, raw.table, cell).readable.values()):
            continue
        spelling = spelling_of(
            staging, raw.table, (cell, *others), f"{raw.path}: {column}", MEND, options.dates
        )
        instant = TimeReader("UTC", spelling or ISO).instant(cell)
        found[column] = (
            f"coalesce(strftime({instant} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), {cell})"
        )
    return found


def reject_times(staging: Staging, view: str, column: str, times: TimeReader) -> None:
    """Quarantine the rows of a view whose time is missing or cannot be read."""
    fault = f"case when {column} is null then {text(NO_TIME)} else {times.fault(column)} end"
    staging.reject(column, column, fault, f"{view} where {fault} is not null", is_whole_row=True)


def note_undated(staging: Staging, rows: str, what: str) -> None:
    """Say how many tickets are closed at a time that no column tells.

    Args:
        rows: SQL after ``from``.
        what: the columns that would tell it.
    """
    ((count,),) = staging.connection.execute(f"select count(*) from {rows}").fetchall()
    if count:
        staging.note(
            f"{count:,} tickets are closed, but nothing says since when (no {what}): not in the"
            " backlog, and in no duration"
        )


def entity_columns(
    source: str, kind: str, columns: Mapping[str, str], valid_from: str, key: str = "z.id"
) -> dict[str, str]:
    """Return the columns of an entity record: a changed attribute is a new version, valid from its
    time.

    Where the source gives no time the staging area dates it by the export.
    """
    content = (
        " || '|' || ".join(f"coalesce(({value})::varchar, '')" for value in columns.values())
        or "''"
    )
    version = f"coalesce(':' || epoch_us({valid_from}), '')"
    return {
        "record_id": f"'{source}:{kind}:' || {key} || ':' || md5({content}) || {version}",
        "source_id": key,
        "occurred_at": valid_from,
        "entity_id": key,
        "valid_from": valid_from,
        "_file": "z._file",
        "_row": "z._row",
        **columns,
    }


def seen_columns(own: str, at: str, shown: Mapping[str, str], said: str = "") -> dict[str, str]:
    """Return the columns of a record of what a ticket's row shows; what it shows and since when are
    its identity.

    Args:
        own: SQL of the beginning of the ticket's record ids.
        at: SQL of the row's last change.
        shown: SQL of what it shows by column; null where a history tells it.
        said: SQL of that time as it is written: read once more in another zone it is the same sight
        of the row.
    """
    content = " || '|' || ".join(f"coalesce({value}, '-')" for value in shown.values())
    return {
        "record_id": f"{own} || ':seen:' || {said or f'epoch_us({at})'} || ':' || {content}",
        "occurred_at": at,
        "fidelity": "'derived'",
        **shown,
    }
