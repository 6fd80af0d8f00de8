"""A folder of this machine: whatever file is put there is loaded once, by its content.

A file that is still being written is waited for: it is read once nothing was written to it for a
while. What is put there under a passing name (`.part`, `.tmp`, a leading point) is left alone until
it has its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from helmdesk.connectors.parts.access import Access, GoneError, MissingRightError
from helmdesk.connectors.parts.connector import (
    Ask,
    Connector,
    Cursor,
    Outlook,
    Page,
    Right,
    StoredFile,
    Tell,
)
from helmdesk.errors import UsageError

PASSING = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp")
MARKS = (".", "~$", "_")
"""What names of files begin with that are nobody's data: hidden, locks, marks such as _SUCCESS."""
QUIET = "30"
ASKS = (
    Ask(
        "mapping", "What the columns mean: a mapping file (empty: files are recognised)",
        default="", is_file=True,
    ),
    Ask("zone", "Zone of times without one, such as Europe/Berlin (empty: as files say)",
        default=""),
    Ask("of", "The account whose tickets these are, where the desk has several (empty: found out)",
        default=""),
)  # fmt: skip


class Folder(Access):
    """One folder."""

    def __init__(self, path: Path, quiet_seconds: float) -> None:
        super().__init__()
        self.path, self.quiet_seconds = path, quiet_seconds

    def be_brief(self, attempts: int, seconds: float) -> None:
        """A folder answers at once."""

    def close(self) -> None:
        """Nothing is held open."""


def is_data(name: str) -> bool:
    """Whether a file of this name is somebody's data."""
    last = name.rpartition("/")[2]
    return bool(last) and not last.startswith(MARKS) and not last.lower().endswith(PASSING)


def open_folder(said: Mapping[str, str]) -> Folder:
    """Take a folder.

    Raises:
        UsageError: not its whole path, or no number of seconds.
    """
    path = Path(said["folder"]).expanduser()
    if not path.is_absolute():
        raise UsageError(f"'{said['folder']}': write the folder's whole path, from the root")
    try:
        quiet = float(said.get("quiet") or QUIET)
    except ValueError:
        raise UsageError(f"'{said['quiet']}': not a number of seconds") from None
    return Folder(path, quiet)


def files(folder: Folder) -> Iterator[StoredFile]:
    """Give the files that lie in the folder itself; folders within it are left alone.

    Raises:
        GoneError, MissingRightError: there is no such folder, or it may not be read.
    """
    try:
        entries = sorted(os.scandir(folder.path), key=lambda each: each.name)
    except (FileNotFoundError, NotADirectoryError):
        raise GoneError(f"{folder.path}: there is no such folder") from None
    except PermissionError:
        raise MissingRightError(f"{folder.path}: it may not be read", "allow it") from None
    for entry in entries:
        if not is_data(entry.name):
            continue
        try:
            if not entry.is_file(follow_symlinks=False):
                continue
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # taken away meanwhile
        path = Path(entry.path)
        yield StoredFile(
            entry.name,
            found.st_size,
            _mark(found),
            datetime.fromtimestamp(found.st_mtime, UTC),
            lambda scratch, path=path: _copy(path, scratch),  # type: ignore[misc]
            folder.quiet_seconds,
        )


def _mark(found: os.stat_result) -> str:
    return f"{found.st_mtime_ns}:{found.st_size}:{found.st_ino}"


def _copy(path: Path, scratch: Path) -> Path | None:
    """Copy a file, whole and as it was at one time."""
    copy = scratch / path.name
    try:
        before = path.stat()
        shutil.copyfile(path, copy)
        after = path.stat()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise MissingRightError(f"{path}: it may not be read", "allow it") from None
    return copy if _mark(before) == _mark(after) else None


def rights(folder: Folder) -> Iterator[Right]:
    """List the folder."""
    list(files(folder))
    yield Right(f"the folder {folder.path}", True, is_needed=True)


def count(folder: Folder, since: str) -> int:
    """Return how many files lie there."""
    return len(list(files(folder)))


def outlook(folder: Folder, since: str) -> Outlook:
    """Return how many files lie there."""
    return Outlook(count(folder, since), None, "files")


def no_pages(_api: Access, _since: str, _cursor: Cursor, _tell: Tell) -> Iterator[Page]:
    """Give nothing: files are loaded as files."""
    yield from ()


connector = Connector(
    title="Folder",
    source="file",
    asks=(
        Ask("folder", "The folder, with its whole path"),
        *ASKS,
        Ask(
            "quiet", "For how many seconds nothing must have been written to a file", default=QUIET
        ),
    ),
    key_words="no key: whoever runs the site must be allowed to read the folder",
    open=open_folder,
    rights=rights,
    pages=no_pages,
    outlook=outlook,
    count=count,
    files=files,
    is_general=True,
    is_on_site=False,
)
