"""Workbooks, archives and JSON made with bad intent, or by bad luck: each costs one line of text,
and this process lives and stays small.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from helmdesk.errors import HelmdeskError
from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.source import files_within
from helmdesk.sources.reading import conversion
from helmdesk.sources.reading.archive import unpack_archives
from helmdesk.sources.reading.raw_tables import read_table
from workbooks import MAIN, archive, cell, ods, parts, sheet_xml, workbook

ROWS = [["id", "created"], [1, "2026-01-05"], [2, "2026-01-06"]]
GROWN_MB = 120


def _sheet(*rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def _row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def _book(folder: Path, xml: str, **more: str | bytes) -> Path:
    return archive(
        folder / "t.xlsx",
        {**parts({"S": xml}), **{name.replace("__", "/"): body for name, body in more.items()}},
    )


def _without(folder: Path, part: str) -> Path:
    return archive(
        folder / "t.xlsx",
        {name: body for name, body in parts({"S": sheet_xml(ROWS)}).items() if name != part},
    )


def _with(folder: Path, part: str, body: str | bytes) -> Path:
    return archive(folder / "t.xlsx", {**parts({"S": sheet_xml(ROWS)}), part: body})


def _bytes(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _flipped(folder: Path, seed: int) -> Path:
    content = bytearray(workbook(folder / "whole.xlsx", {"S": sheet_xml(ROWS * 50)}).read_bytes())
    chance = random.Random(seed)
    for _ in range(20):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return _bytes(folder, "t.xlsx", bytes(content))


def _cut(folder: Path, share: float) -> Path:
    content = workbook(folder / "whole.xlsx", {"S": sheet_xml(ROWS * 50)}).read_bytes()
    return _bytes(folder, "t.xlsx", content[: int(len(content) * share)])


def _nested_zip(folder: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("a.csv", "id,created\n" * 10)
    return archive(folder / "t.zip", {"inner.zip": inner.getvalue()})


LAUGHS = (
    "<!DOCTYPE lolz [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    + "]>"
)
XML_2003 = (
    '<?xml version="1.0"?>{before}<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
    ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet'
    ' ss:Name="S"><Table>{rows}</Table></Worksheet></Workbook>'
)


def _xml_2003(folder: Path, rows: str, before: str = "") -> Path:
    return _bytes(folder, "t.xls", XML_2003.format(rows=rows, before=before).encode())


def _repeated(folder: Path, rows: int, columns: int) -> Path:
    many = (
        f'<table:table-cell table:number-columns-repeated="{columns}"'
        ' office:value-type="string"><text:p>x</text:p></table:table-cell>'
    )
    path = ods(folder / "t.ods", [["id", "created"], [many]])
    with zipfile.ZipFile(path) as whole:
        files = {name: whole.read(name) for name in whole.namelist()}
    first, second = files["content.xml"].decode().split("<table:table-row>")[1:]
    files["content.xml"] = (
        files["content.xml"]
        .decode()
        .replace(
            f"<table:table-row>{second}",
            f'<table:table-row table:number-rows-repeated="{rows}">{second}',
        )
        .encode()
    )
    assert first
    return archive(path, files)


HUGE = "x" * (9 * 2**20)
FAR = _sheet(_row(1, cell("A1", "id")), _row(1_048_576, cell("XFD1048576", 1)))
# What is made, and words of the error; None: it may be read, as long as it is read in peace.
HOSTILE: dict[str, tuple[Callable[[Path], Path], str | None]] = {
    "two cells, a world apart": (
        lambda f: _book(f, FAR),
        "reaches to cell XFD1048576: 17,179,869,184 cells, of which 2",
    ),
    "the same behind a prefix": (
        lambda f: _book(
            f, FAR.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
        ),
        "reaches to cell XFD1048576",
    ),
    "attributes in another order": (
        lambda f: _book(f, FAR.replace('<c r="XFD1048576"', '<c s="0" r="XFD1048576"')),
        "reaches to cell XFD1048576",
    ),
    "single quotes": (
        lambda f: _book(f, FAR.replace('"XFD1048576"', "'XFD1048576'").replace('r="A1"', "r='A1'")),
        "reaches to cell XFD1048576",
    ),
    "a tall thin sheet": (
        lambda f: _book(f, _sheet(_row(1, cell("A1", "id")), _row(1_048_576, cell("Z1048576", 1)))),
        "27,262,976 cells",
    ),
    "a row past the last": (
        lambda f: _book(f, _sheet(_row(9_999_999, cell("A9999999", 1)))),
        "there can be no cell A9999999",
    ),
    "a column past the last": (
        lambda f: _book(f, _sheet(_row(1, cell("ZZZZ1", 1)))),
        "there can be no cell ZZZZ1",
    ),
    "a row of a number past all numbers": (
        lambda f: _book(f, _sheet(_row(1, cell("A99999999999999999999", 1)))),
        "there can be no cell A99999999999999999999",
    ),
    "row zero": (lambda f: _book(f, _sheet(_row(0, cell("A0", 1)))), None),
    "a false dimension": (
        lambda f: _book(
            f, sheet_xml(ROWS).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
        ),
        None,
    ),
    "a dimension that is none": (
        lambda f: _book(
            f,
            sheet_xml(ROWS).replace(
                "<sheetData>", '<dimension ref="ZZZ:999999999999"/><sheetData>'
            ),
        ),
        None,
    ),
    "merged from end to end": (lambda f: _book(f, sheet_xml(ROWS, merged=["A1:XFD1048576"])), None),
    "merged ten thousand times": (
        lambda f: _book(f, sheet_xml(ROWS, merged=[f"A{n}:A{n + 1}" for n in range(1, 10_000)])),
        None,
    ),
    "laughing parts": (
        lambda f: _book(f, LAUGHS + sheet_xml(ROWS).replace("2026-01-05", "&j;")),
        None,
    ),
    "a text without an end": (
        lambda f: _book(f, _sheet(_row(1, cell("A1", "id")), _row(2, cell("A2", HUGE)))),
        "a cell is larger than 8 MB",
    ),
    "a sheet that is no XML": (lambda f: _book(f, "no XML at all"), ""),
    "a sheet that breaks off": (lambda f: _book(f, sheet_xml(ROWS)[:200]), ""),
    "a text that is not there": (
        lambda f: _book(f, _sheet(_row(1, '<c r="A1" t="s"><v>999999999</v></c>'))),
        "",
    ),
    "a style that is not there": (
        lambda f: _book(
            f, _sheet(_row(1, cell("A1", "id")), _row(2, '<c r="A2" s="4000000000"><v>1</v></c>'))
        ),
        None,
    ),
    "a date past all dates": (
        lambda f: _book(f, _sheet(_row(1, cell("A1", "id")), _row(2, cell("A2", (1e300, 1))))),
        None,
    ),
    "no number": (
        lambda f: _book(
            f,
            _sheet(
                _row(1, cell("A1", "id")),
                _row(2, '<c r="A2"><v>NaN</v></c>', '<c r="B2"><v>1e999</v></c>'),
            ),
        ),
        None,
    ),
    "no sheet": (lambda f: archive(f / "t.xlsx", parts({})), ""),
    "empty sheets": (
        lambda f: workbook(f / "t.xlsx", {"A": [], "B": []}),
        "no sheet with anything in it (sheets: 'A', 'B')",
    ),
    "without its list of sheets": (lambda f: _without(f, "xl/workbook.xml"), ""),
    "without its relations": (lambda f: _without(f, "xl/_rels/workbook.xml.rels"), ""),
    "without styles": (lambda f: _without(f, "xl/styles.xml"), None),
    "styles that are none": (lambda f: _with(f, "xl/styles.xml", b"\0\xff" * 50), None),
    "ten thousand parts": (
        lambda f: _book(f, sheet_xml(ROWS), **{f"xl__media__{n}": "" for n in range(10_001)}),
        "at most 10,000",
    ),
    "a bomb in a sheet": (
        lambda f: _book(f, sheet_xml(ROWS) + " " * (100 * 2**20)),
        "more than 200 times its size",
    ),
    "a bomb beside the sheets": (
        lambda f: _book(f, sheet_xml(ROWS), xl__media__x=b"\0" * (100 * 2**20)),
        "more than 200 times its size",
    ),
    "damaged here and there (1)": (lambda f: _flipped(f, 1), None),
    "damaged here and there (2)": (lambda f: _flipped(f, 2), None),
    "damaged here and there (3)": (lambda f: _flipped(f, 3), None),
    "cut in half": (lambda f: _cut(f, 0.5), ""),
    "cut at its end": (lambda f: _cut(f, 0.98), ""),
    "repeated to the horizon": (lambda f: _repeated(f, 1_000_000, 16_000), ""),
    "repeated as far as the library goes": (
        lambda f: _repeated(f, 6_000, 16_000),
        "needs more than 3,072 MB of memory",
    ),
    "a compound file of nothing": (
        lambda f: _bytes(f, "t.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096),
        "",
    ),
    "a compound file of noise": (
        lambda f: _bytes(
            f, "t.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(4).randbytes(20_000)
        ),
        "",
    ),
    "an archive in an archive": (_nested_zip, "archive"),
    "laughing markup": (
        lambda f: _xml_2003(f, '<Row><Cell><Data ss:Type="String">&j;</Data></Cell></Row>', LAUGHS),
        "DOCTYPE",
    ),
    "a row from afar": (
        lambda f: _xml_2003(
            f, '<Row ss:Index="99999999"><Cell><Data ss:Type="String">x</Data></Cell></Row>'
        ),
        "damaged: row 99,999,999",
    ),
    "a cell from afar": (
        lambda f: _xml_2003(
            f, '<Row><Cell ss:Index="99999999"><Data ss:Type="String">x</Data></Cell></Row>'
        ),
        "damaged: column 99,999,999",
    ),
    "a number that is none": (
        lambda f: _xml_2003(f, '<Row><Cell><Data ss:Type="Number">many</Data></Cell></Row>'),
        "not readable",
    ),
    "a page of spans": (
        lambda f: _bytes(
            f,
            "t.xls",
            b"<html><table>"
            + b"<tr>"
            + b"<td colspan=999999999 rowspan=999999999>x" * 400
            + b"</table></html>",
        ),
        "a row of more than",
    ),
    "a page of open tables": (
        lambda f: _bytes(f, "t.xls", b"<html>" + b"<table><tr><td>" * 50_000),
        None,
    ),
    "a page without a table": (
        lambda f: _bytes(f, "t.xls", b"<html><body>Please sign in</body></html>"),
        "a page without a table",
    ),
    "JSON as deep as the sea": (
        lambda f: _bytes(f, "t.json", b'{"a":' * 1_000_000),
        "nested too deeply",
    ),
    "objects within rows, very deep": (
        lambda f: _bytes(
            f, "t.json", b'[{"id": 1, "a": ' + b'{"b": ' * 600 + b"1" + b"}" * 600 + b"}]"
        ),
        None,
    ),
    "JSON of ten thousand names": (
        lambda f: _bytes(f, "t.json", json.dumps([{f"n{n}": n for n in range(10_000)}]).encode()),
        "10,000 columns; at most 2,000",
    ),
    "JSON of one endless text": (
        lambda f: _bytes(f, "t.json", json.dumps([{"id": 1, "text": HUGE}]).encode()),
        "a cell is larger than 8 MB",
    ),
    "a packed bomb of JSON": (
        lambda f: _bytes(f, "t.json.gz", gzip.compress(b"[" + b" " * (100 * 2**20) + b"]")),
        "more than 200 times its size",
    ),
    "lone halves of letters": (
        lambda f: _bytes(f, "t.json", b'[{"id": "\\ud800", "b\\udfff": "x"}]'),
        None,
    ),
    "zeros in texts": (
        lambda f: _bytes(f, "t.json", b'[{"id": "a\\u0000b", "c\\u0000d": 1}]'),
        None,
    ),
    "a number of five thousand figures": (
        lambda f: _bytes(f, "t.json", b'[{"id": ' + b"9" * 5000 + b"}]"),
        "not readable as JSON",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_a_line_of_text(tmp_path: Path, name: str) -> None:
    make, words = HOSTILE[name]
    path = make(tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    staging = Staging(duckdb.connect(), "test", "batch", limits=Limits())
    try:
        for file in files_within(unpack_archives([path], tmp_path / "unpacked", Limits())):
            read_table(staging, file)
    except HelmdeskError as error:
        told = str(error)
        assert (
            words is not None
            or "no rows" in told
            or "readable" in told
            or "damaged" in told
            or "no sheet" in told
        ), told
        assert (words or "") in told and str(tmp_path) in told
        assert len(told.splitlines()) == 1 and len(told) < 1000, told
    else:
        assert words is None, "it was read"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWN_MB * 1024


def test_a_reader_that_asks_for_too_much_dies_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "MEMORY_MEGABYTES", 400)
    path = _bytes(
        tmp_path,
        "t.json",
        b"[" + b",".join([b'{"id": 1, "text": "abcdefghijklmnopqrstuvwxyz"}'] * 2_000_000) + b"]",
    )
    with pytest.raises(
        HelmdeskError, match=r"t\.json: needs more than 400 MB of memory to be read"
    ):
        read_table(Staging(duckdb.connect(), "test", "batch"), path)


def test_a_reader_that_takes_too_long_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "SECONDS", 1)
    path = _bytes(
        tmp_path,
        "t.json",
        b"\n".join([b'{"id": 1, "text": "abcdefghijklmnopqrstuvwxyz"}'] * 1_500_000),
    )
    with pytest.raises(HelmdeskError, match=r"t\.json: not read within 1 seconds"):
        read_table(Staging(duckdb.connect(), "test", "batch"), path)
