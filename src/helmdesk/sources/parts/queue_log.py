"""Asterisk's ``queue_log``: one row an event; a call's events become the one row that a call log
has.

Read in the columns of the file (time, call, queue, agent, event, data), of the database table
(``data1`` to ``data5``) and of the tools that copy it. What each event says stands at the place
that Asterisk documents: CONNECT the wait, COMPLETECALLER and COMPLETEAGENT wait and talk, ABANDON
and the exits the wait as the third, transfers wait and talk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.quoting import name, text
from helmdesk.records.staging import FileReport, Staging
from helmdesk.sources.parts.columns import plain
from helmdesk.sources.reading.inspection import inspect_text, open_bytes, require_file
from helmdesk.sources.reading.raw_tables import RawTable, read_table

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "event": ("event", "qevent", "verb"),
    "call": ("callid", "call_id", "uniqueid", "unique_id"),
    "queue": ("queuename", "queue_name", "queue", "qname"),
    "at": (
        "date_time",
        "epoch",
        "timestamp",
        "time",
        "created",
        "eventdate",
        "event_time",
        "calldate",
    ),
    "agent": ("agent", "qagent", "agent_name", "agentname", "member", "type"),
    "data1": ("data1", "param1", "info1", "arg1"),
    "data2": ("data2", "param2", "info2", "arg2"),
    "data3": ("data3", "param3", "info3", "arg3"),
    "data4": ("data4", "param4", "info4", "arg4"),
    "data5": ("data5", "param5", "info5", "arg5"),
    "data": ("data", "params", "arguments"),
    # Copies that take the lengths out of the data keep other things in their places.
    "wait": ("htime", "holdtime", "hold_time", "waittime", "wait_time"),
    "talk": ("ttime", "talktime", "talk_time", "calltime", "call_time"),
}
NATIVE = (
    "time",
    "callid",
    "queuename",
    "agent",
    "event",
    "data1",
    "data2",
    "data3",
    "data4",
    "data5",
)
"""The columns of the file that Asterisk itself writes, which has no header."""
LEFT = ("ABANDON", "EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY")
COMPLETED = ("COMPLETECALLER", "COMPLETEAGENT")
TRANSFERRED = ("TRANSFER", "BLINDTRANSFER", "ATTENDEDTRANSFER")
CALLS = "queue_calls"
EVENTS = ("ENTERQUEUE", "CONNECT", *LEFT, *COMPLETED, *TRANSFERRED, "RINGNOANSWER")


FIRST_LINE = re.compile(
    rb"[0-9]{9,10}([.][0-9]+)?[|][^|\r\n]*[|][^|\r\n]*[|][^|\r\n]*[|][A-Z]+([|\r\n]|$)"
)


@dataclass(frozen=True)
class QueueLog:
    """A table of queue events, and which of its columns means what."""

    raw: RawTable
    given: Mapping[str, str]


def tells_queue_log(columns: Sequence[str]) -> bool:
    """Whether a header is that of a copy of a queue log."""
    words = {plain(column) for column in columns}
    return all(
        words.intersection(COLUMNS[meaning]) for meaning in ("event", "call", "queue", "at")
    ) and bool({"callid", "queuename"} & words)


def is_native(path: Path) -> bool:
    """Whether a file is the one that Asterisk writes, by its first line."""
    require_file(path)
    with open_bytes(path) as handle:
        return FIRST_LINE.match(handle.readline(4096)) is not None


def read_call_table(staging: Staging, path: Path) -> RawTable:
    """Read a file of calls; Asterisk's own, whose lines begin at once and are parted by bars, gets
    the names of its columns.
    """
    return _read_native(staging, path) if is_native(path) else read_table(staging, path)


def _read_native(staging: Staging, path: Path) -> RawTable:
    import duckdb

    staging.on_step(f"reading {path.name}")
    inspect_text(path, staging.limits)
    index = len(staging.report.files)
    table = f"raw_{index}"
    cells = ", ".join(
        f"nullif(split_part(line, '|', {place}), '') as {column}"
        for place, column in enumerate(NATIVE, 1)
    )
    try:
        staging.connection.execute(
            f"create table {table} as select {cells}, {index} as _file, row_number() over () as"
            f" _row, row_number() over () as _line from read_csv({text(str(path))}, columns ="
            " {line: 'VARCHAR'}, auto_detect = false, header = false, delim = '\x01', quote ="
            " '', escape = '', null_padding = true, max_line_size = 8388608)"
        )
    except duckdb.Error as error:
        raise InputError(
            f"{path}: not readable as a queue log ({str(error).splitlines()[0]})"
        ) from error
    (rows,) = staging.connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    staging.report.files.append(FileReport(str(path), rows, ()))
    return RawTable(table, path, NATIVE, rows, index)


def queue_log_of(staging: Staging, raw: RawTable) -> QueueLog | None:
    """Return a table as a queue log; None when it is none: calls, queues and the events that only
    Asterisk calls so.
    """
    by_name = {plain(column): column for column in raw.columns}
    given = {
        meaning: by_name[found]
        for meaning, names in COLUMNS.items()
        if (found := next((n for n in names if n in by_name), ""))
    }
    if not {"event", "call", "queue", "at"} <= given.keys():
        return None
    epoch = [by_name[n] for n in COLUMNS["at"] if n in by_name]
    run = staging.connection.execute
    (seen,) = run(
        f"select count(*) from {raw.table} where upper(trim({name(given['event'])})) in"
        f" {('ENTERQUEUE', 'CONNECT', *LEFT)}"
    ).fetchone() or (0,)
    if not seen:
        if raw.columns == NATIVE:
            raise InputError(
                f"{raw.path}: no call enters a queue in it; load the log of a day with calls"
            )
        return None
    for (
        column
    ) in epoch:  # a copy may hold the instant twice; the one without a time zone needs no guess
        (others,) = run(
            f"select count(*) from {raw.table} where not regexp_full_match({name(column)},"
            " '[0-9]{9,10}([.][0-9]+)?')"
        ).fetchone() or (1,)
        if not others:
            return QueueLog(raw, {**given, "at": column})
    return QueueLog(raw, given)


def calls_of(staging: Staging, logs: Sequence[QueueLog]) -> RawTable:
    """Create the calls of one or more logs, which may begin in one file and end in the next, as a
    table of a call log.
    """
    run = staging.connection.execute
    selects = []
    for log in logs:

        def cell(meaning: str, log: QueueLog = log) -> str:
            return (
                f"nullif(nullif(trim({name(log.given[meaning])}), ''), 'NONE')"
                if meaning in log.given
                else "null::varchar"
            )

        data = [
            (
                f"coalesce({cell(f'data{place}')}, nullif(split_part({cell('data')}, '|', {place}),"
                " ''))"
                if "data" in log.given
                else cell(f"data{place}")
            )
            for place in range(1, 6)
        ]
        selects.append(
            f"select {cell('at')} as said_at, {cell('call')} as call_id, {cell('queue')} as queue,"
            f" {cell('agent')} as agent, upper({cell('event')}) as event,"
            f" {', '.join(f'{sql} as d{place}' for place, sql in enumerate(data, 1))},"
            f" {cell('wait')} as told_wait, {cell('talk')} as told_talk, {'wait' in log.given} as"
            f" is_told_apart, _file, _row, _line from {log.raw.table}"
        )
    # Times of one log are written alike: as texts they are in the order of time.
    run(f"""create temp table queue_events as
        select *, count(*) filter (where event = 'ENTERQUEUE') over (partition by call_id, queue
            order by said_at, _file, _row) as pass
        from ({" union all ".join(selects)}) where event in {EVENTS} and call_id is not null""")
    run(f"""create table {CALLS} as
        with lengths as (select *,
                case when event in {("CONNECT", *LEFT)} then case when is_told_apart then told_wait
                    when event = 'CONNECT' then d1 else d3 end end as wait,
                case when event in {COMPLETED} then case when is_told_apart then told_talk
                    else d2 end
                    when event in {TRANSFERRED} then case when is_told_apart
                        then nullif(told_talk, '0') else d4 end end as talk
            from queue_events),
        gathered as (select call_id, queue, pass,
                min(said_at) filter (where event = 'ENTERQUEUE') as entered,
                arg_min(d2, said_at) filter (where event = 'ENTERQUEUE') as caller,
                arg_max(agent, (said_at, _file,
                    _row)) filter (where event = 'CONNECT') as connected_to,
                bool_or(event = 'CONNECT') as is_connected,
                arg_max(event, (said_at, _file, _row)) filter (where event in {LEFT}) as left_by,
                bool_or(event in {TRANSFERRED}) as is_transferred,
                arg_max(wait, (said_at, _file,
                    _row)) filter (where event in {("CONNECT", *LEFT)}) as wait,
                arg_max(talk, (said_at, _file, _row)) as talk,
                min(said_at) filter (where event = 'CONNECT') as connected,
                max(said_at) filter (where event in {(*COMPLETED, *TRANSFERRED)}) as ended,
                count(*) filter (where event = 'RINGNOANSWER') as unanswered_rings,
                arg_min(_file, (_file, _row)) as _file, arg_min(_row, (_file, _row)) as _row,
                arg_min(_line, (_file, _row)) as _line
            from lengths where pass > 0 group by call_id, queue, pass)
        select call_id, queue, entered as started_at,
            row_number() over (partition by call_id order by entered, _file,
            _row)::varchar as sequence,
            connected_to as agent, caller, wait as wait_seconds, ended as ended_at,
            -- Transfers of older versions do not tell how long they had talked; the log does.
            coalesce(talk, (try_cast(ended as double) - try_cast(connected
                as double))::bigint::varchar) as talk_seconds,
            case when wait is null then connected end as answered_at,
            case when is_transferred then 'TRANSFER' when is_connected then 'CONNECT' else left_by
                end as disposition,
            nullif(unanswered_rings, 0)::varchar as unanswered_rings, _file, _row, _line
        from gathered""")
    ((orphans, others),) = run(
        "select (select count(distinct (call_id, queue)) from queue_events where pass = 0 and"
        f" event <> 'RINGNOANSWER'), (select count(*) from ({' union all '.join(selects)}) where"
        f" event is not null and event not in {EVENTS})"
    ).fetchall()
    run("drop table queue_events")
    if orphans:
        staging.note(
            f"{orphans:,} calls entered their queue before this log begins and were left out: load"
            " it together with the log before it"
        )
    if others:
        staging.note(f"{others:,} events are about agents and the system, not about calls")
    columns = tuple(
        row[0] for row in run(f"describe {CALLS}").fetchall() if not row[0].startswith("_")
    )
    (rows,) = run(f"select count(*) from {CALLS}").fetchone() or (0,)
    return RawTable(CALLS, logs[0].raw.path, columns, rows, None)
