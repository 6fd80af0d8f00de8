"""The times of a mapped table: put together, decided over the whole column, tried; and cells as
they are meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from helmdesk.errors import MappingError
from helmdesk.quoting import name, text
from helmdesk.records.schema import RECORD_TYPES, family_columns
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.mapping_file import (
    Cell,
    Mapping,
    RecordRule,
)
from helmdesk.sources.parts.source import Options
from helmdesk.sources.reading.raw_tables import RawTable
from helmdesk.sources.reading.spelled_times import DAY_FIRST, ISO, MONTH_FIRST
from helmdesk.sources.reading.times import Mend, TimeReader, spelling_of

TRIED_ROWS = 1000


def join_times(staging: Staging, table: RawTable, mapping: Mapping) -> None:
    """Put dates and times of day that stand in two columns together, hours without their zero with
    it.
    """
    for date, time in mapping.times_of_day().items():
        clock = (
            f"case when regexp_matches({name(time)}, '^[0-9]:') then '0' || {name(time)} else"
            f" {name(time)} end"
        )
        staging.connection.execute(
            f"update {table.table} set {name(date)} = concat_ws(' ', {name(date)}, {clock}) where"
            f" {name(date)} is not null"
        )


def settle_times(
    staging: Staging, tables: Sequence[RawTable], mapping: Mapping, options: Options
) -> Mapping:
    """Return the mapping with zone and spelling of every time column; a spelling nobody states is
    decided over the whole column.

    Where a column does not tell day from month, the file's other time columns may.

    Raises:
        MappingError: none tells; says what to write.
    """
    if options.time_zone and options.time_zone != mapping.time_zone:
        staging.note(
            f"times without an offset were read in {options.time_zone} (--time-zone), not in the"
            f" mapping's {mapping.time_zone}"
        )
    zone = options.time_zone or mapping.time_zone
    undecided: dict[str, str] = {}
    for rule in mapping.rules:
        kinds = family_columns(RECORD_TYPES[rule.type].family)
        for column, cell in rule.cells.items():
            if (
                kinds[column] == "instant"
                and cell.column
                and not (cell.date_format or mapping.date_format)
            ):
                undecided.setdefault(cell.column, meant(cell))
    decided: dict[str, str | None] = {}
    say = (
        f'say date_format = "{DAY_FIRST}", "{MONTH_FIRST}" or such as "%d/%m/%Y %H:%M" in the'
        " mapping"
    )
    mend = Mend(say, say)

    used = ", ".join(map(name, sorted(undecided)))
    rows = "(" + " union all ".join(f"select {used} from {table.table}" for table in tables) + ")"
    for column, spelled in undecided.items():
        others = [other for other in undecided.values() if other != spelled]
        decided[column] = spelling_of(
            staging, rows, [spelled, *others], f"{tables[0].path}: {column}", mend, options.dates
        )

    def settled(rule: RecordRule) -> RecordRule:
        cells = {
            column: replace(
                cell,
                time_zone=cell.time_zone or zone,
                date_format=cell.date_format
                or mapping.date_format
                or decided.get(cell.column or "")
                or ISO,
            )
            for column, cell in rule.cells.items()
        }
        return replace(rule, cells=cells)

    return replace(mapping, rules=tuple(settled(rule) for rule in mapping.rules))


def time_reader(cell: Cell) -> TimeReader:
    """Return how a settled cell's times are read."""
    return TimeReader(cell.time_zone or "UTC", cell.date_format or ISO)


def _time_cells(mapping: Mapping) -> list[tuple[str, Cell]]:
    found = []
    for rule in mapping.rules:
        columns = family_columns(RECORD_TYPES[rule.type].family)
        found += [
            (column, cell)
            for column, cell in rule.cells.items()
            if columns[column] == "instant" and cell.column
        ]
    return found


def try_times(staging: Staging, table: RawTable, mapping: Mapping, path: Path | None) -> None:
    """Stop before loading when no value of a time column can be read: the format is wrong, not the
    rows.
    """
    for column, cell in _time_cells(mapping):
        times = time_reader(cell)
        raw = name(cell.column or "")
        row = staging.connection.execute(
            f"select count({raw}), count({times.instant(raw)}), min({raw}) from (select * from"
            f" {table.table} where {raw} is not null limit {TRIED_ROWS})"
        ).fetchone()
        if row and row[0] and not row[1]:
            raise MappingError(
                f"{path}: no value of '{cell.column}' reads as {column} with date_format"
                f" '{times.date_format}' (for example '{row[2]}')"
            )


def said(time: Cell) -> str:
    """Return SQL of a time as it is written: read once more in another zone or order of day and
    month it is the same.
    """
    return " || '+' || ".join(map(name, time.columns)) or text(time.constant or "")


def meant(cell: Cell) -> str:
    """Return SQL of a cell after its table of values; the value of "" stands for an empty cell."""
    raw = name(cell.column or "")
    if not cell.values:
        return raw
    empty = f"when {raw} is null then {text(cell.values[''])} " if "" in cell.values else ""
    cases = " ".join(
        f"when {raw} = {text(given)} then {text(meant)}"
        for given, meant in cell.values.items()
        if given
    )
    return f"case {empty}{cases} else {raw} end"
