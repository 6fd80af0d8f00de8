"""The house functions of every engine, against plain Python."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from helmdesk.engines.duckdb import DuckDB
from helmdesk.engines.duckdb_dialect import house_functions
from helmdesk.engines.engine import HOUSE_FUNCTIONS
from helmdesk.facts.build.fact import load_facts


@pytest.fixture(scope="module")
def engine() -> DuckDB:
    return DuckDB.create()


def one(engine: DuckDB, house: str) -> Any:
    ((value,),) = engine.run(engine.translate(house))
    return value


def test_the_list_is_complete() -> None:
    assert set(house_functions()) == set(HOUSE_FUNCTIONS)


def test_arithmetic(engine: DuckDB) -> None:
    assert (
        one(
            engine,
            "select seconds(timestamp '2026-01-01 00:00:00', timestamp '2026-01-02 00:00:01')",
        )
        == 86_401
    )
    assert one(engine, "select seconds(timestamp '2026-01-01 00:00:00', null)") is None
    assert one(engine, "select ratio(1, 4)") == 0.25
    assert one(engine, "select ratio(1, 0)") is None
    assert one(engine, "select count_if(x > 1) from (values (1), (2), (3)) t(x)") == 2
    assert one(engine, "select timestamp '2026-01-01 00:00:00' + days(7)") == datetime(2026, 1, 8)
    assert one(engine, "select timestamp '9000-01-01 00:00:00' < forever()") is True


def test_functions_nest(engine: DuckDB) -> None:
    assert (
        one(
            engine,
            "select ratio(count_if(seconds(timestamp '2026-01-01', x) > 5), count(*)) from (values"
            " (timestamp '2026-01-01 00:00:09')) t(x)",
        )
        == 1.0
    )


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=40), st.sampled_from([0.1, 0.5, 0.9])
)
def test_quantile_is_type_seven(values: list[int], q: float) -> None:
    engine = DuckDB.create()
    rows = ", ".join(f"({value})" for value in values)
    found = one(engine, f"select quantile(x, {q}) from (values {rows}) t(x)")
    assert found == pytest.approx(
        statistics.quantiles(values, n=10, method="inclusive")[round(q * 10) - 1], abs=1e-9
    )
    assert one(engine, f"select nth_smallest(x, 2) from (values {rows}) t(x)") == sorted(values)[1]
    for beyond in (-1, 0, len(values) + 1):
        assert one(engine, f"select nth_smallest(x, {beyond}) from (values {rows}) t(x)") is None


@settings(deadline=None, max_examples=80)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
    ),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
    st.integers(0, 6),
)
def test_period_equals_python(instant: datetime, zone: str, grain: str, shift: int) -> None:
    from helmdesk.query.periods import period_start
    from helmdesk.settings import WEEKDAYS

    engine = DuckDB.create()
    found = one(
        engine, f"select period(local_time(timestamp '{instant}', '{zone}'), '{grain}', {shift})"
    )
    local = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert found == datetime.combine(
        period_start(local.date(), grain, WEEKDAYS[shift]), datetime.min.time()
    )
    assert one(engine, f"select local_part(timestamp '{instant}', 'hour', '{zone}')") == local.hour
    assert (
        one(engine, f"select local_part(timestamp '{instant}', 'weekday', '{zone}')")
        == local.isoweekday()
    )


@pytest.mark.parametrize("name", load_facts())
def test_facts_use_only_known_functions(name: str) -> None:
    """House SQL must be readable by SQLGlot, so that another engine can be given it."""
    parsed = sqlglot.parse_one(load_facts()[name].sql, dialect="duckdb")
    unknown = {node.name.lower() for node in parsed.find_all(sqlglot.exp.Anonymous)} - set(
        HOUSE_FUNCTIONS
    )
    assert not unknown


@pytest.mark.parametrize(
    "expression",
    [
        "seconds(timestamp '2026-01-01', timestamp '2026-01-02 00:00:01.9')",
        "ratio(1, 4)",
        "ratio(1, 0)",
        "forever()",
        "timestamp '2026-01-01' + days(7)",
        "later(timestamp '2026-01-01', 61)",
        "tenure(timestamp '2025-12-01', timestamp '2026-01-01')",
        "tenure(null::timestamp, timestamp '2026-01-01')",
        "similarity('reset my password', 'password reset please')",
        "similarity(null, 'x')",
        """json_text('{"a b": 5}', 'a b')""",
        "json_text('{}', 'a')",
    ],
)
def test_macros_of_a_mart_mean_the_same(engine: DuckDB, expression: str) -> None:
    """Facts run house SQL as it is written, through macros; questions have it translated."""
    engine.define_functions()
    assert engine.run(f"select {expression}") == engine.run(
        engine.translate(f"select {expression}")
    )


def test_aggregating_macros_mean_the_same(engine: DuckDB) -> None:
    engine.define_functions()
    rows = "from (values (3), (1), (2), (null)) t(x)"
    for expression in ("count_if(x > 1)", "quantile(x, 0.5)", "nth_smallest(x, 2)"):
        assert engine.run(f"select {expression} {rows}") == engine.run(
            engine.translate(f"select {expression} {rows}")
        )


@pytest.mark.parametrize(
    ("start", "band"),
    [
        ("2025-10-02", "00-03 months"),
        ("2025-10-01", "03-12 months"),
        ("2025-01-02", "03-12 months"),
        ("2025-01-01", "12-24 months"),
        ("2024-01-01", "24+ months"),
    ],
)
def test_tenure_bands(engine: DuckDB, start: str, band: str) -> None:
    assert one(engine, f"select tenure(timestamp '{start}', timestamp '2026-01-01')") == band


def test_similarity_is_of_words(engine: DuckDB) -> None:
    assert (
        one(engine, "select similarity('How do I reset my password?', 'reset PASSWORD my')")
        == 3 / 5
    )
    assert one(engine, "select similarity('', '')") == 0
