"""The process that reads workbooks, JSON and markup: ``python -m
helmdesk.sources.reading.converter``, told what to do on its input.

It leaves blocks of text rows as Arrow files, and says on its output what they are, or what is wrong
with the file.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from helmdesk.errors import InputError
from helmdesk.records.limits import Limits
from helmdesk.sources.reading.content import JSON, MARKUP, WORKBOOK
from helmdesk.sources.reading.encodings import SHOWN, encoding_of, transcode
from helmdesk.sources.reading.inspection import inspect_text, is_gzip, refuse_columns
from helmdesk.sources.reading.rows import Part, Refused, Request, Row

BLOCK_ROWS = 50_000
MOST_REFUSED = 10_000
# Lines of JSON and markup say nothing about its rows.
UNCOUNTED = 1 << 62
TOO_DEEP = "nested too deeply to be a table"


def _bound(memory: int, seconds: int) -> None:
    """Limit this process; where the platform has no such limits the time of the parent's patience
    remains.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with contextlib.suppress(OSError):
        # Should the machine run out of memory all the same, this process is the one to go.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _readers() -> dict[str, Callable[[Request], Iterator[Part]]]:
    from helmdesk.sources.reading.json_rows import read_json
    from helmdesk.sources.reading.markup import read_markup
    from helmdesk.sources.reading.workbook import read_workbook

    return {WORKBOOK: read_workbook, JSON: read_json, MARKUP: read_markup}


def convert(given: dict[str, Any]) -> dict[str, Any]:
    """Read one file; return the description of its parts.

    Raises:
        InputError: it cannot be read.
    """
    path, folder, limits = Path(given["path"]), Path(given["folder"]), Limits(**given["limits"])
    notes: list[str] = []
    plain = _plain(path, folder, limits, given["kind"], notes)
    request = Request(path, plain, tuple(given["sheets"]), frozenset(given["known"]), limits, notes)
    parts = []
    for number, part in enumerate(_readers()[given["kind"]](request)):
        writer = _Writer(part, folder / f"part{number}", limits, path)
        for row in part.rows:
            writer.take(row)
        parts.append(writer.finish())
    return {"parts": parts, "notes": notes}


def _plain(path: Path, folder: Path, limits: Limits, kind: str, notes: list[str]) -> Path:
    """Return a copy that is neither packed nor, where it is text, in another encoding than UTF-8;
    the file itself where it is so already.
    """
    if kind == WORKBOOK:
        return _unpacked(path, folder / "book", limits) if is_gzip(path) else path
    inspection = inspect_text(
        path,
        replace(limits, cell_megabytes=limits.megabytes, rows=UNCOUNTED),
        folder / "unpacked" if is_gzip(path) else None,
    )
    if inspection.is_utf8:
        return inspection.plain
    told = inspection.wide
    if told is None:
        with inspection.plain.open("rb") as handle:
            told = encoding_of(handle, path)
    if told != "utf-8":
        notes.append(f": read as {SHOWN[told]}, told by its bytes")
        with inspection.plain.open("rb") as source, (folder / "text").open("wb") as target:
            transcode(source, target, told, path)
        return folder / "text"
    return inspection.plain


def _unpacked(path: Path, target: Path, limits: Limits) -> Path:
    written = 0
    with gzip.open(path) as source, target.open("wb") as copy:
        while chunk := source.read(1 << 20):
            written += len(chunk)
            if wrong := limits.excess(path.stat().st_size, written):
                raise InputError(f"{path}: {wrong}")
            copy.write(chunk)
    return target


class _Writer:
    """Takes the rows of one part and writes them in blocks."""

    def __init__(self, part: Part, stem: Path, limits: Limits, path: Path) -> None:
        self._part, self._stem, self._limits, self._path = part, stem, limits, path
        self._block: list[tuple[int, Row]] = []
        self._columns: dict[str, None] = dict.fromkeys(part.columns)
        self._blocks: list[str] = []
        self._refused: list[Refused] = []
        self._rows = 0

    def take(self, row: Row | Refused) -> None:
        """Take a row; of a refused cell the row comes next."""
        if isinstance(row, Refused):
            self._rows += row.is_whole_row
            if len(self._refused) < MOST_REFUSED:
                self._refused.append(row._replace(row=self._rows + (not row.is_whole_row)))
            return
        self._rows += 1
        if self._rows > self._limits.rows:
            raise InputError(
                f"{self._path}: more than {self._limits.rows:,} rows (setting limit_rows)"
            )
        self._block.append((self._rows, row))
        if len(self._block) == BLOCK_ROWS:
            self._write()

    def finish(self) -> dict[str, Any]:
        """Return the description of what was written."""
        if self._block:
            self._write()
        part = self._part
        return {
            "where": part.where,
            "word": part.word,
            "columns": list(self._columns),
            "letters": dict(part.letters),
            "titles": list(part.titles),
            "blocks": self._blocks,
            "refused": self._refused,
        }

    def _write(self) -> None:
        import pyarrow as pa

        columns: dict[str, Sequence[str | None]]
        if self._part.columns:
            columns = dict(
                zip(
                    self._part.columns,
                    zip(*(row.cells for _, row in self._block), strict=True),
                    strict=True,
                )
            )
        else:
            named = [row.cells for _, row in self._block if isinstance(row.cells, Mapping)]
            columns = {
                column: [cells.get(column) for cells in named]
                for column in dict.fromkeys(column for cells in named for column in cells)
            }
        self._columns.update(dict.fromkeys(columns))
        refuse_columns(self._path, self._limits, len(self._columns))
        widest = max(
            (max(map(len, filter(None, values)), default=0) for values in columns.values()),
            default=0,
        )
        if widest > self._limits.cell_bytes:
            raise InputError(
                f"{self._path}: a cell is larger than {self._limits.cell_megabytes} MB (setting"
                " limit_cell_megabytes)"
            )
        table = pa.table(
            {column: pa.array(values, pa.string()) for column, values in columns.items()}
            | {
                "_row": pa.array([number for number, _ in self._block], pa.int64()),
                "_line": pa.array([row.line for _, row in self._block], pa.int64()),
            }
        )
        self._blocks.append(f"{self._stem}-{len(self._blocks)}.arrow")
        with pa.ipc.new_file(self._blocks[-1], table.schema) as writer:
            writer.write_table(table)
        self._block = []


def main() -> None:
    """Read the request, answer it."""
    given = json.load(sys.stdin)
    _bound(given["memory"], given["seconds"])
    try:
        told = convert(given)
    except InputError as error:
        told = {"error": str(error)}
    except RecursionError:
        told = {"error": f"{given['path']}: {TOO_DEEP}"}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
