"""Spellings of yes and no, numbers and lengths of time: a table each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from desks import late_desk
from helmdesk.errors import InputError
from helmdesk.records.staging import Staging
from helmdesk.sources.reading.durations import seconds, seconds_fault
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.numbers import NumberReader, numbers_of


def read(value: str, fault: str, cell: str | None) -> tuple[Any, str | None]:
    row = (
        duckdb.connect()
        .execute(f"select {value}, {fault} from (select ?::varchar as cell)", [cell])
        .fetchone()
    )
    assert row is not None
    return row[0], row[1]


@pytest.mark.parametrize(
    "word",
    ["true", "TRUE", "t", "1", "1.0", "yes", " Y ", "on", "Ja", "oui", "sí", "Sì", "sim", "да"],
)
def test_yes(word: str) -> None:
    assert read(flag("cell"), flag_fault("cell"), word) == (True, None)


@pytest.mark.parametrize(
    "word",
    ["false", "F", "0", "0.0", "no", "n", "OFF", "Nein", "non", "não", "nej", "hayır", "нет"],
)
def test_no(word: str) -> None:
    assert read(flag("cell"), flag_fault("cell"), word) == (False, None)


@pytest.mark.parametrize("word", ["maybe", "2", "public", "-1"])
def test_neither(word: str) -> None:
    assert read(flag("cell"), flag_fault("cell"), word) == (None, "neither yes nor no")


@pytest.mark.parametrize("cell", ["", " ", None])
def test_empty_says_nothing(cell: str | None) -> None:
    assert read(flag("cell"), flag_fault("cell"), cell) == (None, None)
    assert read(NumberReader().number("cell"), NumberReader().fault("cell"), cell) == (None, None)
    assert read(seconds("cell"), seconds_fault("cell"), cell) == (None, None)


@pytest.mark.parametrize(
    ("decimal", "cell", "number"),
    [
        (".", "5", 5),
        (".", "5.0", 5),
        (".", " 5 ", 5),
        (".", "1,234", 1234),
        (".", "1,234.5", 1234.5),
        (".", "1 234.5", 1234.5),
        (".", "1'234", 1234),
        (".", "12,34,567.8", 1234567.8),
        (".", "(12)", -12),
        (".", "12-", -12),
        (".", "\u22125", -5),
        (".", "€ 9.50", 9.5),
        (".", "9.50 EUR", 9.5),
        (".", "$1,200", 1200),
        (".", "85 %", 0.85),
        (".", "1e3", 1000),
        (",", "5", 5),
        (",", "1.234,5", 1234.5),
        (",", "1\u202f234,5", 1234.5),
        (",", "1.234", 1234),
        (",", "-0,5", -0.5),
        (",", "85,5 %", 0.855),
        (".", "nan", None),
        (".", "inf", None),
        (".", "12 34", None),
        (".", "five", None),
        (".", "5,5", None),
        (",", "12.34", None),
    ],
)
def test_numbers(decimal: str, cell: str, number: float | None) -> None:
    reader = NumberReader(decimal)
    found, fault = read(reader.number("cell"), reader.fault("cell"), cell)
    assert found == (None if number is None else pytest.approx(number))
    assert fault == ("not a number" if number is None else None)


def column_of(cells: list[str]) -> NumberReader:
    connection = duckdb.connect()
    connection.execute("create table answers as select unnest(?) as cell", [cells])
    return numbers_of(Staging(connection, "test", "test"), "answers", "cell", "answers.csv: Score")


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["5", "6"], "."),
        (["1,234", "5,5"], ","),
        (["1,234", "1,234.5"], "."),
        (["12.345", "0.5"], "."),
        (["12.345", "3.100"], "."),
        (["1.234.567", "950"], ","),
        (["0,123"], ","),
        (["1,234", "12,345,678"], "."),
        (["1234,500"], ","),
    ],
)
def test_a_column_tells_what_its_comma_is(cells: list[str], decimal: str) -> None:
    assert column_of(cells) == NumberReader(decimal)


@pytest.mark.parametrize("cells", [["1,234", "5"], ["1.234", "950"]])
def test_what_no_cell_tells_is_asked(cells: list[str]) -> None:
    with pytest.raises(
        InputError,
        match=(
            r"answers.csv: Score: '1[.,]234' may be a thousand and more or a fraction.*decimal = "
        ),
    ):
        column_of(cells)


@pytest.mark.parametrize(
    ("cell", "length"),
    [
        ("90", 90),
        ("90.5", 90.5),
        ("1.5 h", 5400),
        ("1,5 h", 5400),
        ("2:03:15", 7395),
        ("03:15", 11700),
        ("00:03:15.250", 195.25),
        ("1 day 02:03:04", 93784),
        ("1.02:03:04", 93784),
        ("2 days 3:04:05", 183845),
        ("1d 4h", 100800),
        ("2h 5m", 7500),
        ("1h30", 5400),
        ("PT2H", 7200),
        ("P1DT2H3M4.5S", 93784.5),
        ("2 hours, 5 minutes and 3 seconds", 7503),
        ("3 Std. 5 Min.", 11100),
        ("250 ms", 0.25),
        ("1899-12-30 02:03:00", 7380),
        ("1:75:00", None),
        ("soon", None),
        ("PT", None),
        ("h", None),
    ],
)
def test_lengths_of_time(cell: str, length: float | None) -> None:
    found, fault = read(seconds("cell"), seconds_fault("cell"), cell)
    assert found == (None if length is None else pytest.approx(length))
    assert fault == ("not a duration" if length is None else None)


def test_short_and_negative_lengths() -> None:
    assert read(seconds("cell", "m:ss"), seconds_fault("cell"), "03:15") == (195, None)
    assert (
        read(seconds("cell"), seconds_fault("cell"), "-00:03:15")[1]
        == "a length of time below zero"
    )


ZENDESK = {
    "ticket": (
        "id,created_at,status,updated_at,requester_id,submitter_id\n1,2026-01-05"
        " 09:00:00,solved,2026-01-05 12:00:00,10,10\n"
    ),
    "user": "id,role,name\n10,end-user,Cara\n20,agent,Abe\n",
}


@pytest.mark.parametrize(
    ("yes", "public"), [("t", 7200), ("1", 7200), ("Ja", 7200), ("perhaps", None), ("", None)]
)
def test_who_could_read_a_comment_is_never_assumed(
    tmp_path: Path, yes: str, public: float | None
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    comments = (
        "id,ticket_id,user_id,created,public\n1,1,10,2026-01-05 09:00:00,t\n2,1,20,2026-01-05"
        f" 11:00:00,{yes}\n"
    )
    for table, content in {**ZENDESK, "ticket_comment": comments}.items():
        (folder / f"{table}.csv").write_text(content)
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    report = desk.load("zendesk", [folder])
    assert desk.measure("first_response_time")[0].value == public
    if public is None:
        assert any(
            "public" in fault and "neither yes nor no" in fault for fault in report.quarantined
        )
        assert report.records["message"] == 1
