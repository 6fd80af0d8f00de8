"""The seal of a lake: a digest of every file it held when it was last written to, kept beside it in
``lake.seal``.

A log whose last entries are lost looks like a younger log, a flipped bit like another record:
without a witness outside the lake neither can be told. The seal is that witness. Whoever writes to
the lake renews it while holding the lake; it may lag behind a writer that was killed, and is never
ahead of the lake.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from helmdesk.errors import DamageError
from helmdesk.lake.durable import sync

LOG = "_delta_log"
ENTRY, CHECKPOINT = ".json", ".checkpoint.parquet"
TAKE_WHAT_IS_LEFT = "helmdesk refresh --accept-loss"
"""The command that seals a lake as it is now."""


@dataclass(frozen=True)
class Seal:
    """Digests by path within the lake; log entries, checkpoints and the files that the newest
    version names.
    """

    digests: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Seal | None:
        """Read a seal; None when there is none.

        Raises:
            DamageError: it is not what was written.
        """
        try:
            content = json.loads(path.read_bytes())
            seal, own = cls(content["files"]), content["digest"]
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            seal, own = cls({}), ""
        if not isinstance(seal.digests, dict) or own != seal.own_digest():
            raise DamageError(
                f"{path} is damaged: it no longer tells what the lake held",
                f"restore a backup, or take the lake as it is for whole: {TAKE_WHAT_IS_LEFT}",
            )
        return seal

    def write(self, path: Path) -> None:
        """Put the seal in the place of the one before; whoever reads finds one or the other."""
        waiting = path.with_name(f"{path.name}.new")
        waiting.write_text(
            json.dumps({"files": self.digests, "digest": self.own_digest()}, indent=0),
            encoding="utf-8",
        )
        sync(waiting)
        waiting.replace(path)
        sync(path.parent)

    def own_digest(self) -> str:
        """Return the digest of the seal itself."""
        return hashlib.sha256(json.dumps(self.digests, sort_keys=True).encode()).hexdigest()

    def entries(self) -> dict[int, str]:
        """Return the digests of log entries by version."""
        return {
            number: digest
            for path, digest in self.digests.items()
            if (number := entry_number(path)) is not None
        }


def entry_number(path: str) -> int | None:
    """Return the version of a log entry, by its path within the lake; None for any other file."""
    folder, _, name = path.rpartition("/")
    stem = name.removesuffix(ENTRY)
    return int(stem) if folder == LOG and stem != name and stem.isdigit() else None


def checkpoint_number(name: str) -> int | None:
    """Return the version of a checkpoint by its file's name; None for any other file."""
    stem = name.removesuffix(CHECKPOINT)
    return int(stem) if stem != name and stem.isdigit() else None


def entry_path(number: int) -> str:
    """Return the path within the lake of a log entry."""
    return f"{LOG}/{number:020d}{ENTRY}"


def digest_of(path: Path) -> str:
    """Return the digest of a file's content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def digests_of(paths: Iterable[Path]) -> dict[Path, str | None]:
    """Return the digests of many files, None for those that cannot be read; hashing lets other
    threads run.
    """
    listed = list(paths)
    with ThreadPoolExecutor() as pool:
        return dict(zip(listed, pool.map(_digest_or_none, listed), strict=True))


def _digest_or_none(path: Path) -> str | None:
    try:
        return digest_of(path)
    except OSError:
        return None


def chained(entries: Mapping[int, str], until: int) -> str:
    """Return one digest of log entries from the first to the one of version `until`, preceded by
    the first one's number.

    Where the log begins changes when somebody is erased: what was made of earlier entries cannot be
    compared any more.
    """
    first = min(entries, default=0)
    told = "".join(
        f"{number}:{entries.get(number, 'missing')}\n" for number in range(first, until + 1)
    )
    return f"{first}:{hashlib.sha256(told.encode()).hexdigest()}"
