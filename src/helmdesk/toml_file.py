"""TOML files that people write: read within bounds, so that a mistake, or malice, costs a line of
text and not an hour.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from helmdesk.errors import HelmdeskError, NotFoundError
from helmdesk.records.limits import MEGABYTE, Limits
from helmdesk.toml_place import Document, Place

MOST_BYTES = 2 * MEGABYTE
# The parser's work grows with the square of a dotted key's parts.
MOST_PARTS = 50
LONG_KEY = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}""")


def read_toml(
    path: Path,
    error: type[HelmdeskError],
    limits: Limits | None = None,
    missing: type[HelmdeskError] = NotFoundError,
) -> dict[str, Any]:
    """Read a TOML file.

    Args:
        error: raised for a file that is not TOML, or too large; says what and where.
        limits: how many keys and list items it may have.
        missing: raised when there is no such file.
    """
    return read_document(path, error, limits, missing)[0]


def read_document(
    path: Path,
    error: type[HelmdeskError],
    limits: Limits | None = None,
    missing: type[HelmdeskError] = NotFoundError,
) -> tuple[dict[str, Any], Place]:
    """Read a TOML file as `read_toml` does; return with it the place that tells where something in
    it stands.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise error(
                f"{path}: {path.stat().st_size / MEGABYTE:,.1f} MB",
                f"a TOML file may have {MOST_BYTES // MEGABYTE} MB, split it into several",
            )
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as reason:
        raise missing(f"{path}: no such file") from reason
    except (OSError, UnicodeDecodeError) as reason:
        raise error(f"{path}: {reason}") from reason
    for number, line in enumerate(content.splitlines(), 1):
        if LONG_KEY.search(line):
            raise error(
                f"{path}: line {number} has a key of more than {MOST_PARTS} parts",
                "write it shorter",
            )
    try:
        read = tomllib.loads(content)
    except RecursionError as reason:
        raise error(
            f"{path}: lists or tables within lists too many times", "write it flatter"
        ) from reason
    except ValueError as reason:  # also a number of thousands of digits
        raise error(f"{path}: {reason}") from reason
    most = (limits or Limits()).entries
    if (found := _entries(read)) > most:
        raise error(
            f"{path}: {found:,} keys and list items",
            f"at most {most:,} (setting limit_entries), split it into several files",
        )
    return read, Place(Document(str(path), error, content))


def _entries(value: Any) -> int:
    waiting, found = [value], 0
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict | list):
            found += len(inner)
            waiting += inner.values() if isinstance(inner, dict) else inner
    return found
