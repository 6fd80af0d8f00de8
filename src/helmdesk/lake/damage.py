"""What is missing or damaged in a lake, and whose records are lost with it: said precisely, so that
they can be loaded again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from helmdesk.errors import DamageError
from helmdesk.lake.seal import (
    CHECKPOINT,
    LOG,
    checkpoint_number,
    digests_of,
    entry_number,
    entry_path,
)

if TYPE_CHECKING:
    from helmdesk.lake.folder import LakeFolder

Action = dict[str, Any]
POINTER = "_last_checkpoint"
# What a batch says of itself: no records of a support desk.
REPORTS = ("family=batch", "family=quarantine")
MEND = "restore a backup, or load those batches into a new desk"


class Damage(str):
    """One sentence about one file; `mend` says what to do."""

    mend: str

    def __new__(cls, sentence: str, mend: str = MEND) -> Damage:
        """Return the sentence."""
        damage = super().__new__(cls, sentence)
        damage.mend = mend
        return damage


def find_damage(
    lake: LakeFolder, known_version: int | None = None, *, is_thorough: bool = True
) -> list[Damage]:
    """Return one sentence for each file that is missing or damaged; none when the lake is whole.

    Args:
        known_version: a version that is known to have existed, such as the one a mart was made
        from. is_thorough: whether the content of every file is compared with the seal, not its size
        alone.
    """
    found: list[Damage] = []
    digests: dict[str, str] = {}
    try:
        seal = lake.sealed()
    except DamageError as error:
        found.append(Damage(error.what, error.mend or MEND))
    else:
        digests = dict(seal.digests) if seal else {}
    entries = _read_log(lake, digests)
    found += _log_damage(lake, entries, digests, known_version)
    batches = {
        number: [action["txn"]["appId"] for action in actions if "txn" in action]
        for number, actions in entries.items()
        if actions
    }
    live, removed = _named(entries)
    # Where somebody was erased, entries that named files are gone; the seal still names them.
    earlier = [
        path
        for path in digests
        if not path.startswith(f"{LOG}/") and path not in live and path not in removed
    ]
    now = digests_of(
        lake.path / path for path in (*live, *earlier) if is_thorough and path in digests
    )
    changed = {
        path for path in digests if now.get(lake.path / path, digests[path]) != digests[path]
    }
    for path, (number, add) in sorted(live.items()):
        if state := _state(lake.path / path, add["size"], path in changed):
            held = _content(add, batches[number])
            found.append(Damage(f"{lake.path / path} {state}; it held {held}"))
    for path in earlier:
        if state := _state(lake.path / path, None, path in changed):
            family = path.partition("/")[0].partition("=")[2]
            found.append(
                Damage(
                    f"{lake.path / path} {state}; it held {family} records of batches from before"
                    " somebody was erased"
                )
            )
    return found


def _named(
    entries: Mapping[int, list[Action] | None],
) -> tuple[dict[str, tuple[int, Action]], set[str]]:
    """Return the files that the log holds to be there, each with the entry that named it last, and
    those that any entry took away.
    """
    live: dict[str, tuple[int, Action]] = {}
    removed: set[str] = set()
    for number in sorted(entries):
        for action in entries[number] or ():
            if "add" in action:
                live[unquote(action["add"]["path"])] = (number, action["add"])
            elif "remove" in action:
                path = unquote(action["remove"]["path"])
                live.pop(path, None)
                removed.add(path)
    return live, removed


def _state(file: Path, expected: int | None, is_changed: bool) -> str:
    """Return what is wrong with a file; empty where nothing is.

    Args:
        expected: its bytes, where they are known.
        is_changed: its content was compared with the seal and is another.
    """
    if not file.is_file():
        return "is missing"
    size = file.stat().st_size
    if expected is not None and size != expected:
        return f"is damaged: {size:,} of {expected:,} bytes"
    return "is damaged: its content is not what was written" if is_changed else ""


def _read_log(lake: LakeFolder, digests: Mapping[str, str]) -> dict[int, list[Action] | None]:
    """Return the actions of every log entry by version; None for an entry that cannot be read, or
    is not the one that was sealed.
    """
    entries: dict[int, list[Action] | None] = {}
    for path in (lake.path / LOG).glob("*.json"):
        number = entry_number(f"{LOG}/{path.name}")
        if number is not None:
            try:
                content = path.read_bytes()
                is_sealed = digests.get(f"{LOG}/{path.name}") in (
                    None,
                    hashlib.sha256(content).hexdigest(),
                )
                entries[number] = (
                    ([json.loads(line) for line in content.splitlines()] or None)
                    if is_sealed
                    else None
                )
            except (ValueError, OSError):
                entries[number] = None
    return entries


def _log_damage(
    lake: LakeFolder,
    entries: dict[int, list[Action] | None],
    digests: Mapping[str, str],
    known_version: int | None,
) -> Iterator[Damage]:
    sealed = {number for path in digests if (number := entry_number(path)) is not None}
    last = max([*entries, *sealed, -1 if known_version is None else known_version], default=-1)
    checkpoints = {
        number: file
        for file in (lake.path / LOG).glob(f"*{CHECKPOINT}")
        if (number := checkpoint_number(file.name)) is not None
    }
    # Where somebody was erased the log begins with a checkpoint; otherwise with entry 0.
    begin = min([*entries, *sealed], default=0)
    begin = begin if begin in checkpoints or begin in sealed else 0
    unnamed = _unnamed(lake, entries)
    for number in range(begin, last + 1):
        if entries.get(number) is None:
            state = "is damaged" if number in entries else "is missing"
            yield Damage(f"{lake.path / entry_path(number)} {state}; {unnamed}")
    newest = max(
        [
            *checkpoints,
            *(
                number
                for path in digests
                if (number := checkpoint_number(Path(path).name)) is not None
            ),
        ],
        default=None,
    )
    if newest is not None:
        yield from _checkpoint_damage(lake, lake.path / LOG / f"{newest:020d}{CHECKPOINT}", digests)


def _checkpoint_damage(
    lake: LakeFolder, file: Path, digests: Mapping[str, str]
) -> Iterator[Damage]:
    """Say that the newest checkpoint, a copy of the log up to it, is not what was written; without
    one reading is but slower.
    """
    pointer = lake.path / LOG / POINTER
    is_spare = (lake.path / entry_path(0)).is_file()
    mend = f"the log is whole without it: delete {file} and {pointer}" if is_spare else MEND
    now = digests_of([file])[file]
    if now is None and (pointer.is_file() or not is_spare):
        yield Damage(f"{file} is missing, a copy of the log up to it", mend)
    elif now is not None and digests.get(f"{LOG}/{file.name}", now) != now:
        yield Damage(f"{file} is damaged, a copy of the log up to it", mend)


def _unnamed(lake: LakeFolder, entries: dict[int, list[Action] | None]) -> str:
    """Say what lies on the disk without any entry naming it: most likely what the lost entry
    named.
    """
    import duckdb

    named = {
        unquote(action["add"]["path"])
        for actions in entries.values()
        for action in actions or ()
        if "add" in action
    }
    for checkpoint in (lake.path / LOG).glob(f"*{CHECKPOINT}"):
        with contextlib.suppress(
            duckdb.Error, UnicodeDecodeError
        ):  # damaged itself: that is said elsewhere
            paths = duckdb.execute(
                "select add.path from read_parquet(?) where add.path is not null", [str(checkpoint)]
            ).fetchall()
            named |= {unquote(path) for (path,) in paths}
    batches: dict[str, int] = {}
    for file in lake.path.glob("*/*.parquet"):
        if str(file.relative_to(lake.path)) not in named:
            try:
                rows = duckdb.execute(
                    "select batch_id, count(*) from read_parquet(?, hive_partitioning=false) group"
                    " by 1",
                    [str(file)],
                ).fetchall()
            except (duckdb.Error, UnicodeDecodeError):
                continue
            for batch, count in rows:
                batches[batch] = batches.get(batch, 0) + (
                    0 if file.parent.name in REPORTS else count
                )
    if not batches:
        return "what it named is not known"
    return "no other entry names " + ", ".join(
        f"batch {batch} ({count:,} records)" for batch, count in sorted(batches.items())
    )


def _content(add: Action, batches: list[str]) -> str:
    family = add["partitionValues"].get("family", "")
    rows = json.loads(add.get("stats") or "{}").get("numRecords")
    count = f"{rows:,} {family} records" if rows is not None else f"{family} records"
    return (
        f"{count} of batch {', '.join(batches)}"
        if batches
        else f"{count} of several batches, joined by compaction"
    )
