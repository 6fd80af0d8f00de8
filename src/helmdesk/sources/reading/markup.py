"""Tables in markup that is called a workbook: Excel's XML of 2003, and pages of HTML that systems
save as .xls.
"""

from __future__ import annotations

import xml.sax
import xml.sax.handler
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from helmdesk.errors import InputError
from helmdesk.sources.reading.content import HEAD, WORKBOOK_XML
from helmdesk.sources.reading.rows import Part, Request
from helmdesk.sources.reading.sheets import Sheet, read_sheets
from helmdesk.sources.reading.workbook import MOST_COLUMNS, MOST_ROWS, cell_text, percent_text
from helmdesk.sources.reading.xes import NoDoctype

# As browsers do.
MOST_SPANNED_COLUMNS, MOST_SPANNED_ROWS = 1000, 65_534


def read_markup(request: Request) -> Iterator[Part]:
    """Yield the sheets, or the tables of a page, that were asked for.

    Raises:
        InputError: damaged, or larger than the limits.
    """
    with request.plain.open("rb") as handle:
        is_workbook = bool(WORKBOOK_XML.search(handle.read(HEAD)))
    sheets = _Grid(request)
    if is_workbook:
        _read_workbook(request, sheets)
    else:
        _read_page(request, sheets)
    if not sheets.tables:
        raise InputError(
            f"{request.path}: a page without a table; export it as CSV or as a workbook"
        )
    if len(sheets.tables) == 1 and not is_workbook:
        sheets.tables = {"": next(iter(sheets.tables.values()))}
    yield from read_sheets(
        request, list(sheets.tables), [], lambda name: Sheet(name, sheets.tables[name])
    )


class _Grid:
    """Cells as they come: at the next free place, or at the one they name; with spans."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._cells = 0
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] = []
        self._hanging: dict[int, tuple[str, int]] = {}

    def begin_table(self, name: str) -> None:
        """Begin a table of a name that no other has."""
        self._rows, self._hanging = [], {}
        self.tables[name if name not in self.tables else f"{name} ({len(self.tables) + 1})"] = (
            self._rows
        )

    def begin_row(self, number: int | None = None) -> None:
        """Begin the next row, or the row of a number, counted from 1."""
        number = number or len(self._rows) + 1
        if not len(self._rows) < number <= MOST_ROWS:
            raise InputError(
                f"{self._request.path}: damaged: row {number:,} after row {len(self._rows):,}"
            )
        self._rows += [[] for _ in range(number - len(self._rows))]
        self._hang()

    def _hang(self) -> None:
        """Repeat what reaches down from rows above at the next free place."""
        row = self._rows[-1]
        while (hanging := self._hanging.get(len(row))) is not None:
            content, more = hanging
            if more > 1:
                self._hanging[len(row)] = content, more - 1
            else:
                del self._hanging[len(row)]
            self._put(content)

    def _put(self, content: str) -> None:
        self._cells += 1
        if self._cells > self._request.limits.cells:
            raise InputError(
                f"{self._request.path}: more than {self._request.limits.cells:,} cells (setting"
                " limit_cells)"
            )
        self._rows[-1].append(content)

    def cell(self, content: str, place: int | None = None, across: int = 0, down: int = 0) -> None:
        """Add a cell; one that reaches across leaves the others empty, one that reaches down stands
        in each row.
        """
        if not self._rows:
            self.begin_row()
        row = self._rows[-1]
        if place is not None and not len(row) <= place < MOST_COLUMNS:
            raise InputError(
                f"{self._request.path}: damaged: column {place + 1:,} after column {len(row):,} in"
                f" row {len(self._rows):,}"
            )
        while place is not None and len(row) < place:
            self._put("")
        if len(row) + across >= MOST_COLUMNS:
            raise InputError(f"{self._request.path}: a row of more than {MOST_COLUMNS:,} cells")
        for more in range(across + 1):
            if down > 0:
                self._hanging[len(row)] = ("" if more else content, down)
            self._put("" if more else content)
        self._hang()


def _read_workbook(request: Request, grid: _Grid) -> None:
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    parser.setFeature(xml.sax.handler.feature_external_pes, False)
    parser.setProperty(xml.sax.handler.property_lexical_handler, NoDoctype())
    parser.setContentHandler(_Workbook(grid))
    try:
        with request.plain.open("rb") as handle:
            parser.parse(handle)
    except (xml.sax.SAXException, ValueError) as error:
        raise InputError(f"{request.path}: not readable as a workbook in XML ({error})") from error


class _Workbook(xml.sax.handler.ContentHandler):
    """Excel's XML of 2003: sheets, rows, cells with types, and styles that show a share as per
    cent.
    """

    def __init__(self, grid: _Grid) -> None:
        super().__init__()
        self._grid = grid
        self._style = ""
        self._percents: set[str] = set()
        self._cell: dict[str, str] = {}
        self._type = ""
        self._said: list[str] | None = None
        self._content = ""

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 (the parser's name)
        """See a tag open."""
        given = {key.rpartition(":")[2]: value for key, value in attrs.items()}
        match name.rpartition(":")[2]:
            case "Style":
                self._style = given.get("ID", "")
            case "NumberFormat" if (
                "%" in given.get("Format", "") or given.get("Format") == "Percent"
            ):
                self._percents.add(self._style)
            case "Worksheet":
                self._grid.begin_table(given.get("Name", ""))
            case "Row":
                self._grid.begin_row(int(given["Index"]) if "Index" in given else None)
            case "Cell":
                self._cell, self._content, self._type = given, "", ""
            case "Data":
                self._type, self._said = given.get("Type", "String"), []

    def characters(self, content: str) -> None:
        """See text."""
        if self._said is not None:
            self._said.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 (the parser's name)
        """See a tag close."""
        match name.rpartition(":")[2]:
            case "Data":
                self._content, self._said = self._meant("".join(self._said or ())), None
            case "Cell":
                place = int(self._cell["Index"]) - 1 if "Index" in self._cell else None
                across, down = (int(self._cell.get(key, 0)) for key in ("MergeAcross", "MergeDown"))
                self._grid.cell(self._content, place, max(across, 0), max(down, 0))

    def _meant(self, said: str) -> str:
        match self._type:
            case "Number":
                content = cell_text(float(said))
                return (
                    percent_text(content)
                    if self._cell.get("StyleID") in self._percents
                    else content
                )
            case "DateTime":
                return cell_text(datetime.fromisoformat(said))
            case "Boolean":
                return cell_text(said.strip() == "1")
        return said


def _read_page(request: Request, grid: _Grid) -> None:
    parser = _Page(grid)
    with request.plain.open(encoding="utf-8-sig", errors="replace") as handle:
        while chunk := handle.read(1 << 20):
            parser.feed(chunk)
    parser.close()


class _Page(HTMLParser):
    """Tables of a page; what stands in tables within tables belongs to the cell around them."""

    def __init__(self, grid: _Grid) -> None:
        super().__init__(convert_charrefs=True)
        self._grid = grid
        self._depth = 0
        self._cell: dict[str, int] | None = None
        self._said: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See a tag open."""
        if tag in ("style", "script"):
            self._silent = tag
        elif tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._grid.begin_table(f"table {len(self._grid.tables) + 1}")
        elif self._depth != 1:
            return
        elif tag == "tr":
            self._end_cell()
            self._grid.begin_row()
        elif tag in ("td", "th"):
            self._end_cell()
            given = {
                key: int(value)
                for key, value in attrs
                if value and value.strip().isdecimal() and len(value) < 10
            }
            self._cell, self._said = given, []
        elif tag == "br":
            self._said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """See a tag close."""
        if tag == self._silent:
            self._silent = ""
        elif tag == "table":
            if self._depth == 1:
                self._end_cell()
            self._depth = max(self._depth - 1, 0)
        elif tag in ("td", "th", "tr") and self._depth == 1:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        """See text."""
        if self._cell is not None and not self._silent:
            self._said.append(data)

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        lines = (
            [" ".join(line.split()) for line in "".join(self._said).split("\n")]
            if "\n" in self._said
            else ["".join(self._said)]
        )
        content = "\n".join(lines) if len(lines) > 1 else " ".join(lines[0].split())
        across = min(self._cell.get("colspan", 1), MOST_SPANNED_COLUMNS) - 1
        down = min(self._cell.get("rowspan", 1), MOST_SPANNED_ROWS) - 1
        self._cell = None
        self._grid.cell(content, None, max(across, 0), max(down, 0))
