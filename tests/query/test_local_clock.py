"""The local clock written out as offsets shows what the time zone database shows, inside the window
and out of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmdesk.engines.duckdb import DuckDB
from helmdesk.query.bounds import Bounds
from helmdesk.query.local_clock import local_time, utc_offsets
from helmdesk.query.policy import OWNER
from helmdesk.query.request import Request

# Half-hour summer time, a quarter of an hour, two changes around each Ramadan, none at all.
ZONES = [
    "UTC",
    "Europe/Rome",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Asia/Kolkata",
]
BOUNDS = Bounds(datetime(2024, 1, 10), datetime(2025, 12, 20), False, frozenset(), ())


def wall(instant: datetime, zone: str) -> datetime:
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@settings(deadline=None, max_examples=60)
@given(
    # Engines and Python need not agree on decisions as young as Morocco's.
    st.sampled_from([zone for zone in ZONES if zone != "Africa/Casablanca"]),
    st.lists(st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1)), min_size=1, max_size=40),
    st.sampled_from(
        [
            (None, None),
            (datetime(2024, 3, 31, 1), datetime(2024, 10, 27, 1)),
            (datetime(2025, 6, 1), None),
        ]
    ),
)
def test_every_instant_reads_as_on_the_wall(
    zone: str, instants: list[datetime], window: tuple[datetime | None, datetime | None]
) -> None:
    instants = [instant.replace(microsecond=0) for instant in instants]
    request = Request("csat", start=window[0], end=window[1], time_zone=zone, policy=OWNER)
    sql = DuckDB.translate(local_time("t", request, BOUNDS))
    rows = ", ".join(f"(timestamp '{instant}')" for instant in instants)
    found = DuckDB.create().run(f"select t, {sql} from (values {rows}) as given(t)")
    assert found == [(instant, wall(instant, zone)) for instant in instants]


def test_no_instant_reads_as_none() -> None:
    sql = DuckDB.translate(
        local_time("t", Request("csat", time_zone="Europe/Rome", policy=OWNER), BOUNDS)
    )
    assert DuckDB.create().run(
        f"select {sql} from (values (cast(null as timestamp))) as given(t)"
    ) == [(None,)]


@pytest.mark.parametrize("zone", ZONES)
def test_offsets_change_at_the_very_second(zone: str) -> None:
    start, end = datetime(2015, 1, 1), datetime(2035, 1, 1)
    for change, offset in utc_offsets(zone, start, end)[1:]:
        before, after = change - timedelta(seconds=1), change
        assert wall(after, zone) - after == timedelta(seconds=offset)
        assert wall(before, zone) - before != timedelta(seconds=offset)
    assert len(utc_offsets("Europe/Rome", start, end)) == 1 + 2 * 20
    assert utc_offsets(zone, end, start) == []
