"""Where marts live: one published file, replaced by rename, never opened for writing by readers."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path

PUBLISHED = "mart.duckdb"
BUILDING = ".building-"


def published_mart(folder: Path) -> Path:
    """Return the path of the published mart, whether or not it exists."""
    return folder / PUBLISHED


def publish_mart(folder: Path, build: Callable[[Path], None], version_of: Callable[[Path], int], version: int) -> None:
    """Build a mart beside the published one and put it in its place, unless a newer one got there first.

    A process killed at any instant leaves the old mart published and a building file that the next
    refresh removes.
    """
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    path = folder / f"{BUILDING}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        build(path)
        _fsync(path)
        with FileLock(folder / ".publish.lock"):
            target = published_mart(folder)
            if not target.exists() or version_of(target) <= version:
                path.replace(target)
                _fsync(folder)
    finally:
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _remove_abandoned(folder: Path) -> None:
    for left in folder.glob(f"{BUILDING}*"):
        owner = left.name.removeprefix(BUILDING).split("-")[0]
        if not (owner.isdigit() and _is_alive(int(owner))):
            left.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
