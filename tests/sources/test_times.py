"""Text into instants, through the hours that do not exist or exist twice."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from helmdesk.errors import MappingError
from helmdesk.sources.reading.times import TimeReader


def read(reader: TimeReader, text: str) -> tuple[datetime | None, str | None]:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    rows = connection.execute(
        f"select ({reader.instant('cell')})::timestamp, {reader.fault('cell')} from (select ? as cell)", [text]
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
