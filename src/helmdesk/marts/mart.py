"""Where marts live: a file per build, and a pointer to the published one that is replaced by
rename.

Every build has a name of its own, so a process that still reads the last mart can open the next one
beside it. Nobody ever opens a published mart for writing.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from helmdesk.lake.durable import sync

POINTER = "CURRENT"
NAME = re.compile(r"mart-[0-9]+-[0-9a-f]{8}\.duckdb")
BUILDING = ".building-"
# Tables that Spark made are folders which executors read while they answer.
KEPT_TABLES = 3
ANSWERS = ".answers"


def published_mart(folder: Path) -> Path | None:
    """Return the path of the published mart, or None when there is none."""
    try:
        name = (folder / POINTER).read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    # A damaged pointer names no mart; whatever else it names is none.
    return folder / name if NAME.fullmatch(name) and (folder / name).is_file() else None


def is_pointer_damaged(folder: Path) -> bool:
    """Whether there is a pointer, and it leads to no mart."""
    return (folder / POINTER).is_file() and published_mart(folder) is None


def is_whole(path: Path) -> bool:
    """Whether a mart can be read to its end; every block of it carries a digest."""
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select table_name from duckdb_tables() where not internal"
            ).fetchall()
            for (table,) in tables:
                connection.execute(f'select bit_xor(hash(t)) from "{table}" t').fetchall()
    except duckdb.Error:
        return False
    return True


def publish_mart(
    folder: Path, build: Callable[[Path], None], version_of: Callable[[Path], int], version: int
) -> None:
    """Build a mart beside the published one and point to it, unless a newer one got there first.

    A process killed at any instant leaves the old mart published and a building file that the next
    refresh removes. Marts that are no longer pointed to are deleted; whoever has one open keeps it.
    """
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    path = _own_name(folder)
    try:
        build(path)
        sync(path)
        with FileLock(folder / ".publish.lock"):
            current = published_mart(folder)
            if current is None or _is_older(current, version_of, version):
                target = path.rename(folder / f"mart-{version}-{uuid.uuid4().hex[:8]}.duckdb")
                _point_to(folder, target)
                for left in _marts(folder):
                    if left.stem != target.stem:
                        left.unlink(missing_ok=True)
    finally:
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        shutil.rmtree(spill_folder(path), ignore_errors=True)


def _marts(folder: Path) -> Iterator[Path]:
    """Return marts, and what was answered of them."""
    yield from folder.glob("mart-*.duckdb")
    yield from folder.glob(f"mart-*{ANSWERS}")


def answers_file(mart: Path) -> Path:
    """Return where answers of a mart are kept; they go with it."""
    return mart.with_suffix(ANSWERS)


def keep_beside(mart: Path, content: bytes) -> bool:
    """Write the answers of a mart, for its owner alone; False when it is published no longer."""
    from filelock import FileLock

    waiting = _own_name(mart.parent)
    try:
        waiting.touch(mode=0o600)
        waiting.write_bytes(content)
        with FileLock(mart.parent / ".publish.lock"):
            if published_mart(mart.parent) != mart:
                return False
            waiting.replace(answers_file(mart))
    finally:
        waiting.unlink(missing_ok=True)
    return True


def spill_folder(path: Path) -> Path:
    """Return where the build of `path` writes what does not fit into memory."""
    return path.with_name(path.name + ".tmp")


@contextmanager
def spilling(folder: Path) -> Iterator[Path]:
    """Offer a folder for what does not fit into memory; it goes with the work, or with the next
    refresh after a kill.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = spill_folder(_own_name(folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _own_name(folder: Path) -> Path:
    return folder / f"{BUILDING}{os.getpid()}-{uuid.uuid4().hex[:8]}"


def remove_marts(folder: Path) -> None:
    """Delete all marts: the next refresh makes one from the lake."""
    from filelock import FileLock

    with FileLock(folder / ".publish.lock"):
        (folder / POINTER).unlink(missing_ok=True)
        for mart in _marts(folder):
            mart.unlink(missing_ok=True)
        for tables in folder.glob("spark-*"):
            shutil.rmtree(tables)


def forget_older_tables(folder: Path) -> None:
    """Delete what Spark made of earlier versions; the latest ones stay for whoever still reads
    them.
    """
    made = sorted(folder.glob("spark-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for tables in made[KEPT_TABLES:]:
        shutil.rmtree(tables, ignore_errors=True)


def _is_older(current: Path, version_of: Callable[[Path], int], version: int) -> bool:
    try:
        return version_of(current) <= version
    except Exception:  # A damaged mart is older than any other.
        return True


def _point_to(folder: Path, target: Path) -> None:
    waiting = folder / f"{BUILDING}{os.getpid()}-pointer"
    waiting.write_text(target.name + "\n", encoding="utf-8")
    sync(waiting)
    waiting.replace(folder / POINTER)
    sync(folder)


def _remove_abandoned(folder: Path) -> None:
    for left in folder.glob(f"{BUILDING}*"):
        owner = left.name.removeprefix(BUILDING).split("-")[0]
        if not (owner.isdigit() and _is_alive(int(owner))):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
