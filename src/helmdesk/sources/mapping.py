"""Any table of text, described by a small TOML file: columns become records.

    name = "shop"                          # begins every record id
    key = ["Ticket No"]                    # columns that identify a row
    time_zone = "Asia/Kolkata"             # of times without an offset
    date_format = "%d/%m/%Y %H:%M"         # or "iso", "day-first" ...; decided by the column where not said
    decimal = ","                          # what begins a fraction; decided by the column where not said
    missing = ["", "n/a"]                  # cells that mean "nothing"

    [[record]]
    type = "created"
    [record.columns]
    ticket_id = "Ticket No"
    occurred_at = "Opened"
    channel = { column = "Via", values = { Inbound = "phone" } }

    [[record]]
    type = "responded"
    optional = true                        # a row without a time makes no such record; the load report counts them
    [record.columns]
    ...
    instrument_id = { constant = "shop_csat" }

    [[instrument]]
    id = "shop_csat"
    kind = "csat"
    positive = ["4", "5"]
    negative = ["1", "2"]

The mapping is checked against the record types and the file before anything is loaded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from helmdesk.errors import MappingError, nearest
from helmdesk.records.schema import CHOICES, ENVELOPE, RECORD_TYPES, family_columns
from helmdesk.records.staging import Staging, name, text
from helmdesk.sources.columns import plain
from helmdesk.sources.instruments import stage_instrument
from helmdesk.sources.reading.durations import seconds, seconds_fault
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.numbers import DECIMALS, NumberReader, numbers_of
from helmdesk.sources.reading.raw_tables import RawTable, locate_lines, read_table
from helmdesk.sources.reading.spelled_times import DAY_FIRST, ISO, MONTH_FIRST
from helmdesk.sources.reading.times import TimeReader, spelling_of, spellings_of
from helmdesk.sources.source import Options, Source, named_paths
from helmdesk.sources.tables import seen_columns

# The envelope columns a mapping may fill; the rest is Helmdesk's own.
FILLABLE = {"occurred_at", "seq", "ticket_id", "leg_id", "actor_id", "actor_kind", "cause", "channel", "visibility", "supersedes"}
TOP = {"name", "key", "time_zone", "date_format", "decimal", "missing", "delimiter", "encoding", "record", "instrument"}
TRIED_ROWS = 1000
EXAMPLES = 5
STATUS_NAMES = ("status", "state", "ticket_status", "ticket_state", "incident_state", "case_status", "request_status", "issue_status")


@dataclass(frozen=True)
class Cell:
    """Where the value of one record column comes from: a column of the file, or a constant."""

    column: str | None = None
    constant: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    date_format: str | None = None
    time_zone: str | None = None
    decimal: str | None = None


@dataclass(frozen=True)
class RecordRule:
    """One record per row."""

    type: str
    is_optional: bool
    cells: dict[str, Cell]

    @property
    def is_present(self) -> bool:
        """Whether it reads a status that every row shows, dated by the row's last change: later exports show later ones."""
        return (
            self.type == "status_changed"
            and not self.is_optional
            and bool(self.cells["status"].column and self.cells["occurred_at"].column)
        )


@dataclass(frozen=True)
class Mapping:
    """A checked mapping file."""

    name: str
    key: tuple[str, ...]
    time_zone: str
    date_format: str | None
    decimal: str | None
    missing: tuple[str, ...]
    delimiter: str | None
    encoding: str
    rules: tuple[RecordRule, ...]
    instruments: tuple[dict[str, Any], ...]

    def columns(self) -> set[str]:
        """Return every column of the file that the mapping names."""
        used = {cell.column for rule in self.rules for cell in rule.cells.values() if cell.column}
        return used | set(self.key)

    @property
    def present(self) -> RecordRule | None:
        """The rule by which a row shows its present status and since when; None: rows tell of events only."""
        return next((rule for rule in self.rules if rule.is_present), None)


def read_mapping(path: Path | None) -> Mapping:
    """Read and check a mapping file.

    Raises:
        MappingError: what is wrong and where; offers the nearest known word.
    """
    if path is None:
        raise MappingError("the source 'mapping' needs --mapping FILE; a first one is written by: helmdesk load mapping --suggest FILE")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise MappingError(f"{path}: no such mapping file") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: {error}") from error
    _known_keys(path, "the mapping", content, TOP)
    if not content.get("record"):
        raise MappingError(f"{path}: no [[record]]; a mapping must make at least one")
    source_name = content.get("name", "mapping")
    if not isinstance(source_name, str) or not source_name:
        raise MappingError(f"{path}: name must be a text")
    return Mapping(
        name=source_name,
        key=tuple(_texts(path, "key", content.get("key", []))),
        time_zone=_times(path, content).time_zone,
        date_format=content.get("date_format"),
        decimal=_decimal(path, content.get("decimal")),
        missing=tuple(_texts(path, "missing", content.get("missing", [""]))),
        delimiter=content.get("delimiter"),
        encoding=_encoding(path, content.get("encoding", "utf-8")),
        rules=tuple(_rule(path, place, rule) for place, rule in enumerate(content["record"], 1)),
        instruments=tuple(_instrument(path, item) for item in content.get("instrument", [])),
    )


def _known_keys(path: Path, place: str, content: dict[str, Any], known: Iterable[str]) -> None:
    for word in content:
        if word not in known:
            raise MappingError(f"{path}: {place} has the unknown key '{word}'{nearest(word, known)}")


def _texts(path: Path, word: str, value: Any) -> list[str]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise MappingError(f"{path}: {word} must be a text or a list of texts, not {value!r}")
    return listed


def _times(path: Path, content: dict[str, Any]) -> TimeReader:
    try:
        return TimeReader(content.get("time_zone", "UTC"), content.get("date_format", ISO))
    except MappingError as error:
        raise MappingError(f"{path}: {error}") from error


def _decimal(path: Path, given: Any) -> str | None:
    if given is None:
        return None
    if given not in DECIMALS:
        raise MappingError(f"{path}: decimal = {given!r} must be '.' or ',': what begins a fraction")
    return str(given)


def _encoding(path: Path, encoding: Any) -> str:
    try:
        "".encode(encoding)
    except (LookupError, TypeError) as error:
        raise MappingError(f"{path}: encoding = {encoding!r} is not a text encoding such as 'utf-8' or 'cp1252'") from error
    return str(encoding)


def _rule(path: Path, place: int, rule: dict[str, Any]) -> RecordRule:
    where = f"record {place}"
    _known_keys(path, where, rule, ("type", "optional", "columns"))
    kind = str(rule.get("type"))
    if kind not in RECORD_TYPES or RECORD_TYPES[kind].family in ("quarantine", "batch"):
        raise MappingError(f"{path}: {where} has the unknown type '{kind}'{nearest(kind, RECORD_TYPES)}")
    columns = rule.get("columns", {})
    allowed = FILLABLE | (set(family_columns(RECORD_TYPES[kind].family)) - set(ENVELOPE))
    cells = {}
    for column, given in columns.items():
        if column not in allowed:
            raise MappingError(f"{path}: {where} ({kind}) has no column '{column}'{nearest(column, allowed)}")
        cells[column] = _cell(path, f"{where} ({kind}), column '{column}'", column, given)
    for needed in (*RECORD_TYPES[kind].required, "occurred_at"):
        if needed not in cells:
            raise MappingError(f"{path}: {where} ({kind}) needs the column '{needed}'")
    return RecordRule(kind, bool(rule.get("optional", False)), cells)


def _cell(path: Path, where: str, column: str, given: Any) -> Cell:
    if isinstance(given, str):
        return Cell(column=given)
    if not isinstance(given, dict):
        raise MappingError(f"{path}: {where} must be a column name or a table, not {given!r}")
    _known_keys(path, where, given, ("column", "constant", "values", "date_format", "time_zone", "decimal"))
    if ("column" in given) == ("constant" in given):
        raise MappingError(f"{path}: {where} needs either column or constant")
    values = {str(raw): _plain(value) for raw, value in given.get("values", {}).items()}
    for value in [*values.values(), *([str(given["constant"])] if "constant" in given else [])]:
        if column in CHOICES and value not in CHOICES[column]:
            raise MappingError(f"{path}: {where}: '{value}' is not one of {', '.join(CHOICES[column])}{nearest(value, CHOICES[column])}")
    constant = given.get("constant")
    _times(path, given)
    return Cell(
        given.get("column"),
        None if constant is None else _plain(constant),
        values,
        given.get("date_format"),
        given.get("time_zone"),
        _decimal(path, given.get("decimal")),
    )


def _plain(constant: Any) -> str:
    return str(constant).lower() if isinstance(constant, bool) else str(constant)


def _instrument(path: Path, item: dict[str, Any]) -> dict[str, Any]:
    _known_keys(path, "an instrument", item, ("id", "kind", "name", "about", "positive", "negative", "neutral", "scale", "question"))
    for word in ("id", "kind", "positive"):
        if word not in item:
            raise MappingError(f"{path}: an instrument needs '{word}'")
    for word, column in (("kind", "instrument_kind"), ("about", "about")):
        if word in item and item[word] not in CHOICES[column]:
            raise MappingError(f"{path}: instrument {item['id']}: {word} '{item[word]}' is not one of {', '.join(CHOICES[column])}")
    return item


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records that a mapping makes of CSV, TSV, JSON lines or Parquet files, gzip or not."""
    mapping = read_mapping(options.mapping)
    staging.source = mapping.name
    known = sorted(mapping.columns())
    tables = []
    for path in paths:
        table = read_table(staging, path, required=known, known=known, delimiter=mapping.delimiter, encoding=mapping.encoding)
        _blank_missing(staging, table, mapping)
        tables.append(table)
    mapping = _settle_times(staging, tables, mapping, options)
    for table in tables:
        _try_times(staging, table, mapping, options.mapping)
    staging.on_step("turning rows into records")
    for instrument in mapping.instruments:
        _stage_instrument(staging, instrument)
    for table in tables:
        extra_rule = next((place for place, rule in enumerate(mapping.rules) if rule.type == "created"), 0)
        for place, rule in enumerate(mapping.rules):
            _stage_rule(staging, table, mapping, rule, place, place == extra_rule)
        _stage_seen(staging, table, mapping)
    locate_lines(staging, tables)


def _blank_missing(staging: Staging, table: RawTable, mapping: Mapping) -> None:
    codes = ", ".join(text(code) for code in mapping.missing) or "''"
    sets = ", ".join(
        f"{name(column)} = case when trim({name(column)}) in ({codes}) or trim({name(column)}) = '' then null else trim({name(column)}) end"
        for column in table.columns
    )
    staging.connection.execute(f"update {table.table} set {sets}")


def _settle_times(staging: Staging, tables: Sequence[RawTable], mapping: Mapping, options: Options) -> Mapping:
    """Return the mapping with zone and spelling of every time column; a spelling nobody states is decided over the whole column.

    Where a column does not tell day from month, the file's other time columns may.

    Raises:
        MappingError: none tells; says what to write.
    """
    if options.time_zone and options.time_zone != mapping.time_zone:
        staging.note(f"times without an offset were read in {options.time_zone} (--time-zone), not in the mapping's {mapping.time_zone}")
    zone = options.time_zone or mapping.time_zone
    undecided: dict[str, str] = {}
    for rule in mapping.rules:
        kinds = family_columns(RECORD_TYPES[rule.type].family)
        for column, cell in rule.cells.items():
            if kinds[column] == "instant" and cell.column and not (cell.date_format or mapping.date_format):
                undecided.setdefault(cell.column, _meant(cell))
    decided: dict[str, str | None] = {}
    mend = f'say date_format = "{DAY_FIRST}", "{MONTH_FIRST}" or such as "%d/%m/%Y %H:%M" in the mapping'

    def rows(cells: Iterable[str]) -> str:
        return "(" + " union all ".join(f"select {cell} as cell from {table.table}" for cell in cells for table in tables) + ")"

    for column, spelled in undecided.items():
        found = spellings_of(staging, rows([spelled]), "cell")
        together = found.order is None and found.best in (DAY_FIRST, MONTH_FIRST)
        joint = spellings_of(staging, rows(undecided.values()), "cell").order if together else None
        where = f"{tables[0].path}: {column}"
        decided[column] = joint or spelling_of(staging, rows([spelled]), "cell", where, mend)

    def settled(rule: RecordRule) -> RecordRule:
        cells = {
            column: replace(
                cell,
                time_zone=cell.time_zone or zone,
                date_format=cell.date_format or mapping.date_format or decided.get(cell.column or "") or ISO,
            )
            for column, cell in rule.cells.items()
        }
        return replace(rule, cells=cells)

    return replace(mapping, rules=tuple(settled(rule) for rule in mapping.rules))


def _reader(cell: Cell) -> TimeReader:
    return TimeReader(cell.time_zone or "UTC", cell.date_format or ISO)


def _time_cells(mapping: Mapping) -> list[tuple[str, Cell]]:
    found = []
    for rule in mapping.rules:
        columns = family_columns(RECORD_TYPES[rule.type].family)
        found += [(column, cell) for column, cell in rule.cells.items() if columns[column] == "instant" and cell.column]
    return found


def _try_times(staging: Staging, table: RawTable, mapping: Mapping, path: Path | None) -> None:
    """Stop before loading when no value of a time column can be read: the format is wrong, not the rows."""
    for column, cell in _time_cells(mapping):
        times = _reader(cell)
        raw = name(cell.column or "")
        row = staging.connection.execute(
            f"select count({raw}), count({times.instant(raw)}), min({raw}) from (select * from {table.table} where {raw} is not null limit {TRIED_ROWS})"
        ).fetchone()
        if row and row[0] and not row[1]:
            raise MappingError(
                f"{path}: no value of '{cell.column}' reads as {column} with date_format '{times.date_format}' (for example '{row[2]}')"
            )


def _stage_instrument(staging: Staging, item: dict[str, Any]) -> None:
    stage_instrument(
        staging,
        item["id"],
        item["kind"],
        positive=item["positive"],
        negative=item.get("negative", ()),
        neutral=item.get("neutral", ()),
        scale=item.get("scale", ()),
        about=item.get("about", "transactional"),
        name=item.get("name", ""),
        question=item.get("question", ""),
    )


def _stage_rule(staging: Staging, table: RawTable, mapping: Mapping, rule: RecordRule, place: int, keeps_rest: bool) -> None:
    kinds = family_columns(RECORD_TYPES[rule.type].family)
    columns: dict[str, str] = {}
    if rule.type == "created" and "status" not in rule.cells and (closed := _closed_without_a_time(mapping)):
        columns["status"] = closed
    for column, cell in rule.cells.items():
        columns[column], fault = _expression(staging, table, cell, column, kinds[column], mapping)
        if fault:
            staging.reject(cell.column or column, name(cell.column or ""), fault, f"{table.table} where {fault} is not null")
    identity = _identity(table, mapping)
    rest = [column for column in table.columns if column not in mapping.columns()]
    if keeps_rest and rest:
        packed = ", ".join(f"{name(column)} := {name(column)}" for column in rest)
        columns["extra"] = f"to_json(struct_pack({packed}))"
    if rule.type == "responded":
        # Of two answers to one survey at one time, the lower row came last.
        columns.setdefault("seq", "_row")
    time = rule.cells["occurred_at"]
    where = f" where {name(time.column)} is not null" if rule.is_optional and time.column else ""
    if rule.is_optional and time.column:
        _tell_left_out(staging, table, mapping, rule, time.column)
    if keeps_rest:
        for part in mapping.key:
            staging.reject(
                part, name(part), "'no key: the row cannot be identified'", f"{table.table} where {name(part)} is null", is_whole_row=True
            )
    record_id = f"{text(f'{mapping.name}:{rule.type}:{place}:')} || {identity}"
    if rule.is_present:
        # The status of an earlier export was true in its time.
        record_id += f" || ':' || {columns['status']} || ':' || epoch_us({columns['occurred_at']})"
    elif RECORD_TYPES[rule.type].family == "entity":
        record_id += f" || ':' || epoch_us({columns['valid_from']})"
    elif mapping.key:
        columns["row_id"] = f"{text(':'.join((mapping.name, 'row', mapping.rules[0].type, *mapping.key, '')))} || {identity}"
        if mapping.present:
            columns["stated_at"] = _expression(staging, table, mapping.present.cells["occurred_at"], "occurred_at", "instant", mapping)[0]
    staging.add(
        rule.type,
        {"record_id": record_id, "source_id": identity,
         "fidelity": "'derived'" if rule.type == "created" else "'native'", "_file": "_file", "_row": "_row", **columns},
        f"{table.table}{where}",
    )  # fmt: skip


def _closed_without_a_time(mapping: Mapping) -> str | None:
    """Return SQL of the status of rows that say the ticket is closed, but not when; null where they say nothing of the kind."""
    for rule in mapping.rules:
        status, time = rule.cells.get("status"), rule.cells["occurred_at"].column
        if rule.type == "status_changed" and rule.is_optional and status and status.column and time:
            said = _meant(status)
            return f"case when {name(time)} is null and {said} in ('solved', 'closed') then {said} end"
    return None


def _tell_left_out(staging: Staging, table: RawTable, mapping: Mapping, rule: RecordRule, time: str) -> None:
    """Say how many rows made no record of an optional rule, and which."""
    run = staging.connection.execute
    absent = f"{table.table} where {name(time)} is null"
    ((left_out,),) = run(f"select count(*) from {absent}").fetchall()
    if not left_out:
        return
    rows = ", ".join(f"{row:,}" for (row,) in run(f"select _row from {absent} order by _row limit {EXAMPLES}").fetchall())
    staging.note(
        f"{table.path.name}: {left_out:,} of {table.rows:,} rows have no '{time}' and make no {rule.type} (rows {rows}{', ...' if left_out > EXAMPLES else ''})"
    )
    if rule.type != "status_changed":
        return
    closed = _closed_without_a_time(mapping) or _created_closed(mapping)
    if closed:
        ((unknown,),) = run(f"select count(*) from {absent} and ({closed}) in ('solved', 'closed')").fetchall()
        if unknown:
            staging.note(f"{unknown:,} of these are closed, but nothing says since when: not in the backlog, and in no duration")
        return
    told = next((column for column in table.columns if plain(column) in STATUS_NAMES and column not in mapping.columns()), None)
    if told:
        words = run(
            f"select {name(told)}, count(*) from {absent} and {name(told)} is not null group by 1 order by 2 desc, 1 limit {EXAMPLES}"
        ).fetchall()
        listed = ", ".join(f"{word} ({count:,})" for word, count in words)
        staging.note(
            f"they stay open, whatever '{told}' says of them: {listed or 'nothing'}; if one of these words means closed, add to the record 'created':"
            f' status = {{ column = "{told}", values = {{ "THAT WORD" = "closed", ... }} }}'
        )


def _created_closed(mapping: Mapping) -> str | None:
    """Return SQL of the status that the creation itself states, where it does."""
    cells = (rule.cells["status"] for rule in mapping.rules if rule.type == "created" and "status" in rule.cells)
    return next((_meant(cell) for cell in cells if cell.column), None)


def _identity(table: RawTable, mapping: Mapping) -> str:
    """Return SQL of what identifies a row; without a key the whole row does: the same row twice is a repeat."""
    key = " || ':' || ".join(f"coalesce({name(part)}, '')" for part in mapping.key)
    return key or "md5(concat_ws('\x1f', " + ", ".join(f"coalesce({name(column)}, '')" for column in table.columns) + "))"


def _stage_seen(staging: Staging, table: RawTable, mapping: Mapping) -> None:
    """Stage what a row shows of its ticket beside the status, unless other rules tell when that changed."""
    created = next((rule for rule in mapping.rules if rule.type == "created"), None)
    told = {rule.type for rule in mapping.rules} | {rule.cells["field"].constant for rule in mapping.rules if rule.type == "field_changed"}
    columns = {"agent_id": "assigned", "team_id": "assigned", "priority": "priority", "issue_type": "issue_type"}
    shown = {
        column: f"coalesce({_meant(created.cells[column])}, '')"
        for column, teller in columns.items()
        if created and column in created.cells and created.cells[column].column and teller not in told
    }
    if not (created and mapping.present and shown):
        return
    cells = mapping.present.cells
    at, ticket_id = _expression(staging, table, cells["occurred_at"], "occurred_at", "instant", mapping)[0], _meant(cells["ticket_id"])
    identity = _identity(table, mapping)
    staging.add(
        "seen",
        {**seen_columns(f"{text(f'{mapping.name}:')} || {identity}", at, shown), "source_id": identity, "ticket_id": ticket_id, "_file": "_file", "_row": "_row"},
        f"{table.table} where {at} is not null",
    )  # fmt: skip


def _expression(staging: Staging, table: RawTable, cell: Cell, column: str, kind: str, mapping: Mapping) -> tuple[str, str | None]:
    """Return the SQL of a value, and the SQL of the reason why a cell has none (or None: nothing can fail)."""
    if cell.column is None:
        literal = text(cell.constant or "")
        return (f"timestamptz {literal}" if kind == "instant" else literal), None
    value = _meant(cell)
    if kind == "instant":
        times = _reader(cell)
        return times.instant(value), times.fault(value)
    if kind == "flag":
        return flag(value), flag_fault(value)
    if column.endswith("_seconds"):
        return f"cast(round({seconds(value)}) as bigint)", seconds_fault(value)
    if kind in ("number", "integer"):
        decimal = cell.decimal or mapping.decimal
        numbers = NumberReader(decimal) if decimal else numbers_of(staging, table.table, value, f"{table.path}: {cell.column}")
        if kind == "number":
            return numbers.number(value), numbers.fault(value)
        number = numbers.number(value)
        broken = f"case when {number} <> floor({number}) then 'not a whole number' end"
        return f"case when {number} = floor({number}) then cast({number} as bigint) end", f"coalesce({numbers.fault(value)}, {broken})"
    return value, None


def _meant(cell: Cell) -> str:
    """Return SQL of a cell after its table of values; the value of "" stands for an empty cell."""
    raw = name(cell.column or "")
    if not cell.values:
        return raw
    empty = f"when {raw} is null then {text(cell.values[''])} " if "" in cell.values else ""
    cases = " ".join(f"when {raw} = {text(given)} then {text(meant)}" for given, meant in cell.values.items() if given)
    return f"case {empty}{cases} else {raw} end"


source = Source("mapping", "any CSV, TSV, JSON lines or Parquet, described by a mapping file (--mapping)", read, named_paths)
