"""Tables as an Excel workbook: typed cells; definitions and receipts on sheets of their own.

Text is written as text: nothing that a customer typed becomes a formula.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from helmdesk.catalogue.discovery import Entry
from helmdesk.query.receipt import Receipt
from helmdesk.query.words import DURATIONS, is_money
from helmdesk.reports.document import Cell, Document, Figure, Items, Paragraph, Table

if TYPE_CHECKING:
    import pyarrow
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

SECONDS_A_DAY = 86_400
WIDEST = 60
NAME_LENGTH = 31
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
# A cell of Excel holds no more; a sheet no more rows.
MOST_CHARACTERS = 32_767
MOST_ROWS = 1_048_576
# Excel counts whole numbers exactly up to here; longer ones (ids) are text.
EXACT = 2**53
# Its calendar begins here.
FIRST_YEAR = 1900


class Book:
    """A workbook that is being written, with one format for each kind of cell."""

    def __init__(self) -> None:
        from xlsxwriter import Workbook

        self._sink = io.BytesIO()
        self.book: Workbook = Workbook(
            self._sink,
            {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True},
        )
        self._formats: dict[str, Format] = {}
        self._names: set[str] = set()

    def format(self, pattern: str, **more: Any) -> Format:
        """Return the format of a number pattern."""
        key = f"{pattern} {sorted(more.items())}"
        if key not in self._formats:
            given = {"num_format": pattern} if pattern else {}
            self._formats[key] = self.book.add_format({**given, "valign": "top", **more})
        return self._formats[key]

    def sheet(self, name: str) -> Worksheet:
        """Add a sheet; its name is made one that Excel takes, and that no other has."""
        plain = " ".join(name.translate(FORBIDDEN).split())[:NAME_LENGTH] or "Sheet"
        tried, number = plain, 2
        while tried.lower() in self._names:
            tail = f" ({number})"
            tried, number = f"{plain[: NAME_LENGTH - len(tail)]}{tail}", number + 1
        self._names.add(tried.lower())
        return self.book.add_worksheet(tried)

    def head(self, sheet: Worksheet, row: int, names: Sequence[str]) -> None:
        """Write the names of columns, and keep them in sight."""
        bold = self.format("", bold=True, bottom=1)
        for column, name in enumerate(names):
            sheet.write_string(row, column, name, bold)

    def value(self, sheet: Worksheet, row: int, column: int, value: Any, unit: str = "") -> int:
        """Write a value as what it is; return how many characters wide it is shown."""
        if value is None:
            return 0
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value, self.format(""))
            return 5
        if isinstance(value, int | float):
            return self._number(sheet, row, column, value, unit)
        if isinstance(value, date) and value.year < FIRST_YEAR:
            value = value.isoformat()
        if isinstance(value, datetime):
            sheet.write_datetime(
                row, column, value.replace(tzinfo=None), self.format("yyyy-mm-dd hh:mm:ss")
            )
            return 19
        if isinstance(value, date):
            sheet.write_datetime(row, column, value, self.format("yyyy-mm-dd"))
            return 10
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        sheet.write_string(row, column, text[:MOST_CHARACTERS], self.format("", text_wrap=True))
        return max(map(len, text.splitlines() or [""]))

    def _number(self, sheet: Worksheet, row: int, column: int, value: float, unit: str) -> int:
        if not math.isfinite(value):
            return 0
        if isinstance(value, int) and abs(value) > EXACT:
            sheet.write_string(row, column, str(value), self.format(""))
            return len(str(value))
        pattern, shown = "General", value
        if unit == "share":
            pattern = "0.0%"
        elif unit in DURATIONS and value >= 0:  # Excel shows no negative time
            pattern, shown = "[h]:mm:ss", value / SECONDS_A_DAY
        elif is_money(unit):
            pattern = f'#,##0.00 "{unit}"'
        elif isinstance(value, int) or float(value).is_integer():
            pattern = "0"
        sheet.write_number(row, column, shown, self.format(pattern))
        return 12

    def closed(self) -> bytes:
        """Return the finished workbook."""
        self.book.close()
        return self._sink.getvalue()


def as_workbook(report: Document) -> bytes:
    """Return a report as a workbook: a sheet that tells it, one for each table, the weeks behind
    its lines, definitions and receipts.
    """
    book = Book()
    told = book.sheet("Report")
    told.set_column(0, 0, 100)
    row = _lines(book, told, report)
    weeks: list[tuple[str, tuple[float | None, ...]]] = []
    for section in report.sections:
        told.write_string(row + 1, 0, section.title, book.format("", bold=True))
        row += 2
        for each in section.blocks:
            block = each.table if isinstance(each, Figure) else each
            if isinstance(block, Table):
                told.write_string(row, 0, f"See the sheet “{block.name}”.")
                row += 1
                weeks += _table(book, block)
                continue
            for text in _texts(block):
                told.write_string(row, 0, text[:MOST_CHARACTERS], book.format("", text_wrap=True))
                row += 1
    _weeks(book, weeks)
    _definitions(book, report.definitions)
    _receipts(book, report.receipts)
    return book.closed()


def table_as_workbook(
    table: pyarrow.Table,
    name: str = "Rows",
    zone: str = "UTC",
    definitions: Sequence[Entry] = (),
    receipts: Sequence[tuple[str, Receipt]] = (),
) -> bytes:
    """Return a table as a workbook.

    Args:
        zone: instants are shown in it, as wall time: Excel knows no zones. The heading says which.

    Raises:
        TooLargeError: more rows than a sheet holds.
    """
    import pyarrow as pa

    from helmdesk.errors import TooLargeError
    from helmdesk.query.window import wall

    if table.num_rows >= MOST_ROWS:
        raise TooLargeError(
            f"{table.num_rows:,} rows are more than a sheet of Excel holds; narrow the filter, or"
            " take CSV or Parquet"
        )
    book = Book()
    sheet = book.sheet(name)
    instants = {field.name for field in table.schema if pa.types.is_timestamp(field.type)}
    heads = [f"{each} ({zone})" if each in instants else each for each in table.column_names]
    book.head(sheet, 0, heads)
    widths = [len(each) for each in heads]
    row = 0
    for batch in table.to_batches(max_chunksize=10_000):
        for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row += 1
            for column, cell in enumerate(cells):
                value = wall(cell, zone) if isinstance(cell, datetime) else cell
                widths[column] = max(widths[column], book.value(sheet, row, column, value))
    _fit(sheet, widths)
    sheet.freeze_panes(1, 0)
    if row:
        sheet.autofilter(0, 0, row, len(heads) - 1)
    _definitions(book, definitions)
    _receipts(book, receipts)
    return book.closed()


def _lines(book: Book, sheet: Worksheet, report: Document) -> int:
    lines = [report.title, f"{report.desk}. {report.subtitle}"]
    if report.is_sample:
        lines.append("Sample data: a fictional company.")
    lines += [
        report.cover,
        f"Data until {report.as_of:%Y-%m-%d %H:%M} ({report.zone}); lake version"
        f" {report.lake_version}; made for {report.made_for}",
    ]
    for row, line in enumerate(lines):
        more = {"bold": True, "font_size": 16} if row == 0 else {"text_wrap": True}
        sheet.write_string(row, 0, line, book.format("", **more))
    return len(lines)


def _texts(block: Paragraph | Items) -> Iterable[str]:
    if isinstance(block, Items):
        return block.texts
    return (f"{block.lead} {block.text}".strip(),)


def _table(book: Book, table: Table) -> list[tuple[str, tuple[float | None, ...]]]:
    """Write a table as a sheet; return the courses in it, which are drawn from another sheet."""
    sheet = book.sheet(table.name)
    heads = [column.name for column in table.columns]
    book.head(sheet, 0, heads)
    widths = [len(head) for head in heads]
    courses = []
    for row, cells in enumerate(table.rows, 1):
        for column, cell in enumerate(cells):
            if cell.course:
                courses.append((cells[0].text, cell.course))
                continue
            shown = _cell(book, sheet, row, column, cell)
            widths[column] = max(widths[column], shown)
    _fit(sheet, widths)
    sheet.freeze_panes(1, 1)
    return courses


def _cell(book: Book, sheet: Worksheet, row: int, column: int, cell: Cell) -> int:
    if cell.raw is None:
        return book.value(sheet, row, column, cell.text)
    return book.value(sheet, row, column, cell.raw, cell.unit)


def _weeks(book: Book, courses: Sequence[tuple[str, tuple[float | None, ...]]]) -> None:
    """Write the values behind the lines of a report, with a line drawn beside each."""
    if not courses:
        return
    most = max(len(values) for _, values in courses)
    sheet = book.sheet("Weeks")
    ago = [f"{most - place} weeks ago" if place < most - 1 else "last" for place in range(most)]
    book.head(sheet, 0, ["Number", "Course", *ago])
    for row, (name, values) in enumerate(courses, 1):
        sheet.write_string(row, 0, name)
        first = 2 + most - len(values)
        for column, value in enumerate(values, first):
            book.value(sheet, row, column, value)
        sheet.add_sparkline(
            row, 1, {"range": f"'{sheet.get_name()}'!{_address(row, 2)}:{_address(row, 1 + most)}"}
        )
    _fit(sheet, [30, 20])
    sheet.freeze_panes(1, 2)


def _address(row: int, column: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(row, column))


def _definitions(book: Book, entries: Sequence[Entry]) -> None:
    if not entries:
        return
    sheet = book.sheet("Definitions")
    heads = ["Key", "Name", "Version", "Unit", "What counts", "Formula", "Meaning"]
    book.head(sheet, 0, heads)
    for row, entry in enumerate(entries, 1):
        metric = entry.metric
        cells = (
            *(metric.key, metric.title, metric.version, metric.unit),
            *(metric.where_words, metric.formula, " ".join(entry.description.split())),
        )
        for column, value in enumerate(cells):
            book.value(sheet, row, column, value)
    _fit(sheet, [24, 28, 8, 16, WIDEST, WIDEST, WIDEST])


def _receipts(book: Book, receipts: Sequence[tuple[str, Receipt]]) -> None:
    if not receipts:
        return
    sheet = book.sheet("Receipts")
    book.head(sheet, 0, ["Numbers of", "Lake version", "Digest", "Receipt (JSON)"])
    for row, (name, receipt) in enumerate(receipts, 1):
        book.value(sheet, row, 0, name)
        book.value(sheet, row, 1, receipt.content["lake_version"])
        book.value(sheet, row, 2, receipt.content["digest"])
        for column, part in enumerate(_parts(receipt.to_json()), 3):
            sheet.write_string(row, column, part)
    _fit(sheet, [30, 12, WIDEST, WIDEST])


def _parts(text: str) -> Iterable[str]:
    """Cut a long text into cells: put together again in their order they are the receipt."""
    return [text[at : at + MOST_CHARACTERS] for at in range(0, len(text), MOST_CHARACTERS)]


def _fit(sheet: Worksheet, widths: Sequence[int]) -> None:
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width + 2, WIDEST))
