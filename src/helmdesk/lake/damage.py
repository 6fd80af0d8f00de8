"""What is missing or damaged in a lake, and whose records are lost with it: said precisely, so that they can be loaded again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from helmdesk.lake.lake import Lake

Action = dict[str, Any]


def find_damage(lake: Lake, known_version: int | None = None) -> list[str]:
    """Return one sentence for each file that is missing or damaged; none when the lake is whole.

    Args:
        known_version: a version that is known to have existed, such as the one a mart was made from.
    """
    entries = _read_log(lake.path / "_delta_log")
    found = list(_log_damage(lake, entries, known_version))
    batches = {number: [action["txn"]["appId"] for action in actions if "txn" in action] for number, actions in entries.items() if actions}
    live: dict[str, tuple[int, Action]] = {}
    for number in sorted(batches):
        for action in entries[number] or ():
            if "add" in action:
                live[unquote(action["add"]["path"])] = (number, action["add"])
            elif "remove" in action:
                live.pop(unquote(action["remove"]["path"]), None)
    for path, (number, add) in sorted(live.items()):
        file = lake.path / path
        size = file.stat().st_size if file.is_file() else None
        if size != add["size"]:
            state = "is missing" if size is None else f"is damaged: {size:,} of {add['size']:,} bytes"
            found.append(f"{file} {state}; it held {_content(add, batches[number])}")
    return found


def _read_log(folder: Path) -> dict[int, list[Action] | None]:
    """Return the actions of every log entry by version; None for an entry that cannot be read."""
    entries: dict[int, list[Action] | None] = {}
    for path in folder.glob("*.json"):
        if path.stem.isdigit():
            try:
                entries[int(path.stem)] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] or None
            except (ValueError, OSError):
                entries[int(path.stem)] = None
    return entries


def _log_damage(lake: Lake, entries: dict[int, list[Action] | None], known_version: int | None) -> Iterator[str]:
    last = max([*entries, -1 if known_version is None else known_version], default=-1)
    unnamed = _unnamed(lake, entries)
    for number in range(min(entries, default=0), last + 1):
        if entries.get(number) is None:
            state = "is damaged" if number in entries else "is missing"
            yield f"{lake.path / '_delta_log' / f'{number:020d}.json'} {state}; {unnamed}"


def _unnamed(lake: Lake, entries: dict[int, list[Action] | None]) -> str:
    """Say what lies on the disk without any entry naming it: most likely what the lost entry named."""
    import duckdb

    named = {unquote(action["add"]["path"]) for actions in entries.values() for action in actions or () if "add" in action}
    batches: dict[str, int] = {}
    for file in lake.path.glob("*/*.parquet"):
        if str(file.relative_to(lake.path)) not in named:
            try:
                rows = duckdb.execute(
                    "select batch_id, count(*) from read_parquet(?, hive_partitioning=false) group by 1", [str(file)]
                ).fetchall()
            except duckdb.Error:
                continue
            for batch, count in rows:
                batches[batch] = batches.get(batch, 0) + count
    if not batches:
        return "what it named is not known"
    return "no other entry names " + ", ".join(f"batch {batch} ({count:,} records)" for batch, count in sorted(batches.items()))


def _content(add: Action, batches: list[str]) -> str:
    family = add["partitionValues"].get("family", "")
    rows = json.loads(add.get("stats") or "{}").get("numRecords")
    count = f"{rows:,} {family} records" if rows is not None else f"{family} records"
    return f"{count} of batch {', '.join(batches)}" if batches else f"{count} of several batches, joined by compaction"
