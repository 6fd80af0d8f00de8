"""Where a source puts its records before they reach the lake: validated, de-duplicated, all or
none.

A staging area is one in-memory DuckDB connection with two tables, ``staged`` (good records) and
``rejected`` (what cannot be a record, with file, line, column, value and reason). Sources fill both
with SQL, so that a row costs microseconds; `finish` checks what the types promise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from helmdesk.quoting import name, text
from helmdesk.records.limits import Limits
from helmdesk.records.schema import CHOICES, RECORD_TYPES, SQL_TYPES, family_columns
from helmdesk.toml_place import Place

if TYPE_CHECKING:
    import duckdb

# Families whose times say how far the data reach; plans and validity dates may lie in the future.
OBSERVED = (
    "ticket",
    "message",
    "handoff",
    "leg",
    "work",
    "sla",
    "survey",
    "review",
    "workforce",
    "booking",
    "fallback",
)
UNDATED = "timestamptz '2000-01-01 00:00:00+00'"
EARLIEST, LATEST = "1990-01-01", "2200-01-01"


@dataclass
class FileReport:
    """What was found in one file."""

    path: str
    rows: int = 0
    unknown_columns: tuple[str, ...] = ()


@dataclass
class LoadReport:
    """What one load found, stored and refused; the command line prints it, the lake keeps it.

    Attributes:
        questions: what nothing in the files tells, by what it is about, as one asks a person.
        account: whose numbers the ids are, `system` the source that reads its files, `prefix` what
        its ids begin with. content: digest of the files, whatever was said beside them.
        inputs: digest of the files and sheets alone, whichever source reads them. replaced: loads
        of the same files that were read otherwise, and go with this one. coverage: of every metric
        whether the desk answers it before and after, and what it lacks. sync: of a
        batch from a live account: which, and how far it goes. origin: of files that came through a
        connection: which, and of what content. examples: of a dry run a few tickets
        as they would stand.
    """

    source: str
    batch_id: str
    files: list[FileReport] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=dict)
    tickets: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    older_versions: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    quarantine_examples: list[str] = field(default_factory=list)
    quarantined_rows: int = 0
    notes: list[str] = field(default_factory=list)
    questions: dict[str, str] = field(default_factory=dict)
    lake_version: int | None = None
    is_already_loaded: bool = False
    account: str = ""
    system: str = ""
    prefix: str = ""
    content: str = ""
    inputs: str = ""
    replaced: list[str] = field(default_factory=list)
    coverage: list[dict[str, Any]] = field(default_factory=list)
    sync: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows read from all files."""
        return sum(file.rows for file in self.files)

    @property
    def quarantine_share(self) -> float:
        """Share of input rows, or of records where there are no files, with a quarantined cell; 0
        when nothing was read.
        """
        total = self.rows or sum(self.records.values())
        return self.quarantined_rows / total if total else 0.0


@dataclass(frozen=True)
class Places:
    """How the places of a file are called: rows of a sheet or items of a list, and what a
    spreadsheet calls its columns.
    """

    word: str
    letters: Mapping[str, str] = field(default_factory=dict)

    def shown(self, line: int | None, column: str | None) -> str:
        """Return where a cell stands, as a spreadsheet says it where the file is one."""
        letters = self.letters.get(column or "")
        place = (
            f", cell {letters}{line}"
            if line and letters
            else f", {self.word} {line}"
            if line
            else ""
        )
        return f"{place}, {column}" if column else place


# What stands in a cell whose formula failed.
ERROR_CELL = "an error of the spreadsheet instead of a value"
LINES = Places("line")
# The column that says why a row is in a file of rows to mend; no source reads it.
WHY = "why it was kept apart"


class Staging:
    """One batch on its way to the lake.

    Args:
        connection: an empty DuckDB connection, session time zone UTC.
        source: name of the source; every record id begins with it.
        batch_id: identity of the batch; the same input always gives the same one.
        recorded_at: when Helmdesk learned of these records (UTC).
        on_step: told what happens next, for a progress display.
        limits: how much its files may bring.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: str,
        batch_id: str,
        recorded_at: datetime | None = None,
        on_step: Callable[[str], None] = lambda _step: None,
        limits: Limits | None = None,
    ) -> None:
        self.connection = connection
        self.source = source
        self.recorded_at = recorded_at or datetime.now(UTC)
        self.report = LoadReport(source, batch_id)
        self.on_step = on_step
        self.limits = limits or Limits()
        # The sheets of workbooks to read, by name; none: the fullest.
        self.sheets: tuple[str, ...] = ()
        self.places: dict[int, Places] = {}
        # What stands above the tables of files, and the names of their sheets, by file.
        self.titles: dict[int, tuple[str, ...]] = {}
        self.families: dict[str, set[str]] = {}
        # What its file calls the columns of records, by the call of `add` that staged them.
        self.headers: list[Mapping[str, str]] = []
        # How lines of files with quoted line breaks are found, by file: rows in, their lines out.
        self.line_finders: dict[int, Callable[[set[int]], Mapping[int, int]]] = {}
        # Where a person's file defines what is judged once it is staged, by type, id and row.
        self.definition_places: dict[tuple[str, str, int], Place] = {}
        # Whether records of one row_id come together, as all shifts of a person's day do: then none
        # is an older version of another.
        self.is_told_whole = False
        connection.execute(
            "create table rejected (_file integer, _row bigint, line bigint, column_name varchar,"
            " raw varchar, reason varchar, is_whole_row boolean)"
        )

    def add(
        self,
        type_name: str,
        columns: Mapping[str, str],
        rows: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Stage one record per row of `rows` (SQL after ``from``), columns given as SQL
        expressions.

        Rows should offer ``_file`` and ``_row``, so that a later rejection can name the line.

        Args:
            headers: what the file calls these columns, so that a later rejection can name its cell.
        """
        kind = RECORD_TYPES[type_name]
        given = {"type": text(type_name), "source": text(self.source), **columns}
        if headers:
            given["_headers"] = str(len(self.headers))
            self.headers.append(headers)
        allowed = family_columns(kind.family)
        unknown = [
            column for column in given if column not in allowed and not column.startswith("_")
        ]
        if unknown:
            raise AssertionError(f"{type_name}: no such record columns {unknown}")
        table = self._table(
            kind.family, {column: allowed[column] for column in given if column in allowed}
        )
        listed = ", ".join(name(column) for column in given)
        self.connection.execute(
            f"insert into {table} ({listed}) select {', '.join(given.values())} from {rows}"
        )

    def _table(self, family: str, needed: Mapping[str, str]) -> str:
        """Return the family's table with the columns given so far: columns that nobody fills cost
        time.
        """
        table = f"staged_{family}"
        if family not in self.families:
            always = {
                "record_id": "text",
                "occurred_at": "instant",
                "fidelity": "text",
                "recorded_at": "instant",
                "batch_id": "text",
            }
            self.families[family] = set()
            self.connection.execute(
                f"create table {table} (_file integer, _row bigint, _headers integer)"
            )
            needed = {**always, **needed}
        for column, kind in needed.items():
            if column not in self.families[family]:
                self.families[family].add(column)
                self.connection.execute(
                    f"alter table {table} add column {name(column)} {SQL_TYPES[kind]}"
                )
        return table

    def reject(
        self, column: str, raw: str, reason: str, rows: str, *, is_whole_row: bool = False
    ) -> None:
        """Quarantine cells: `raw`, `reason` are SQL expressions over `rows`, which have ``_file``
        and ``_row``.

        Args:
            column: plain name, as the file has it. Its line is found in the end (`summarise`),
            whoever rejects.
        """
        self._reject(text(column), raw, reason, rows, is_whole_row)

    def _reject(
        self, column: str, raw: str, reason: str, rows: str, is_whole_row: bool = False
    ) -> None:
        self.connection.execute(
            f"insert into rejected select _file, _row, null, {column}, {raw}::varchar, {reason},"
            f" {'true' if is_whole_row else 'false'} from {rows}"
        )

    def reject_record(self, column: str, raw: str, reason: str, rows: str) -> None:
        """Quarantine a cell of staged records, under the name that their file has for `column`,
        where it tells one.

        Args:
            rows: SQL ``table r [join ...] [where ...]``; `raw` and `reason` are SQL over it.
        """
        named = "".join(
            f" when {place} then {text(names[column])}"
            for place, names in enumerate(self.headers)
            if column in names
        )
        header = f"case r._headers{named} else {text(column)} end" if named else text(column)
        selected = (
            f"select r._file, r._row, {header} as header, {raw} as raw, {reason} as reason from"
            f" {rows}"
        )
        self._reject("header", "raw", "reason", f"({selected})")

    def ensure_column(self, family: str, column: str) -> None:
        """Give a family's records a column, empty where nobody has filled it."""
        self._table(family, {column: family_columns(family)[column]})

    def note(self, sentence: str) -> None:
        """Add one sentence to the load report."""
        self.report.notes.append(sentence)

    def check(self) -> None:
        """Move records that break their type's promise to quarantine; of repeats and of older
        versions one record stays.
        """
        self.on_step("checking records")
        self._date_undated()
        for family in self.families:
            self._reject_invalid(family)
            self._drop_repeats(family)

    def _reject_invalid(self, family: str) -> None:
        table = f"staged_{family}"
        reasons = [
            ("record_id", "record_id is null", "no identity"),
            ("occurred_at", "occurred_at is null", "no readable time"),
            (
                "occurred_at",
                (
                    f"occurred_at < timestamptz '{EARLIEST} 00:00:00+00' or occurred_at >="
                    f" timestamptz '{LATEST} 00:00:00+00'"
                ),
                f"time outside {EARLIEST[:4]}-{LATEST[:4]}",
            ),
        ]
        given = self.families[family]
        present = {
            row[0]
            for row in self.connection.execute(f"select distinct type from {table}").fetchall()
        }
        for kind in (RECORD_TYPES[type_name] for type_name in sorted(present)):
            for column in kind.required:
                is_absent = f"and {name(column)} is null" if column in given else ""
                reasons.append(
                    (column, f"type = {text(kind.name)} {is_absent}", f"{kind.name} needs {column}")
                )
        if {"points", "possible_points"} <= given:
            reasons.append(
                (
                    "points",
                    "points < 0 or points > possible_points",
                    "outside zero to the points possible: no review",
                )
            )
        for column in (column for column in CHOICES if column in given):
            listed = ", ".join(text(value) for value in CHOICES[column])
            reasons.append(
                (
                    column,
                    f"{name(column)} not in ({listed})",
                    f"not one of: {', '.join(CHOICES[column])}",
                )
            )
        combined = " or ".join(f"coalesce({condition}, false)" for _, condition, _ in reasons)
        self.connection.execute(
            f"create or replace temp table invalid as select rowid as id, * from {table} where"
            f" {combined}"
        )
        if not self._count("invalid"):
            return
        for column, condition, reason in reasons:
            # A row whose cells its source already rejected is not reported a second time.
            self.reject_record(
                column,
                name(column) if column in given else "null",
                f"type || ': ' || {text(reason)}",
                f"invalid r where ({condition}) and not exists (from rejected e where e._file is"
                " not distinct from r._file and e._row is not distinct from r._row)",
            )
        self.connection.execute(f"delete from {table} where rowid in (select id from invalid)")

    def export_at(self) -> str | None:
        """Return SQL of the instant this export was taken, as far as it tells: its latest event;
        None: it has none.
        """
        found = [
            latest
            for family in OBSERVED
            if family in self.families
            for (latest,) in self.connection.execute(
                f"select max(occurred_at)::timestamp from staged_{family} where occurred_at <= ?",
                [self.recorded_at],
            ).fetchall()
            if latest is not None
        ]
        return f"timestamptz '{max(found)}+00'" if found else None

    def _date_undated(self) -> None:
        """Entities without a time of their own are as they were when the export was taken."""
        if "valid_from" not in self.families.get("entity", ()):
            return
        since = self.export_at() or UNDATED
        self.connection.execute(
            f"update staged_entity set record_id = record_id || ':' || epoch_us({since}),"
            f" valid_from = {since}, occurred_at = {since} where valid_from is null and occurred_at"
            " is null"
        )

    def _drop_repeats(self, family: str) -> None:
        """Keep one of several equal records; of several versions of a record, or of a row, the
        newest.
        """
        table = f"staged_{family}"
        given = self.families[family]
        row, stated = (column if column in given else "null" for column in ("row_id", "stated_at"))
        identity = "record_id" if self.is_told_whole else f"coalesce({row}, record_id)"
        (repeats,) = self.connection.execute(
            f"select count(*) - count(distinct record_id) from {table}"
        ).fetchone() or (0,)
        if not repeats and ("row_id" not in given or self.is_told_whole):
            return
        content = ", ".join(name(column) for column in sorted(given))
        newest = f"{stated} desc nulls last, _file desc, _row desc"
        self.connection.execute(
            f"""create or replace temp table repeats as
            select rowid as id, hash(({content})) = first_value(hash(({content})))
                over same as is_equal
            from {table}
            window same as (partition by record_id order by {newest}, rowid desc)
            qualify row_number() over same > 1
                or rank() over (partition by {identity} order by {newest}) > 1"""
        )
        self.connection.execute(f"delete from {table} where rowid in (select id from repeats)")
        self.report.duplicates += self._count("repeats where is_equal")
        self.report.older_versions += self._count("repeats where not is_equal")

    def summarise(self) -> LoadReport:
        """Fill the report from what is staged and rejected now, and return it."""
        run = self.connection.execute
        self._leave_unread_errors()
        self._locate_rejected()
        self.report.records = {}
        for family in self.families:
            found = run(
                f"select type, count(*) from staged_{family} group by type order by type"
            ).fetchall()
            self.report.records.update(found)
        self.report.quarantined_rows = self._count("(select distinct _file, _row from rejected)")
        self.report.quarantined = dict(
            run(
                "select coalesce(column_name || ': ', '') || regexp_replace(reason,"
                " ' \\([0-9: -]+ UTC\\)$', ''), count(*) from rejected group by 1"
                " order by 2 desc, 1"
            ).fetchall()
        )
        examples = run(
            "select _file, line, column_name, raw, reason from rejected order by _file, _row,"
            " column_name limit 5"
        ).fetchall()
        self.report.quarantine_examples = [
            f"{self._path(index)}{self.places.get(index, LINES).shown(line, column)}"
            f"{f' = {raw[:60]!r}' if raw else ''}: {reason}"
            for index, line, column, raw, reason in examples
        ]
        return self.report

    def _leave_unread_errors(self) -> None:
        """Take errors of spreadsheets out of the quarantine where they stand in columns that nobody
        reads; say how many.
        """
        for index, file in enumerate(self.report.files):
            if not file.unknown_columns:
                continue
            listed = ", ".join(map(text, file.unknown_columns))
            unread = (
                f"rejected where _file = {index} and reason = {text(ERROR_CELL)} and column_name in"
                f" ({listed})"
            )
            if count := self._count(unread):
                self.connection.execute(f"delete from {unread}")
                self.note(
                    f"{file.path}: {count:,} cells with an error of the spreadsheet stand in"
                    " columns that are not used"
                )

    def _locate_rejected(self) -> None:
        """Give every rejected cell its line, and its value as the file has it."""
        run = self.connection.execute
        headers = sorted({header for names in self.headers for header in names.values()})
        for (index,) in run(
            "select distinct _file from rejected where _file is not null"
        ).fetchall():
            raw = f"raw_{index}"
            kept = {
                column
                for (column,) in run(
                    "select column_name from duckdb_columns() where table_name = ?", [raw]
                ).fetchall()
            }
            if not kept:
                continue
            placed = f"from {raw} t where rejected._file = {index} and t._row = rejected._row"
            run(f"update rejected set line = t._line {placed} and line is null")
            for header in (header for header in headers if header in kept):
                run(
                    f"update rejected set raw = coalesce(t.{name(header)}, raw) {placed} and"
                    f" column_name = {text(header)}"
                )
            if index not in self.line_finders:
                continue
            rows = {
                row
                for (row,) in run(
                    f"select distinct _row from rejected where _file = {index} and line is null"
                ).fetchall()
            }
            for row, line in self.line_finders[index](rows).items():
                run(
                    "update rejected set line = ? where _file = ? and _row = ? and line is null",
                    [line, index, row],
                )

    def _keep_rows(self) -> None:
        """Keep the whole rows of what was rejected, as their files have them, to be mended and
        loaded again.
        """
        run = self.connection.execute
        run("create or replace temp table rejected_rows (_file integer, _row bigint, content json)")
        for (index,) in run("select distinct _file from rejected where _file >= 0").fetchall():
            columns = [
                column
                for (column,) in run(
                    "select column_name from duckdb_columns() where table_name = ? order by"
                    " column_index",
                    [f"raw_{index}"],
                ).fetchall()
                if column not in ("_file", "_row", "_line", WHY)
            ]
            if not columns:
                continue  # no table: nothing that could be loaded by itself
            # A row that fits no column is in no table: its columns are told all the same.
            cells = ", ".join(f"{text(column)}, t.{name(column)}::varchar" for column in columns)
            run(
                f"insert into rejected_rows select r._file, r._row, json_object({cells}) from"
                f" (select distinct _file, _row from rejected where _file = {index}) r left join"
                f" raw_{index} t on t._file = r._file and t._row = r._row"
            )

    def _path(self, index: int | None) -> str:
        is_known = index is not None and 0 <= index < len(self.report.files)
        return self.report.files[index].path if is_known and index is not None else self.source

    def _count(self, table: str) -> int:
        (found,) = self.connection.execute(f"select count(*) from {table}").fetchone() or (0,)
        return int(found)

    def records(self, report_json: str) -> dict[str, duckdb.DuckDBPyRelation]:
        """Return the whole batch by family: good records, quarantine, and its own report."""
        recorded = f"timestamptz '{self.recorded_at:%Y-%m-%d %H:%M:%S.%f}+00'"
        batch = text(self.report.batch_id)
        if self._count("rejected"):
            self.connection.execute("create temp table batch_files (id integer, path varchar)")
            for index, file in enumerate(self.report.files):
                self.connection.execute("insert into batch_files values (?, ?)", [index, file.path])
            self._keep_rows()
            self.add(
                "quarantined",
                {
                    "record_id": (
                        f"{batch} || ':' || row_number() over (order by _file, _row, column_name)"
                    ),
                    "occurred_at": recorded,
                    "file": f"coalesce(path, {text(self.source)})",
                    "line": "line",
                    "column_name": "column_name",
                    "raw": "raw",
                    "reason": "reason",
                    "note": "case when is_whole_row then 'whole row' end",
                    "extra": "content",
                },
                "rejected left join batch_files on id = _file left join rejected_rows using"
                " (_file, _row)",
            )
        self.add(
            "batch",
            {"record_id": batch, "occurred_at": recorded, "report": text(report_json)},
            "(select 1)",
        )
        fixed = {
            "batch_id": batch,
            "recorded_at": f"coalesce(recorded_at, {recorded})",
            "fidelity": "coalesce(fidelity, 'native')",
        }
        return {
            family: self.connection.sql(
                "select "
                + ", ".join(
                    f"{fixed.get(column, name(column))} as {name(column)}"
                    for column in family_columns(family)
                    if column in given
                )
                + f" from staged_{family}"
            )
            for family, given in self.families.items()
        }


def batch_identity(source: str, parts: Mapping[str, bytes]) -> str:
    """Return the identity of a batch from its source and its content digests, in any order."""
    digest = hashlib.sha256(source.encode())
    for key in sorted(parts):
        digest.update(key.encode() + b"\0" + parts[key])
    return f"{source}-{digest.hexdigest()[:24]}"
