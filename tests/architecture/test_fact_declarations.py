"""Every fact says itself which records it reads and how it follows new ones; nothing keeps lists of
facts by name.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build import assessments, incremental
from helmdesk.facts.build.build import build_facts
from helmdesk.facts.build.fact import ByKey, BySteps, ByTicket, Fact, View, Whole, load_facts
from helmdesk.records.schema import FAMILIES
from helmdesk.settings import Settings

FACTS = load_facts()
# The refresh, and the steps that are its own.
RENEW = "".join(
    Path(module.__file__).read_text(encoding="utf-8") for module in (incremental, assessments)
)


@pytest.mark.parametrize("fact", FACTS.values(), ids=list(FACTS))
def test_a_fact_names_the_families_its_sql_reads(fact: Fact) -> None:
    read = {
        name
        for name in re.findall(r"\b(\w+)_records\b", f"{fact.sql} {fact.only_if} {fact.otherwise}")
        if name in FAMILIES
    }
    assert set(fact.families) == read, f"{fact.name}: families={tuple(sorted(read))}"


@pytest.mark.parametrize("fact", FACTS.values(), ids=list(FACTS))
def test_how_a_fact_is_refreshed_fits_what_it_is(fact: Fact) -> None:
    match fact.refresh:
        case View():
            assert not fact.key and not fact.families and not fact.is_internal, (
                "a view reads other facts alone"
            )
        case ByTicket():
            assert fact.key == "ticket_id"
        case ByKey(touched=touched):
            assert fact.key
            assert f"table {touched} as" in RENEW, f"the refresh makes no table {touched}"
        case Whole(with_time=other):
            assert not fact.key
            assert fact.families or fact.refresh.with_tickets, "nothing would ever make it again"
            assert not other or other in FACTS
        case BySteps(why=why):
            assert len(why) > 20
            assert fact.name in RENEW, "it says that the refresh has steps for it"
    assert not fact.is_internal or not fact.dimensions


def test_no_metric_is_measured_on_what_is_kept_out_of_the_mart() -> None:
    internal = {fact.name for fact in FACTS.values() if fact.is_internal}
    assert internal
    assert not [
        entry.metric.key for entry in load_catalogue().values() if entry.metric.fact in internal
    ]


def test_a_fact_that_says_nothing_is_refused() -> None:
    with pytest.raises(TypeError, match=r"refresh.*families"):
        Fact(name="x", grain="one x", sql="select 1 as x")  # type: ignore[call-arg]


def test_columns_that_hold_an_entity_are_there(tmp_path: Path) -> None:
    engine = DuckDB.create(tmp_path / "empty.duckdb")
    build_facts(engine, {}, Settings().for_facts(), 0)
    held = {(fact.name, column) for fact in FACTS.values() for column in fact.refers.values()}
    there = {
        (name, column)
        for name in {name for name, _ in held}
        for column in engine.columns(f"select * from {name}")
    }
    engine.close()
    assert held <= there
    # Every column that names an account by its id is declared, or a ticket's own that stands in
    # `tickets` too.
    assert {fact.name for fact in FACTS.values() if "account" in fact.refers} == {
        "tickets",
        "responses",
        "legs",
        "invites",
        "bookings",
        "booking_links",
    }


def test_the_machinery_keeps_no_lists_of_facts() -> None:
    """A tuple, set or list of three facts and more, written down in the machinery, is a second
    registry.
    """
    found = []
    for path in sorted(Path(incremental.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple | ast.List | ast.Set) and isinstance(
                getattr(node, "ctx", ast.Load()), ast.Load
            ):
                names = [
                    each.value
                    for each in node.elts
                    if isinstance(each, ast.Constant) and each.value in FACTS
                ]
                if len(names) >= 3 and not {
                    "ticket_openings",
                    "ticket_clocks",
                    "ticket_repeats",
                } >= set(names):
                    found.append(f"{path.name}: {names}")
    assert not found
