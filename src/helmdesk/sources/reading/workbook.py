"""Workbooks: .xlsx, .xlsm, .xlsb, .xls and .ods as sheets of text, each cell as the person sees it.

Dates are written as ISO 8601, lengths of time as hours, minutes and seconds beyond 24 hours, whole
numbers without a point.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from helmdesk.errors import InputError
from helmdesk.records.limits import MEGABYTE
from helmdesk.sources.reading.rows import Part, Request
from helmdesk.sources.reading.sheets import Sheet, letters_of, read_sheets
from helmdesk.sources.reading.xlsb import errors_of

CHUNK = 1 << 22
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
# A day number below this one is no date of anybody's ticket: it is a length of time that is shown
# as a time of day.
FIRST_YEAR = 1905
# Cells that hold something, whatever prefix the XML gives to names.
CELL = re.compile(rb"""\sr=["']([A-Za-z]+)(\d+)["'][^>/]*>(?!</)""")
ERROR = re.compile(
    rb'<(?:\w+:)?c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>'
    rb"(?:<(?:\w+:)?f(?:\s[^>]*)?>[^<]*</(?:\w+:)?f>|<(?:\w+:)?f[^>]*/>)?\s*<(?:\w+:)?v>([^<]*)<"
)
UNANSWERED = re.compile(
    rb"</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
MOST_OF_A_ROW = 64 * MEGABYTE
MOST_PARTS = 10_000
ISO_LENGTH = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2}(?:\.\d{1,9})?)S")
PERCENT = ("9", "10")


def read_workbook(request: Request) -> Iterator[Part]:
    """Yield the sheets asked for.

    Raises:
        InputError: no workbook, one with a password, damaged, or larger than the limits.
    """
    import python_calamine as calamine

    details = _details(request)
    is_ods = not details and zipfile.is_zipfile(request.plain)
    try:
        book = calamine.CalamineWorkbook.from_path(str(request.plain))
        sheets = [
            sheet for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        hidden = [
            sheet.name for sheet in sheets if sheet.visible != calamine.SheetVisibleEnum.Visible
        ]

        def open_sheet(name: str) -> Sheet:
            return _sheet(
                request, book.get_sheet_by_name(name), details.get(name, _Details()), is_ods
            )

        yield from read_sheets(request, [sheet.name for sheet in sheets], hidden, open_sheet)
    except calamine.PasswordError as error:
        raise InputError(
            f"{request.path}: a workbook with a password; save it without one"
        ) from error
    except (calamine.CalamineError, OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{request.path}: not readable as a workbook ({str(error).splitlines()[0][:200]})"
        ) from error


@dataclass
class _Details:
    """What the reader of workbooks does not tell of a sheet: errors, percentages, formulas without
    a result.
    """

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    percents: set[tuple[int, int]] = field(default_factory=set)


def _sheet(request: Request, sheet: Any, details: _Details, is_ods: bool) -> Sheet:
    where = f"{request.path}, sheet '{sheet.name}'"
    if (cells := sheet.total_height * max(sheet.total_width, 1)) > request.limits.cells:
        raise InputError(
            f"{where}: {cells:,} cells; at most {request.limits.cells:,} (setting limit_cells)"
        )
    rows = [
        [cell if type(cell) is str else WRITERS[type(cell)](cell) for cell in row]
        for row in sheet.iter_rows()
    ]
    if is_ods:
        rows = [
            [cell if not cell.startswith("PT") else _clock(cell) for cell in row] for row in rows
        ]
    for (row, column), error in details.errors.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = error
    for row, column in details.percents:
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = percent_text(rows[row][column])
    _fill_merged(rows, sheet.merged_cell_ranges or ())
    return Sheet(sheet.name, rows)


def _fill_merged(rows: list[list[str]], merged: Any) -> None:
    """Say what stands in cells merged downwards in each of their rows."""
    for (first, column), (last, last_column) in merged:
        if column != last_column or first >= len(rows) or column >= len(rows[first]):
            continue
        for row in rows[first + 1 : last + 1]:
            row[column] = row[column] or rows[first][column]


def cell_text(cell: Any) -> str:
    """Return what a cell says, as the person sees it."""
    return WRITERS.get(type(cell), str)(cell)


def number_text(number: float) -> str:
    """Return a number as short as it can be said: whole ones without a point."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e18 else repr(number)


def _moment(moment: datetime) -> str:
    if moment.year < FIRST_YEAR:
        return _length(moment - datetime(1899, 12, 31))
    if not moment.microsecond:
        return moment.isoformat(" ")
    # Spreadsheets count days as binary fractions: a second is not met exactly.
    rounded = moment + timedelta(microseconds=500)
    rounded = rounded.replace(microsecond=rounded.microsecond // 1000 * 1000)
    return rounded.isoformat(" ", "milliseconds" if rounded.microsecond else "seconds")


def _day(day: date) -> str:
    return _length(day - date(1899, 12, 31)) if day.year < FIRST_YEAR else day.isoformat()


def _time_of_day(clock: time) -> str:
    return _length(
        timedelta(
            hours=clock.hour,
            minutes=clock.minute,
            seconds=clock.second,
            microseconds=clock.microsecond,
        )
    )


def _length(length: timedelta) -> str:
    milliseconds = round(length / timedelta(milliseconds=1))
    sign, milliseconds = "-" if milliseconds < 0 else "", abs(milliseconds)
    seconds, fraction = divmod(milliseconds, 1000)
    more = f".{fraction:03}" if fraction else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{more}"


WRITERS: dict[type, Callable[[Any], str]] = {
    bool: lambda cell: "true" if cell else "false",
    float: number_text,
    int: str,
    datetime: _moment,
    date: _day,
    time: _time_of_day,
    timedelta: _length,
}


def _clock(cell: str) -> str:
    """Return a length of time of OpenDocument in hours, minutes and seconds; any other text as it
    is.
    """
    found = ISO_LENGTH.fullmatch(cell)
    return (
        _length(timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=float(found[3])))
        if found
        else cell
    )


def percent_text(cell: str) -> str:
    """Return a share as it is shown in per cent."""
    try:
        return f"{number_text(round(float(cell) * 100, 9))}%"
    except ValueError:
        return cell


def _details(request: Request) -> dict[str, _Details]:
    """Look at the XML of a workbook before its reader does: a cell far away from the others would
    make it ask for all there is.

    Raises:
        InputError: a reference past the last row or column that there can be, or more cells than
        the limit.
    """
    if not zipfile.is_zipfile(request.plain):
        return {}
    found = {}
    try:
        with zipfile.ZipFile(request.plain) as archive:
            _refuse_bomb(request, archive)
            if "xl/workbook.xml" not in archive.namelist():
                return {name: _Details(errors) for name, errors in errors_of(archive).items()}
            styles = _percent_styles(archive)
            for name, part in _parts_of_sheets(archive).items():
                with archive.open(part) as handle:
                    found[name] = _looked_at(request, name, handle, styles)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        zlib.error,
    ) as error:
        raise InputError(f"{request.path}: a damaged workbook ({error})") from error
    return found


def _refuse_bomb(request: Request, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MOST_PARTS:
        raise InputError(
            f"{request.path}: a workbook of {len(members):,} parts; at most {MOST_PARTS:,}"
        )
    if wrong := request.limits.excess(
        request.plain.stat().st_size, sum(member.file_size for member in members)
    ):
        raise InputError(f"{request.path}: {wrong}")


def _parts_of_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return where in the archive each sheet lies."""
    names = set(archive.namelist())
    if "xl/_rels/workbook.xml.rels" not in names:
        return {}
    targets = {}
    for relation in re.findall(
        r"<(?:\w+:)?Relationship\s[^>]*>", _text_of(archive, "xl/_rels/workbook.xml.rels")
    ):
        given = _attributes(relation)
        targets[given.get("Id", "")] = posixpath.normpath(
            posixpath.join("/xl", given.get("Target", ""))
        ).lstrip("/")
    found = {}
    for sheet in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", _text_of(archive, "xl/workbook.xml")):
        given = _attributes(sheet)
        part = targets.get(
            next((value for key, value in given.items() if key.endswith(":id")), ""), ""
        )
        if part in names:
            found[given.get("name", "")] = part
    return found


def _percent_styles(archive: zipfile.ZipFile) -> set[bytes]:
    """Return the numbers of the cell styles that show a share as per cent."""
    if "xl/styles.xml" not in archive.namelist():
        return set()
    styles = _text_of(archive, "xl/styles.xml")
    formats = {
        *PERCENT,
        *(
            given.get("numFmtId", "")
            for given in map(_attributes, re.findall(r"<(?:\w+:)?numFmt\s[^>]*>", styles))
            if "%" in given.get("formatCode", "")
        ),
    }
    cells = re.search(r"<(?:\w+:)?cellXfs.*?</(?:\w+:)?cellXfs>", styles, re.DOTALL)
    used = map(_attributes, re.findall(r"<(?:\w+:)?xf\s[^>]*>", cells[0])) if cells else ()
    return {
        str(number).encode()
        for number, given in enumerate(used)
        if given.get("numFmtId") in formats
    }


def _attributes(tag: str) -> dict[str, str]:
    return {
        key: html.unescape(double or single)
        for key, double, single in re.findall(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag)
    }


def _text_of(archive: zipfile.ZipFile, part: str) -> str:
    return archive.read(part).decode("utf-8", "replace")


def _looked_at(
    request: Request, name: str, handle: IO[bytes], percent_styles: set[bytes]
) -> _Details:
    """Look through the XML of one sheet once.

    Raises:
        InputError: cells where there can be none, or too far apart.
    """
    where = f"{request.path}, sheet '{name}'"
    details = _Details()
    styles = b"|".join(sorted(percent_styles))
    percent = re.compile(
        rb'<(?:\w+:)?c\s(?=[^>]*\bs="(?:' + styles + rb')")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"'
    )
    last_row, last_column, filled, unanswered = 0, 0, 0, 0
    for rows in _whole_rows(where, handle):
        found = CELL.findall(rows)
        filled += len(found)
        letters, numbers = map(set, zip(*found, strict=True)) if found else (set(), set())
        last_column, last_row = (
            max([last_column, *map(_column, letters)]),
            max([last_row, *map(int, numbers)]),
        )
        unanswered += len(UNANSWERED.findall(rows)) if b"f>" in rows else 0
        if b'"e"' in rows:
            details.errors |= {
                (int(row) - 1, _column(place)): error.decode("utf-8", "replace")
                for place, row, error in ERROR.findall(rows)
            }
        if percent_styles:
            details.percents |= {
                (int(row) - 1, _column(place)) for place, row in percent.findall(rows)
            }
    furthest = f"{letters_of(last_column)}{last_row}"
    if last_row > MOST_ROWS or last_column >= MOST_COLUMNS:
        raise InputError(f"{where}: damaged: there can be no cell {furthest}")
    if (cells := last_row * (last_column + 1)) > request.limits.cells:
        raise InputError(
            f"{where}: reaches to cell {furthest}: {cells:,} cells, of which {filled:,} hold"
            f" something; at most {request.limits.cells:,} (setting limit_cells); delete what"
            " stands far away, or save it as CSV"
        )
    if unanswered:
        request.notes.append(
            f", sheet '{name}': formulas without a stored result: {unanswered:,}, read as empty;"
            " open the workbook in Excel, save it, and load that"
        )
    return details


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters.upper():
        place = place * 26 + letter - 64
    return place - 1


def _whole_rows(where: str, handle: IO[bytes]) -> Iterator[bytes]:
    """Yield the XML of a sheet in pieces that end where a row ends."""
    rest = b""
    while chunk := handle.read(CHUNK):
        rest += chunk
        end = rest.rfind(b"row>") + 4
        if end > 3:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > MOST_OF_A_ROW:
            raise InputError(f"{where}: one row is larger than {MOST_OF_A_ROW // MEGABYTE} MB")
    yield rest
