"""The one dialect of CSV that is read and written: fields apart by one separator, in double quotes
where need be.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from helmdesk.formulas import safe_cell

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = (",", "\t", ";", "|")
# Rows by which a file is judged.
LOOKED_AT = 100


def read_rows(lines: Iterable[str], separator: str) -> Reader:
    """Return the records of lines; it knows on which line each ends."""
    return csv.reader(lines, delimiter=separator)


def first_rows(sample: str, separator: str) -> list[list[str]]:
    """Return the first records of a text; one that is none is empty."""
    rows: list[list[str]] = []
    reader = read_rows(io.StringIO(sample, newline=""), separator)
    while len(rows) < LOOKED_AT:
        try:
            rows.append(next(reader))
        except StopIteration:
            break
        except csv.Error:
            rows.append([])
    return rows


def separator_of(sample: str) -> str:
    """Return what divides the first line and most others into as many fields, else what divides
    most lines alike.
    """
    first = next((line for line in sample.splitlines() if line.strip()), "")
    usual: dict[str, tuple[float, int]] = {}
    for separator in SEPARATORS:
        widths = Counter(len(row) for row in first_rows(sample, separator) if any(row))
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        usual[separator] = (rows / max(sum(widths.values()), 1), width)
    likely = max(SEPARATORS, key=first.count)
    share, width = usual[likely]
    if share >= 0.5 and width > 1 and len(first_rows(first, likely)[0]) == width:
        return likely
    return max(SEPARATORS, key=lambda separator: usual[separator][0] * (usual[separator][1] - 1))


def write_rows(file: TextIO, rows: Iterable[Iterable[Any]], line_end: str = "\n") -> None:
    """Write records that no spreadsheet takes for formulas."""
    csv.writer(file, lineterminator=line_end).writerows([*map(safe_cell, row)] for row in rows)
