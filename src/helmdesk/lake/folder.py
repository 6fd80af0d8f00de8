"""The folder of a lake: its log, its files, its seal, and the hold of whoever writes to it."""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from helmdesk.errors import BusyError, ConflictError, DamageError, NotFoundError
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

if TYPE_CHECKING:
    from deltalake import DeltaTable

PARTITION = "family"
SETTLES_WITHIN = 10.0  # seconds: to empty a lake takes moments


def _number(name: str) -> int:
    """Return the version of a log entry or a checkpoint by its file's name; -1 for any other
    file.
    """
    found = entry_number(f"{LOG}/{name}")
    return next((number for number in (found, checkpoint_number(name)) if number is not None), -1)


class LakeFolder:
    """What every use of a lake rests on: that it is still what was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_emptying = False

    @property
    def emptying_path(self) -> Path:
        """What lies beside the lake while it is emptied: what is missing then is no damage."""
        return self.path.with_name(f"{self.path.name}.emptying")

    def settle(self) -> None:
        """Wait while another thread or process empties the lake.

        Raises:
            BusyError: it takes too long; whoever did it may have been killed.
        """
        until = time.monotonic() + SETTLES_WITHIN
        while self.emptying_path.exists() and not self._is_emptying:
            if time.monotonic() > until:
                raise BusyError("the desk is being emptied", "try again in a moment")
            time.sleep(0.02)

    def _table(self, version: int | None = None) -> DeltaTable:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        self.settle()
        try:
            return DeltaTable(str(self.path), version=version)
        except TableNotFoundError as error:
            if version is not None and any((self.path / "_delta_log").glob("*.json")):
                raise NotFoundError(
                    f"{self.path}: the lake has no version {version}",
                    f"it begins at {self.first_version()}",
                ) from error
            raise NotFoundError(
                f"{self.path}: no lake here", "create a desk with: helmdesk init DIR"
            ) from error
        except (DeltaError, OSError) as error:
            if version is None:
                raise self.damaged() or NotFoundError(
                    f"{self.path}: the lake cannot be read ({error})"
                ) from error
            raise NotFoundError(f"{self.path}: the lake has no version {version}") from error

    def damaged(self, known_version: int | None = None) -> DamageError | None:
        """Return an error that says what is damaged, or None when nothing is; see `find_damage`."""
        from helmdesk.lake.damage import find_damage

        # To look into every file takes long where there are many.
        found = find_damage(self, known_version, is_thorough=False) or find_damage(
            self, known_version
        )
        if not found:
            return None
        more = f" (and {len(found) - 1} more; helmdesk doctor lists them)" if len(found) > 1 else ""
        return DamageError(f"the lake is damaged: {found[0]}{more}", found[0].mend)

    @property
    def seal_path(self) -> Path:
        """Where the seal lies: beside the lake, so that what strikes one leaves the other."""
        return self.path.with_name(f"{self.path.name}.seal")

    def sealed(self) -> Seal | None:
        """Return the seal; None when no version of Helmdesk that seals has written to this lake.

        Raises:
            DamageError: it is damaged, or lost.
        """
        self.settle()
        seal = Seal.read(self.seal_path)
        if seal is None and any(
            b'"sealed":' in entry.read_bytes() for entry in (self.path / LOG).glob("*.json")
        ):
            raise DamageError(
                f"{self.seal_path} is missing: nothing else tells whether the lake is whole",
                f"restore a backup, or take the lake as it is for whole: {TAKE_WHAT_IS_LEFT}",
            )
        return seal

    def seal(self, first: int = 0) -> None:
        """Seal the lake as it is: new files are hashed, those sealed before keep their digests.
        Hold the lake for writing.

        Args:
            first: where its log begins.
        """
        seal = Seal.read(self.seal_path)
        digests = dict(seal.digests) if seal else {}
        log = sorted(
            f"{LOG}/{file.name}"
            for file in (self.path / LOG).iterdir()
            if _number(file.name) >= first
        )
        if seal is None:
            wanted = {
                str(Path(file).relative_to(self.path.absolute()))
                for files in self._files(self._table()).values()
                for file in files
            }
        else:
            wanted = {path for path in digests if not path.startswith(f"{LOG}/")}
            for name in log:
                number = entry_number(name)
                if name not in digests and number is not None:
                    for action in self.actions(number):
                        wanted |= {unquote(action["add"]["path"])} if "add" in action else set()
                        wanted -= (
                            {unquote(action["remove"]["path"])} if "remove" in action else set()
                        )
        digests = {
            name: digests.get(name) or digest_of(self.path / name)
            for name in sorted({*log, *wanted})
        }
        if seal is None or digests != seal.digests:
            Seal(digests).write(self.seal_path)

    def seal_anew(self) -> None:
        """Take the lake as it is for whole, whatever was lost before."""
        with self._held():
            self.seal_path.unlink(missing_ok=True)
            self.seal()

    def check(self, version: int | None = None) -> None:
        """Make sure that no log entry is lost, and that those which opening `version` reads are as
        they were written.

        Raises:
            DamageError: names the entry.
        """
        seal = self.sealed()
        while seal is not None and not self._agrees(seal, version):
            before, seal = seal, self.sealed()
            if seal == before:  # nobody was at work meanwhile
                raise self.damaged() or ConflictError(
                    f"{self.path}: the lake is changing faster than it can be read", "try again"
                )

    def _agrees(self, seal: Seal, version: int | None) -> bool:
        present = (
            {file.name for file in (self.path / LOG).iterdir()}
            if (self.path / LOG).is_dir()
            else set()
        )
        entries = seal.entries()
        if any(entry_path(number).rpartition("/")[2] not in present for number in entries):
            return False
        last = max(entries, default=-1) if version is None else version
        checkpoint = max(
            (
                number
                for name in present
                if (number := checkpoint_number(name)) is not None and number <= last
            ),
            default=-1,
        )
        read = [entry_path(number) for number in entries if checkpoint < number <= last]
        if checkpoint >= 0:
            read.append(f"{LOG}/{checkpoint:020d}.checkpoint.parquet")
        found = digests_of(self.path / name for name in read)
        return all(
            found[self.path / name] == seal.digests.get(name, found[self.path / name])
            for name in read
        )

    def check_files(self, files: Mapping[str, Collection[str]]) -> None:
        """Make sure that Parquet files hold what was written into them: a flipped bit may be read
        as another ticket.

        Raises:
            DamageError: names the file.
        """
        seal = self.sealed()
        known = seal.digests if seal else {}
        paths = {
            Path(path): str(Path(path).relative_to(self.path.absolute()))
            for listed in files.values()
            for path in listed
        }
        found = digests_of(path for path, name in paths.items() if name in known)
        if any(digest != known[paths[path]] for path, digest in found.items()):
            raise self.damaged() or ConflictError(
                f"{self.path}: files were removed while they were read", "try again"
            )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Say of what cannot be read which file is damaged, and what it held.

        Raises:
            DamageError: instead of whatever the reader of Parquet raised.
        """
        import duckdb
        from deltalake.exceptions import DeltaError

        try:
            yield
        except (duckdb.Error, DeltaError, OSError, UnicodeDecodeError) as error:
            damage = self.damaged()
            if damage is None:
                raise
            raise damage from error

    def actions(self, number: int) -> list[dict[str, Any]]:
        """Return what a log entry did.

        Raises:
            DamageError: it is not what was written.
        """
        content, seal = (self.path / entry_path(number)).read_bytes(), self.sealed()
        digest = hashlib.sha256(content).hexdigest()
        try:
            if seal and seal.digests.get(entry_path(number), digest) != digest:
                raise ValueError("not the entry that was sealed")
            return [json.loads(line) for line in content.splitlines()]
        except ValueError as error:
            raise self.damaged() or DamageError(
                f"{self.path / entry_path(number)} is damaged: {error}"
            ) from error

    def log_digest(self, version: int) -> str:
        """Return the digest of the log up to a version."""
        seal = self.sealed()
        entries = seal.entries() if seal else {}
        sealed = max(entries, default=-1)
        for file in (self.path / LOG).glob("*.json"):
            number = entry_number(f"{LOG}/{file.name}")
            if (
                number is not None and sealed < number <= version
            ):  # of a writer that was killed before it could seal
                entries[number] = digest_of(file)
        return chained(entries, version)

    def confirm(self, log: str, version: int) -> None:
        """Make sure that the log up to `version` is the one that something, such as a mart, was
        made from.

        Raises:
            DamageError: entries were lost or replaced since.
        """
        self.check(-1)
        now = self.log_digest(version)
        if now == log or int(now.split(":")[0]) > int(log.split(":", maxsplit=1)[0]):
            return  # where somebody was erased since, what came before cannot be compared
        raise self.damaged(version) or DamageError(
            f"{self.path}: the log is not the one that the facts of lake version {version} were"
            " made from: entries were lost or replaced since",
            f"restore a backup, or take what is left: {TAKE_WHAT_IS_LEFT}",
        )

    def version(self) -> int:
        """Return the newest version: the highest number in the log, read without opening the table.

        Raises:
            NotFoundError: there is no lake.
            BusyError: it is being emptied.
        """
        self.settle()
        entries = (self.path / "_delta_log").glob("*.json")
        versions = [int(entry.stem) for entry in entries if entry.stem.isdigit()]
        if not versions:
            raise NotFoundError(
                f"{self.path}: no lake here", "create a desk with: helmdesk init DIR"
            )
        return max(versions)

    def first_version(self) -> int:
        """Return the oldest version that can be read: 0, or the one at which somebody was
        erased.
        """
        return min(
            int(entry.stem)
            for entry in (self.path / "_delta_log").glob("*.json")
            if entry.stem.isdigit()
        )

    def has_forgotten(self) -> bool:
        """Whether somebody was erased: earlier versions have ended."""
        return any((self.path / LOG).glob("*.json")) and self.first_version() > 0

    @staticmethod
    def _files(table: DeltaTable) -> dict[str, tuple[str, ...]]:
        files: dict[str, list[str]] = defaultdict(list)
        marker = f"{PARTITION}="
        for uri in table.file_uris():
            path = unquote(uri)  # a folder's name may hold a space
            family = next(part for part in path.split("/")[-2:] if part.startswith(marker))
            files[family.removeprefix(marker)].append(path)
        return {family: tuple(sorted(uris)) for family, uris in sorted(files.items())}

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lake for writing: one process at a time; the hold ends with the process, however
        that ends.

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
