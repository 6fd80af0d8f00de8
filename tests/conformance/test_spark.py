"""The support matrix of Spark: every fact, every form of every metric, and what a desk answers, row
for row beside DuckDB.

Runs where ``HELMDESK_SPARK`` names a master, such as ``local-cluster[2,1,1024]`` (two worker
processes): ``make test-spark``. What is not there yet is listed with its reason, and fails when it
begins to work.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.test_golden import FOLDER, check, golden_events, metric_of
from desks import load_events, make_desk
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.desk.desk import Desk
from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build.build import ensure_fact
from helmdesk.facts.build.fact import load_facts
from helmdesk.query.receipt import canonical
from helmdesk.sample.generate import create_sample
from helmdesk.settings import read_settings, write_settings

MASTER = os.environ.get("HELMDESK_SPARK", "")
pytestmark = pytest.mark.skipif(
    not MASTER, reason="names no Spark: set HELMDESK_SPARK, or run make test-spark"
)

NOTYET = {
    "fact tool_tickets": "minutes as boundaries crossed: Spark counts whole minutes passed",
    "desk compare": "the presets of other tools rest on tool_tickets",
}
# A few golden tables of their own desks; HELMDESK_SPARK_GOLDEN=all asks every one (a quarter of an
# hour).
GOLDEN = [path for path in sorted(FOLDER.glob("*.toml")) if path.stem != "noise"]
CHOSEN = ("first_response_time", "reopen_rate", "sla_compliance", "average_handle_time", "backlog")


def marked(kind: str, names: list[str]) -> list[Any]:
    """Each name as a test, those in `NOTYET` as strict expected failures."""
    return [
        pytest.param(
            name,
            id=name,
            marks=(
                [pytest.mark.xfail(strict=True, reason=NOTYET[f"{kind} {name}"])]
                if f"{kind} {name}" in NOTYET
                else []
            ),
        )
        for name in names
    ]


def with_spark(desk: Desk) -> Desk:
    """A copy of a desk that answers from Spark."""
    path = desk.path.with_name(desk.path.name + "-spark")
    shutil.copytree(desk.path, path)
    settings = path / "helmdesk.toml"
    write_settings(settings, replace(read_settings(settings), engine="spark", spark_master=MASTER))
    return Desk(path)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Desk]:
    """The same small sample on both engines."""
    desk, _ = create_sample(tmp_path_factory.mktemp("spark") / "desk", scale=0.004)
    return desk, with_spark(desk)


def rounded(value: Any) -> Any:
    return float(f"{value:.9g}") if isinstance(value, float) else value


def content(desk: Desk, fact: str) -> list[tuple[Any, ...]]:
    with desk.engine() as engine:
        ensure_fact(engine, fact)
        listed = ", ".join(map(engine.quoted, engine.columns(f"select * from {fact}")))
        rows = [tuple(map(rounded, row)) for row in engine.run(f"select {listed} from {fact}")]
    return sorted(rows, key=lambda row: tuple((cell is None, str(cell)) for cell in row))


@pytest.mark.parametrize(
    "name", marked("fact", [name for name in load_facts() if not load_facts()[name].is_internal])
)
def test_every_fact(pair: tuple[Desk, Desk], name: str) -> None:
    ours, theirs = content(pair[0], name), content(pair[1], name)
    assert ours == theirs


def forms(key: str) -> list[dict[str, Any]]:
    entry = load_catalogue()[key]
    found = [{"clock": clock} for clock in entry.metric.clocks]
    return found + [
        {"variant": variant.name, "clock": clock}
        for variant in entry.metric.variants
        for clock in entry.variant(variant.name).clocks
    ]


@pytest.mark.parametrize("key", marked("metric", list(load_catalogue())))
def test_every_metric(pair: tuple[Desk, Desk], key: str) -> None:
    found = 0
    for form in forms(key):
        by = ["channel"] if "channel" in pair[0].dimensions(key) else []
        answers = [desk.measure(key, grain="month", by=by, **form).as_rows() for desk in pair]
        assert canonical(answers[0]) == canonical(answers[1]), form
        found += len(answers[0])
    # So small a sample may have no answer of a rare form, never of all; but nobody foretold
    # anything in it.
    needs = load_catalogue()[key].metric.needs
    assert found or not set(needs) <= set(pair[0].marts.record_types())


def _tickets(desk: Desk) -> Any:
    first = desk.measure("ticket_volume").drill().column("ticket_id").to_pylist()
    return [desk.ticket(ticket) for ticket in sorted(first)[:3]]


def _verify(desk: Desk) -> Any:
    receipt = desk.measure("csat", "resolution_time", grain="month").receipt
    desk.verify(receipt)
    return receipt.results


ASKED: dict[str, Callable[[Desk], Any]] = {
    "drill": lambda desk: [
        sorted(map(str, desk.measure(key).drill().to_pylist()))
        for key in ("csat", "backlog", "sla_compliance", "reopen_rate")
    ],
    "rows": (
        lambda desk: desk.rows(
            "first_response_time", sort="first_reply_seconds", limit=7
        ).table.to_pylist()
    ),
    "scorecard": lambda desk: canonical(
        [card.as_row() for card in desk.scorecard(trend="week").cards]
    ),
    "verify": _verify,
    "ticket": _tickets,
    "filters": lambda desk: canonical(
        desk.measure(
            "csat",
            where="channel in ('phone', 'chat') and not tier = 'starter' and agent is not null",
            by=["tier"],
        ).as_rows()
    ),
    "custom dimensions": lambda desk: canonical(
        desk.measure("ticket_volume", by=["hour", "weekday"]).as_rows()
    ),
    "dimensions of answers": lambda desk: canonical(
        desk.measure("csat", by=["booking", "comment_theme", "survey_timing"]).as_rows()
    ),
    "sla at": lambda desk: desk.sla_at("2025-12-29T09:00"),
    "distribution": lambda desk: desk.distribution("resolution_time"),
    "open work": lambda desk: desk.open_work(),
    "accounts": lambda desk: desk.accounts(),
    "compare": lambda desk: [str(row) for row in desk.compare("dbt_zendesk")],
    "definitions": lambda desk: desk.definitions(),
    "earlier version": lambda desk: canonical(desk.measure("ticket_volume", as_of=1).as_rows()),
}


@pytest.mark.parametrize("what", marked("desk", list(ASKED)))
def test_what_a_desk_answers(pair: tuple[Desk, Desk], what: str) -> None:
    ours, theirs = (ASKED[what](desk) for desk in pair)
    assert ours == theirs
    assert ours


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in GOLDEN
        if path.stem in CHOSEN or os.environ.get("HELMDESK_SPARK_GOLDEN") == "all"
    ],
    ids=lambda path: path.stem,
)
def test_golden_on_spark(path: Path, tmp_path: Path) -> None:
    golden = tomllib.loads(path.read_text(encoding="utf-8"))
    desks: dict[str, Desk] = {}
    for expected in golden["expect"]:
        settings = {"time_zone": expected.get("time_zone", "UTC"), **expected.get("settings", {})}
        if repr(settings) not in desks:
            desk = make_desk(tmp_path / str(len(desks)), **settings)
            load_events(desk, golden_events(golden), refresh=False)
            desks[repr(settings)] = with_spark(desk)
        check(desks[repr(settings)].measure(metric_of(path), **expected.get("ask", {})), expected)


def test_the_executors_are_processes_of_their_own(pair: tuple[Desk, Desk]) -> None:
    """What is compared here really crosses processes, unless somebody asked for a local Spark."""
    with pair[1].engine() as engine:
        assert not isinstance(engine, DuckDB)
        if MASTER.startswith("local-cluster"):
            assert engine.session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() >= 3  # type: ignore[attr-defined]
