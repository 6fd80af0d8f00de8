"""Every question gives the same answer on ClickHouse's engine (chdb) as on DuckDB, over the same
facts.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.desk.desk import Desk
from helmdesk.engines.clickhouse import ClickHouse
from helmdesk.facts.build.build import ensure_fact
from helmdesk.facts.build.fact import load_facts
from helmdesk.query.bounds import Bounds
from helmdesk.query.filters import parse_filter
from helmdesk.query.policy import OWNER
from helmdesk.query.request import Request
from helmdesk.query.run import read_bounds, run_request
from helmdesk.sample.generate import create_sample

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("chdb") is None,
    reason="needs ClickHouse's engine: make test-clickhouse",
)
WHERE = parse_filter("channel in ('phone', 'chat') and not tier = 'starter'")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, ClickHouse, Bounds]]:
    """A small sample on DuckDB, and the same facts as files on ClickHouse."""
    desk: Desk
    desk, _ = create_sample(tmp_path_factory.mktemp("clickhouse") / "desk", scale=0.02)
    folder = tmp_path_factory.mktemp("facts")
    with desk.engine() as ours:
        for name in load_facts():
            ensure_fact(ours, name)
        tables = ours.run(
            "select table_name from duckdb_tables() union select view_name from duckdb_views()"
            " where not internal"
        )
        for (name,) in tables:
            ours.run(f"copy (from {name}) to '{folder / name}.parquet'")
        theirs = ClickHouse(folder)
        yield ours, theirs, read_bounds(ours)
        theirs.close()


def rounded(value: Any) -> Any:
    return float(f"{value:.9g}") if isinstance(value, float) else value


def questions(key: str) -> list[Request]:
    """Every form of a metric: as one number, by week and channel in another zone, and filtered by
    what tickets carry.
    """
    entry, found = load_catalogue()[key], []
    for variant in (None, *(variant.name for variant in entry.metric.variants)):
        metric = entry.variant(variant) if variant else entry.metric
        known = {dimension.name for dimension in load_facts()[metric.fact].dimensions}
        for clock in metric.clocks:
            form = Request(
                policy=OWNER,
                key=key,
                entry=entry,
                variant=variant,
                clock=clock,
                time_zone="America/New_York",
            )
            by = tuple(name for name in ("channel",) if name in known)
            found += [form, replace(form, by=by, grain="week", week_start="sunday")]
            if {"channel", "tier"} <= known:
                found.append(replace(form, by=("tier",), where=WHERE, grain="month"))
            if metric.anchor and {"hour", "weekday"} <= known:
                found.append(replace(form, by=("hour", "weekday")))
    return found


@pytest.mark.parametrize("key", load_catalogue())
def test_every_metric(both: tuple[Any, ClickHouse, Bounds], key: str) -> None:
    ours, theirs, bounds = both
    for request in questions(key):
        answers = [
            [
                [rounded(cell) for cell in vars(row).values()]
                for row in run_request(engine, request, bounds).measurements
            ]
            for engine in (ours, theirs)
        ]
        assert answers[0] == answers[1], request
