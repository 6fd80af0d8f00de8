"""Files that are put somewhere, loaded once each by their content, as one that somebody loads.

``NAME.files`` beside the connection says what became of each, so that nothing is fetched twice. It
is a convenience: whether a content was loaded is said by the lake, in the batch itself.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from helmdesk.connectors.parts.access import Access, ConnectError
from helmdesk.connectors.parts.connector import StoredFile
from helmdesk.desk.connections import Completeness, Connection, Connections
from helmdesk.desk.described import ASKED, RULES
from helmdesk.desk.marts import Step
from helmdesk.errors import HelmdeskError

if TYPE_CHECKING:
    from helmdesk.desk.desk import Desk
    from helmdesk.desk.sync import SyncReport
    from helmdesk.records.staging import LoadReport

LOADED, WAITING, PROBLEM = "loaded", "waiting", "problem"
SHOWN = 20


@dataclass(frozen=True)
class Fate:
    """What became of a file.

    Attributes:
        mark: of the file as it was then.
        outcome: LOADED, WAITING, PROBLEM.
        since: when it was first seen so, in UTC.
        digest: of its content; empty where it was not read.
        words: why it could not be read.
    """

    mark: str
    outcome: str
    since: str
    digest: str = ""
    words: str = ""


@dataclass
class FilesRun:
    """One run over what lies there."""

    desk: Desk
    connections: Connections
    connection: Connection
    api: Access
    report: SyncReport
    on_step: Step
    accepts_quarantine: bool = False
    fates: dict[str, Fate] = field(default_factory=dict)

    def run(self, for_seconds: float | None, *, again: bool, refresh: bool) -> SyncReport:
        """Load what is new, and remember how it went whatever happens."""
        kept = {} if again else self.connections.fates(self.connection.name)
        self.fates = {name: Fate(**each) for name, each in kept.items()}
        try:
            self._run(for_seconds, again)
            if refresh and self.report.loads:
                self.desk.refresh(on_step=self.on_step)
        except HelmdeskError as error:
            self._tell(str(error))
            raise
        self._tell("")
        return self.report

    def _keep(self) -> None:
        self.connections.tell_fates(
            self.connection.name, {name: asdict(each) for name, each in self.fates.items()}
        )

    def _run(self, for_seconds: float | None, again: bool) -> None:
        name, begun = self.connection.name, time.monotonic()
        self.on_step(f"{name}: looking for files")
        at = datetime.now(UTC)
        files = self.connection.connector.files
        there = list(files(self.api)) if files else []
        done = {} if again else loaded(self.desk, name)
        done |= {each.digest: file for file, each in self.fates.items() if each.outcome == LOADED}
        # What was written first comes first: a newer export corrects an older one.
        for file in sorted(there, key=lambda each: (each.written_at, each.name)):
            if not self._is_known(file):
                self.fates[file.name] = self._one(file, done)
                self._keep()
            if for_seconds is not None and time.monotonic() - begun >= for_seconds:
                break
        else:
            self.report.is_caught_up = True
        self.fates = {each.name: self.fates[each.name] for each in there if each.name in self.fates}
        self._keep()
        short = sorted(file for file, each in self.fates.items() if each.outcome == PROBLEM)
        ours = sum(each.outcome == LOADED for each in self.fates.values())
        self.report.status = replace(
            self.report.status,
            seen_until=at if self.report.is_caught_up else self.report.status.seen_until,
            completeness=Completeness(len(there), ours, tuple(short[:SHOWN]), len(short), "files"),
        )

    def _is_known(self, file: StoredFile) -> bool:
        fate = self.fates.get(file.name)
        if fate is None or fate.mark != file.mark or fate.outcome == WAITING:
            return False
        return not (fate.outcome == PROBLEM and self.accepts_quarantine)

    def _one(self, file: StoredFile, done: dict[str, str]) -> Fate:
        before, now = self.fates.get(file.name), datetime.now(UTC)
        is_same = before is not None and before.mark == file.mark
        since = before.since if before and is_same else now.isoformat()
        waiting = Fate(file.mark, WAITING, since)
        quiet = max(
            (now - file.written_at).total_seconds(),
            # By our clock, where the file's time is ahead of it.
            (now - datetime.fromisoformat(since)).total_seconds(),
        )
        if quiet < file.quiet_seconds:
            return waiting
        limit = self.desk.folder.limits
        if file.size > limit.bytes:
            words = f"larger than {limit.megabytes:,} MB (setting limit_megabytes)"
            return replace(waiting, outcome=PROBLEM, words=words)
        self.on_step(f"{self.connection.name}: {file.name}")
        with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch:
            place = Path(scratch) / "file"
            place.mkdir()
            path = file.fetch(place)
            if path is None:
                return waiting
            digest = _digest(path)
            fate = replace(waiting, outcome=LOADED, digest=digest)
            if digest in done:
                return fate
            try:
                load = self._load(path, file.name, digest, Path(scratch))
            except ConnectError:
                raise
            except HelmdeskError as error:
                words = str(error).replace(f"{place}/", "")
                return replace(fate, outcome=PROBLEM, words=words)
        done[digest] = file.name
        self.report.tickets += 1
        self.report.loads.append(load)
        return fate

    def _load(self, path: Path, name: str, digest: str, scratch: Path) -> LoadReport:
        said, rules = self.connection.said, None
        if said.get(ASKED):
            rules = scratch / RULES
            rules.write_text(said[ASKED], encoding="utf-8")
        return self.desk.load(
            "mapping" if rules else "file",
            [path],
            mapping=rules,
            time_zone=said.get("zone") or None,
            account=said.get("of") or None,
            accepts_quarantine=self.accepts_quarantine,
            refresh=False,
            origin={"connection": self.connection.name, "file": name, "digest": digest},
            on_step=self.on_step,
        )

    def _tell(self, problem: str) -> None:
        self.report.status = replace(
            self.report.status,
            ended_at=datetime.now(UTC),
            problem=problem,
            missing=self._missing(),
        )
        self.connections.tell(self.connection.name, self.report.status)

    def _missing(self) -> Mapping[str, str]:
        told = [
            (f"the file {name}", each.words)
            for name, each in sorted(self.fates.items())
            if each.outcome == PROBLEM
        ]
        waiting = [name for name, each in sorted(self.fates.items()) if each.outcome == WAITING]
        if waiting:
            shown = ", ".join(waiting[:SHOWN])
            told.append(("what was written just now", f"read at the next run: {shown}"))
        return dict(told[: SHOWN + 1])


def loaded(desk: Desk, name: str) -> dict[str, str]:
    """Return the digests of all contents that came through a connection, each with its file."""
    import duckdb

    files: Sequence[str] = list(desk.lake.snapshot().files.get("batch", ()))
    if not files:
        return {}
    with desk.lake.reading(), duckdb.connect() as connection:
        rows = connection.execute(
            """select json_extract_string(report, '$.origin.digest'),
                json_extract_string(report, '$.origin.file')
            from read_parquet(?, union_by_name=true, hive_partitioning=false)
            where json_extract_string(report, '$.origin.connection') = ?""",
            [files, name],
        ).fetchall()
    return dict(rows)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
