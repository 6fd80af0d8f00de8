"""Event logs of process mining: one row an activity (CSV), or XES.

The first activity of a case creates its ticket. Activities are read as states by a table of words that a
mapping file may extend: ``[status] "Wait" = "waiting_customer"``. An activity that no table knows means
that somebody works on the case: open. The load report names those.
"""

from __future__ import annotations

import tomllib
import xml.sax
import xml.sax.handler
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from helmdesk.errors import InputError, MappingError, nearest
from helmdesk.records.limits import Limits
from helmdesk.records.schema import STATUSES
from helmdesk.records.staging import FileReport, Staging, name, text
from helmdesk.sources.reading.glance import open_bytes
from helmdesk.sources.reading.raw_tables import RawTable, locate_lines, read_table
from helmdesk.sources.reading.times import TimeReader
from helmdesk.sources.source import Options, Source, named_paths

STATUS = {
    "assign seriousness": "new",
    "create ticket": "new",
    "insert ticket": "new",
    "take in charge ticket": "open",
    "wait": "waiting_customer",
    "wait - user": "waiting_customer",
    "awaiting user info": "waiting_customer",
    "wait - vendor": "waiting_third_party",
    "require upgrade": "waiting_third_party",
    "resolve ticket": "solved",
    "resolved": "solved",
    "completed": "solved",
    "cancelled": "closed",
    "queued": "new",
    "accepted": "open",
    "closed": "closed",
    "invalid": "closed",
    "duplicate": "closed",
}
CASE = ("case_id", "case:concept:name", "case")
ACTIVITY = ("concept:name", "activity", "Activity")
TIME = ("time:timestamp", "timestamp", "time")
RESOURCE = ("org:resource", "resource", "Resource")
BLOCK_ROWS = 20_000


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of event logs in CSV or XES, gzip or not."""
    statuses = _statuses(options.mapping)
    tables = [_read_xes(staging, path) if _is_xes(path) else _read_csv(staging, path) for path in paths]
    union = " union all by name ".join(
        f"select case_id, activity, resource, occurred_text, _file, _row, _line from {table.table}" for table in tables
    )
    times = TimeReader(options.time_zone or "UTC")
    cases = " ".join(f"when {text(word)} then {text(status)}" for word, status in statuses.items())
    staging.on_step("ordering activities of each case")
    staging.connection.execute(
        f"""create table activities as
        select *, row_number() over life as place, lag(resource) over life as last_resource,
            lag(occurred_at) over (partition by case_id order by _file, _row) as earlier_in_file
        from (select *, {times.instant("occurred_text")} as occurred_at,
                coalesce(case lower(activity) {cases} end, 'open') as status,
                (case lower(activity) {cases} end) is null as is_unknown
            from ({union}))
        where case_id is not null and occurred_at is not null and activity is not null
        window life as (partition by case_id order by occurred_at, _file, _row)"""
    )
    for column, label in (("case_id", "'no case'"), ("activity", "'no activity'"), ("occurred_text", "'no time'")):
        staging.reject(column, column, label, f"({union}) where {column} is null", is_whole_row=True)
    fault = times.fault("occurred_text")
    staging.reject("occurred_text", "occurred_text", fault, f"({union}) where {fault} is not null", is_whole_row=True)
    _stage(staging)
    _describe(staging)
    locate_lines(staging, tables)


def _statuses(mapping: Path | None) -> dict[str, str]:
    if mapping is None:
        return STATUS
    try:
        content = tomllib.loads(mapping.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{mapping}: {error}") from error
    own = content.get("status")
    if not isinstance(own, dict):
        raise MappingError(f"{mapping}: an event log's mapping has one table, [status], of activity = status")
    for activity, status in own.items():
        if status not in STATUSES:
            raise MappingError(
                f"{mapping}: status of '{activity}' is '{status}'{nearest(str(status), STATUSES)} (known: {', '.join(STATUSES)})"
            )
    return {**STATUS, **{activity.lower(): status for activity, status in own.items()}}


def _is_xes(path: Path) -> bool:
    return ".xes" in [suffix.lower() for suffix in path.suffixes]


def _read_csv(staging: Staging, path: Path) -> RawTable:
    table = read_table(staging, path)
    found = {
        word: next((column for column in candidates if column in table.columns), None)
        for word, candidates in (("case_id", CASE), ("activity", ACTIVITY), ("occurred_text", TIME), ("resource", RESOURCE))
    }
    for word in ("case_id", "activity", "occurred_text"):
        if found[word] is None:
            candidates = {"case_id": CASE, "activity": ACTIVITY, "occurred_text": TIME}[word]
            raise InputError(
                f"{path}: missing column '{candidates[0]}'{nearest(candidates[0], table.columns)} (the file has: {', '.join(table.columns)})"
            )
    cells = ", ".join(f"{name(column) if column else 'null'} as {word}" for word, column in found.items())
    view = f"{table.table}_activities"
    staging.connection.execute(f"create view {view} as select {cells}, _file, _row, _line from {table.table}")
    return RawTable(view, table.path, table.columns, table.rows)


class _Xes(xml.sax.handler.ContentHandler):
    """Collects (case, activity, resource, time, line) of every event."""

    def __init__(self, take: Any) -> None:
        super().__init__()
        self._take = take
        self._case: str | None = None
        self._event: dict[str, str] | None = None
        self._depth_in_trace = 0
        self._line = 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 (the parser's name)
        """See a tag open."""
        if name == "trace":
            self._case, self._depth_in_trace = None, 1
        elif name == "event":
            self._event, self._line = {}, self._locator.getLineNumber()  # type: ignore[attr-defined]
        elif self._depth_in_trace and "key" in attrs:
            if self._event is not None:
                self._event.setdefault(attrs["key"], attrs.get("value", ""))
            elif attrs["key"] == "concept:name":
                self._case = attrs.get("value")

    def endElement(self, name: str) -> None:  # noqa: N802 (the parser's name)
        """See a tag close."""
        if name == "event" and self._event is not None and self._depth_in_trace:
            event = self._event
            self._take((self._case, event.get("concept:name"), event.get("org:resource"), event.get("time:timestamp"), self._line))
            self._event = None
        elif name == "trace":
            self._depth_in_trace = 0


class _Measured:
    """A file that refuses to be read past the limits."""

    def __init__(self, handle: IO[bytes], path: Path, limits: Limits) -> None:
        self._handle, self._path, self._limits = handle, path, limits
        self._packed, self._seen = path.stat().st_size, 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        chunk = self._handle.read(size)
        self._seen += len(chunk)
        wrong = self._limits.excess(self._packed, self._seen)
        if wrong:
            raise InputError(f"{self._path}: {wrong}")
        return chunk

    def close(self) -> None:
        """Whoever opened the file closes it."""


class _NoDoctype(xml.sax.handler.LexicalHandler):
    """Event logs need no document type, and entities are how a kilobyte becomes a gigabyte."""

    def startDTD(self, name: str, public_id: str | None, system_id: str | None) -> None:  # noqa: N802 (names of SAX)
        raise xml.sax.SAXException("a document type (DOCTYPE) has no place in an event log")


def _read_xes(staging: Staging, path: Path) -> RawTable:
    staging.on_step(f"reading {path.name}")
    index = len(staging.report.files)
    table = f"raw_{index}"
    staging.connection.execute(
        f"create table {table} (case_id varchar, activity varchar, resource varchar, occurred_text varchar,"
        " _file integer, _row bigint, _line bigint)"
    )
    rows: list[tuple[Any, ...]] = []
    try:
        with open_bytes(path) as handle:
            parser = xml.sax.make_parser()
            # No entity is ever fetched or expanded from outside the file.
            parser.setFeature(xml.sax.handler.feature_external_ges, False)
            parser.setContentHandler(_Xes(rows.append))
            parser.setProperty(xml.sax.handler.property_lexical_handler, _NoDoctype())
            parser.parse(_Measured(handle, path, staging.limits))
    except xml.sax.SAXParseException as error:
        raise InputError(f"{path}: line {error.getLineNumber()}: not XES: {error.getMessage()}") from error
    except (OSError, EOFError, xml.sax.SAXException) as error:
        raise InputError(f"{path}: not readable ({error})") from error
    if len(rows) > staging.limits.rows:
        raise InputError(f"{path}: {len(rows):,} events; at most {staging.limits.rows:,} (setting limit_rows)")
    if not rows:
        raise InputError(f"{path}: no events; export the log again")
    import pyarrow as pa

    cells = [*zip(*rows, strict=True)]
    log = pa.table({  # noqa: F841 (DuckDB finds it by name)
        "case_id": pa.array(cells[0], pa.string()), "activity": pa.array(cells[1], pa.string()),
        "resource": pa.array(cells[2], pa.string()), "occurred_text": pa.array(cells[3], pa.string()),
        "_file": pa.array([index] * len(rows), pa.int32()), "_row": pa.array(range(1, len(rows) + 1), pa.int64()),
        "_line": pa.array(cells[4], pa.int64()),
    })  # fmt: skip
    staging.connection.execute(f"insert into {table} select * from log")
    staging.report.files.append(FileReport(str(path), len(rows)))
    return RawTable(table, path, ("case_id", "activity", "resource", "occurred_text"), len(rows))


def _stage(staging: Staging) -> None:
    # Cases repeat activities within a second, so the place in the case belongs to the identity.
    prefix = "'eventlog:' || case_id || ':' || place"
    here = {"occurred_at": "occurred_at", "ticket_id": "case_id", "actor_id": "resource",
            "_file": "_file", "_row": "_row"}  # fmt: skip
    staging.add(
        "created",
        {**here, "record_id": f"{prefix} || ':created'", "seq": "0", "fidelity": "'derived'", "actor_id": "null",
         "actor_kind": "'customer'", "agent_id": "coalesce(resource, '')", "status": "'new'"},
        "activities where place = 1",
    )  # fmt: skip
    staging.add("status_changed",
                {**here, "record_id": f"{prefix} || ':status'", "seq": "place", "actor_kind": "'human'",
                 "status": "status", "status_raw": "activity"}, "activities")  # fmt: skip
    staging.add("assigned",
                {**here, "record_id": f"{prefix} || ':assigned'", "seq": "place", "fidelity": "'derived'", "actor_kind": "'human'",
                 "agent_id": "coalesce(resource, '')"},
                "activities where place > 1 and resource is distinct from last_resource")  # fmt: skip


def _describe(staging: Staging) -> None:
    row = staging.connection.execute("select count(distinct case_id), count(*) from activities").fetchone() or (0, 0)
    staging.note(f"{row[0]:,} cases, {row[1]:,} events")
    unknown = staging.connection.execute(
        "select activity, count(*) from activities where is_unknown group by activity order by count(*) desc, activity"
    ).fetchall()
    if unknown:
        listed = ", ".join(f"{activity} ({count:,})" for activity, count in unknown[:8])
        staging.note(f"activities read as 'open' because no status is known for them: {listed}")
    (back,) = staging.connection.execute("select count(*) from activities where occurred_at < earlier_in_file").fetchone() or (0,)
    if back:
        staging.note(f"{back:,} events earlier than the one before them in their case; ordered by time")


source = Source("eventlog", "event log of process mining (CSV or XES: case, activity, time, resource)", read, named_paths)
