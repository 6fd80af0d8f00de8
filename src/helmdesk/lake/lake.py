"""The lake: all records of a desk in one Delta Lake table, one commit per batch.

A batch holds its good records, its quarantined cells and its own report, so one commit makes all of it
visible or none. The commit carries an application transaction named after the batch: a second load of
the same input finds it and adds nothing. Appends by several processes do not conflict.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from helmdesk.errors import ConflictError, DamageError, NotFoundError
from helmdesk.lake.durable import sync
from helmdesk.lake.seal import (
    LOG,
    TAKE_WHAT_IS_LEFT,
    Seal,
    chained,
    checkpoint_number,
    digest_of,
    digests_of,
    entry_number,
    entry_path,
)
from helmdesk.records.schema import COLUMNS

if TYPE_CHECKING:
    from deltalake import DeltaTable, Field
    from deltalake.transaction import AddAction, RemoveAction
    from duckdb import DuckDBPyRelation

PARTITION = "family"
# Measured on the incident log: zstd costs less than snappy at half the size; ids are unique, so bloom filters
# and large dictionaries are work for nothing.
PARQUET = "format parquet, compression zstd, compression_level 1, write_bloom_filter false, dictionary_size_limit 2000"
# A load leaves one file per family; past this many in one family, reading slows and a load compacts.
COMPACT_ABOVE_FILES = 48
# How long a file stays that the newest version does not need: joined into another, or left by a killed load. Until then
# whoever reads an older version keeps it; afterwards that version is read from the newer files, by its batches.
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

    kinds = {"text": "string", "json": "string", "number": "double", "integer": "long", "flag": "boolean", "instant": "timestamp"}
    return [Field(column, PrimitiveType(kinds[kind])) for column, kind in columns.items()]


def _number(name: str) -> int:
    """Return the version of a log entry or a checkpoint by its file's name; -1 for any other file."""
    found = entry_number(f"{LOG}/{name}")
    return next((number for number in (found, checkpoint_number(name)) if number is not None), -1)


class Lake:
    """The records of one desk under `path`; opened anew for every call, so never stale."""

    def __init__(self, path: Path) -> None:
        self.path = path

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
        with self._held():
            self.seal_path.unlink(missing_ok=True)
            shutil.rmtree(self.path)
            self.create()

    def _table(self, version: int | None = None) -> DeltaTable:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            return DeltaTable(str(self.path), version=version)
        except TableNotFoundError as error:
            if version is not None and any((self.path / "_delta_log").glob("*.json")):
                raise NotFoundError(f"{self.path}: the lake has no version {version}; it begins at {self.first_version()}") from error
            raise NotFoundError(f"{self.path}: no lake here; create a desk with: helmdesk init DIR") from error
        except (DeltaError, OSError) as error:
            if version is None:
                raise self.damaged() or NotFoundError(f"{self.path}: the lake cannot be read ({error})") from error
            raise NotFoundError(f"{self.path}: the lake has no version {version}") from error

    def damaged(self, known_version: int | None = None) -> DamageError | None:
        """Return an error that says what is damaged, or None when nothing is; see `find_damage`."""
        from helmdesk.lake.damage import find_damage

        # To look into every file takes long where there are many.
        found = find_damage(self, known_version, is_thorough=False) or find_damage(self, known_version)
        if not found:
            return None
        more = f" (and {len(found) - 1} more; helmdesk doctor lists them)" if len(found) > 1 else ""
        return DamageError(f"the lake is damaged: {found[0]}{more}; {found[0].mend}")

    # -- the seal ---------------------------------------------------------------------------------

    @property
    def seal_path(self) -> Path:
        """Where the seal lies: beside the lake, so that what strikes one leaves the other."""
        return self.path.with_name(f"{self.path.name}.seal")

    def sealed(self) -> Seal | None:
        """Return the seal; None when no version of Helmdesk that seals has written to this lake.

        Raises:
            DamageError: it is damaged, or lost.
        """
        seal = Seal.read(self.seal_path)
        if seal is None and any(b'"sealed":' in entry.read_bytes() for entry in (self.path / LOG).glob("*.json")):
            raise DamageError(
                f"{self.seal_path} is missing: nothing else tells whether the lake is whole; restore a backup, or take the lake as it is"
                f" for whole: {TAKE_WHAT_IS_LEFT}"
            )
        return seal

    def seal(self, first: int = 0) -> None:
        """Seal the lake as it is: new files are hashed, those sealed before keep their digests. Hold the lake for writing.

        Args:
            first: where its log begins.
        """
        seal = Seal.read(self.seal_path)
        digests = dict(seal.digests) if seal else {}
        log = sorted(f"{LOG}/{file.name}" for file in (self.path / LOG).iterdir() if _number(file.name) >= first)
        if seal is None:
            wanted = {str(Path(file).relative_to(self.path.absolute())) for files in self._files(self._table()).values() for file in files}
        else:
            wanted = {path for path in digests if not path.startswith(f"{LOG}/")}
            for name in log:
                if name not in digests and entry_number(name) is not None:
                    for action in map(json.loads, (self.path / name).read_text(encoding="utf-8").splitlines()):
                        wanted |= {unquote(action["add"]["path"])} if "add" in action else set()
                        wanted -= {unquote(action["remove"]["path"])} if "remove" in action else set()
        digests = {name: digests.get(name) or digest_of(self.path / name) for name in sorted({*log, *wanted})}
        if seal is None or digests != seal.digests:
            Seal(digests).write(self.seal_path)

    def seal_anew(self) -> None:
        """Take the lake as it is for whole, whatever was lost before."""
        with self._held():
            self.seal_path.unlink(missing_ok=True)
            self.seal()

    def check(self, version: int | None = None) -> None:
        """Make sure that no log entry is lost, and that those which opening `version` reads are as they were written.

        Raises:
            DamageError: names the entry.
        """
        seal = self.sealed()
        while seal is not None and not self._agrees(seal, version):
            before, seal = seal, self.sealed()
            if seal == before:  # nobody was at work meanwhile
                raise self.damaged() or ConflictError(f"{self.path}: the lake is changing faster than it can be read; try again")

    def _agrees(self, seal: Seal, version: int | None) -> bool:
        present = {file.name for file in (self.path / LOG).iterdir()} if (self.path / LOG).is_dir() else set()
        entries = seal.entries()
        if any(entry_path(number).rpartition("/")[2] not in present for number in entries):
            return False
        last = max(entries, default=-1) if version is None else version
        checkpoint = max((number for name in present if (number := checkpoint_number(name)) is not None and number <= last), default=-1)
        read = [entry_path(number) for number in entries if checkpoint < number <= last]
        if checkpoint >= 0:
            read.append(f"{LOG}/{checkpoint:020d}.checkpoint.parquet")
        found = digests_of(self.path / name for name in read)
        return all(found[self.path / name] == seal.digests.get(name, found[self.path / name]) for name in read)

    def check_files(self, files: Mapping[str, Collection[str]]) -> None:
        """Make sure that Parquet files hold what was written into them: a flipped bit may be read as another ticket.

        Raises:
            DamageError: names the file.
        """
        seal = self.sealed()
        known = seal.digests if seal else {}
        paths = {Path(path): str(Path(path).relative_to(self.path.absolute())) for listed in files.values() for path in listed}
        found = digests_of(path for path, name in paths.items() if name in known)
        if any(digest != known[paths[path]] for path, digest in found.items()):
            raise self.damaged() or ConflictError(f"{self.path}: files were removed while they were read; try again")

    def log_digest(self, version: int) -> str:
        """Return the digest of the log up to a version."""
        seal = self.sealed()
        entries = seal.entries() if seal else {}
        entries = {number: digest for number, digest in entries.items() if number <= version}
        for file in (self.path / LOG).glob("*.json"):
            number = entry_number(f"{LOG}/{file.name}")
            if number is not None and number not in entries and max(entries, default=-1) < number <= version:
                entries[number] = digest_of(file)
        return chained(entries, version)

    def confirm(self, log: str, version: int) -> None:
        """Make sure that the log up to `version` is the one that something, such as a mart, was made from.

        Raises:
            DamageError: entries were lost or replaced since.
        """
        self.check(-1)
        now = self.log_digest(version)
        if now == log or int(now.split(":")[0]) > int(log.split(":", maxsplit=1)[0]):
            return  # where somebody was erased since, what came before cannot be compared
        raise self.damaged(version) or DamageError(
            f"{self.path}: the log is not the one that the facts of lake version {version} were made from: entries were lost or"
            f" replaced since; restore a backup, or take what is left: {TAKE_WHAT_IS_LEFT}"
        )

    # -- versions and batches ---------------------------------------------------------------------

    def version(self) -> int:
        """Return the newest version: the highest number in the log, read without opening the table.

        Raises:
            NotFoundError: there is no lake.
        """
        entries = (self.path / "_delta_log").glob("*.json")
        versions = [int(entry.stem) for entry in entries if entry.stem.isdigit()]
        if not versions:
            raise NotFoundError(f"{self.path}: no lake here; create a desk with: helmdesk init DIR")
        return max(versions)

    def first_version(self) -> int:
        """Return the oldest version that can be read: 0, or the one at which somebody was erased."""
        return min(int(entry.stem) for entry in (self.path / "_delta_log").glob("*.json") if entry.stem.isdigit())

    def has_forgotten(self) -> bool:
        """Whether somebody was erased: earlier versions have ended."""
        return any((self.path / LOG).glob("*.json")) and self.first_version() > 0

    def version_of_batch(self, batch_id: str) -> int | None:
        """Return a number when `batch_id` was committed, null when it was not."""
        found = self._table().transaction_version(batch_id)
        return None if found is None else int(found)

    def append(self, batch_id: str, records: Mapping[str, DuckDBPyRelation], summary: dict[str, str]) -> int | None:
        """Commit one batch; return the lake version that holds it, or None when it was there already.

        Args:
            records: one relation per family, in that family's columns.
            summary: kept in the commit, readable with any Delta tool.

        Raises:
            ConflictError: another writer changed the table itself meanwhile.
        """
        with self.writing():
            return self._append(batch_id, records, summary)

    def _append(self, batch_id: str, records: Mapping[str, DuckDBPyRelation], summary: dict[str, str]) -> int | None:
        from deltalake import CommitProperties, Transaction
        from deltalake.exceptions import CommitFailedError, DeltaError

        table = self._table()
        if table.transaction_version(batch_id) is not None:
            return None
        table = self._with_all_columns(table)
        actions: list[AddAction | RemoveAction] = [self.write_file(family, rows) for family, rows in records.items()]
        try:
            table.create_write_transaction(
                actions,
                mode="append",
                schema=table.schema(),
                partition_by=[PARTITION],
                commit_properties=CommitProperties(
                    custom_metadata={**summary, **SEALED},
                    app_transactions=[Transaction(app_id=batch_id, version=1)],
                    max_commit_retries=60,
                ),
            )
        except (CommitFailedError, DeltaError) as error:
            for action in actions:
                (self.path / action.path).unlink(missing_ok=True)
            if self.version_of_batch(batch_id) is not None:
                return None
            raise ConflictError(f"{self.path}: the batch was not committed ({error}); load it again") from error
        return self._version_holding(actions[0].path, int(table.version()))

    def _with_all_columns(self, table: DeltaTable) -> DeltaTable:
        """Return the table with the columns that came with later versions of Helmdesk; older records have none of them."""
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
        rows.query("batch_rows", f"copy batch_rows to '{str(path).replace(chr(39), chr(39) * 2)}' ({PARQUET})")
        count, first, last = rows.aggregate("count(*), min(occurred_at)::timestamp, max(occurred_at)::timestamp").fetchall()[0]
        sync(path)
        sync(folder)
        stats: dict[str, Any] = {"numRecords": count}
        if count and first is not None:
            stats["minValues"] = {"occurred_at": f"{first.isoformat(timespec='milliseconds')}Z"}
            # Delta statistics are cut to milliseconds: the upper bound is rounded up.
            stats["maxValues"] = {"occurred_at": f"{(last + timedelta(milliseconds=1)).isoformat(timespec='milliseconds')}Z"}
        return AddAction(
            str(path.relative_to(self.path)),
            path.stat().st_size,
            {PARTITION: family},
            int(path.stat().st_mtime * 1000),
            True,
            json.dumps(stats),
        )

    def _version_holding(self, file: str, at_least: int) -> int:
        """Return the version whose log entry added `file`: other writers may have committed since."""
        version = at_least
        while True:
            entry = self.path / "_delta_log" / f"{version:020d}.json"
            if not entry.exists():
                return self.version()
            if file in entry.read_text(encoding="utf-8"):
                return version
            version += 1

    def snapshot(self, version: int | None = None) -> Snapshot:
        """Return the files of one version, the newest by default.

        A version whose own files were joined into others is read from the newest files, restricted to its batches:
        records are only ever added.

        Raises:
            NotFoundError: no such version.
        """
        self.check(version)
        table = self._table(version)
        files, log = self._files(table), self.log_digest(int(table.version()))
        if version is None or all(Path(path).is_file() for paths in files.values() for path in paths):
            return Snapshot(int(table.version()), files, log)
        return Snapshot(int(table.version()), self._files(self._table()), log, self._batches_until(version))

    @staticmethod
    def _files(table: DeltaTable) -> dict[str, tuple[str, ...]]:
        files: dict[str, list[str]] = defaultdict(list)
        marker = f"{PARTITION}="
        for uri in table.file_uris():
            path = unquote(uri)  # a folder's name may hold a space
            family = next(part for part in path.split("/")[-2:] if part.startswith(marker))
            files[family.removeprefix(marker)].append(path)
        return {family: tuple(sorted(uris)) for family, uris in sorted(files.items())}

    def _batches_until(self, version: int) -> tuple[str, ...]:
        found = []
        for number in range(version + 1):
            entry = self.path / "_delta_log" / f"{number:020d}.json"
            if not entry.exists():
                raise NotFoundError(f"{self.path}: the lake has no version {version} any more: its log begins later")
            found += [
                action["txn"]["appId"] for action in map(json.loads, entry.read_text(encoding="utf-8").splitlines()) if "txn" in action
            ]
        return tuple(found)

    def additions(self, after: int, until: int) -> Additions | None:
        """Return what the commits after version `after`, up to `until`, added.

        None when they did not only add, or when the log or a file is not there any more to say so.
        """
        files: dict[str, list[str]] = defaultdict(list)
        batches: list[str] = []
        for number in range(after + 1, until + 1):
            try:
                entry = (self.path / "_delta_log" / f"{number:020d}.json").read_text(encoding="utf-8")
            except FileNotFoundError:
                return None
            for action in map(json.loads, entry.splitlines()):
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
        """Join small files, write a checkpoint, remove files that nothing needs any more; no record changes.

        Earlier versions stay readable, so that receipts of them still verify.
        """
        from deltalake import WriterProperties

        with self.writing():
            table = self._table()
            self.check_files(self._files(table))  # joined with others, a damaged file could not be told any more
            metrics = table.optimize.compact(writer_properties=WriterProperties(compression="ZSTD", compression_level=1))
            table.create_checkpoint()
            removed = table.vacuum(KEEP_HOURS, dry_run=False, enforce_retention_duration=False, full=True)
        return {
            "files_joined": int(metrics["numFilesRemoved"]),
            "files_written": int(metrics["numFilesAdded"]),
            "files_removed": len(removed),
        }

    def replace_files(self, replacements: Mapping[str, AddAction]) -> None:
        """Put other files in the place of some of the newest version's; hold the lake for writing meanwhile.

        Args:
            replacements: new file by absolute path of the old one.
        """
        from deltalake import CommitProperties
        from deltalake.transaction import RemoveAction

        now = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = list(replacements.values())
        for path, added in replacements.items():
            old = Path(path)
            actions.append(
                RemoveAction(str(old.relative_to(self.path.absolute())), True, now, old.stat().st_size, dict(added.partition_values))
            )
        table = self._table()
        table.create_write_transaction(
            actions,
            mode="append",
            schema=table.schema(),
            partition_by=[PARTITION],
            commit_properties=CommitProperties(custom_metadata={"reason": "erasure", **SEALED}),
        )

    def forget_history(self) -> None:
        """Make the newest version the first one that can be read: delete older log entries and every file it does not name.

        Hold the lake for writing meanwhile: a file that a running load has written but not committed would go too.
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

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lake for writing: one process at a time; the hold ends with the process, however that ends.

        Raises:
            DamageError: the lake is not as it was left; a number in the log would be given twice.
        """
        with self._held():
            self.check()
            if self.sealed() is None:
                self.seal()
            yield
            self.seal()

    @contextmanager
    def _held(self) -> Iterator[None]:
        from filelock import FileLock

        with FileLock(self.path.with_name(f"{self.path.name}.lock")):
            yield
