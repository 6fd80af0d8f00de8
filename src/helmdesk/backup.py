"""A desk in one file, and back: settings, metrics, records, and the site's own SQLite database.

The lake only ever adds files, so a copy of one version is taken while others load. Marts are not copied: they are made
from the lake. The archive is a plain tar with a manifest of digests as its last member.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from helmdesk.desk_folder import DeskFolder
from helmdesk.desk_marts import LAKE_FOLDER, MARTS_FOLDER, SETTINGS_FILE, Step, silent
from helmdesk.errors import ConflictError, InputError, NotFoundError
from helmdesk.lake.durable import sync
from helmdesk.version import __version__

MANIFEST = "manifest.json"
FORMAT = 1
# Made anew by whoever needs it, or of no use elsewhere.
LEFT_OUT = ("site/static", "site/chart", "site/uploads", "lake.lock")


@dataclass(frozen=True)
class Backup:
    """What an archive holds.

    Attributes:
        lake_version: version of the lake in it.
        files: how many files.
        bytes: how large they are together.
        records: how many records of each type the mart counted for that version.
    """

    lake_version: int
    files: int
    bytes: int
    records: dict[str, int]


def back_up(desk: DeskFolder, archive: Path, on_step: Step = silent) -> Backup:
    """Write a desk into one tar file, which appears under its name when it is whole.

    Raises:
        ConflictError: there is such a file already.
    """
    if archive.exists():
        raise ConflictError(f"{archive} exists already; choose another name")
    snapshot = desk.lake.snapshot()
    records = desk.count_records(snapshot)
    waiting = archive.with_name(archive.name + ".part")
    listed: dict[str, dict[str, object]] = {}
    with tarfile.open(waiting, "w") as tar, tempfile.TemporaryDirectory() as scratch:
        for name, path in _members(desk, snapshot.version, [file for files in snapshot.files.values() for file in files], Path(scratch)):
            on_step(f"copying {name}")
            listed[name] = _add(tar, name, path)
        manifest = {
            "backup": FORMAT, "helmdesk": __version__, "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "lake_version": snapshot.version, "records": records, "files": listed,
        }  # fmt: skip
        body = json.dumps(manifest, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(body)
        tar.addfile(entry, io.BytesIO(body))
    sync(waiting)
    waiting.replace(archive)
    sync(archive.absolute().parent)
    return Backup(snapshot.version, len(listed), archive.stat().st_size, records)


def _members(desk: DeskFolder, version: int, parquet: list[str], scratch: Path) -> Iterator[tuple[str, Path]]:
    root = desk.path.absolute()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        top = name.split("/")[0]
        if path.is_symlink() or not path.is_file() or top in (LAKE_FOLDER, MARTS_FOLDER) or name.startswith(LEFT_OUT):
            continue
        if path.suffix == ".sqlite3":
            yield name, _copy_database(path, scratch / path.name)
        elif not name.endswith(("-wal", "-shm", "-journal", ".lock")):
            yield name, path
    for entry in sorted((root / LAKE_FOLDER / "_delta_log").iterdir()):
        number = entry.name.split(".")[0]
        if number.isdigit() and int(number) <= version:
            yield entry.relative_to(root).as_posix(), entry
    for file in sorted(parquet):
        yield Path(file).absolute().relative_to(root).as_posix(), Path(file)


def _copy_database(path: Path, target: Path) -> Path:
    """Copy an SQLite database as of one moment, whoever writes to it."""
    source, copy = sqlite3.connect(path), sqlite3.connect(target)
    source.backup(copy)
    source.close()
    copy.close()
    return target


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, object]:
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    tar.add(path, name, recursive=False)
    return {"bytes": path.stat().st_size, "sha256": digest, "mode": path.stat().st_mode & 0o777}


def restore(archive: Path, folder: Path, *, is_verified: bool = False, on_step: Step = silent) -> Backup:
    """Unpack an archive into a new desk, comparing every file with its digest; with `is_verified` every record is counted too.

    Raises:
        NotFoundError: no such file.
        InputError: not a backup, damaged, or with paths that lead out of the folder.
        ConflictError: the folder holds something already.
    """
    if not archive.is_file():
        raise NotFoundError(f"{archive}: no such file")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(f"{folder} is not empty; choose a new folder")
    try:
        with tarfile.open(archive, "r:") as tar:
            manifest = _read_manifest(tar, archive)
            _unpack(tar, manifest, folder, archive, on_step)
    except tarfile.TarError as error:
        raise InputError(f"{archive}: not a whole backup ({error})") from error
    (folder / MARTS_FOLDER).mkdir(exist_ok=True)
    desk = DeskFolder(folder)
    found = manifest["records"]
    if is_verified:
        on_step("counting records")
        counted = desk.count_records(desk.lake.snapshot())
        if counted != found:
            wrong = next(kind for kind in {**found, **counted} if found.get(kind) != counted.get(kind))
            raise InputError(f"{archive}: {wrong}: {found.get(wrong, 0):,} records backed up, {counted.get(wrong, 0):,} restored")
    on_step("building the mart")
    desk.refresh()
    files = manifest["files"]
    return Backup(int(manifest["lake_version"]), len(files), sum(int(entry["bytes"]) for entry in files.values()), dict(found))


def _read_manifest(tar: tarfile.TarFile, archive: Path) -> dict[str, Any]:
    try:
        handle = tar.extractfile(MANIFEST)
        manifest = json.loads(handle.read()) if handle else {}
    except (KeyError, ValueError) as error:
        raise InputError(f"{archive}: not a whole backup: {MANIFEST} is missing or damaged") from error
    if manifest.get("backup") != FORMAT or SETTINGS_FILE not in manifest.get("files", {}):
        raise InputError(f"{archive}: not a backup that this version knows")
    return manifest


def _unpack(tar: tarfile.TarFile, manifest: dict[str, Any], folder: Path, archive: Path, on_step: Step) -> None:
    expected = dict(manifest["files"])
    for member in tar:
        if member.name == MANIFEST:
            continue
        parts = PurePosixPath(member.name).parts
        if member.name not in expected or not member.isreg() or ".." in parts or PurePosixPath(member.name).is_absolute():
            raise InputError(f"{archive}: holds '{member.name}', which no backup has")
        on_step(f"restoring {member.name}")
        target = folder / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        entry, source = expected.pop(member.name), tar.extractfile(member)
        digest = hashlib.sha256()
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, entry["mode"]), "wb") as handle:
            while source and (chunk := source.read(1 << 20)):
                digest.update(chunk)
                handle.write(chunk)
        if digest.hexdigest() != entry["sha256"]:
            raise InputError(f"{archive}: {member.name} is damaged (its digest is not the one in the manifest)")
    if expected:
        raise InputError(f"{archive}: {sorted(expected)[0]} is missing (and {len(expected) - 1} more)")
