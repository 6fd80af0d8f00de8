"""Zip archives of export files, unpacked into a folder of ours: only plain files, only as large as
they say.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from helmdesk.errors import InputError
from helmdesk.records.limits import Limits
from helmdesk.sources.reading.content import is_workbook

MOST_FILES = 1000
CHUNK = 1 << 20
MAGIC = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"\xfd7zX": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}
OFFICE = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".docx", ".pptx")
# What file managers put into archives beside the files.
BESIDE = ("/__MACOSX/", "/._", "/.DS_Store", "/Thumbs.db", "/desktop.ini")


def unpack_archives(paths: Sequence[Path], folder: Path, limits: Limits) -> list[Path]:
    """Return `paths` with every zip archive replaced by a folder of its files below `folder`.

    Raises:
        InputError: another kind of archive, a document, a path that leads out, a link, a password,
        too much of anything.
    """
    found = []
    for number, path in enumerate(paths):
        kind = _kind(path)
        if kind is None or (kind == "zip" and is_workbook(path)):
            found.append(path)
            continue
        if path.suffix.lower() in OFFICE:
            raise InputError(
                f"{path}: not a spreadsheet, or a damaged one; save the table as .xlsx or CSV"
            )
        if kind != "zip":
            raise InputError(f"{path}: a {kind} archive; unpack it, or send a zip")
        target = folder / str(number) / path.stem
        target.mkdir(parents=True)
        _unpack(path, target, limits)
        found.append(target)
    return found


def _kind(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as handle:
        head = handle.read(512)
    if head[257:262] == b"ustar":
        return "tar"
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)


def _unpack(path: Path, target: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                member
                for member in archive.infolist()
                if not member.is_dir() and not any(part in f"/{member.filename}" for part in BESIDE)
            ]
            if len(members) > MOST_FILES:
                raise InputError(
                    f"{path}: {len(members):,} files; at most {MOST_FILES:,} in one archive"
                )
            total = 0
            for member in members:
                name = _plain_name(path, member)
                if (target / name).exists():
                    raise InputError(f"{path}: holds '{name}' twice")
                total += _extract(path, archive, member, target / name, limits, total)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise InputError(f"{path}: damaged or unusual zip archive ({error})") from error
    if not members:
        raise InputError(f"{path}: an empty archive")


def _plain_name(path: Path, member: zipfile.ZipInfo) -> str:
    """Return the file's own name: sources want files of one folder."""
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0] or "\0" in member.filename:
        raise InputError(f"{path}: holds '{member.filename}', a path that leads out of the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise InputError(
            f"{path}: '{member.filename}' is a link; archives may hold plain files only"
        )
    if member.flag_bits & 1:
        raise InputError(f"{path}: '{member.filename}' has a password; unpack it first")
    return parts[-1]


def _extract(
    path: Path,
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    target: Path,
    limits: Limits,
    before: int,
) -> int:
    """Write one file, whatever size it claims to have, for as long as it stays within the
    limits.
    """
    written = 0
    with archive.open(member) as source, target.open("wb") as copy:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            wrong = limits.excess(max(member.compress_size, 1), written) or limits.excess(
                path.stat().st_size, before + written
            )
            if wrong:
                raise InputError(
                    f"{path}: '{member.filename}' is {wrong}"
                    if "larger" in wrong
                    else f"{path}: '{member.filename}' {wrong}"
                )
            copy.write(chunk)
    return written
