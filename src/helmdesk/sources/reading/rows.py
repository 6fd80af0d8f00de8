"""What readers of workbooks, JSON and markup hand on: parts of a file, each with rows of text and
where they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from helmdesk.records.limits import Limits


class Row(NamedTuple):
    """One row: where it stands, and its cells: in the order of the part's columns, or by name where
    it has no fixed ones.
    """

    line: int
    cells: Sequence[str | None] | Mapping[str, str | None]


class Refused(NamedTuple):
    """What goes to quarantine: a whole row, or a cell of the row that comes next."""

    row: int
    line: int
    column: str | None
    raw: str | None
    reason: str
    is_whole_row: bool


@dataclass(frozen=True)
class Part:
    """One table of a file.

    Attributes:
        rows: in their order.
        where: what follows the file's name, such as a sheet.
        word: what the places of rows count: rows, lines, items.
        columns: its columns; none where rows bring their own.
        letters: what a spreadsheet calls the columns.
        titles: what stands above the table, and the name of its sheet.
    """

    rows: Iterable[Row | Refused]
    where: str = ""
    word: str = "row"
    columns: tuple[str, ...] = ()
    letters: Mapping[str, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """A file to read.

    Attributes:
        path: as people know it, for messages.
        plain: where its bytes lie, unpacked and in UTF-8.
        sheets: names of the sheets to read; none: the fullest.
        known: columns that the source asks for.
        notes: sentences for the report, after the file's name; readers add theirs.
    """

    path: Path
    plain: Path
    sheets: tuple[str, ...]
    known: frozenset[str]
    limits: Limits
    notes: list[str]
