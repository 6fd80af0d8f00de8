"""A fact names what it reads: the order of building and what is dropped early rest on it."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from helmdesk.facts.build.fact import load_facts


def tables_read(sql: str) -> set[str]:
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table)} - own


@pytest.mark.parametrize("name", sorted(load_facts()))
def test_a_fact_names_the_facts_it_reads(name: str) -> None:
    facts = load_facts()
    fact = facts[name]
    read = set().union(
        *(tables_read(sql) for sql in (fact.sql, fact.otherwise, fact.only_if) if sql)
    ) & set(facts)
    assert read == set(fact.depends) & read, (
        f"{name} reads {sorted(read - set(fact.depends))} besides"
    )


def test_facts_come_after_what_they_read() -> None:
    places = {name: place for place, name in enumerate(load_facts())}
    for fact in load_facts().values():
        assert all(places[name] < places[fact.name] for name in fact.depends), fact.name
