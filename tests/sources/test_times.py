"""Text into instants, through the hours that do not exist or exist twice."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from helmdesk.errors import InputError, MappingError
from helmdesk.records.staging import Staging
from helmdesk.sources.reading.times import Mend, TimeReader, spelling_of


def read(reader: TimeReader, text: str) -> tuple[datetime | None, str | None]:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    rows = connection.execute(
        f"select ({reader.instant('cell')})::timestamp, {reader.fault('cell')} from (select ? as"
        " cell)",
        [text],
    ).fetchall()
    return rows[0]


@pytest.mark.parametrize(
    ("zone", "shape", "text", "expected"),
    [
        ("UTC", "iso", "2026-01-05T09:00:00", "2026-01-05T09:00"),
        ("UTC", "iso", "2026-01-05 09:00:00.250", "2026-01-05T09:00:00.250"),
        ("UTC", "iso", "2026-01-05", "2026-01-05T00:00"),
        ("Europe/Berlin", "iso", "2026-01-05T09:00:00Z", "2026-01-05T09:00"),
        ("Europe/Berlin", "iso", "2026-01-05T09:00:00+05:30", "2026-01-05T03:30"),
        ("Europe/Berlin", "iso", "2026-01-05T09:00:00", "2026-01-05T08:00"),
        ("Europe/Berlin", "%d/%m/%Y %H:%M", "5/7/2026 09:00", "2026-07-05T07:00"),
        ("Asia/Kathmandu", "%d.%m.%Y %H:%M", "05.01.2026 09:00", "2026-01-05T03:15"),
        ("Europe/Berlin", "iso", "2026-10-25T02:30:00", "2026-10-25T00:30"),
    ],
)  # fmt: skip
def test_instants(zone: str, shape: str, text: str, expected: str) -> None:
    assert read(TimeReader(zone, shape), text) == (datetime.fromisoformat(expected), None)


def test_the_first_of_two_is_taken() -> None:
    found, _ = read(TimeReader("America/New_York"), "2026-11-01T01:30:00")
    assert found == datetime(2026, 11, 1, 5, 30)
    assert found.replace(tzinfo=UTC).astimezone(None) is not None


def test_a_time_in_the_gap_does_not_exist() -> None:
    assert read(TimeReader("Europe/Berlin"), "2026-03-29T02:30:00") == (
        None,
        "a time that does not exist in Europe/Berlin (clocks go forward)",
    )


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "32/01/2026 09:00", ""])
def test_what_is_no_time(text: str) -> None:
    found, reason = read(TimeReader("UTC", "%d/%m/%Y %H:%M"), text)
    assert found is None
    assert reason == "not a time written as %d/%m/%Y %H:%M"


def test_unknown_zone() -> None:
    with pytest.raises(MappingError, match="not an IANA time zone"):
        TimeReader("Mars/Olympus")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T09:00:00Z",
        "2026-01-05 09:00:00+00",
        "2026-01-05 09:00:00+0000",
        "2026-01-05 09:00:00+00:00",
        "2026-01-05 09:00:00 UTC",
        "2026-01-05 09:00:00 GMT",
        "2026-01-05 09:00:00 +0000",
        "2026-01-05T09:00:00.000+0000",
        "2026-01-05T14:30:00+05:30",
        "2026-01-05 04:00:00-05",
        "20260105T090000Z",
        "20260105T143000+0530",
        "2026-01-05T10:00:00+01:00[Europe/Berlin]",
        "2026-01-05 10:00:00 CET",
        "2026-01-05 04:00:00 EST",
        "2026-01-05 04:00:00 America/New_York",
        "2026-01-05 11:00 UTC+2",
        "2026/01/05 14:30 (IST)",
        "2026-01-05 02:30 PM +05:30",
    ],
)
def test_a_stated_offset_stands_before_the_zone(text: str) -> None:
    found, fault = read(TimeReader("Asia/Tokyo"), text)
    if "IST" in text:
        assert (found, fault) == (
            None,
            (
                "a time zone that is a word of several places or of none; an offset such as +05:30"
                " says it"
            ),
        )
    else:
        assert (found, fault) == (datetime(2026, 1, 5, 9), None)


@pytest.mark.parametrize(
    ("shape", "text", "expected"),
    [
        ("iso", "2026-01-05 03:04 PM", "2026-01-05T15:04"),
        ("iso", "2026-01-05 12:04 am", "2026-01-05T00:04"),
        ("iso", "2026-1-5 9:04", "2026-01-05T09:04"),
        ("iso", "20260105", "2026-01-05T00:00"),
        ("iso", "2026-01-05 09:00:00.123456789", "2026-01-05T09:00:00.123456"),
        ("iso", "2026-01-05 09:00:00,5", "2026-01-05T09:00:00.5"),
        ("day-first", "5/7/2026", "2026-07-05T00:00"),
        ("day-first", "05.07.2026 09:04:05", "2026-07-05T09:04:05"),
        ("day-first", "5-7-26 9:04 pm", "2026-07-05T21:04"),
        ("day-first", "05/07/2026, 14:00", "2026-07-05T14:00"),
        ("month-first", "7/5/2026 12:00 PM", "2026-07-05T12:00"),
        ("month names", "5 janvier 2026 à 14:05", "2026-01-05T14:05"),
        ("month names", "Mon, 02 Jan 2026 15:04:05 +0100", "2026-01-02T14:04:05"),
        ("month names", "mar 5 mai 2026", "2026-05-05T00:00"),
        ("month names", "03-Mar-26 02.15.00.000000 PM", "2026-03-03T14:15"),
        ("month names", "5. März 2026 14:30", "2026-03-05T14:30"),
        ("month names", "5 de enero de 2026 10:00", "2026-01-05T10:00"),
        ("month names", "2026年1月5日 10:00", "2026-01-05T10:00"),
        ("month names", "5 января 2026 г., 10:00", "2026-01-05T10:00"),
        ("month names", "5 січня 2026 10:00", "2026-01-05T10:00"),
        ("month names", "5 Ιανουαρίου 2026 10:00", "2026-01-05T10:00"),
        ("month names", "5. januára 2026 10:00", "2026-01-05T10:00"),
        ("month names", "5 gener 2026 10:00", "2026-01-05T10:00"),
        ("month names", "5 listopada 2026", "2026-11-05T00:00"),
        ("month names", "October 3, 2025 at 4:05 PM", "2025-10-03T16:05"),
        ("epoch", "1736348412", "2025-01-08T15:00:12"),
        ("epoch", "1736348412000", "2025-01-08T15:00:12"),
        ("epoch", "1736348412000000", "2025-01-08T15:00:12"),
        ("excel", "45665.625", "2025-01-08T15:00"),
        ("%d/%m/%Y %H:%M", "08/01/2025 15:00 UTC", "2025-01-08T15:00"),
        ("%Y-%m-%d %H:%M:%S %z", "2025-01-08 15:00:00 +0200", "2025-01-08T13:00"),
    ],
)
def test_spellings(shape: str, text: str, expected: str) -> None:
    assert read(TimeReader("UTC", shape), text) == (datetime.fromisoformat(expected), None)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("iso", "infinity"),
        ("iso", "epoch"),
        ("day-first", "05/07/2026 13:00 PM"),
        ("day-first", "12/31/2026"),
        ("epoch", "1.7E+12"),
        ("month names", "hello 5 2026"),
    ],
)
def test_what_is_spelled_otherwise(shape: str, text: str) -> None:
    found, fault = read(TimeReader("UTC", shape), text)
    assert found is None
    assert fault is not None and fault.startswith("not a time written as ")


@pytest.mark.parametrize(
    ("cells", "spelling"),
    [
        (["2026-01-05", "2026-01-06 09:00"], "iso"),
        (["03/04/2026 09:00"] * 3 + ["13/04/2026 09:00"], "day-first"),
        (["03/04/2026", "03/31/2026 4:05 PM"], "month-first"),
        (["03.04.2026", "05.04.2026"], "day-first"),
        (["03-Apr-26", "5 avril 2026"], "month names"),
        (["1736348412", "1736348413"], "epoch"),
        (["45665.625", "45666"], "excel"),
        ([], None),
    ],
)
def test_a_column_tells_its_spelling(cells: list[str], spelling: str | None) -> None:
    assert spell(cells) == spelling


@pytest.mark.parametrize(
    ("cells", "question"),
    [
        (
            ["03/04/2026", "05/04/2026"],
            "'03/04/2026' may be day/month or month/day and no row tells; say which",
        ),
        (
            ["03/04/2026", "13/04/2026", "04/13/2026"],
            "'13/04/2026' can only be day/month and '04/13/2026' only month/day; say which",
        ),
        (["soon"], "'soon' is no time in a known form; describe it"),
    ],
)
def test_what_no_row_tells_is_asked(cells: list[str], question: str) -> None:
    with pytest.raises(InputError, match=f"^file: column: {question}"):
        spell(cells)


def test_an_answer_is_asked_for_only_where_no_row_tells() -> None:
    assert spell(["03/04/2026"], "month-first") == "month-first"
    assert spell(["03/04/2026", "13/04/2026"], "month-first") == "day-first"
    assert spell(["2026-04-03"], "month-first") == "iso"


def spell(cells: list[str], order: str | None = None) -> str | None:
    connection = duckdb.connect()
    connection.execute("create table cells as select unnest(?::varchar[]) as cell", [cells])
    return spelling_of(
        Staging(connection, "test", "test"),
        "cells",
        ("cell",),
        "file: column",
        Mend("say which", "describe it"),
        order,
    )


def test_an_unknown_or_unanswered_spelling() -> None:
    with pytest.raises(MappingError, match="did you mean 'day-first'"):
        TimeReader("UTC", "day-fist")
    with pytest.raises(MappingError, match="keep one of the two"):
        TimeReader("UTC", "day-first or month-first")
