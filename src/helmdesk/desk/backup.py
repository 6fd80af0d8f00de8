"""A desk in one file, and back: settings, metrics, records, and the site's own SQLite database.

The lake only ever adds files, so a copy of one version is taken while others load. Marts are not
copied: they are made from the lake. The archive is a plain tar, readable by its owner alone, with a
manifest of digests as its last member. Keys, password hashes, second factors and sessions are left
out, or encrypted with a passphrase (`backup_secrets`). What is not a desk's own is left out too,
whatever it is, and named: somebody's own copy of a key may lie beside a desk.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from helmdesk.catalogue.custom import FOLDER as METRICS_FOLDER
from helmdesk.desk.backup_secrets import (
    KEY_FILES,
    RESTORED_NOTE,
    SITE_DATABASE,
    decrypt,
    encrypt,
    forget_sessions,
    put_secrets,
    take_secrets,
)
from helmdesk.desk.connections import FOLDER as CONNECTIONS_FOLDER
from helmdesk.desk.desk import Desk
from helmdesk.desk.folder import LAKE_FOLDER, MARTS_FOLDER, SETTINGS_FILE
from helmdesk.desk.marts import Step, silent
from helmdesk.desk.taxonomies import FILE as THEMES_FILE
from helmdesk.desk.taxonomies import FOLDER as THEMES_FOLDER
from helmdesk.errors import ConflictError, InputError, NotFoundError, UsageError
from helmdesk.insight.dismissals import FILE as DISMISSALS_FILE
from helmdesk.lake.durable import sync
from helmdesk.lake.erasure import ERASED_FILE
from helmdesk.lake.lake import Snapshot
from helmdesk.plan.forecast.versions import FOLDER as FORECASTS_FOLDER
from helmdesk.predict.closing import CLOSINGS
from helmdesk.predict.store import FOLDER as MODELS_FOLDER
from helmdesk.predict.targets import TARGETS
from helmdesk.version import __version__

MANIFEST = "manifest.json"
FORMAT = 1
SECRETS, UNFINISHED = "secrets.json", f"{SETTINGS_FILE}.restoring"
AUDIT_HEAD = "site/audit.head"
# Made anew by whoever needs it, of no use elsewhere, or in the archive by another way.
ELSEWHERE = {
    *(
        LAKE_FOLDER,
        MARTS_FOLDER,
        f"{LAKE_FOLDER}.lock",
        f"{LAKE_FOLDER}.seal",
        METRICS_FOLDER,
        CONNECTIONS_FOLDER,
        FORECASTS_FOLDER,
        MODELS_FOLDER,
        THEMES_FILE,
        THEMES_FOLDER,
        "site",
        RESTORED_NOTE,
        *KEY_FILES,
    ),
    *(f"site/{name}" for name in ("static", "chart", "uploads", "audit.lock", "audit.new")),
    *(f"{SITE_DATABASE}{ending}" for ending in ("", "-wal", "-shm", "-journal")),
}
OWN_METRICS = (".toml", ".lock")


@dataclass(frozen=True)
class Backup:
    """What an archive holds.

    Attributes:
        lake_version: version of the lake in it.
        files: how many files.
        bytes: how large they are together.
        records: how many records of each type the mart counted for that version.
        has_secrets: whether keys, passwords and second factors are in it; encrypted, unless an
        earlier version wrote it. has_open_secrets: whether they are in it for everybody to read, as
        in backups of earlier versions. left_out: what lies in the desk's folder and is not the
        desk's own.
    """

    lake_version: int
    files: int
    bytes: int
    records: dict[str, int]
    has_secrets: bool = False
    has_open_secrets: bool = False
    left_out: tuple[str, ...] = ()


def back_up(
    desk: Desk, archive: Path, on_step: Step = silent, passphrase: str | None = None
) -> Backup:
    """Write a desk into one tar file, which appears under its name when it is whole.

    Args:
        passphrase: encrypts the site's secrets; None leaves them out.

    Raises:
        ConflictError: there is such a file already.
    """
    if archive.exists():
        raise ConflictError(f"{archive} exists already; choose another name")
    root, snapshot = desk.path.absolute(), desk.lake.snapshot()
    desk.lake.check_files(snapshot.files)
    records = desk.contents.count_records(snapshot)
    waiting = archive.with_name(archive.name + ".part")
    listed: dict[str, dict[str, object]] = {}
    waiting.unlink(missing_ok=True)
    with (
        os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle,
        tarfile.open(fileobj=handle, mode="w") as tar,
        tempfile.TemporaryDirectory() as scratch,
    ):
        copies = Path(scratch)
        members = [*_own_files(root), *_lake_files(root, snapshot)]
        site, found = _site_files(root, copies)
        for name, path in [*members, *site]:
            on_step(f"copying {name}")
            listed[name] = _add(tar, name, path)
        manifest = {
            "backup": FORMAT,
            "helmdesk": __version__,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "lake_version": snapshot.version,
            "records": records,
            "files": listed,
            "folders": _folder_modes(root, listed),
        }
        if passphrase is not None:
            (copies / SECRETS).write_bytes(encrypt(found, passphrase, _bound(manifest)))
            listed[SECRETS] = _add(tar, SECRETS, copies / SECRETS)
        _add_bytes(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
    sync(waiting)
    waiting.replace(archive)
    sync(archive.absolute().parent)
    left_out = tuple(sorted(_strangers(root, {*listed, archive.name})))
    return Backup(
        snapshot.version,
        len(listed),
        archive.stat().st_size,
        records,
        passphrase is not None,
        left_out=left_out,
    )


def _bound(manifest: dict[str, Any]) -> bytes:
    """Return what the passphrase vouches for beside the secrets: all the rest of the archive, by
    its digests.
    """
    files = {name: entry for name, entry in manifest["files"].items() if name != SECRETS}
    return json.dumps({**manifest, "files": files}, sort_keys=True).encode()


def _folder_modes(root: Path, listed: Collection[str]) -> dict[str, int]:
    """Return the modes of the desk's folder and all folders that files of the archive lie in, by
    name.
    """
    names = {parent.as_posix() for name in listed for parent in PurePosixPath(name).parents}
    return {name: _closed(name, (root / name).stat().st_mode) for name in sorted(names)}


def _closed(name: str, mode: int) -> int:
    """Return how open a file or folder may be: what belongs to the site is for its owner alone, and
    nothing is for all to write.
    """
    return mode & (0o700 if PurePosixPath(name).parts[:1] == ("site",) else 0o775)


def _own_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield what somebody set for the desk: settings, metrics, what was dismissed, whom it
    forgot; and what it learned.
    """
    models = [root / MODELS_FOLDER / target for target in (*TARGETS, *CLOSINGS)]
    own = [
        root / SETTINGS_FILE,
        root / ERASED_FILE,
        root / DISMISSALS_FILE,
        root / THEMES_FILE,
        *sorted((root / THEMES_FOLDER).glob("*.toml")),
        *sorted((root / METRICS_FOLDER).glob("*")),
        *sorted((root / CONNECTIONS_FOLDER).glob("*.toml")),
        *sorted((root / FORECASTS_FOLDER).glob("*.json")),
        *(file for folder in models for file in sorted(folder.glob("*.json"))),
    ]
    folders = {root, root / THEMES_FOLDER, root / FORECASTS_FOLDER, *models}
    for path in own:
        if (
            path.is_file()
            and not path.is_symlink()
            and (path.parent in folders or path.suffix in OWN_METRICS)
        ):
            yield path.relative_to(root).as_posix(), path


def _lake_files(root: Path, snapshot: Snapshot) -> Iterator[tuple[str, Path]]:
    """Yield the files of one version of the lake, and the log up to it."""
    for entry in sorted((root / LAKE_FOLDER / "_delta_log").iterdir()):
        number = entry.name.split(".")[0]
        if number.isdigit() and int(number) <= snapshot.version:
            yield entry.relative_to(root).as_posix(), entry
    for file in sorted(file for files in snapshot.files.values() for file in files):
        yield Path(file).absolute().relative_to(root).as_posix(), Path(file)


def _site_files(root: Path, scratch: Path) -> tuple[list[tuple[str, Path]], dict[str, Any]]:
    """Return what the site keeps, without its secrets, and the secrets. They reach no disk on the
    way.
    """
    taken: list[tuple[str, Path]] = []
    if (root / AUDIT_HEAD).is_file():
        # Before the database: the note may lag behind the log, and never be ahead of it.
        (scratch / "head").write_bytes((root / AUDIT_HEAD).read_bytes())
        taken.append((AUDIT_HEAD, scratch / "head"))
    if not (root / SITE_DATABASE).is_file():
        return taken, take_secrets(root, None)
    with closing(sqlite3.connect(":memory:")) as memory:
        try:
            with closing(sqlite3.connect(root / SITE_DATABASE)) as source:
                source.backup(memory)
            found = take_secrets(root, memory)
        except sqlite3.DatabaseError as error:
            mend = (
                "move it elsewhere to back up the rest, and put back the one of an earlier backup"
            )
            raise InputError(f"{root / SITE_DATABASE}: cannot be read ({error}); {mend}") from error
        with closing(sqlite3.connect(scratch / "site.sqlite3")) as copy:
            memory.backup(copy)
    return [*taken, (SITE_DATABASE, scratch / "site.sqlite3")], found


def _strangers(root: Path, known: Collection[str]) -> Iterator[str]:
    """Yield what lies in a desk's folder and is not in the archive, nor made anew, nor a secret
    that was looked for.
    """
    for path in (*root.iterdir(), *(root / METRICS_FOLDER).glob("*"), *(root / "site").glob("*")):
        name = path.relative_to(root).as_posix()
        if name not in ELSEWHERE and name not in known and path.suffix != ".lock":
            yield name


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, object]:
    entry = tarfile.TarInfo(name)
    found = path.stat()
    # Copies of the site's files are ours, and as closed as they are.
    entry.size, entry.mtime, entry.mode = (
        found.st_size,
        int(found.st_mtime),
        0o600 if name == SECRETS else _closed(name, found.st_mode),
    )
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        handle.seek(0)
        tar.addfile(entry, handle)
    return {"bytes": entry.size, "sha256": digest, "mode": entry.mode}


def _add_bytes(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(body), 0o600
    tar.addfile(entry, io.BytesIO(body))


def restore(
    archive: Path,
    folder: Path,
    *,
    is_verified: bool = False,
    on_step: Step = silent,
    passphrase: str | None = None,
) -> Backup:
    """Unpack an archive into a new desk, comparing every file with its digest; with `is_verified`
    every record is counted too.

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
            secrets = _read_secrets(tar, manifest, archive, passphrase)
            with _undone_on_failure(folder) as is_new:
                _unpack(tar, manifest, folder, archive, on_step, is_new)
                _complete(folder, manifest, secrets)
    except tarfile.TarError as error:
        raise InputError(f"{archive}: not a whole backup ({error})") from error
    desk = Desk(folder)
    desk.lake.seal_anew()  # every file was compared with its digest just now
    found, files = manifest["records"], manifest["files"]
    if is_verified:
        on_step("counting records")
        counted = desk.contents.count_records(desk.lake.snapshot())
        if counted != found:
            wrong = next(
                kind for kind in {**found, **counted} if found.get(kind) != counted.get(kind)
            )
            raise InputError(
                f"{archive}: {wrong}: {found.get(wrong, 0):,} records backed up,"
                f" {counted.get(wrong, 0):,} restored"
            )
    on_step("building the mart")
    desk.refresh()
    is_open = any(name in files for name in KEY_FILES)
    size = sum(int(entry["bytes"]) for entry in files.values())
    return Backup(
        int(manifest["lake_version"]),
        len(files),
        size,
        dict(found),
        secrets is not None or is_open,
        is_open,
    )


def _read_secrets(
    tar: tarfile.TarFile, manifest: dict[str, Any], archive: Path, passphrase: str | None
) -> dict[str, Any] | None:
    """Return the opened secrets, before anything is written; None where no passphrase is given."""
    if passphrase is None:
        return None
    if SECRETS not in manifest["files"]:
        raise UsageError(
            f"{archive}: this backup holds no secrets; restore it without a passphrase"
        )
    try:
        handle = tar.extractfile(SECRETS)
    except KeyError as error:
        raise InputError(f"{archive}: {SECRETS} is missing") from error
    return decrypt(handle.read() if handle else b"", passphrase, archive, _bound(manifest))


def _complete(folder: Path, manifest: dict[str, Any], secrets: dict[str, Any] | None) -> None:
    """Put the secrets where they belong, end all sessions, and leave a note for the site's audit
    log.
    """
    (folder / SECRETS).unlink(missing_ok=True)
    if (folder / SITE_DATABASE).is_file():
        forget_sessions(folder / SITE_DATABASE)
    if secrets is not None:
        put_secrets(folder, secrets)
    if (folder / SITE_DATABASE).is_file():
        (folder / RESTORED_NOTE).write_text(
            f"of {manifest.get('made_at', 'an unknown time')}", encoding="utf-8"
        )
    (folder / MARTS_FOLDER).mkdir(exist_ok=True)
    # A desk from now on: one that was not restored whole must not look like one.
    (folder / UNFINISHED).rename(folder / SETTINGS_FILE)


@contextmanager
def _undone_on_failure(folder: Path) -> Iterator[bool]:
    """Make a folder for its owner alone, if it is new; take away what was put into it if that
    fails.
    """
    is_new = not folder.exists()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if is_new:
        folder.mkdir(mode=0o700)
    try:
        yield is_new
    except BaseException:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if is_new:
            folder.rmdir()
        raise


def _read_manifest(tar: tarfile.TarFile, archive: Path) -> dict[str, Any]:
    try:
        handle = tar.extractfile(MANIFEST)
        manifest = json.loads(handle.read()) if handle else {}
    except (KeyError, ValueError) as error:
        raise InputError(
            f"{archive}: not a whole backup: {MANIFEST} is missing or damaged"
        ) from error
    if manifest.get("backup") != FORMAT or SETTINGS_FILE not in manifest.get("files", {}):
        raise InputError(f"{archive}: not a backup that this version knows")
    return manifest


def _unpack(
    tar: tarfile.TarFile,
    manifest: dict[str, Any],
    folder: Path,
    archive: Path,
    on_step: Step,
    is_new: bool,
) -> None:
    expected = dict(manifest["files"])
    for member in tar:
        if member.name == MANIFEST:
            continue
        if (
            member.name not in expected
            or not member.isreg()
            or member.mode & 0o7000
            or not _is_inside(member.name)
        ):
            raise InputError(f"{archive}: holds '{member.name}', which no backup has")
        on_step(f"restoring {member.name}")
        target = folder / (UNFINISHED if member.name == SETTINGS_FILE else member.name)
        _make_folders(folder, target.parent)
        entry, source = expected.pop(member.name), tar.extractfile(member)
        mode = _mode(entry, member.name, archive)
        digest = hashlib.sha256()
        with os.fdopen(
            os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
        ) as handle:
            while source and (chunk := source.read(1 << 20)):
                digest.update(chunk)
                handle.write(chunk)
        # Whatever this user's umask is: a file is as open as it was, and a folder too.
        target.chmod(mode)
        if digest.hexdigest() != entry["sha256"]:
            raise InputError(
                f"{archive}: {member.name} is damaged (its digest is not the one in the manifest)"
            )
    if expected:
        raise InputError(
            f"{archive}: {sorted(expected)[0]} is missing (and {len(expected) - 1} more)"
        )
    for name, mode in manifest.get("folders", {}).items():
        if _is_inside(name) and (folder / name).is_dir() and (is_new or name != "."):
            (folder / name).chmod(_mode({"mode": mode}, name, archive))


def _is_inside(name: str) -> bool:
    return ".." not in PurePosixPath(name).parts and not PurePosixPath(name).is_absolute()


def _mode(entry: dict[str, Any], name: str, archive: Path) -> int:
    """Return how open a restored file or folder is: as it was, and no program that runs as somebody
    else.
    """
    mode = entry.get("mode")
    if not isinstance(mode, int) or not 0 <= mode <= 0o777:
        shown = f"{mode:o}" if isinstance(mode, int) else mode
        raise InputError(f"{archive}: {name} has the mode {shown}, which no backup has")
    return _closed(name, mode)


def _make_folders(root: Path, folder: Path) -> None:
    """Make a folder and those above it, closed until their own mode is known."""
    for each in (*reversed(folder.relative_to(root).parents), folder.relative_to(root)):
        (root / each).mkdir(mode=0o700, exist_ok=True)
