"""Workbooks: cells as people see them, the right sheet, the right row, and places as Excel names
them.
"""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from desks import late_desk
from helmdesk.errors import InputError
from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.suggestion import suggest_mapping
from helmdesk.sources.reading.raw_tables import RawTable, read_table
from workbooks import (
    CLOCK,
    DAY,
    FINE_PERCENT,
    LENGTH,
    MAIN,
    MOMENT,
    PERCENT,
    archive,
    cell,
    ods,
    parts,
    sheet_xml,
    workbook,
)

TICKETS = [
    ["id", "created", "status"],
    [1, "2026-01-05 09:00", "open"],
    [2, "2026-01-06 10:00", "solved"],
]


def read(
    path: Path, sheets: Sequence[str] = (), limits: Limits | None = None
) -> tuple[Staging, RawTable, list[tuple[object, ...]]]:
    staging = Staging(duckdb.connect(), "test", "batch", limits=limits)
    staging.sheets = tuple(sheets)
    table = read_table(staging, path)
    rows = staging.connection.execute(
        f"select * exclude (_file, _row) from {table.table} order by _file, _row"
    ).fetchall()
    return staging, table, rows


def test_cells_are_read_as_they_are_seen(tmp_path: Path) -> None:
    clock = 53_766 / 86_400
    rows = [
        [
            "id",
            "text",
            "moment",
            "day",
            "clock",
            "length",
            "wrapped",
            "share",
            "fine",
            "yes",
            "number",
        ],
        [
            12345.0,
            "00865",
            (45356.6, MOMENT),
            (45356, DAY),
            (clock, CLOCK),
            (1 + clock, LENGTH),
            (1 + clock, CLOCK),
            (0.85, PERCENT),
            (0.1234, FINE_PERCENT),
            True,
            0.1,
        ],
        [
            98765432101234.0,
            "a\nb & <c>",
            (45292, MOMENT),
            (45292.25, DAY),
            (0, CLOCK),
            (31.5, LENGTH),
            (0.5, CLOCK),
            (1, PERCENT),
            (0.07, PERCENT),
            False,
            -3.0,
        ],
    ]
    staging, table, found = read(workbook(tmp_path / "t.xlsx", {"Data": rows}))
    assert table.columns == tuple(rows[0])
    assert found[0] == (
        "12345",
        "00865",
        "2024-03-05 14:24:00",
        "2024-03-05",
        "14:56:06",
        "38:56:06",
        "38:56:06",
        "85%",
        "12.34%",
        "true",
        "0.1",
        2,
    )
    assert found[1] == (
        "98765432101234",
        "a\nb & <c>",
        "2024-01-01",
        "2024-01-01 06:00:00",
        "00:00:00",
        "756:00:00",
        "12:00:00",
        "100%",
        "7%",
        "false",
        "-3",
        3,
    )
    assert staging.report.notes == []
    assert staging.report.files[0].path == f"{tmp_path / 't.xlsx'}, sheet 'Data'"


def test_open_document(tmp_path: Path) -> None:
    def typed(kind: str, name: str, value: str) -> str:
        return (
            f'<table:table-cell office:value-type="{kind}"'
            f' office:{name}="{value}"><text:p>shown</text:p></table:table-cell>'
        )

    row = [
        typed("float", "value", "12345"),
        typed("date", "date-value", "2024-03-05T14:56:06"),
        typed("time", "time-value", "PT27H31M07S"),
        typed("boolean", "boolean-value", "true"),
        "00865",
    ]
    _, _table, rows = read(ods(tmp_path / "t.ods", [["id", "when", "length", "yes", "text"], row]))
    assert rows == [("12345", "2024-03-05 14:56:06", "27:31:07", "true", "00865", 2)]


EXCEL_2003 = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="p"><NumberFormat ss:Format="0%"/></Style></Styles>
<Worksheet ss:Name="Notes"><Table><Row><Cell><Data ss:Type="String">nothing</Data></Cell></Row></Table></Worksheet>
<Worksheet ss:Name="Tickets"><Table>
<Row><Cell><Data ss:Type="String">id</Data></Cell><Cell><Data ss:Type="String">when</Data></Cell><Cell><Data ss:Type="String">share</Data></Cell></Row>
<Row ss:Index="4"><Cell><Data ss:Type="Number">12345</Data></Cell><Cell><Data ss:Type="DateTime">2024-01-02T14:56:06.000</Data></Cell><Cell ss:StyleID="p"><Data ss:Type="Number">0.5</Data></Cell></Row>
<Row><Cell ss:MergeDown="1"><Data ss:Type="Number">2</Data></Cell><Cell ss:Index="3"><Data ss:Type="Error">#N/A</Data></Cell></Row>
<Row><Cell ss:Index="2"><Data ss:Type="DateTime">1900-01-01T03:30:00.000</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


def test_the_xml_of_excel_2003(tmp_path: Path) -> None:
    path = tmp_path / "t.xls"
    path.write_text(EXCEL_2003, encoding="utf-8")
    staging, table, rows = read(path)
    assert table.columns == ("id", "when", "share")
    assert rows == [
        ("12345", "2024-01-02 14:56:06", "50%", 4),
        ("2", None, None, 5),
        ("2", "27:30:00", None, 6),
    ]
    assert staging.summarise().quarantine_examples == [
        f"{path}, sheet 'Tickets', cell C5, share = '#N/A': an error of the spreadsheet instead of"
        " a value"
    ]


def test_a_page_saved_as_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "t.xls"
    path.write_text(
        "<html><head><style>td {color:"
        " red}</style></head><body><table><tr><td>menu</td></tr></table><table"
        " border=1><tr><th>id<th>when<th>text</tr><tr><td>1</td><td rowspan=2>2024-01-02</td><td>a"
        " &amp; b<br>c</td></tr><tr><td>2</td><td>  x\n y </td></tr><tr><td"
        " colspan=2>3</td><td>z</td></tr></table></body></html>",
        encoding="utf-8",
    )
    staging, _, rows = read(path)
    assert rows == [
        ("1", "2024-01-02", "a & b\nc", 2),
        ("2", "2024-01-02", "x y", 3),
        ("3", None, "z", 4),
    ]
    assert "read sheet 'table 2'" in staging.report.notes[0]


def test_the_fullest_sheet_is_read_and_others_are_named(tmp_path: Path) -> None:
    pivot = [["Row Labels", "Count of Status"], ["open", 1], ["solved", 1], ["Grand Total", 2]]
    path = workbook(
        tmp_path / "t.xlsx",
        {"Pivot": [[], *pivot], "January": TICKETS, "Hidden": [*TICKETS, *TICKETS[1:]]},
        hidden=["Hidden"],
    )
    staging, _table, rows = read(path)
    assert [row[0] for row in rows] == ["1", "2"]
    assert staging.report.notes == [
        "t.xlsx: read sheet 'January', 2 rows of 3 columns, the fullest; left alone: 'Pivot' (3"
        " rows), 'Hidden' (hidden) (--sheet NAME reads another)"
    ]
    assert read(path, ["Pivot"])[2][0][:2] == ("open", "1")
    assert len(read(path, ["Hidden"])[2]) == 4
    with pytest.raises(
        InputError,
        match=(
            r"t\.xlsx: no sheet 'Januray'; did you mean 'January'\? \(sheets: 'Pivot', 'January',"
            r" 'Hidden'\)"
        ),
    ):
        read(path, ["Januray"])


def test_sheets_of_one_kind_are_read_together_when_asked(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx",
        {
            "Jan": TICKETS,
            "Feb": [["id", "created", "status", "team"], [3, "2026-02-01 09:00", "open", "#REF!"]],
            "Empty": [],
        },
    )
    assert "left alone: 'Feb' (1 rows)" in read(path)[0].report.notes[0]
    staging, table, rows = read(path, ["*"])
    assert table.columns == ("id", "created", "status", "team")
    assert [(row[0], row[3]) for row in rows] == [("1", None), ("2", None), ("3", None)]
    assert [(file.path.rpartition(", ")[2], file.rows) for file in staging.report.files] == [
        ("sheet 'Jan'", 2),
        ("sheet 'Feb'", 1),
    ]
    assert (
        staging.summarise()
        .quarantine_examples[0]
        .startswith(f"{path}, sheet 'Feb', cell D2, team = '#REF!'")
    )
    same = workbook(tmp_path / "u.xlsx", {"Jan": TICKETS, "Feb": TICKETS})
    assert any(
        "'Jan', 'Feb' have the same columns; all of them are read with --sheet '*'" in note
        for note in read(same)[0].report.notes
    )


def test_the_names_stand_below_titles(tmp_path: Path) -> None:
    above = [
        ["Tickets of the service desk"],
        ["Period:", "January"],
        [],
        ["id", "created", "status"],
    ]
    path = workbook(tmp_path / "t.xlsx", {"S": [*above, *TICKETS[1:], [], ["Total", 2]]})
    staging, table, rows = read(path)
    assert table.columns == ("id", "created", "status")
    assert [(row[0], row[-1]) for row in rows] == [("1", 5), ("2", 6), ("Total", 8)]
    assert staging.report.notes == [
        "t.xlsx, sheet 'S': the table begins in row 5; titles above the names of its columns were"
        " left out"
    ]


def test_names_in_two_rows_and_merged_cells(tmp_path: Path) -> None:
    rows = [
        ["id", "Created", None, "Solved", None],
        [None, "Date", "Time", "Date", "Time"],
        ["a", "2026-01-05", "10:00", "2026-01-06", "11:00"],
        ["b", None, "12:00", "2026-01-06", "13:00"],
    ]
    path = workbook(tmp_path / "t.xlsx", {"S": sheet_xml(rows, merged=["B1:C1", "D1:E1", "B3:B4"])})
    _, table, found = read(path)
    assert table.columns == ("id", "Created Date", "Created Time", "Solved Date", "Solved Time")
    assert found[1] == ("b", "2026-01-05", "12:00", "2026-01-06", "13:00", 4)


def test_columns_without_a_name(tmp_path: Path) -> None:
    _, table, rows = read(
        workbook(
            tmp_path / "t.xlsx",
            {
                "S": [
                    [None, "id", None, "who"],
                    ["x", 1, None, "ann"],
                    ["y", 2, None, "bob", None, "far"],
                ]
            },
        )
    )
    assert table.columns == ("column_1", "id", "who", "column_6")
    assert rows[1] == ("y", "2", "bob", "far", 3)


def test_formulas_without_a_result_are_told(tmp_path: Path) -> None:
    staging, _, rows = read(
        workbook(
            tmp_path / "t.xlsx",
            {"S": [["id", "sum"], [1, "<f>A2+1</f>"], [2, "<f>A3+1</f><v>3</v>"]]},
        )
    )
    assert [row[1] for row in rows] == [None, "3"]
    assert "formulas without a stored result: 1, read as empty" in staging.report.notes[0]


def test_a_prefix_and_cells_without_names_are_read(tmp_path: Path) -> None:
    prefixed = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="A1"'
        ' t="inlineStr"><x:is><x:t>id</x:t></x:is></x:c></x:row><x:row r="2"><x:c r="A2"'
        ' t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    staging, _, _ = read(workbook(tmp_path / "p.xlsx", {"S": prefixed}))
    assert "cell A2, id = '#DIV/0!'" in staging.summarise().quarantine_examples[0]
    nameless = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="inlineStr"><is><t>id</t></is></c></row>'
        "<row><c><v>7</v></c></row></sheetData></worksheet>"
    )
    assert read(workbook(tmp_path / "n.xlsx", {"S": nameless}))[2] == [("7", 2)]


def test_whatever_it_is_called(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": TICKETS})
    for name, content in (
        ("t.csv", path.read_bytes()),
        ("t.xlsx.gz", gzip.compress(path.read_bytes())),
    ):
        other = tmp_path / name
        other.write_bytes(content)
        assert len(read(other)[2]) == 2
    text = tmp_path / "text.xlsx"
    text.write_text("id,created\n1,2026-01-05\n", encoding="utf-8")
    assert read(text)[2][0][:2] == ("1", "2026-01-05")


MAPPING = """name = "book"
key = ["id"]
[[record]]
type = "created"
[record.columns]
ticket_id = "id"
occurred_at = "created"
"""


def test_a_workbook_from_the_file_to_the_number(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    rows = [
        ["id", "created", "note"],
        *([number, (46_027 + number / 24, MOMENT), "#N/A"] for number in range(1, 200)),
        [200, "#REF!", "x"],
        [201, "soon", "x"],
    ]
    path = workbook(tmp_path / "t.xlsx", {"Front": [["hello"]], "Tickets": rows})
    mapping = tmp_path / "m.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    report = desk.load("mapping", [path], mapping=mapping)
    assert report.records == {"created": 199}
    assert report.quarantined_rows == 2
    assert [
        text.removeprefix(f"{path}, sheet 'Tickets', ") for text in report.quarantine_examples
    ] == [
        "cell B201, created = '#REF!': an error of the spreadsheet instead of a value",
        (
            "cell B201, created: created: empty: nobody knows when this happened, so it is not"
            " counted; fill in the time and load again; or say optional = true in its [[record]]"
        ),
        "cell B202, created = 'soon': not a time written as ISO 8601",
    ]
    assert any(
        "199 cells with an error of the spreadsheet stand in columns that are not used" in note
        for note in report.notes
    )
    assert desk.measure("ticket_volume")[0].value == 199
    assert "sheet 'Tickets'" in suggest_mapping(path)
    assert 'sheet = ["Tickets"]' in suggest_mapping(path, sheets=["Tickets"])
    assert (
        desk.load("mapping", [path], mapping=mapping, sheets=["Tickets"], is_dry_run=True).records[
            "created"
        ]
        == 199
    )


def test_limits_of_cells(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": TICKETS})
    with pytest.raises(
        InputError,
        match=(
            r"sheet 'S': reaches to cell C3: 9 cells, of which 9 hold something; at most 8"
            r" \(setting limit_cells\)"
        ),
    ):
        read(path, limits=Limits(cells=8))
    with pytest.raises(InputError, match=r"more than 1 rows"):
        read(path, limits=Limits(rows=1))


def test_cells_that_only_look_far_away_do_no_harm(tmp_path: Path) -> None:
    coloured = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{cell("A1", "id")}</row><row'
        f' r="2">{cell("A2", 1)}<c r="XFD2" s="1"/></row><row r="1048576"><c r="XFD1048576"'
        ' s="2"></c></row></sheetData></worksheet>'
    )
    assert read(archive(tmp_path / "t.xlsx", parts({"S": coloured})))[2] == [("1", 2)]


# A workbook of Excel's binary kind, of two rows: id, when, text, ok.
BINARY = base64.b64decode(
    "UEsDBBQAAAAIAAAAIQDF/DuzJQEAAN8CAAAYAAAAeGwvd29ya3NoZWV0cy9zaGVldDEuYmlufVI9SwNBEH2ze+dFOeSw0Su0MqksBMFKyOFvCf6OGEhEO40SG0H9JfY2gm"
    "0sPbTzH+jOzO3eJgEfDPP93hx754Qpbb8mBhUEvw04vqVCiy3GhEvam9u4VjkbRPmMdqPM4adPTWSc2XvaX9h38P0YV4QJobtGMJsY3nVMih4+bc7XdXAgKxOLk62wsaHO"
    "uBp3ZaLpco3F2eI5PkSOCbULi+tWdqiyroJSJ6DS/mJeznIfMbKce5yxz3L5Zqh0lntBmS49ywqlEUpG/QKkhe8/HL99T7t1pbSMhG3dixNK31jhTJdeM6laXsbjAm/KE4"
    "EXN4RZcqpxvPQflmc4f9J/yqsw/zPhw5oCc3t4Jqj73uvQV/BHgvfg+ZlQuGfaEdZYsIcR4Q9QSwMEFAAAAAgAxkR7Xdjx8BW3AAAAHQEAACMAAAB4bC93b3Jrc2hlZXRz"
    "L19yZWxzL3NoZWV0MS5iaW4ucmVsc23PwU7DMAwG4DtPEflO3XJAE1o2iQNSr2h7gJC4bURjR3GE2rdfbjDg+Nv6P8vH85ZW80VFo7CFoevBEHsJkWcL18vb4wGMVsfBrc"
    "JkYSeF8+nh+E6rq62jS8xqGsJqYak1vyCqXyg57SQTt80kJbnaYpkxO//pZsKnvn/G8tOAX6gZg4UyhgHMZc/0B0/RF1GZaucloUxT9P+xuK2vkV3ZRw60NcuVmaqFj+/h"
    "0LUA2O7j3VenG1BLAwQUAAAACADGRHtdvoOcaA4AAAAdAAAAHgAAAHhsL3dvcmtzaGVldHMvYmluYXJ5SW5kZXgxLmJpbtOSYAACBRCBBqYyMQAAUEsDBBQAAAAIAMZEe1"
    "2d7k2vMgEAAHgDAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbJWTQU/DMAyF7/yKKFfUZOOAEKLbAYbEBZAY4uyl3lotTaI4jPbf47aAQGKFnqLE773PtpSrZVNbccBIlXe5"
    "nKuZFOiMLyq3y+Xz+ja7kIISuAKsd5jLFkkuFydX6zYgCTY7ymWZUrjUmkyJNZDyAR1Xtj7WkPgadzqA2cMO9dlsdq6NdwldylKXITnsBrfwapNYNfw+dLKpnBTXg7Bj5R"
    "JCsJWBxGV9cIWqKcPGoFVUIibFBoitqsFEv3KwscgS4BT9OyCipT8IP+fIPmZQ7Ow1VFaBTllwDNGVjhM+jQ+8/VgVKB4hpnuoWaYbq9983G+833eDjaRM3cQIrXeT7o/5"
    "FOyXmQn/AAz93bkCm0kYlvamFxqbhFJrkabkDo7RzBIiFk8p8q+YFv3d2BN0/3EW71BLAwQUAAAACADGRHtdgOv40bEAAAAqAQAACwAAAF9yZWxzLy5yZWxzjc/BDoIwDA"
    "bgu0+x9C4DD8YYBhdj4tXoA8xRYAHaZZsKb++Oajx4bNr/a1vW8zSKB/pgmRQUWQ4CyXBjqVNwvRzXOxAhamr0yIQKFgxQV6vyjKOOKRN664JICAUFfYxuL2UwPU46ZOyQ"
    "UqdlP+mYSt9Jp82gO5SbPN9K/27AFypOjQJ/agoQl8XhPzi3rTV4YHOfkOKPHV8TSda+w6hgHuWT/XBjHrKbJZDpGPnxYvUCUEsDBBQAAAAIAMZEe12acbv4WQEAAB4CAA"
    "APAAAAeGwvd29ya2Jvb2suYmluXVE7SwNBEP5mE7VRcpUEQVDUswrm4uWhFiJKwEKwSBFECJdHcSqieUBEhPMB2mknoqYXW3+J/0BBkHT2gn675wMy8M1+s7M7M/vtqSCQ"
    "FHpMEW3sQLhmjc+gjz4FF7P0GdzI4JhJhDbVL4jEEFxbbpzhMuaxiQb2WaNBVkCNaxMH2ICHPfiMWiiabJl52xSAheA4fvJXdYZw2K+EXVRQZ02H/JA+gzSSyGGFbA4J9s"
    "szypK59OFejjxNnuApF0tEkjd1PcfsZ3FkOmj0mo1zMSMpjhTELb03RHzRwnxHRjXpDANPPvBuA0Wt2o+1LwSXgjuxdaRfFCXqWEWV7QfICxShgm0K06QIV4IXhTeFrrL+"
    "VQ3tVWE6P/4bxYgSn+tTvCZv1/k8j8yjkB4r1cyJhfBwOFHEeD37vYyku8rMUyU+Hz6e18rrizrewq0IJqL8RTxaIpM4E3wDUEsDBBQAAAAIAMZEe10wMDnfawEAADMDAA"
    "ANAAAAeGwvc3R5bGVzLmJpbqVSSy9DURD+7r0T7kK4jUgsRCSohNajEgsrokukSS27URWaKElTErv6B1b8gaZrj61/ojtvbSxICCF8c65GRRQxkzMzZ843j3Pm7Ni4ELEB"
    "hEIFtFJvvnMCYWTIqlPkBLqwTB433lBnEU110JeCExGLiIG+EuW2mizTqBp4tRsppzCPFaSRRJZSgRaOtBf7ph6wt8GC3Yz8losgTgXH/gXCUQ1wJvw4Z5KCZHZ/oHA0gP"
    "9nKQnO/OsPjlL4d1H6nXUuuPXDh7za4p4H3AmuRMScfZz4Z+op1Hgs4yl+8cCqVtKoa0HZr2ZeNoB8vv1TaqUghjtUK8zlmsUah5Exg1nlB6gIHh3tCk8Onp2YWvqSc0Qk"
    "iVlEHDni1JrhSnGQ64yPGFSMuw1mzNWgpulb4ofLYQRjeHHQLZw6yi7u3f5q+rj5FwuEZ78JfXBRcdHDaKcF2PNw4EU0us00l2YL2tpPWQ497HvMsmvjDVBLAwQUAAAACA"
    "DGRHtdPwaVHNwAAAA3AgAAGgAAAHhsL19yZWxzL3dvcmtib29rLmJpbi5yZWxzrZHBTsMwDIbve4rId5p2SAihprtMSLuO8QAhcZtobRLFHtC3JwI0FTQhDjtZduTv/xS3"
    "m/dpFK+YycegoKlqEBhMtD4MCp4Pjzf3IIh1sHqMARXMSLDpVu0eR81lh5xPJAokkALHnB6kJONw0lTFhKG89DFPmkubB5m0OeoB5bqu72ReMuAXVOysgryzDYjDnPA/8N"
    "j33uA2mtOEgS9kyLeYj+QQuUB1HpAVnEckP0tTvfgAsrsos76mDPE8lt88m3z1f8XfXjXe6Yz2iXM59dJiOf6WWbXyx727D1BLAwQUAAAACAAAACEA7S6YzEcAAABcAAAA"
    "FAAAAHhsL3NoYXJlZFN0cmluZ3MuYmlum8/IwcbAwADCwpwMTEAqkyGFQZiXgQXILGfIYEhlyINxS4CcCiAJVZjPkM0gzM/ACmQaAKEFgxmDKYMwOwMjUCCJYQEjAwBQSw"
    "ECFAMUAAAACAAAACEAxfw7syUBAADfAgAAGAAAAAAAAAAAAAAAgAEAAAAAeGwvd29ya3NoZWV0cy9zaGVldDEuYmluUEsBAhQDFAAAAAgAxkR7Xdjx8BW3AAAAHQEAACMA"
    "AAAAAAAAAAAAAIABWwEAAHhsL3dvcmtzaGVldHMvX3JlbHMvc2hlZXQxLmJpbi5yZWxzUEsBAhQDFAAAAAgAxkR7Xb6DnGgOAAAAHQAAAB4AAAAAAAAAAAAAAIABUwIAAH"
    "hsL3dvcmtzaGVldHMvYmluYXJ5SW5kZXgxLmJpblBLAQIUAxQAAAAIAMZEe12d7k2vMgEAAHgDAAATAAAAAAAAAAAAAACAAZ0CAABbQ29udGVudF9UeXBlc10ueG1sUEsB"
    "AhQDFAAAAAgAxkR7XYDr+NGxAAAAKgEAAAsAAAAAAAAAAAAAAIABAAQAAF9yZWxzLy5yZWxzUEsBAhQDFAAAAAgAxkR7XZpxu/hZAQAAHgIAAA8AAAAAAAAAAAAAAIAB2g"
    "QAAHhsL3dvcmtib29rLmJpblBLAQIUAxQAAAAIAMZEe10wMDnfawEAADMDAAANAAAAAAAAAAAAAACAAWAGAAB4bC9zdHlsZXMuYmluUEsBAhQDFAAAAAgAxkR7XT8GlRzc"
    "AAAANwIAABoAAAAAAAAAAAAAAIAB9gcAAHhsL19yZWxzL3dvcmtib29rLmJpbi5yZWxzUEsBAhQDFAAAAAgAAAAhAO0umMxHAAAAXAAAABQAAAAAAAAAAAAAAIABCgkAAH"
    "hsL3NoYXJlZFN0cmluZ3MuYmluUEsFBgAAAAAJAAkAXwIAAIMJAAAAAA=="
)


def test_binary_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsb"
    path.write_bytes(BINARY)
    assert read(path)[2] == [
        ("12345", "2024-03-05 14:56:06", "00865", "true", 2),
        ("2.5", "2024-03-06", "b", "false", 3),
    ]
    with zipfile.ZipFile(io.BytesIO(BINARY)) as whole:
        files = {name: whole.read(name) for name in whole.namelist()}
    sheet = next(name for name in files if "sheet1.bin" in name)
    # A cell of yes or no (4) is written like an error (3) but for its number; of its value 1
    # becomes #N/A.
    yes = b"\x04\x09\x03\0\0\0"
    at = files[sheet].index(yes)
    cell_bytes = files[sheet][at : at + 11]
    assert cell_bytes[-1] == 1
    files[sheet] = files[sheet].replace(cell_bytes, b"\x03" + cell_bytes[1:-1] + b"\x2a")
    staging, _, rows = read(archive(path, files))
    assert rows[0][3] is None
    assert staging.summarise().quarantine_examples == [
        f"{path}, sheet 'Tickets', cell D2, ok = '#N/A': an error of the spreadsheet instead of a"
        " value"
    ]
