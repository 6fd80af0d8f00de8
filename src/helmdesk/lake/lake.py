"""The lake: all records of a desk in one Delta Lake table, one commit per batch.

A batch holds its good records, its quarantined cells and its own report, so one commit makes all of
it visible or none. The commit carries an application transaction named after the batch: a second
load of the same input finds it and adds nothing. Appends by several processes do not conflict. A
batch is taken out by writing its files anew without it; the transaction's version counts how often
it came and went, and is odd while it is there.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from helmdesk.errors import ConflictError, NotFoundError
from helmdesk.lake.durable import sync
from helmdesk.lake.folder import PARTITION, LakeFolder
from helmdesk.lake.seal import entry_path
from helmdesk.quoting import text
from helmdesk.records.schema import COLUMNS

if TYPE_CHECKING:
    from deltalake import DeltaTable, Field
    from deltalake.transaction import AddAction, RemoveAction
    from duckdb import DuckDBPyRelation


# Measured on the incident log: zstd costs less than snappy at half the size; ids are unique, so
# bloom filters and large dictionaries are work for nothing.
PARQUET = (
    "format parquet, compression zstd, compression_level 1, write_bloom_filter false,"
    " dictionary_size_limit 2000"
)
# A load leaves one file per family; past this many in one family, reading slows and a load
# compacts.
COMPACT_ABOVE_FILES = 48
# How long a file stays that the newest version does not need: joined into another, or left by a
# killed load. Until then whoever reads an older version keeps it; afterwards that version is read
# from the newer files, by its batches.
KEEP_HOURS = 24
# Kept in commits: a lake whose log says so has a seal, or has lost it.
SEALED = {"sealed": "1"}


@dataclass(frozen=True)
class Snapshot:
    """The lake at one version.

    Attributes:
        version: Delta version, counted from 0.
        files: absolute Parquet paths by family of records.
        log: digest of the log up to this version, see `chained`.
        batches: the batches that count, where the files hold later ones too; None: all do.
    """

    version: int
    files: dict[str, tuple[str, ...]]
    log: str
    batches: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Additions:
    """What commits added to the lake, and nothing but added.

    Attributes:
        files: absolute Parquet paths by family.
        batches: identities of the batches in them.
    """

    files: dict[str, tuple[str, ...]]
    batches: tuple[str, ...]


def _fields(columns: Mapping[str, str]) -> list[Field]:
    from deltalake import Field
    from deltalake.schema import PrimitiveType

    kinds = {
        "text": "string",
        "json": "string",
        "number": "double",
        "integer": "long",
        "flag": "boolean",
        "instant": "timestamp",
    }
    return [Field(column, PrimitiveType(kinds[kind])) for column, kind in columns.items()]


def _is_there(moves: int) -> bool:
    """Whether a batch is in the lake that came and went so many times."""
    return moves % 2 == 1


def _there(table: DeltaTable, batch_id: str) -> int | None:
    found = table.transaction_version(batch_id)
    return int(found) if found is not None and _is_there(int(found)) else None


class Lake(LakeFolder):
    """The records of one desk under `path`; opened anew for every call, so never stale."""

    def create(self) -> None:
        """Create an empty table (version 0); an existing one is left as it is."""
        from deltalake import CommitProperties, DeltaTable, Schema

        schema = Schema(_fields(COLUMNS))
        DeltaTable.create(
            str(self.path),
            schema,
            mode="ignore",
            partition_by=[PARTITION],
            name="records",
            configuration={
                "delta.checkpointInterval": "20",
                "delta.dataSkippingNumIndexedCols": "12",
                # The log says which version each batch came with: it is small, and kept for good.
                "delta.logRetentionDuration": "interval 36500 days",
            },
            commit_properties=CommitProperties(custom_metadata=SEALED),
        )
        self.seal()

    def empty(self) -> None:
        """Throw all records away, and their history."""
        with self.emptying():
            pass

    @contextmanager
    def emptying(self) -> Iterator[None]:
        """Throw all records away, and their history, then let what was made of them be thrown away.

        Whoever reads meanwhile waits until both are done; killed half way, the next call does it
        again.
        """
        going = self.path.with_name(f"{self.path.name}.going")
        with self._held():
            self.emptying_path.touch()
            self._is_emptying = True
            try:
                if self.path.exists():
                    shutil.rmtree(going, ignore_errors=True)
                    self.path.rename(going)
                self.seal_path.unlink(missing_ok=True)
                self.create()
                yield
            finally:
                self._is_emptying = False
            self.emptying_path.unlink()
            shutil.rmtree(going, ignore_errors=True)

    # -- versions and batches ---------------------------------------------------------------------

    def version_of_batch(self, batch_id: str) -> int | None:
        """Return a number when `batch_id` was committed and is there, null when it is not."""
        return _there(self._table(), batch_id)

    def append(
        self,
        batch_id: str,
        records: Mapping[str, DuckDBPyRelation],
        summary: dict[str, str],
        replaced: Collection[str] = (),
    ) -> int | None:
        """Commit one batch; return the lake version that holds it, or None when it was there
        already.

        Args:
            records: one relation per family, in that family's columns.
            summary: kept in the commit, readable with any Delta tool.
            replaced: batches that it takes the place of; they go with the same commit.

        Raises:
            ConflictError: another writer changed the table itself meanwhile.
        """
        with self.writing():
            table = self._table()
            if _there(table, batch_id) is not None:
                return None
            table = self._with_all_columns(table)
            added = [self.write_file(family, rows) for family, rows in records.items()]
            return self._commit(table, added, (batch_id,), replaced, summary)

    def remove(self, batches: Collection[str]) -> int | None:
        """Take batches out; return the version without them, or None when none was there.

        Earlier versions can be read as long as their own files are kept.

        Raises:
            ConflictError: another writer changed the table itself meanwhile.
        """
        with self.writing(), self.reading():
            table = self._table()
            present = [batch for batch in batches if _there(table, batch) is not None]
            if not present:
                return None
            return self._commit(table, [], (), present, {"reason": "unloaded"})

    def _commit(
        self,
        table: DeltaTable,
        added: Sequence[AddAction],
        arrived: Collection[str],
        gone: Collection[str],
        summary: dict[str, str],
    ) -> int:
        """Commit what came with batches, and what is left without others, as one version."""
        from deltalake import CommitProperties, Transaction
        from deltalake.exceptions import CommitFailedError, DeltaError

        left = list(self._without(table, gone))
        written = [*added, *(action for _, action in left if action)]
        actions: list[AddAction | RemoveAction] = [*written, *(action for action, _ in left)]
        moves = {batch: (table.transaction_version(batch) or 0) + 1 for batch in (*arrived, *gone)}
        try:
            table.create_write_transaction(
                actions,
                mode="append",
                schema=table.schema(),
                partition_by=[PARTITION],
                commit_properties=CommitProperties(
                    custom_metadata={**summary, **SEALED},
                    app_transactions=[
                        Transaction(app_id=batch, version=version)
                        for batch, version in moves.items()
                    ],
                    max_commit_retries=60,
                ),
            )
        except (CommitFailedError, DeltaError) as error:
            for action in written:
                (self.path / action.path).unlink(missing_ok=True)
            raise ConflictError(
                f"{self.path}: the batch was not committed ({error})", "load it again"
            ) from error
        if not written:
            return self.version()
        return self._version_holding(written[0].path, int(table.version()))

    def _without(
        self, table: DeltaTable, batches: Collection[str]
    ) -> Iterator[tuple[RemoveAction, AddAction | None]]:
        """Write the files anew that hold records of batches, without them."""
        import duckdb

        if not batches:
            return
        self.check_files(self._files(table))
        listed = ", ".join(text(batch) for batch in batches)
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            for family, paths in self._files(table).items():
                for path in paths:
                    source = f"read_parquet({text(path)}, hive_partitioning=false)"
                    ((rows, theirs),) = connection.execute(
                        f"select count(*), count_if(batch_id in ({listed})) from {source}"
                    ).fetchall()
                    if not theirs:
                        continue
                    kept = f"select * from {source} where batch_id not in ({listed})"
                    yield (
                        self._removed(path, {PARTITION: family}),
                        (self.write_file(family, connection.sql(kept)) if theirs < rows else None),
                    )

    def _removed(self, path: str, partition: dict[str, str | None]) -> RemoveAction:
        from deltalake.transaction import RemoveAction

        file = Path(path)
        return RemoveAction(
            str(file.relative_to(self.path.absolute())),
            True,
            int(time.time() * 1000),
            file.stat().st_size,
            partition,
        )

    def _with_all_columns(self, table: DeltaTable) -> DeltaTable:
        """Return the table with the columns that came with later versions of Helmdesk; older
        records have none of them.
        """
        known = {field.name for field in table.schema().fields}
        missing = {column: kind for column, kind in COLUMNS.items() if column not in known}
        if not missing:
            return table
        table.alter.add_columns(_fields(missing))
        return self._table()

    def write_file(self, family: str, rows: DuckDBPyRelation) -> AddAction:
        """Write one family's Parquet file, on disk for good before the log may name it."""
        from deltalake.transaction import AddAction

        folder = self.path / f"{PARTITION}={family}"
        folder.mkdir(exist_ok=True)
        path = folder / f"part-{uuid.uuid4()}.zstd.parquet"
        rows.query(
            "batch_rows",
            f"copy batch_rows to '{str(path).replace(chr(39), chr(39) * 2)}' ({PARQUET})",
        )
        count, first, last = rows.aggregate(
            "count(*), min(occurred_at)::timestamp, max(occurred_at)::timestamp"
        ).fetchall()[0]
        sync(path)
        sync(folder)
        stats: dict[str, Any] = {"numRecords": count}
        if count and first is not None:
            stats["minValues"] = {"occurred_at": f"{first.isoformat(timespec='milliseconds')}Z"}
            # Delta statistics are cut to milliseconds: the upper bound is rounded up.
            stats["maxValues"] = {
                "occurred_at": (
                    f"{(last + timedelta(milliseconds=1)).isoformat(timespec='milliseconds')}Z"
                )
            }
        return AddAction(
            str(path.relative_to(self.path)),
            path.stat().st_size,
            {PARTITION: family},
            int(path.stat().st_mtime * 1000),
            True,
            json.dumps(stats),
        )

    def _version_holding(self, file: str, at_least: int) -> int:
        """Return the version whose log entry added `file`: other writers may have committed
        since.
        """
        version = at_least
        while True:
            entry = self.path / "_delta_log" / f"{version:020d}.json"
            if not entry.exists():
                return self.version()
            if file.encode() in entry.read_bytes():
                return version
            version += 1

    def snapshot(self, version: int | None = None) -> Snapshot:
        """Return the files of one version, the newest by default.

        A version whose own files were joined into others is read from the newest files, restricted
        to its batches: as long as none of them was taken out since.

        Raises:
            NotFoundError: no such version, or it held a batch that was taken out and is gone.
        """
        self.check(version)
        table = self._table(version)
        files, log = self._files(table), self.log_digest(int(table.version()))
        if version is None or all(
            Path(path).is_file() for paths in files.values() for path in paths
        ):
            return Snapshot(int(table.version()), files, log)
        return Snapshot(
            int(table.version()), self._files(self._table()), log, self._batches_until(version)
        )

    def _batches_until(self, version: int) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for number in range(self.version() + 1):
            entry = self.path / "_delta_log" / f"{number:020d}.json"
            if not entry.exists():
                raise NotFoundError(
                    f"{self.path}: the lake has no version {version} any more: its log begins later"
                )
            for move in (action["txn"] for action in self.actions(number) if "txn" in action):
                is_there = _is_there(move["version"])
                if number > version and not is_there and move["appId"] in found:
                    raise NotFoundError(
                        f"{self.path}: lake version {version} cannot be read any more: the load"
                        f" {move['appId']}, which it held, was taken out with version {number}, and"
                        f" files of earlier versions are kept for {KEEP_HOURS} hours"
                    )
                if number <= version and is_there:
                    found[move["appId"]] = None
                elif number <= version:
                    found.pop(move["appId"], None)
        return tuple(found)

    def additions(self, after: int, until: int) -> Additions | None:
        """Return what the commits after version `after`, up to `until`, added.

        None when they did not only add, or when the log or a file is not there any more to say so.
        """
        files: dict[str, list[str]] = defaultdict(list)
        batches: list[str] = []
        for number in range(after + 1, until + 1):
            if not (self.path / entry_path(number)).is_file():
                return None
            for action in self.actions(number):
                if action.get("remove", {}).get("dataChange", False):
                    return None
                if "txn" in action:
                    batches.append(action["txn"]["appId"])
                if action.get("add", {}).get("dataChange", False):
                    path = self.path / unquote(action["add"]["path"])
                    if not path.is_file():
                        return None
                    files[action["add"]["partitionValues"][PARTITION]].append(str(path))
        return Additions({family: tuple(found) for family, found in files.items()}, tuple(batches))

    def needs_compaction(self) -> bool:
        """Whether some family has so many small files that reading slows."""
        return any(len(files) > COMPACT_ABOVE_FILES for files in self.snapshot().files.values())

    def compact(self) -> dict[str, int]:
        """Join small files, write a checkpoint, remove files that nothing needs any more; no record
        changes.

        Earlier versions stay readable, so that receipts of them still verify.
        """
        from deltalake import WriterProperties

        with self.writing(), self.reading():
            table = self._table()
            self.check_files(
                self._files(table)
            )  # joined with others, a damaged file could not be told any more
            metrics = table.optimize.compact(
                writer_properties=WriterProperties(compression="ZSTD", compression_level=1)
            )
            table.create_checkpoint()
            removed = table.vacuum(
                KEEP_HOURS, dry_run=False, enforce_retention_duration=False, full=True
            )
        return {
            "files_joined": int(metrics["numFilesRemoved"]),
            "files_written": int(metrics["numFilesAdded"]),
            "files_removed": len(removed),
        }

    def replace_files(self, replacements: Mapping[str, AddAction]) -> None:
        """Put other files in the place of some of the newest version's; hold the lake for writing
        meanwhile.

        Args:
            replacements: new file by absolute path of the old one.
        """
        from deltalake import CommitProperties

        actions: list[AddAction | RemoveAction] = [
            *replacements.values(),
            *(
                self._removed(path, dict(added.partition_values))
                for path, added in replacements.items()
            ),
        ]
        table = self._table()
        table.create_write_transaction(
            actions,
            mode="append",
            schema=table.schema(),
            partition_by=[PARTITION],
            commit_properties=CommitProperties(custom_metadata={"reason": "erasure", **SEALED}),
        )

    def forget_history(self) -> None:
        """Make the newest version the first one that can be read: delete older log entries and
        every file it does not name.

        Hold the lake for writing meanwhile: a file that a running load has written but not
        committed would go too.
        """
        table = self._table()
        table.create_checkpoint()
        version = int(table.version())
        named = {Path(uri).name for uri in table.file_uris()}
        for file in self.path.glob(f"{PARTITION}=*/*.parquet"):
            if file.name not in named:
                file.unlink()
        # First the seal: without it, whoever looks in between would miss the entries.
        self.seal(version)
        for entry in sorted((self.path / "_delta_log").iterdir()):
            number = entry.name.split(".")[0]
            if (number.isdigit() and int(number) < version) or entry.name.endswith(".tmp"):
                entry.unlink()
        sync(self.path / "_delta_log")
