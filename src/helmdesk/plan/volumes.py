"""Demand out of a spreadsheet of interval totals alone: no helpdesk is needed.

A column of times (or one of days and one of times of day), one of contacts; beside them, where
there are any, the queue and the handle time. Headings are recognised; whatever they are called,
they can be named.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from helmdesk.errors import InputError, nearest
from helmdesk.plan.demand import Demand, from_rows
from helmdesk.quoting import name as quoted_name

if TYPE_CHECKING:
    from helmdesk.records.staging import Staging
    from helmdesk.sources.reading.raw_tables import RawTable

_Row = tuple[str, datetime, float, float | None]
# What headings say, in the order in which they are believed; compared without case and punctuation.
HEADINGS: dict[str, tuple[str, ...]] = {
    "time": (
        "datetime", "intervalstart", "starttime", "timestamp", "interval", "start", "startat",
        "dateandtime", "datumuhrzeit", "time", "uhrzeit", "halfhour", "period",
    ),
    "day": ("date", "day", "datum", "ds"),
    "contacts": (
        "contacts", "calls", "offered", "callsoffered", "offeredcalls", "incomingcalls", "volume",
        "volumes", "callvolume", "contactsoffered", "chats", "tickets", "emails", "count", "anrufe",
        "kontakte", "arrivals", "y",
    ),
    "handle": (
        "aht", "handletime", "averagehandletime", "ahtseconds", "handleseconds",
        "handletimeseconds", "avghandletime", "ahts", "ahtsec",
    ),
    "queue": ("queue", "queuename", "skill", "skillgroup", "line", "group", "team", "channel"),
}  # fmt: skip


def read_volumes(
    path: Path, *, columns: Mapping[str, str] | None = None, order: str | None = None
) -> list[Demand]:
    """Return the demand that a file of totals tells, by queue, the busiest first.

    Args:
        path: CSV, workbook, JSON or Parquet, packed or not; times are local.
        columns: what nobody guesses: "time", "day", "contacts", "handle", "queue" -> heading.
        order: "day-first" or "month-first", where the file cannot tell.

    Times are rounded down to quarter-hours, half-hours or hours, whichever fits all of them; days
    alone make days. Rows of one interval are added up; intervals without a row had no contacts.

    Raises:
        NotFoundError, InputError: no such file, no such column, a cell that cannot be read (with
        its line).
    """
    import duckdb

    from helmdesk.records.limits import Limits
    from helmdesk.records.staging import Staging
    from helmdesk.sources.reading.raw_tables import read_table

    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        staging = Staging(connection, "volumes", "volumes", limits=Limits())
        table = read_table(staging, path)
        rows = _read(staging, table, _columns(table, columns or {}), order)
    return _demands(path, rows)


def _columns(table: RawTable, said: Mapping[str, str]) -> dict[str, str]:
    """Return which column holds what; InputError where a needed one is not found."""
    plain = {re.sub(r"[^a-z0-9]", "", column.lower()): column for column in table.columns}
    found: dict[str, str] = {}
    for what, headings in HEADINGS.items():
        if what in said:
            if said[what] not in table.columns:
                raise InputError(
                    f"{table.path}: no column '{said[what]}'{nearest(said[what], table.columns)}",
                    f"the file has: {', '.join(table.columns)}",
                )
            found[what] = said[what]
        elif heading := next((plain[one] for one in headings if one in plain), None):
            found[what] = heading
    if not found.keys() & {"time", "day"}:
        raise _missing(table, "times", "time")
    if "contacts" not in found:
        raise _missing(table, "contacts", "contacts")
    return found


def _missing(table: RawTable, words: str, option: str) -> InputError:
    return InputError(
        f"{table.path}: no column of {words} found among {', '.join(table.columns)}",
        f"name it: --column {option}=HEADING",
    )


def _read(
    staging: Staging, table: RawTable, found: Mapping[str, str], order: str | None
) -> list[_Row]:
    """Return (queue, local time, contacts, handle time) of every row."""
    from helmdesk.sources.reading.numbers import numbers_of
    from helmdesk.sources.reading.times import MEND, TimeReader, spelling_of

    cell, heading = _time_cell(staging, table, found)
    spelling = spelling_of(staging, table.table, [cell], f"{table.path}, {heading}", MEND, order)
    contacts = quoted_name(found["contacts"])
    where = f"{table.path}, {found['contacts']}"
    numbers = numbers_of(staging, table.table, contacts, where)
    said = {what: quoted_name(found[what]) for what in ("handle", "queue") if what in found}
    read = staging.connection.execute(
        f"""select _row, _line, {cell}, {TimeReader("UTC", spelling or "iso").local(cell)},
            {contacts}, {numbers.number(contacts)},
            {said.get("handle", "null")}, {said.get("queue", "null")}
        from {table.table} order by _row"""
    ).fetchall()
    rows: list[_Row] = []
    for row, line, time, at, number, count, handle, queue in read:
        place = f"{table.path}, line {line or row + 1}"
        if time is None and number is None:
            continue
        if at is None:
            raise InputError(
                f"{place}, {heading}: '{time or ''}' is no time", "correct it, or delete the row"
            )
        if number is not None and (count is None or count < 0):
            raise InputError(
                f"{place}, {found['contacts']}: '{number}' is no number of contacts",
                "give 0 or more, or leave it empty for none",
            )
        seconds = None if handle is None else _seconds(handle, place, found["handle"])
        rows.append((queue or "all contacts", at, float(count or 0), seconds))
    if not rows:
        raise InputError(f"{table.path}: no rows with a time", "give a row for each interval")
    return rows


def _time_cell(staging: Staging, table: RawTable, found: Mapping[str, str]) -> tuple[str, str]:
    """Return SQL of the text of each row's time, and the heading it stands under."""
    if "time" not in found:
        return quoted_name(found["day"]), found["day"]
    time = quoted_name(found["time"])
    start = f"regexp_replace(trim({time}), '\\s*(-|–|—|to|bis)\\s*\\d{{1,2}}[:.h]\\d\\d.*$', '')"
    ((whole,),) = staging.connection.execute(
        f"select count(*) from {table.table} where {time} is not null"
        f" and not regexp_full_match({start}, '\\d{{1,2}}[:.h]\\d\\d(:\\d\\d)?( ?[AaPp][Mm])?')"
    ).fetchall()
    if whole:
        return time, found["time"]
    if "day" not in found:
        raise InputError(
            f"{table.path}, {found['time']}: times of day without a day",
            "add a column with the date of each row, or name it: --column day=HEADING",
        )
    return f"({quoted_name(found['day'])} || ' ' || {start})", found["time"]


def _seconds(cell: str, place: str, heading: str) -> float:
    """Return a handle time written as seconds, minutes:seconds or hours:minutes:seconds."""
    parts = cell.strip().split(":")
    try:
        numbers = [float(part.replace(",", ".")) for part in parts]
    except ValueError:
        numbers = []
    if not numbers or len(numbers) > 3 or min(numbers) < 0:
        raise InputError(
            f"{place}, {heading}: '{cell}' is no handle time", "give seconds (240) or 4:00"
        )
    return sum(number * 60.0**power for power, number in enumerate(reversed(numbers)))


def _demands(path: Path, rows: list[_Row]) -> list[Demand]:
    minutes = {at.hour * 60 + at.minute for _, at, _, _ in rows}
    if minutes == {0}:
        interval = 1440
    else:
        interval = next((each for each in (60, 30) if all(m % each == 0 for m in minutes)), 15)
    by_queue: dict[str, list[tuple[date, int, float, float, float]]] = defaultdict(list)
    last = max(row[1] for row in rows).date()
    for queue, at, count, seconds in rows:
        known = 0.0 if seconds is None else count
        by_queue[queue].append(
            (at.date(), at.hour * 60 + at.minute, count, (seconds or 0.0) * known, known)
        )
    found = [
        from_rows(queue, queue, some, interval_minutes=interval, last_day=last)
        for queue, some in by_queue.items()
    ]
    return sorted(found, key=lambda each: -each.contacts.sum())
