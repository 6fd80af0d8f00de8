"""Any table of text, described by a mapping file: columns become records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helmdesk.quoting import name, text
from helmdesk.records.schema import RECORD_TYPES, family_columns
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import plain
from helmdesk.sources.parts.instruments import stage_instrument
from helmdesk.sources.parts.mapping_conditions import chosen_rows
from helmdesk.sources.parts.mapping_file import (
    STATUS_NAMES,
    Cell,
    Mapping,
    RecordRule,
    read_mapping,
)
from helmdesk.sources.parts.mapping_outcomes import found_outcome, named_outcome
from helmdesk.sources.parts.mapping_times import (
    join_times,
    meant,
    said,
    settle_times,
    time_reader,
    try_times,
)
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.parts.tables import seen_columns
from helmdesk.sources.reading.durations import seconds, seconds_fault
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.numbers import NumberReader, numbers_of
from helmdesk.sources.reading.raw_tables import RawTable, read_table
from helmdesk.sources.reading.roles import role
from helmdesk.sources.reading.times import NO_TIME

EXAMPLES = 5
# What a row must say besides a time for the event to have happened: a ticket nobody rated has no
# answer.
ANSWERS = {
    "responded": "answer",
    "employee_response": "answer",
    "reviewed": "points",
    "source_verdict": "is_met",
}


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records that a mapping makes of any files that hold tables."""
    mapping = read_mapping(options.mapping)
    staging.source = mapping.name
    known = sorted(mapping.columns())
    staging.sheets = staging.sheets or mapping.sheets
    tables = []
    for path in paths:
        table = read_table(
            staging,
            path,
            required=known,
            known=known,
            delimiter=mapping.delimiter,
            encoding=mapping.encoding,
        )
        _blank_missing(staging, table, mapping)
        join_times(staging, table, mapping)
        tables.append(table)
    mapping = settle_times(staging, tables, mapping, options)
    for table in tables:
        try_times(staging, table, mapping, options.mapping)
    staging.on_step("turning rows into records")
    for instrument in mapping.instruments:
        _stage_instrument(staging, instrument)
    for table in tables:
        extra_rule = next(
            (place for place, rule in enumerate(mapping.rules) if rule.type == "created"), 0
        )
        for place, rule in enumerate(mapping.rules):
            _stage_rule(staging, table, mapping, rule, place, place == extra_rule)
        _stage_seen(staging, table, mapping)


def _blank_missing(staging: Staging, table: RawTable, mapping: Mapping) -> None:
    codes = ", ".join(text(code) for code in mapping.missing) or "''"
    sets = ", ".join(
        f"{name(column)} = case when trim({name(column)}) in ({codes}) or trim({name(column)}) = ''"
        f" then null else trim({name(column)}) end"
        for column in table.columns
    )
    staging.connection.execute(f"update {table.table} set {sets}")


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


def _stage_rule(
    staging: Staging,
    table: RawTable,
    mapping: Mapping,
    rule: RecordRule,
    place: int,
    keeps_rest: bool,
) -> None:
    table = chosen_rows(staging, table, rule)
    columns = _columns_of(staging, table, mapping, rule)
    identity = _identity(table, mapping)
    for part in rule.cells["occurred_at"].columns:
        _tell_untimed(staging, table, mapping, rule, part)
    where = _where(staging, table, rule)
    if keeps_rest:
        columns |= _rest(table, mapping)
        for part in mapping.key:
            staging.reject(
                part,
                name(part),
                "'no key: the row cannot be identified'",
                f"{table.table} where {name(part)} is null",
                is_whole_row=True,
            )
    # The present status is one however many other times an export knows.
    which = "present" if rule.is_present else str(place)
    record_id = f"{text(f'{mapping.name}:{rule.type}:{which}:')} || {identity}"
    if rule.is_present:
        # The status of an earlier export was true in its time.
        time = said(rule.cells["occurred_at"])
        record_id += f" || ':' || {columns['status']} || ':' || {time}"
    elif RECORD_TYPES[rule.type].family == "entity":
        record_id += f" || ':' || epoch_us({columns['valid_from']})"
    elif mapping.key:
        columns |= _row_columns(staging, table, mapping, identity)
    staging.add(
        rule.type,
        {
            "record_id": record_id,
            "source_id": identity,
            "fidelity": "'derived'" if rule.type == "created" else "'native'",
            "_file": "_file",
            "_row": "_row",
            **columns,
        },
        f"{table.table}{where}",
        {column: cell.column for column, cell in rule.cells.items() if cell.column},
    )


def _columns_of(
    staging: Staging, table: RawTable, mapping: Mapping, rule: RecordRule
) -> dict[str, str]:
    """Return the SQL of what a rule says of its record."""
    kinds = family_columns(RECORD_TYPES[rule.type].family)
    columns: dict[str, str] = {}
    if (
        rule.type == "created"
        and "status" not in rule.cells
        and (closed := _closed_without_a_time(mapping))
    ):
        columns["status"] = closed
    for column, cell in rule.cells.items():
        columns[column] = _checked(staging, table, cell, column, kinds[column], mapping)
    columns |= found_outcome(staging, table, mapping, rule, columns.get("status"))
    columns |= _points(rule, columns)
    if rule.type == "responded":
        # Of two answers to one survey at one time, the lower row came last.
        columns.setdefault("seq", "_row")
    return columns


def _rest(table: RawTable, mapping: Mapping) -> dict[str, str]:
    """Return SQL that keeps the columns no rule names."""
    rest = [column for column in table.columns if column not in mapping.columns()]
    packed = ", ".join(f"{name(column)} := {name(column)}" for column in rest)
    # Without nulls: whether a column is empty in all of an export says nothing of one ticket.
    extra = f"json_merge_patch('{{}}', to_json(struct_pack({packed})))"
    return {"extra": extra} if rest else {}


def _row_columns(
    staging: Staging, table: RawTable, mapping: Mapping, identity: str
) -> dict[str, str]:
    """Return SQL of which row a record comes from, and when that row was true."""
    prefix = ":".join((mapping.name, "row", mapping.rules[0].type, *mapping.key, ""))
    columns = {"row_id": f"{text(prefix)} || {identity}"}
    if mapping.present:
        time = mapping.present.cells["occurred_at"]
        stated_at, _ = _expression(staging, table, time, "occurred_at", "instant", mapping)
        columns["stated_at"] = stated_at
    return columns


def _checked(
    staging: Staging, table: RawTable, cell: Cell, column: str, kind: str, mapping: Mapping
) -> str:
    """Return the SQL of a value; what cannot be read as one goes to quarantine."""
    value, fault = _expression(staging, table, cell, column, kind, mapping)
    faults = {
        cell.column: fault,
        cell.after: _length(staging, table, cell, mapping)[1] if cell.after else None,
    }
    for header, wrong in faults.items():
        if wrong:
            staging.reject(
                header or column,
                name(header or ""),
                wrong,
                f"{table.table} where {wrong} is not null",
            )
    return value


def _points(rule: RecordRule, columns: dict[str, str]) -> dict[str, str]:
    """Return SQL of a review's points: those in per cent are of the points possible."""
    points = rule.cells.get("points")
    if not points or not points.column or "possible_points" not in columns:
        return {}
    is_part = f"ends_with(trim({name(points.column)}), '%')"
    return {
        "points": (
            f"case when {is_part} then ({columns['points']}) * {columns['possible_points']} else"
            f" {columns['points']} end"
        )
    }


def _closed_without_a_time(mapping: Mapping) -> str | None:
    """Return SQL of the status of rows that say the ticket is closed, but not when; null where they
    say nothing of the kind.
    """
    for rule in mapping.rules:
        status, time = rule.cells.get("status"), rule.cells["occurred_at"].columns
        if rule.type == "status_changed" and status and status.column and time:
            word = meant(status)
            untimed = " or ".join(f"{name(part)} is null" for part in time)
            return f"case when ({untimed}) and {word} in ('solved', 'closed') then {word} end"
    return None


def _tell_untimed(
    staging: Staging, table: RawTable, mapping: Mapping, rule: RecordRule, time: str
) -> None:
    """Quarantine the cells of rows without a rule's time; of an optional rule, say how many rows
    made no record, and which.
    """
    run = staging.connection.execute
    absent = f"{table.table} where {name(time)} is null"
    if not rule.is_optional:
        staging.reject(
            time,
            "null",
            text(f"{rule.type}: {NO_TIME}; or say optional = true in its [[record]]"),
            absent,
        )
        return
    if not _tell_left_out(staging, table, rule, time, absent) or rule.type != "status_changed":
        return
    closed = _closed_without_a_time(mapping) or _created_closed(mapping)
    if closed:
        # Of several rules each may say when: resolved, but not closed. Told once, of what none
        # dates.
        ends = [
            each.cells["occurred_at"].column or ""
            for each in mapping.rules
            if each.type == "status_changed" and not each.is_present
        ]
        if time != ends[-1] or mapping.present:
            return
        undated = " and ".join(f"{name(end)} is null" for end in ends)
        ((unknown,),) = run(
            f"select count(*) from {table.table} where {undated} and ({closed}) in ('solved',"
            " 'closed')"
        ).fetchall()
        if unknown:
            staging.note(
                f"{unknown:,} of these are closed, but nothing says since when: not in the backlog,"
                " and in no duration"
            )
        return
    told = next(
        (
            column
            for column in table.columns
            if plain(column) in STATUS_NAMES and column not in mapping.columns()
        ),
        None,
    )
    if told:
        words = run(
            f"select {name(told)}, count(*) from {absent} and {name(told)} is not null group by 1"
            f" order by 2 desc, 1 limit {EXAMPLES}"
        ).fetchall()
        listed = ", ".join(f"{word} ({count:,})" for word, count in words)
        staging.note(
            f"they stay open, whatever '{told}' says of them: {listed or 'nothing'}; if one of"
            " these words means closed, add to the record 'created':"
            f' status = {{ column = "{told}", values = {{ "THAT WORD" = "closed", ... }} }}'
        )


def _where(staging: Staging, table: RawTable, rule: RecordRule) -> str:
    """Return SQL of which rows make a record: of an optional rule those with a time and an answer;
    say how many have no answer.
    """
    if not rule.is_optional:
        return ""
    answer = rule.cells.get(ANSWERS.get(rule.type, ""))
    where = " where " + (
        " and ".join(f"{name(part)} is not null" for part in rule.cells["occurred_at"].columns)
        or "true"
    )
    if answer and answer.column and "" not in answer.values:
        _tell_left_out(
            staging,
            table,
            rule,
            answer.column,
            f"{table.table}{where} and {name(answer.column)} is null",
        )
        where += f" and {name(answer.column)} is not null"
    return where


# What a record says, to somebody who does not know our types.
TOLD = {
    "status_changed": "change of state",
    "responded": "answer to a survey",
    "sent": "survey sent",
    "source_verdict": "verdict on a promise",
    "assigned": "assignment",
    "escalated": "escalation",
    "merged_into": "merge",
    "shift_planned": "shift",
    "cost_recorded": "cost",
}


def _tell_left_out(
    staging: Staging, table: RawTable, rule: RecordRule, column: str, absent: str
) -> int:
    """Say how many rows of an optional rule made no record for want of a cell, and which; return
    how many.
    """
    run = staging.connection.execute
    ((left_out,),) = run(f"select count(*) from {absent}").fetchall()
    if left_out:
        rows = ", ".join(
            f"{row:,}"
            for (row,) in run(
                f"select _row from {absent} order by _row limit {EXAMPLES}"
            ).fetchall()
        )
        staging.note(
            f"{table.path.name}: {left_out:,} of {table.rows:,} rows have no '{column}' and tell no"
            f" {TOLD.get(rule.type, rule.type.replace('_', ' '))}"
            f" (rows {rows}{', ...' if left_out > EXAMPLES else ''})"
        )
    return int(left_out)


def _created_closed(mapping: Mapping) -> str | None:
    """Return SQL of the status that the creation itself states, where it does."""
    cells = (
        rule.cells["status"]
        for rule in mapping.rules
        if rule.type == "created" and "status" in rule.cells
    )
    return next((meant(cell) for cell in cells if cell.column), None)


def _identity(table: RawTable, mapping: Mapping) -> str:
    """Return SQL of what identifies a row; without a key the whole row does: the same row twice is
    a repeat.
    """
    key = " || ':' || ".join(f"coalesce({name(part)}, '')" for part in mapping.key)
    return (
        key
        or "md5(concat_ws('\x1f', "
        + ", ".join(f"coalesce({name(column)}, '')" for column in table.columns)
        + "))"
    )


def _stage_seen(staging: Staging, table: RawTable, mapping: Mapping) -> None:
    """Stage what a row shows of its ticket beside the status, unless other rules tell when that
    changed.
    """
    created = next((rule for rule in mapping.rules if rule.type == "created"), None)
    told = {rule.type for rule in mapping.rules} | {
        rule.cells["field"].constant for rule in mapping.rules if rule.type == "field_changed"
    }
    columns = {
        "agent_id": "assigned",
        "team_id": "assigned",
        "priority": "priority",
        "issue_type": "issue_type",
    }
    shown = {
        column: f"coalesce({meant(created.cells[column])}, '')"
        for column, teller in columns.items()
        if created
        and column in created.cells
        and created.cells[column].column
        and teller not in told
    }
    if not (created and mapping.present and shown):
        return
    cells = mapping.present.cells
    at, ticket_id = (
        _expression(staging, table, cells["occurred_at"], "occurred_at", "instant", mapping)[0],
        meant(cells["ticket_id"]),
    )
    identity = _identity(table, mapping)
    staging.add(
        "seen",
        {
            **seen_columns(
                f"{text(f'{mapping.name}:')} || {identity}", at, shown, said(cells["occurred_at"])
            ),
            "source_id": identity,
            "ticket_id": ticket_id,
            "_file": "_file",
            "_row": "_row",
        },
        f"{table.table} where {at} is not null",
    )


def _instant(
    staging: Staging, table: RawTable, cell: Cell, value: str, mapping: Mapping
) -> tuple[str, str]:
    """Return the SQL of a time, and of the reason why a cell has none."""
    times = time_reader(cell)
    if cell.after is None:
        return times.instant(value), times.fault(value)
    length, wrong = _length(staging, table, cell, mapping)
    later = f"{times.instant(value)} + to_microseconds(cast(round({length} * 1000000) as bigint))"
    return f"case when {wrong} is null then {later} end", times.fault(value)


def _expression(
    staging: Staging, table: RawTable, cell: Cell, column: str, kind: str, mapping: Mapping
) -> tuple[str, str | None]:
    """Return the SQL of a value, and the SQL of the reason why a cell has none (or None: nothing
    can fail).
    """
    if cell.row is not None:
        return f"{_identity(table, mapping)} || {text(f':{cell.row}')}", None
    if cell.column is None:
        literal = text(cell.constant or "")
        return (f"timestamptz {literal}" if kind == "instant" else literal), None
    value = meant(cell)
    if column == "actor_kind":
        return role(value), None
    if column == "outcome":
        return named_outcome(staging, table, cell.column, value), None
    if kind == "instant":
        return _instant(staging, table, cell, value, mapping)
    if kind == "flag":
        return flag(value), flag_fault(value)
    if column.endswith("_seconds"):
        return f"cast(round({seconds(value)}) as bigint)", seconds_fault(value)
    if kind in ("number", "integer"):
        decimal = cell.decimal or mapping.decimal
        numbers = (
            NumberReader(decimal)
            if decimal
            else numbers_of(staging, table.table, value, f"{table.path}: {cell.column}")
        )
        if kind == "number":
            # A score in per cent is a point of its instrument's scale, as in the answer itself.
            return numbers.number(value, percent=1 if column == "score" else 0.01), numbers.fault(
                value
            )
        number = numbers.number(value)
        broken = f"case when {number} <> floor({number}) then 'not a whole number' end"
        return (
            f"case when {number} = floor({number}) then cast({number} as bigint) end",
            f"coalesce({numbers.fault(value)}, {broken})",
        )
    return value, None


def _length(staging: Staging, table: RawTable, cell: Cell, mapping: Mapping) -> tuple[str, str]:
    """Return the SQL of the seconds after another time, and of the reason why there are none."""
    said = name(cell.after or "")
    if cell.unit is None:
        return seconds(said), seconds_fault(said)
    decimal = cell.decimal or mapping.decimal
    numbers = (
        NumberReader(decimal)
        if decimal
        else numbers_of(staging, table.table, said, f"{table.path}: {cell.after}")
    )
    short = "m:ss" if cell.unit == 60 else "h:mm"
    length = f"coalesce({numbers.number(said)} * {cell.unit}, {seconds(said, short)})"
    return (
        length,
        (
            f"case when {said} is null then null when ({length}) is null then 'not a duration' when"
            f" {length} < 0 then 'a length of time below zero' end"
        ),
    )


source = Source(
    "mapping",
    "any table (CSV, workbook, JSON, Parquet), described by a mapping file (--mapping)",
    read,
    named_paths,
)
