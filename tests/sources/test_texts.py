"""Tables of text as systems and people write them: encodings, titles above, separators, columns of
one name.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from helmdesk.errors import InputError
from helmdesk.records.staging import Staging
from helmdesk.sources.reading.raw_tables import RawTable, read_table


def read(
    path: Path, content: bytes, **options: object
) -> tuple[Staging, RawTable, list[tuple[object, ...]]]:
    path.write_bytes(content)
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    staging = Staging(connection, "test", "batch")
    table = read_table(staging, path, **options)  # type: ignore[arg-type]
    return (
        staging,
        table,
        connection.execute(
            f"select * exclude (_file, _row) from {table.table} order by _row"
        ).fetchall(),
    )


@pytest.mark.parametrize(
    ("encoding", "shown", "content"),
    [
        ("utf-16", "UTF-16", "id\tname\n1\tÄnn\n2\tbob\n"),
        ("utf-16-le", "UTF-16", "id\tname\n1\tann\n2\tbob\n"),
        ("utf-16-be", "UTF-16", "id\tname\n1\tann\n2\tbob\n"),
        ("utf-32", "UTF-32", "id\tname\n1\tann\n2\tbob\n"),
        (
            "cp1252",
            "Windows-1252",
            "id;Betreff\n1;Rückfrage: Gerät lässt sich nicht öffnen – 5 €\n",
        ),
        ("cp1252", "Windows-1252", "id;asunto\n1;No enciende el teléfono, contraseña olvidada\n"),
        ("cp1252", "Windows-1252", "id,name\n1,émile\n"),
        (
            "cp1250",
            "Windows-1250",
            "id;temat\n1;Zgłoszenie błędu, brak dostępu do sieci wewnętrznej\n",
        ),
        (
            "cp1250",
            "Windows-1250",
            "id;předmět\n1;Nefunguje tiskárna v kanceláři, žádost o přístup, vyřešeno\n",
        ),
        ("cp1254", "Windows-1254", "no;konu\n1;Yazıcı çalışmıyor, şifre sıfırlama isteği\n"),
        ("cp1251", "Windows-1251", "номер;тема\n1;Не работает принтер, нет доступа к сети\n"),
        ("cp932", "Shift JIS", "番号,件名\n1,プリンターが動かない\n2,パスワードを忘れました\n"),
        (
            "gb18030",
            "GB 18030",
            "编号,主题,状态\n1,打印机无法工作,已解决\n2,忘记密码,处理中\n3,无法访问内网,已关闭\n",
        ),
    ],
)
def test_an_encoding_is_told_by_the_bytes_and_said(
    tmp_path: Path, encoding: str, shown: str, content: str
) -> None:
    staging, table, rows = read(tmp_path / "t.csv", content.encode(encoding))
    header, first = content.split("\n")[:2]
    separator = next(sign for sign in "\t;," if sign in header)
    assert list(table.columns) == header.split(separator)
    assert list(rows[0][:-1]) == first.split(separator, len(table.columns) - 1) and rows[0][-1] == 2
    assert any(f"read as {shown}" in note for note in staging.report.notes)


def test_what_is_said_of_an_encoding_goes_before_what_the_bytes_tell(tmp_path: Path) -> None:
    content = "id,name\n1,łódź\n".encode("cp1250")
    assert read(tmp_path / "t.csv", content, encoding="cp1250")[2][0][:2] == ("1", "łódź")
    with pytest.raises(InputError, match=r"t\.csv: line 2: not ascii text"):
        read(tmp_path / "t.csv", content, encoding="ascii")


@pytest.mark.parametrize(
    ("content", "columns", "first", "line"),
    [
        ("sep=;\nid;who\n1;ann\n2;bob\n", ("id", "who"), ("1", "ann"), 3),
        ("sep=|\r\nid|who\r\n1|a,b;c\r\n", ("id", "who"), ("1", "a,b;c"), 3),
        ("id;who;\n1;ann;\n2;bob;\n", ("id", "who"), ("1", "ann"), 2),
        ("id;who\n1;ann;;\n2;bob;;\n", ("id", "who"), ("1", "ann"), 2),
        (
            "Tickets of March\n\nid,who,when\n1,ann,x\n2,bob,y\n",
            ("id", "who", "when"),
            ("1", "ann", "x"),
            4,
        ),
        (
            "Report,Tickets\nFrom,2026-01-01\nTo,2026-02-01\n\nid,who,when,what\n1,ann,x,y\n2,bob,y,z\n",
            ("id", "who", "when", "what"),
            ("1", "ann", "x", "y"),
            6,
        ),
        (
            "Report:;Tickets;;\n;;;\nid;who;when;what\n1;ann;x;y\n2;bob;y;z\n",
            ("id", "who", "when", "what"),
            ("1", "ann", "x", "y"),
            4,
        ),
        (
            "Report:,Tickets\nDate:,2026-01-01\nid,who\n1,ann\n2,bob\n",
            ("id", "who"),
            ("1", "ann"),
            4,
        ),
        (
            "Report,Tickets\nDate,2026-01-01\nid,who,when\n1,ann,x\n2,bob,\n",
            ("id", "who", "when"),
            ("1", "ann", "x"),
            4,
        ),
        ("\n\nid,who\n1,ann\n", ("id", "who"), ("1", "ann"), 4),
        (
            "id;price;note\n1;1,5;a, b\n2;2,5;c, d\n",
            ("id", "price", "note"),
            ("1", "1,5", "a, b"),
            2,
        ),
        (
            'id,note,who\n1,"one\ntwo, three\n",ann\n2,x,bob\n',
            ("id", "note", "who"),
            ("1", "one\ntwo, three\n", "ann"),
            None,
        ),
        ("only\na\nb\n", ("only",), ("a",), 2),
        # Rows that fill few of many columns are no reason to look for the names further down.
        (
            "a,b,c,d,e,f\n1,,,,,\n2,,,,,\n3,x,,,,\n",
            ("a", "b", "c", "d", "e", "f"),
            ("1", None, None, None, None, None),
            2,
        ),
    ],
)
def test_where_the_table_begins(
    tmp_path: Path, content: str, columns: tuple[str, ...], first: tuple[str, ...], line: int | None
) -> None:
    staging, table, rows = read(tmp_path / "t.csv", content.encode())
    assert table.columns == columns
    assert tuple(cell or None for cell in rows[0]) == (*first, line)
    assert staging.connection.execute("select * from rejected").fetchall() == []


def test_titles_that_are_left_out_are_told(tmp_path: Path) -> None:
    staging, _, _ = read(tmp_path / "t.csv", b"Tickets of March\n\nid,who,when\n1,ann,x\n")
    assert staging.report.notes == [
        "t.csv: the first 2 lines are titles, not names of columns, and were left out"
    ]


def test_a_field_too_many_that_says_something_is_kept_apart(tmp_path: Path) -> None:
    staging, _, rows = read(tmp_path / "t.csv", b"id;who;\n1;ann;\n2;bob;extra\n")
    assert len(rows) == 1
    assert staging.connection.execute("select line, reason from rejected").fetchall() == [
        (3, "3 fields where the header has 2")
    ]


def test_columns_of_one_name_are_one_list(tmp_path: Path) -> None:
    content = (
        "key,Labels,Labels,Summary,Labels,Sprint,Sprint\n"
        'A-1,red,,text,blue,S1,\nA-2,,,text,,S1,"S""2"\nA-3,,green,text,,,\n'
    )
    staging, table, rows = read(tmp_path / "t.csv", content.encode())
    assert table.columns == ("key", "Labels", "Summary", "Sprint")
    assert [row[:4] for row in rows] == [
        ("A-1", '["red", "blue"]', "text", "S1"),
        ("A-2", None, "text", '["S1", "S\\"2"]'),
        ("A-3", "green", "text", None),
    ]
    assert staging.report.notes == [
        "t.csv: columns of one name were put together, as lists where a row fills several: Labels"
        " (3 times), Sprint (2 times)"
    ]


def test_names_under_common_headings_are_told_apart(tmp_path: Path) -> None:
    _, table, rows = read(
        tmp_path / "t.csv",
        b",Created,,Solved,\nid,Date,Time,Date,Time\n1,2026-01-05,09:00,2026-01-06,10:00\n",
    )
    assert table.columns == ("id", "Created Date", "Created Time", "Solved Date", "Solved Time")
    assert rows[0][:5] == ("1", "2026-01-05", "09:00", "2026-01-06", "10:00")


def test_names_that_differ_in_capitals_only_stay_two_columns(tmp_path: Path) -> None:
    _, table, rows = read(tmp_path / "t.csv", b"Id,id,_row\n1,2,3\n")
    assert table.columns == ("Id", "id (2)", "_row (2)") and rows[0][:3] == ("1", "2", "3")
