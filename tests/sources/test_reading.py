"""Files as people have them: byte-order marks, line ends, mixed encodings, quotes, damage."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from helmdesk.errors import InputError, NotFoundError
from helmdesk.records.staging import Staging
from helmdesk.sources.reading.raw_tables import RawTable, read_table


def staging() -> Staging:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return Staging(connection, "test", "batch")


def read(path: Path, **options: object) -> tuple[Staging, RawTable, list[tuple[object, ...]]]:
    area = staging()
    table = read_table(area, path, **options)  # type: ignore[arg-type]
    rows = area.connection.execute(
        f"select * exclude (_file, _row), from {table.table} order by _row"
    ).fetchall()
    return area, table, rows


def rejected(area: Staging) -> list[tuple[object, ...]]:
    return area.connection.execute("select line, reason from rejected order by line").fetchall()


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "name",
    ["plain", "bom", "crlf", "mixed ends", "tab", "semicolon", "gzip", "no last newline", "quoted"],
)
def test_the_same_table_in_many_clothes(tmp_path: Path, name: str) -> None:
    plain = b"id,name\n1,ann\n2,bob\n"
    content = {
        "plain": plain,
        "bom": b"\xef\xbb\xbf" + plain,
        "crlf": plain.replace(b"\n", b"\r\n"),
        "mixed ends": b"id,name\n1,ann\r\n2,bob\n",
        "tab": plain.replace(b",", b"\t"),
        "semicolon": plain.replace(b",", b";"),
        "gzip": gzip.compress(plain),
        "no last newline": plain[:-1],
        "quoted": b'"id","name"\n"1","ann"\n"2","bob"\n',
    }[name]
    area, table, rows = read(write(tmp_path / "t.csv", content))
    assert table.columns == ("id", "name")
    assert [row[:2] for row in rows] == [("1", "ann"), ("2", "bob")]
    assert rejected(area) == []
    assert area.report.files[0].rows == 2


def test_a_bad_row_goes_to_quarantine_alone(tmp_path: Path) -> None:
    content = b'id,name\n1,\xc3\xa4nn\n2\n3,"line one\nline two"\n4,\xe9mile\n5,a,b\n6,eve\n'
    area, _, rows = read(write(tmp_path / "t.csv", content))
    assert [row[:3] for row in rows] == [
        ("1", "änn", 2),
        ("3", "line one\nline two", 4),
        ("6", "eve", 8),
    ]
    assert rejected(area) == [
        (3, "1 fields where the header has 2"),
        (6, "not UTF-8 text; name the file's encoding in the mapping"),
        (7, "3 fields where the header has 2"),
    ]
    assert area.report.files[0].rows == 6


def test_another_encoding_by_name(tmp_path: Path) -> None:
    _, _, rows = read(
        write(tmp_path / "t.csv", "id,name\n1,émile\n".encode("cp1252")), encoding="cp1252"
    )
    assert rows[0][:2] == ("1", "émile")


def test_lines_are_found_behind_quoted_line_breaks(tmp_path: Path) -> None:
    area, table, _ = read(write(tmp_path / "t.csv", b'id,name\n1,"a\nb\nc"\n2,x\n3,y\n'))
    area.reject("name", "name", "'odd'", f"{table.table} where id in ('2', '3')")
    area.summarise()
    assert rejected(area) == [(5, "odd"), (6, "odd")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "the file is empty"),
        ("t.csv", b"\xef\xbb\xbf", "the file is empty"),
        ("t.csv", b"id,name\n", "a header but no rows"),
        ("t.csv", b"\x7fELF\x00\x01\x02,\n\x00", "a binary file"),
        ("t.csv", b"\n\n \n", "nothing but blank lines"),
        ("t.csv", b"\x1f\x8bnot really", "damaged gzip"),
        ("t.csv.gz", gzip.compress(b"id,name\n1,a\n" * 50, mtime=0)[:-12], "damaged gzip"),
        ("t.parquet", b"PAR1 not really", "not readable"),
        ("t.jsonl", b"{broken", "not readable"),
        ("t.csv", b"nmae,id\n1,2\n", "missing column 'name'; did you mean 'nmae'"),
    ],
)
def test_what_cannot_be_a_table(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read(write(tmp_path / name, content), required=("name",))
    assert str(tmp_path / name) in str(error.value)


def test_a_missing_file_suggests(tmp_path: Path) -> None:
    write(tmp_path / "tickets.csv", b"x")
    with pytest.raises(NotFoundError, match=r"did you mean 'tickets\.csv'"):
        read(tmp_path / "ticket.csv")


def test_json_lines_and_parquet(tmp_path: Path) -> None:
    lines = "\n".join(
        json.dumps({"id": n, "name": "x", "when": "2026-01-05T09:00:00Z"}) for n in range(3)
    )
    _, table, rows = read(write(tmp_path / "t.jsonl", lines.encode()))
    assert table.columns == ("id", "name", "when") and len(rows) == 3 and rows[0][0] == "0"
    path = tmp_path / "t.parquet"
    duckdb.connect().execute(
        "copy (select 1 as id, 'x' as name, timestamp '2026-01-05 09:00:00' as at_time) to"
        f" '{path}' (format parquet)"
    )
    _, table, rows = read(path)
    assert rows[0][:3] == ("1", "x", "2026-01-05 09:00:00")


def test_unknown_columns_are_reported(tmp_path: Path) -> None:
    area, _, _ = read(write(tmp_path / "t.csv", b"id,name,colour\n1,a,red\n"), known=("id", "name"))
    assert area.report.files[0].unknown_columns == ("colour",)


def test_fast_and_careful_roads_agree(tmp_path: Path) -> None:
    rows = "".join(f"{n},value {n},{'' if n % 7 else 'x'}\n" for n in range(5000))
    _, _, fast = read(write(tmp_path / "fast.csv", f"id,name,flag\n{rows}".encode()))
    _, _, careful = read(write(tmp_path / "careful.csv", f"\ufeffid,name,flag\n{rows}".encode()))
    assert [tuple(cell or None for cell in row) for row in fast] == careful
