"""Workbooks written by hand, byte for byte what a test wants of them: no library stands between a
test and its trap.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# Styles of cells, by number: general, date and time, time of day, [h]:mm:ss, 0%, 0.00%, date.
GENERAL, MOMENT, CLOCK, LENGTH, PERCENT, FINE_PERCENT, DAY = range(7)
FORMATS = (
    (164, "yyyy\\-mm\\-dd hh:mm"),
    (165, "hh:mm:ss"),
    (46, ""),
    (9, ""),
    (166, "0.00%"),
    (14, ""),
)


def reference(row: int, column: int) -> str:
    """Return the name of a cell, both places counted from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def cell(at: str, value: object) -> str:
    """Return the XML of a cell: None is none, a tuple is a number with a style, a text beginning
    with "<" is XML itself.
    """
    match value:
        case None:
            return ""
        case bool():
            return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
        case (number, style):
            return f'<c r="{at}" s="{style}"><v>{number!r}</v></c>'
        case int() | float():
            return f'<c r="{at}"><v>{value!r}</v></c>'
        case str() if value.startswith("#"):
            return f'<c r="{at}" t="e"><v>{escape(value)}</v></c>'
        case str() if value.startswith("<"):
            return f'<c r="{at}">{value}</c>'
    return (
        f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'
    )


def sheet_xml(rows: Iterable[Sequence[object]], *, merged: Sequence[str] = ()) -> str:
    """Return the XML of a sheet."""
    lines = "".join(
        f'<row r="{number}">'
        + "".join(cell(reference(number, place), value) for place, value in enumerate(row, 1))
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    spans = "".join(f'<mergeCell ref="{span}"/>' for span in merged)
    more = f'<mergeCells count="{len(merged)}">{spans}</mergeCells>' if merged else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet'
        f' xmlns="{MAIN}"><sheetData>{lines}</sheetData>{more}</worksheet>'
    )


def parts(sheets: Mapping[str, str], *, hidden: Sequence[str] = ()) -> dict[str, str]:
    """Return the parts of a workbook by their names in the archive."""
    numbered = list(enumerate(sheets, 1))
    state = {name: ' state="hidden"' if name in hidden else "" for name in sheets}
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"{state[name]}/>'
        for number, name in numbered
    )
    related = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet"'
        f' Target="worksheets/sheet{number}.xml"/>'
        for number, _ in numbered
    )
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'
        for number, code in FORMATS
        if code
    )
    styles = "".join(
        f'<xf numFmtId="{number}" applyNumberFormat="1"/>'
        for number in (0, *(number for number, _ in FORMATS))
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml"'
        f' ContentType="{kind}.worksheet+xml"/>'
        for number, _ in numbered
    )
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override'
            f' PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{overrides}</Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
            f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships">{related}<Relationship Id="rIdS"'
            f' Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
        ),
        "xl/styles.xml": (
            "<styleSheet"
            f' xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>'
        ),
        **{f"xl/worksheets/sheet{number}.xml": sheets[name] for number, name in numbered},
    }


def archive(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, body in files.items():
            target.writestr(name, body)
    return path


def workbook(
    path: Path,
    sheets: Mapping[str, Iterable[Sequence[object]] | str],
    *,
    hidden: Sequence[str] = (),
) -> Path:
    """Write an .xlsx file of sheets: rows of cells, or XML."""
    ready = {
        name: rows if isinstance(rows, str) else sheet_xml(rows) for name, rows in sheets.items()
    }
    return archive(path, parts(ready, hidden=hidden))


def ods(path: Path, rows: Iterable[Sequence[str]], *, name: str = "Sheet1") -> Path:
    """Write an .ods file; a text beginning with "<" is the XML of its cell."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            (
                value
                if value.startswith("<")
                else (
                    '<table:table-cell office:value-type="string">'
                    f"<text:p>{escape(value)}</text:p></table:table-cell>"
                )
            )
            for value in row
        )
        + "</table:table-row>"
        for row in rows
    )
    spaces = " ".join(
        f'xmlns:{word}="urn:oasis:names:tc:opendocument:xmlns:{word}:1.0"'
        for word in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table"
        f' table:name="{name}">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    return archive(
        path,
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest,
            "content.xml": content,
        },
    )
