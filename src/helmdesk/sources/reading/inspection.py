"""A file before anything of it is parsed: what its bytes say, and whether it is larger than anybody
can mean.
"""

from __future__ import annotations

import codecs
import contextlib
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from helmdesk.errors import InputError, NotFoundError, nearest
from helmdesk.quoting import text
from helmdesk.records.limits import MEGABYTE, Limits
from helmdesk.sources.reading.encodings import wide_encoding

CHUNK = 1 << 22
TEXT_PACKS_TO = 12
MEASURING_MEMORY = "1 GiB"


@dataclass(frozen=True)
class Inspection:
    """What the bytes of a file say before anything is parsed.

    Attributes:
        wide: UTF-16 or UTF-32, of which nothing else is told; None for anything else.
        plain: where its bytes lie unpacked.
    """

    wide: str | None
    is_utf8: bool
    has_bom: bool
    lines: int
    carriage_returns: int
    quotes: int
    is_terminated: bool
    plain: Path


def require_file(path: Path) -> None:
    """Refuse a path that is no file.

    Raises:
        NotFoundError: offers the nearest name in its folder.
    """
    if not path.is_file():
        known = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise NotFoundError(f"{path}: no such file{nearest(path.name, known)}")


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading, unpacking gzip by its magic number rather than by its name."""
    return gzip.open(path) if is_gzip(path) else path.open("rb")  # type: ignore[return-value]


def expected_bytes(path: Path) -> int:
    """Return about how many bytes a file holds once unpacked."""
    return path.stat().st_size * (TEXT_PACKS_TO if is_gzip(path) else 1)


def digest(path: Path) -> bytes:
    """Return the SHA-256 of a file's bytes as stored; `NotFoundError` when there is none."""
    require_file(path)
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").digest()


def inspect_text(path: Path, limits: Limits, unpacked: Path | None = None) -> Inspection:
    """Look at every byte once; leave an unpacked copy of a gzip file for the parser, which would
    unpack it again.
    """
    counts, has_bom, seen, wide = _Counts(path, limits), False, 0, None
    packed = path.stat().st_size
    try:
        with open_bytes(path) as handle, contextlib.ExitStack() as stack:
            copy = stack.enter_context(unpacked.open("wb")) if unpacked else None
            while chunk := handle.read(CHUNK):
                if seen == 0:
                    has_bom, wide = chunk.startswith(codecs.BOM_UTF8), wide_encoding(chunk)
                if copy:
                    copy.write(chunk)
                seen += len(chunk)
                _refuse_excess(path, limits, packed, seen)
                if not wide:
                    counts.add(chunk)
    except (gzip.BadGzipFile, EOFError, OSError) as error:
        raise InputError(f"{path}: damaged gzip file ({error})") from error
    if seen == 0 or (has_bom and seen == 3):
        raise InputError(f"{path}: the file is empty; export it again")
    return Inspection(
        wide,
        counts.is_utf8 and not wide,
        has_bom,
        counts.lines,
        counts.returns,
        counts.quotes,
        counts.last == b"\n",
        unpacked or path,
    )


class _Counts:
    """What the bytes of a text add up to, chunk by chunk; refuses what no table of text holds."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.lines = self.returns = self.quotes = 0
        self.is_utf8, self.last = True, b""
        self._unbroken = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def add(self, chunk: bytes) -> None:
        """Count one more chunk; `InputError` for a binary file, a line or a table too long."""
        if b"\0" in chunk:
            raise InputError(f"{self.path}: a binary file, not a table of text (NUL byte found)")
        self._add_lines(chunk)
        self.returns += chunk.count(b"\r")
        self.quotes += chunk.count(b'"')
        self.last = chunk[-1:]
        # ASCII needs no decoding, unless the chunk before ended inside a character.
        if self.is_utf8 and not (chunk.isascii() and self._decoder.getstate()[0] == b""):
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError:
                self.is_utf8 = False

    def _add_lines(self, chunk: bytes) -> None:
        ends = chunk.count(b"\n")
        self._unbroken += len(chunk) if not ends else chunk.find(b"\n")
        if self._unbroken > self.limits.cell_bytes:
            raise InputError(
                f"{self.path}: line {self.lines + 1} is longer than"
                f" {self.limits.cell_megabytes} MB (setting limit_cell_megabytes)"
            )
        self._unbroken = len(chunk) - chunk.rfind(b"\n") - 1 if ends else self._unbroken
        self.lines += ends
        if self.lines > self.limits.rows + 1:
            raise InputError(
                f"{self.path}: more than {self.limits.rows:,} rows (setting limit_rows)"
            )


def _refuse_excess(path: Path, limits: Limits, packed: int, unpacked: int) -> None:
    wrong = limits.excess(packed, unpacked)
    if wrong:
        raise InputError(f"{path}: {wrong}")


def refuse_columns(path: Path, limits: Limits, columns: int) -> None:
    """Raise `InputError` for a table wider than the limit."""
    if columns > limits.columns:
        raise InputError(
            f"{path}: {columns:,} columns; at most {limits.columns:,} (setting limit_columns)"
        )


def inspect_parquet(path: Path, limits: Limits) -> None:
    """What a Parquet file says of itself, and how large it becomes: a value stored once may stand
    in every row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not readable ({str(error).splitlines()[0]})") from error
    if metadata.num_rows > limits.rows:
        raise InputError(
            f"{path}: {metadata.num_rows:,} rows; at most {limits.rows:,} (setting limit_rows)"
        )
    refuse_columns(path, limits, metadata.num_columns)
    packed = path.stat().st_size
    _refuse_excess(
        path,
        limits,
        packed,
        sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)),
    )
    unpacked, widest = _measure(path)
    _refuse_excess(path, limits, packed, unpacked)
    if widest > limits.cell_bytes:
        raise InputError(
            f"{path}: a cell of {widest / MEGABYTE:,.0f} MB; at most {limits.cell_megabytes} MB"
            " (setting limit_cell_megabytes)"
        )


def _measure(path: Path) -> tuple[int, int]:
    """Return the bytes of all cells as text and those of the largest; the file is read in small
    parts, none of which is kept.
    """
    import duckdb

    reader = f"read_parquet({text(str(path))})"
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEASURING_MEMORY}'; set threads = 1")
        try:
            described = connection.execute(f"describe select * from {reader}").fetchall()
            cells = [
                f'strlen(cast("{row[0].replace(chr(34), chr(34) * 2)}" as varchar))'
                for row in described
            ]
            sums = ", ".join(
                f"coalesce(sum({cell}), 0), coalesce(max({cell}), 0)" for cell in cells
            )
            found = connection.execute(f"select {sums} from {reader}").fetchone() or ()
        except duckdb.OutOfMemoryException as error:
            raise InputError(
                f"{path}: a part of it takes more than {MEASURING_MEMORY} to unpack; write it with"
                " smaller row groups and pages"
            ) from error
        except duckdb.Error as error:
            raise InputError(f"{path}: not readable ({str(error).splitlines()[0]})") from error
    return int(sum(found[::2])), int(max(found[1::2], default=0))


def is_gzip(path: Path) -> bool:
    """Whether a file begins as gzip does, whatever it is called."""
    with path.open("rb") as handle:
        return handle.read(2) == b"\x1f\x8b"
