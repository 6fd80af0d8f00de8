"""A desk in one file, and back: settings, metrics, records, and the site's own SQLite database.

The lake only ever adds files, so a copy of one version is taken while others load. Marts are not copied: they are made
from the lake. The archive is a plain tar, readable by its owner alone, with a manifest of digests as its last member.
Keys, password hashes, second factors and sessions are left out, or encrypted with a passphrase (`backup_secrets`).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from helmdesk.backup_secrets import KEY_FILES, RESTORED_NOTE, SITE_DATABASE, decrypt, encrypt, put_secrets, take_secrets
from helmdesk.desk_folder import DeskFolder
from helmdesk.desk_marts import LAKE_FOLDER, MARTS_FOLDER, SETTINGS_FILE, Step, silent
from helmdesk.errors import ConflictError, InputError, NotFoundError, UsageError
from helmdesk.lake.durable import sync
from helmdesk.version import __version__

MANIFEST = "manifest.json"
FORMAT = 1
# Made anew by whoever needs it, or of no use elsewhere.
LEFT_OUT = ("site/static", "site/chart", "site/uploads", "site/audit.lock", "lake.lock", "lake.seal", *KEY_FILES)
SECRETS = "secrets.json"


@dataclass(frozen=True)
class Backup:
    """What an archive holds.

    Attributes:
        lake_version: version of the lake in it.
        files: how many files.
        bytes: how large they are together.
        records: how many records of each type the mart counted for that version.
        has_secrets: whether keys, passwords and second factors are in it, encrypted.
    """

    lake_version: int
    files: int
    bytes: int
    records: dict[str, int]
    has_secrets: bool = False


def back_up(desk: DeskFolder, archive: Path, on_step: Step = silent, passphrase: str | None = None) -> Backup:
    """Write a desk into one tar file, which appears under its name when it is whole.

    Args:
        passphrase: encrypts the site's secrets; None leaves them out.

    Raises:
        ConflictError: there is such a file already.
    """
    if archive.exists():
        raise ConflictError(f"{archive} exists already; choose another name")
    snapshot = desk.lake.snapshot()
    desk.lake.check_files(snapshot.files)
    records = desk.count_records(snapshot)
    waiting = archive.with_name(archive.name + ".part")
    listed: dict[str, dict[str, object]] = {}
    waiting.unlink(missing_ok=True)
    with (
        os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle,
        tarfile.open(fileobj=handle, mode="w") as tar,
        tempfile.TemporaryDirectory() as scratch,
    ):
        root, copies = desk.path.absolute(), Path(scratch)
        database = _copy_database(root / SITE_DATABASE, copies / "site.sqlite3") if (root / SITE_DATABASE).is_file() else None
        found = take_secrets(root, database)
        for name, path in _members(desk, snapshot.version, [file for files in snapshot.files.values() for file in files], copies):
            on_step(f"copying {name}")
            listed[name] = _add(tar, name, path)
        if passphrase is not None:
            (copies / SECRETS).write_bytes(encrypt(found, passphrase))
            listed[SECRETS] = _add(tar, SECRETS, copies / SECRETS)
        manifest = {
            "backup": FORMAT, "helmdesk": __version__, "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "lake_version": snapshot.version, "records": records, "files": listed, "folders": _folder_modes(root, listed),
        }  # fmt: skip
        body = json.dumps(manifest, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(body), 0o600
        tar.addfile(entry, io.BytesIO(body))
    sync(waiting)
    waiting.replace(archive)
    sync(archive.absolute().parent)
    return Backup(snapshot.version, len(listed), archive.stat().st_size, records, passphrase is not None)


def _folder_modes(root: Path, listed: Collection[str]) -> dict[str, int]:
    """Return the modes of all folders that files of the archive lie in, by name."""
    names = {parent.as_posix() for name in listed for parent in PurePosixPath(name).parents} - {"."}
    return {name: (root / name).stat().st_mode & 0o777 for name in sorted(names)}


def _members(desk: DeskFolder, version: int, parquet: list[str], scratch: Path) -> Iterator[tuple[str, Path]]:
    root = desk.path.absolute()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        top = name.split("/")[0]
        if path.is_symlink() or not path.is_file() or top in (LAKE_FOLDER, MARTS_FOLDER) or name.startswith(LEFT_OUT):
            continue
        if name == SITE_DATABASE:
            yield name, scratch / path.name  # copied already, without its secrets
        elif path.suffix == ".sqlite3":
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
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT, path.stat().st_mode & 0o777))
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


def restore(archive: Path, folder: Path, *, is_verified: bool = False, on_step: Step = silent, passphrase: str | None = None) -> Backup:
    """Unpack an archive into a new desk, comparing every file with its digest; with `is_verified` every record is counted too.

    Args:
        passphrase: opens the secrets of the backup, if it has them; None leaves them out.

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
    has_secrets = _put_secrets(archive, folder, passphrase)
    (folder / MARTS_FOLDER).mkdir(exist_ok=True)
    desk = DeskFolder(folder)
    desk.lake.seal_anew()  # every file was compared with its digest just now
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
    return Backup(int(manifest["lake_version"]), len(files), sum(int(entry["bytes"]) for entry in files.values()), dict(found), has_secrets)


def _put_secrets(archive: Path, folder: Path, passphrase: str | None) -> bool:
    """Put the secrets back where the passphrase opens them; a desk without them says at its first start where its log came from."""
    file = folder / SECRETS
    text = file.read_bytes() if file.is_file() else b""
    file.unlink(missing_ok=True)
    if passphrase is not None:
        if not text:
            raise UsageError(f"{archive}: this backup holds no secrets; restore it without a passphrase")
        put_secrets(folder, decrypt(text, passphrase, archive))
    elif (folder / SITE_DATABASE).is_file():
        (folder / RESTORED_NOTE).write_text(archive.name, encoding="utf-8")
    return passphrase is not None


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
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            while source and (chunk := source.read(1 << 20)):
                digest.update(chunk)
                handle.write(chunk)
        # Whatever this user's umask is: a file is as open as it was, and a folder too.
        target.chmod(int(entry["mode"]) & 0o777)
        if digest.hexdigest() != entry["sha256"]:
            raise InputError(f"{archive}: {member.name} is damaged (its digest is not the one in the manifest)")
    if expected:
        raise InputError(f"{archive}: {sorted(expected)[0]} is missing (and {len(expected) - 1} more)")
    for name, mode in manifest.get("folders", {"site": 0o700}).items():
        if (folder / name).is_dir() and ".." not in PurePosixPath(name).parts and not PurePosixPath(name).is_absolute():
            (folder / name).chmod(int(mode) & 0o777)
