"""Bringing a desk into step with a live account: what changed comes as batches, and each batch
holds, in the same commit, how far it goes.

The cursor is nowhere else. Killed at any instant, the desk has a batch and its cursor, or neither;
a backup that is restored goes on from what it has. Two runs at once would make the same batch, and
the lake takes one of them.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from helmdesk.connectors.parts.access import Access
from helmdesk.connectors.parts.connector import Batch, Cursor, Row
from helmdesk.connectors.parts.pace import Clock
from helmdesk.desk.connection_tables import write_objects, write_table
from helmdesk.desk.connections import Completeness, Connection, Connections, Status
from helmdesk.desk.described import ASKED, columns_of, makes_tickets
from helmdesk.desk.marts import Step, silent
from helmdesk.desk.sync_files import FilesRun
from helmdesk.errors import ConflictError, HelmdeskError

if TYPE_CHECKING:
    from helmdesk.desk.desk import Desk
    from helmdesk.records.staging import LoadReport, Staging

MOST_TICKETS = 10_000
MOST_SECONDS = 300.0
"""A batch is committed when it has so many tickets, or took so long to fetch."""
SHOWN_SHORT = 20
BOOKKEEPING = "sync"


@dataclass(frozen=True)
class Place:
    """How far a connection is, by the lake.

    Attributes:
        number: batches so far.
        cursor: where the next begins.
        short: tickets whose history came short.
    """

    number: int = 0
    cursor: Cursor = field(default_factory=dict)
    short: tuple[str, ...] = ()


@dataclass
class SyncReport:
    """What one run brought.

    Attributes:
        tickets: tickets fetched, new or changed.
        loads: a load report for each batch.
        is_caught_up: whether nothing was left to fetch.
        status: how it went.
        of: what was fetched, in the plural.
    """

    name: str
    status: Status
    tickets: int = 0
    loads: list[LoadReport] = field(default_factory=list)
    is_caught_up: bool = False
    of: str = "tickets"


def sync(
    desk: Desk,
    name: str,
    *,
    for_seconds: float | None = None,
    again: bool = False,
    accepts_quarantine: bool = False,
    refresh: bool = True,
    clock: Clock | None = None,
    on_step: Step = silent,
) -> SyncReport:
    """Fetch what changed since the last run, and store it.

    Args:
        for_seconds: stop after so long, with what was fetched stored; None goes on to the end.
        again: from the very beginning; what is there is not counted twice.
        accepts_quarantine: store what can be read, however much of it cannot.
        clock: where the time for waiting is taken from.

    Raises:
        ConflictError: it is being done already. HelmdeskError: the account did not answer, or not
        with what was asked for; what was fetched before is stored.
    """
    connections = Connections(desk.path)
    connection = connections.get(name)
    with _held(connections, name):
        api = connections.open(connection)
        api.use(clock or Clock())
        try:
            if connection.connector.files is not None:
                return _sync_files(
                    desk, connections, connection, api, on_step, accepts_quarantine
                ).run(for_seconds, again=again, refresh=refresh)
            return _Run(desk, connections, connection, api, on_step, accepts_quarantine).run(
                for_seconds, again=again, refresh=refresh
            )
        finally:
            api.close()


def _sync_files(
    desk: Desk,
    connections: Connections,
    connection: Connection,
    api: Access,
    on_step: Step,
    accepts_quarantine: bool,
) -> FilesRun:
    api.clock.on_wait = lambda: on_step(f"asking {connection.name}")
    return FilesRun(
        desk,
        connections,
        connection,
        api,
        SyncReport(connection.name, begun(connections, connection.name), of="files"),
        on_step,
        accepts_quarantine,
    )


def begun(connections: Connections, name: str) -> Status:
    """Return the status of a run that begins now: what the last one found still holds."""
    before, now = connections.status(name), datetime.now(UTC)
    return replace(before, began_at=now) if before else Status(now, now)


@contextmanager
def _held(connections: Connections, name: str) -> Iterator[None]:
    lock = FileLock(connections.path / f"{name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ConflictError(f"'{name}' is being brought into step already") from None
    try:
        yield
    finally:
        lock.release()


class _Run:
    """One run of one connection."""

    def __init__(
        self,
        desk: Desk,
        connections: Connections,
        connection: Connection,
        api: Access,
        on_step: Step,
        accepts_quarantine: bool,
    ) -> None:
        self.accepts_quarantine = accepts_quarantine
        self.desk, self.connections, self.connection, self.api = desk, connections, connection, api
        self.on_step = on_step
        self.rules = ""
        self.api.clock.on_wait = lambda: on_step(self.step)
        self.step = f"asking {connection.name}"
        self.place = read_place(desk, connection.name)
        self.report = SyncReport(
            connection.name,
            begun(connections, connection.name),
            of="rows" if self.said_mapping else "tickets",
        )

    def run(self, for_seconds: float | None, *, again: bool, refresh: bool) -> SyncReport:
        """Fetch and store, and remember how it went whatever happens."""
        if again:
            self.place = replace(self.place, cursor={}, short=())
        try:
            self._fetch(for_seconds)
            if refresh and self.report.loads:
                self.desk.refresh(on_step=self.on_step)
        except HelmdeskError as error:
            self._tell(problem=str(error))
            raise
        self._tell(problem="")
        return self.report

    def _tell(self, problem: str) -> None:
        requests = {
            budget: (pace.requests, pace.most_in_a_minute, pace.per_minute)
            for budget, pace in self.api.paces.items()
        }
        self.report.status = replace(
            self.report.status,
            ended_at=datetime.now(UTC),
            problem=problem,
            missing=dict(self.api.missing),
            requests=requests,
        )
        self.connections.tell(self.connection.name, self.report.status)

    def _fetch(self, for_seconds: float | None) -> None:
        connector, connection = self.connection.connector, self.connection
        begun = fetched = time.monotonic()
        batch = Batch(cursor=self.place.cursor)
        for page in connector.pages(self.api, connection.since, self.place.cursor, self._say):
            batch.take(page)
            self.report.tickets += len(page.items)
            self._say(f"{self.report.tickets:,} tickets fetched")
            is_over = for_seconds is not None and time.monotonic() - begun >= for_seconds
            if (
                page.is_last
                or is_over
                or len(batch.items) >= MOST_TICKETS
                or time.monotonic() - fetched >= MOST_SECONDS
            ):
                self._store(batch)
                batch, fetched = Batch(cursor=page.cursor), time.monotonic()
            if page.is_last:
                self.report.is_caught_up = True
                self.report.status = replace(
                    self.report.status, seen_until=page.at, completeness=self._completeness()
                )
            elif is_over:
                return

    def _say(self, step: str) -> None:
        self.step = f"{self.connection.name}: {step}"
        self.on_step(self.step)

    def _store(self, batch: Batch) -> None:
        # What changed of people and teams alone comes with the next ticket that changes.
        if not batch.items:
            return
        short = {*self.place.short} - batch.items.keys()
        short |= {item.id for item in batch.items.values() if item.is_short}
        place = Place(self.place.number + 1, batch.cursor, tuple(sorted(short)))
        load = self._load(batch, place)
        if load.is_already_loaded:
            raise ConflictError(
                f"'{self.connection.name}' was brought further by another run meanwhile",
                "run it again",
            )
        self.place = place
        self.report.loads.append(load)

    def _load(self, batch: Batch, place: Place) -> LoadReport:
        from helmdesk.records.accounts import settle_account
        from helmdesk.sources.parts.source import Options, find_source

        connector, name = self.connection.connector, self.connection.name
        source = find_source(connector.source)
        batch_id = f"sync:{name}:{place.number}:{_digest(self.place.cursor)[:16]}"
        with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch:
            paths = [
                self._written(Path(scratch), table, rows)
                for table, rows in batch.tables().items()
                if rows
            ]

            def fill(staging: Staging) -> None:
                staging.source = self.connection.system
                if paths:
                    options = Options(
                        self._mapping(Path(scratch)),
                        time_zone=None if self.said_mapping else connector.zone,
                        desk_zone=self.desk.settings.time_zone,
                    )
                    source.read(
                        staging, [Path(scratch)] if source.reads_folders else paths, options
                    )
                stage_deletions(staging, batch)
                for file in staging.report.files:
                    file.path = f"{name}/{Path(file.path).stem}"
                settle_account(staging, self.desk.lake.snapshot().files, name, batch_id)
                staging.report.sync = {
                    "connection": name,
                    "number": place.number,
                    "cursor": dict(place.cursor),
                    "short": list(place.short),
                }

            return self.desk.load_with(
                fill,
                connector.source,
                batch_id,
                input_bytes=sum(path.stat().st_size for path in paths),
                accepts_quarantine=self.accepts_quarantine or connector.takes_all,
                refresh=False,
                on_step=self.on_step,
            )

    def _written(self, scratch: Path, table: str, rows: list[Row]) -> Path:
        if self.connection.connector.is_nested:
            return write_objects(scratch, table, rows, columns_of(self.said_mapping))
        return write_table(scratch, table, rows)

    @property
    def said_mapping(self) -> str:
        """What the columns mean, where it was said of this connection; empty where it was not."""
        return self.connection.said.get(ASKED, "")

    def _mapping(self, scratch: Path) -> Path | None:
        """Write what the columns of a table of tickets mean, where the source has to be told."""
        from helmdesk.sources.parts.suggestion import draft_mapping

        connector = self.connection.connector
        self.rules = self.rules or self.said_mapping
        if not self.rules:
            if connector.example is None:
                return None
            example = write_table(scratch, "example", connector.example(self.api))
            self.rules = draft_mapping(
                example, self.desk.folder.limits, (), connector.zone, is_final=True
            ).text
        rules = scratch / "rules.toml"
        rules.write_text(self.rules, encoding="utf-8")
        return rules

    def _completeness(self) -> Completeness:
        connector, since = self.connection.connector, self.connection.since
        theirs = self.api.maybe(
            "the count of tickets",
            "without it nobody can tell whether all are here",
            lambda: connector.count(self.api, since),
        )
        short = self.place.short
        if connector.tally is not None:
            ours, theirs, of = connector.tally(self.api, self.place.cursor)
            return Completeness(theirs, ours, of=of)
        if self.said_mapping and not makes_tickets(self.said_mapping):
            return Completeness(theirs, count_rows(self.desk, self.connection.name), of="rows")
        ours = count_tickets(self.desk, self.connection.name, since)
        return Completeness(theirs, ours, short[:SHOWN_SHORT], len(short))


def read_place(desk: Desk, name: str) -> Place:
    """Return how far a connection is: what the last of its batches in the lake says."""
    import duckdb

    files = list(desk.lake.snapshot().files.get("batch", ()))
    if not files:
        return Place()
    with desk.lake.reading(), duckdb.connect() as connection:
        row = connection.execute(
            f"""select json_extract(report, '$.{BOOKKEEPING}')
            from read_parquet(?, union_by_name=true, hive_partitioning=false)
            where json_extract_string(report, '$.{BOOKKEEPING}.connection') = ?
            order by cast(json_extract(report, '$.{BOOKKEEPING}.number') as bigint) desc limit 1""",
            [files, name],
        ).fetchone()
    if row is None:
        return Place()
    told = json.loads(row[0])
    return Place(told["number"], told["cursor"], tuple(told["short"]))


def count_rows(desk: Desk, name: str) -> int:
    """Return how many rows came through a connection; one that changed is counted again."""
    import duckdb

    files = list(desk.lake.snapshot().files.get("batch", ()))
    if not files:
        return 0
    with desk.lake.reading(), duckdb.connect() as connection:
        row = connection.execute(
            f"""select coalesce(sum(list_sum(cast(json_extract(report, '$.files[*].rows')
                as bigint[]))), 0)
            from read_parquet(?, union_by_name=true, hive_partitioning=false)
            where json_extract_string(report, '$.{BOOKKEEPING}.connection') = ?""",
            [files, name],
        ).fetchone()
    return int(row[0]) if row else 0


def count_tickets(desk: Desk, account: str, since: str) -> int:
    """Return how many tickets of an account the lake holds that were created on or after a day, and
    were not deleted since.
    """
    import duckdb

    files = list(desk.lake.snapshot().files.get("ticket", ()))
    if not files:
        return 0
    with desk.lake.reading(), duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        row = connection.execute(
            """select count(*) from (
                select ticket_id from read_parquet(?, union_by_name=true, hive_partitioning=false)
                where source = ? and type in ('created', 'deleted', 'restored') group by ticket_id
                having max(occurred_at) filter (where type = 'created') >= ?::timestamptz
                and coalesce(max(occurred_at) filter (where type = 'deleted')
                    <= max(occurred_at) filter (where type = 'restored'),
                    count_if(type = 'deleted') = 0))""",
            [files, account, since or "1970-01-01"],
        ).fetchone()
    return int(row[0]) if row else 0


def stage_deletions(staging: Staging, batch: Batch) -> None:
    """Stage what was deleted, where rows do not say it."""
    gone = [[item.id, item.deleted_at] for item in batch.items.values() if item.deleted_at]
    if not gone:
        return
    staging.connection.execute("create temp table deletions (id varchar, deleted_at timestamptz)")
    staging.connection.executemany("insert into deletions values (?, ?)", gone)
    staging.add(
        "deleted",
        {
            "record_id": f"'{staging.source}:ticket:' || d.id || ':deleted'",
            "source_id": "d.id",
            "occurred_at": "d.deleted_at",
            "ticket_id": "d.id",
            "fidelity": "'derived'",
        },
        "deletions d",
    )


def _digest(content: Cursor) -> str:
    told = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()
