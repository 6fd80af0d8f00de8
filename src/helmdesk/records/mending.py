"""Rows that were kept apart, as their files have them: to be mended and loaded again."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from helmdesk.csv_text import write_rows
from helmdesk.parquet import asking
from helmdesk.records.accounts import reader
from helmdesk.records.staging import WHY


@dataclass(frozen=True)
class RowsToMend:
    """The rows of one file, whole, with the reasons beside them.

    Attributes:
        name: of a file that takes them, like the one they came from.
        columns: as that file calls them.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_csv(self) -> str:
        """Return them as a file that can be loaded as the first one was."""
        text = io.StringIO()
        write_rows(text, (self.columns, *self.rows))
        return text.getvalue()


def rows_to_mend(files: Mapping[str, Sequence[str]], batch_id: str) -> list[RowsToMend]:
    """Return what a batch put into quarantine, by the files it came from.

    Rows are whole where their file is a table; what lies in no table cannot be loaded by itself.
    """
    found: dict[str, dict[tuple[str, int | None], tuple[dict[str, str | None], list[str]]]] = {}
    for file, line, column, raw, reason, is_whole, content in _cells(files, batch_id):
        cells = json.loads(content)
        if is_whole and raw and not any(cells.values()):
            cells[next(iter(cells))] = raw  # it fits no column: its text, to be put into them
        _, reasons = found.setdefault(file, {}).setdefault((content, line), (cells, []))
        reasons.append(": ".join(part for part in (column, reason) if part))
    names = _names(found)
    return [
        RowsToMend(
            names[file],
            (*next(iter(rows.values()))[0], WHY),
            tuple(
                (*(value or "" for value in cells.values()), "; ".join(reasons))
                for cells, reasons in rows.values()
            ),
        )
        for file, rows in found.items()
    ]


def _cells(
    files: Mapping[str, Sequence[str]], batch_id: str
) -> list[tuple[str, int | None, str | None, str | None, str, bool, str]]:
    if not files.get("quarantine"):
        return []
    source = reader(files["quarantine"])
    with asking() as connection:
        described = connection.execute(f"describe select * from {source}").fetchall()
        if "extra" not in {row[0] for row in described}:
            return []
        return connection.execute(
            "select file, line, column_name, raw, reason, coalesce(note = 'whole row', false),"
            f" extra from {source} where batch_id = ? and extra is not null order by file, line,"
            " column_name",
            [batch_id],
        ).fetchall()


def _names(files: Iterable[str]) -> dict[str, str]:
    """Return names for files, as their own: tables of an export are known by them. Sheets of one
    workbook are numbered.
    """
    found: dict[str, str] = {}
    for file in files:
        stem = PurePath(file).name.split(".")[0]
        number = sum(name.split(".")[0].rpartition("-")[0] == stem for name in found.values())
        is_first = f"{stem}.csv" not in found.values()
        found[file] = f"{stem}.csv" if is_first else f"{stem}-{number + 2}.csv"
    return found
