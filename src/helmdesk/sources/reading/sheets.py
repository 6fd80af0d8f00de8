"""Sheets of cells, from whatever kind of workbook: which of them is read, where its table begins,
what its columns are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from helmdesk.csv_text import LOOKED_AT
from helmdesk.errors import InputError, nearest
from helmdesk.records.staging import ERROR_CELL
from helmdesk.sources.reading.heading import Heading, find_heading
from helmdesk.sources.reading.rows import Part, Refused, Request, Row

ERRORS = frozenset(
    (
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#GETTING_DATA",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#CONNECT!",
        "#UNKNOWN!",
        "#BUSY!",
        "#NV",
        "#WERT!",
        "#BEZUG!",
        "#ZAHL!",
        "#ÜBERLAUF!",
        "Err:502",
        "Err:504",
        "Err:508",
        "Err:522",
    )
)
ALL = "*"
SHOWN = 12


@dataclass(frozen=True)
class Sheet:
    """A sheet of text cells, from the first row and the first column on, under the name that its
    tab says.
    """

    name: str
    rows: Sequence[Sequence[str]]


def letters_of(column: int) -> str:
    """Return what spreadsheets call a column, counted from 0."""
    letters = ""
    while column >= 0:
        letters = chr(65 + column % 26) + letters
        column = column // 26 - 1
    return letters


@dataclass(frozen=True)
class _Table:
    sheet: Sheet
    heading: Heading
    cells: int
    rows: int


def read_sheets(
    request: Request,
    names: Sequence[str],
    hidden: Sequence[str],
    open_sheet: Callable[[str], Sheet],
) -> Iterator[Part]:
    """Yield the sheets asked for, or the fullest one.

    Args:
        names: all sheets, in their order.
        open_sheet: returns the cells of one of them.

    Raises:
        InputError: no such sheet, or none with a table in it.
    """
    wanted = _wanted(request, names)
    found: list[_Table] = []
    for name in wanted or [name for name in names if name not in hidden] or names:
        table = _table(open_sheet(name))
        if table:
            found.append(table)
        elif wanted and ALL not in request.sheets:
            raise InputError(f"{request.path}: sheet '{name}' is empty")
    if not found:
        raise InputError(
            f"{request.path}: no sheet with anything in"
            f" it{f' (sheets: {_listed(names)})' if any(names) else ''}"
        )
    if not wanted:
        best = max(found, key=lambda table: (table.cells, len(table.heading.names)))
        _tell_choice(request, best, found, hidden, len(names))
        found = [best]
    for table in found:
        yield _part(request, table)


def _wanted(request: Request, names: Sequence[str]) -> list[str]:
    if ALL in request.sheets:
        return list(names)
    for name in request.sheets:
        if name not in names:
            raise InputError(
                f"{request.path}: no sheet '{name}'{nearest(name, names)} (sheets:"
                f" {_listed(names)})"
            )
    return list(request.sheets)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more


def _table(sheet: Sheet) -> _Table | None:
    used = {at for at, column in enumerate(zip_longest(*sheet.rows)) if any(column)}
    heading = find_heading(sheet.rows[:LOOKED_AT], used)
    if heading is None:
        return None
    below = [count for row in sheet.rows[heading.place :] if (count := sum(map(bool, row)))]
    return _Table(sheet, heading, sum(below), len(below))


def _tell_choice(
    request: Request, best: _Table, found: Sequence[_Table], hidden: Sequence[str], many: int
) -> None:
    """Say which sheet is read and which are not; several of the same columns are probably meant
    together.
    """
    if many == 1:
        return
    others = [f"'{table.sheet.name}' ({table.rows:,} rows)" for table in found if table is not best]
    others += [f"'{name}' (hidden)" for name in hidden if name != best.sheet.name]
    left = (
        "; left alone:"
        f" {', '.join(others[:SHOWN])}"
        f"{f' and {len(others) - SHOWN} more' if len(others) > SHOWN else ''}"
        if others
        else ""
    )
    request.notes.append(
        f": read sheet '{best.sheet.name}', {best.rows:,} rows of {len(best.heading.names)}"
        f" columns, the fullest{left} (--sheet NAME reads another)"
    )
    alike = [table.sheet.name for table in found if table.heading.names == best.heading.names]
    if len(alike) > 1:
        request.notes.append(
            f": the sheets {_listed(alike)} have the same columns; all of them are read with"
            " --sheet '*', or with one --sheet each"
        )


def _part(request: Request, table: _Table) -> Part:
    sheet, heading = table.sheet, table.heading
    columns = heading.names
    places = {name: cells[0] for name, cells in zip(columns, heading.cells, strict=True)}
    where = f", sheet '{sheet.name}'" if sheet.name else ""
    if heading.place - heading.further > 1:
        request.notes.append(
            f"{where}: the table begins in row {heading.place + 1:,}; titles above the names of its"
            " columns were left out"
        )
    if heading.repeated:
        told = ", ".join(
            f"{name} ({count} times)" for name, count in list(heading.repeated.items())[:SHOWN]
        )
        request.notes.append(
            f"{where}: columns of one name were put together, as lists where a row fills several:"
            f" {told}"
        )
    letters = {name: letters_of(place) for name, place in places.items()}
    titles = (*heading.titles, sheet.name)
    return Part(_rows(sheet, heading), where, "row", columns, letters, titles)


def _rows(sheet: Sheet, heading: Heading) -> Iterator[Row | Refused]:
    width, is_plain = heading.width, not heading.repeated
    places = [cells[0] for cells in heading.cells]
    is_all = is_plain and places == list(range(width))
    for number, row in enumerate(sheet.rows[heading.place :], heading.place + 1):
        if not any(row):
            continue
        full = row if len(row) >= width else [*row, *[""] * (width - len(row))]
        cells: list[str | None] = list(full[:width]) if is_all else heading.gather(full)
        if not ERRORS.isdisjoint(full):
            for at, cell in enumerate(cells):
                if cell in ERRORS:
                    yield Refused(0, number, heading.names[at], cell, ERROR_CELL, False)
                    cells[at] = None
        yield Row(number, cells)
