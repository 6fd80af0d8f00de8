"""SQL of a reader's own, over the tables of the mart as that reader may see them.

The statement never meets the mart: the rows that the policy lets through are copied into a database
of memory without files or network, and it is asked there. What it does not name is not copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from helmdesk.errors import NotFoundError, NotPermittedError, UsageError, nearest
from helmdesk.facts.build.build import ensure_fact
from helmdesk.facts.build.fact import Fact, load_facts
from helmdesk.query.dimensions import conditions, dimensions_of
from helmdesk.query.filters import dimensions_used
from helmdesk.query.policy import Policy
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request
from helmdesk.quoting import name as quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# What else may mean columns that it does not name.
WORD = re.compile(r"\w+")
WHOLE_ROWS = re.compile(r"columns\s*\(|natural\s|struct|pivot", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        type: as DuckDB names it; instants are naive UTC.
        meaning: one line where it slices metrics; empty otherwise.
    """

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table that may be asked.

    Attributes:
        grain: what one row is.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]


def tables_of(reader: Reader, request: Request) -> tuple[Table, ...]:
    """Return the tables that a reader may ask, and their columns.

    Raises:
        NotPermittedError: this reader may ask none.
    """
    _check(request.policy)
    return tuple(
        Table(fact.name, fact.grain, tuple(_columns(reader, fact, request.policy)))
        for fact in _offered(reader, request).values()
    )


def run_sql(reader: Reader, request: Request, statement: str, memory_gb: float) -> pa.Table:
    """Return what a statement gives.

    Args:
        statement: one SELECT in DuckDB's SQL.
        memory_gb: the most it may take; 0 leaves it to DuckDB.

    Raises:
        UsageError: it is none, or DuckDB refuses it; says why.
        NotFoundError: it names a table that is not there for this reader.
        NotPermittedError: this reader may ask no SQL.
    """
    import duckdb

    _check(request.policy)
    options: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": False}
    if memory_gb:
        options["memory_limit"] = f"{memory_gb}GB"
    with duckdb.connect(config=options) as own:
        try:
            _check_select(own, statement)
            tree, offered = _read(statement), _offered(reader, request)
            words = {word.casefold() for word in WORD.findall(statement)}
            facts = [fact for name, fact in offered.items() if name in words]
            _refuse_unknown(tree, offered)
            for fact in facts:
                _copy(own, reader, request, fact, _columns_named(tree))
            own.execute("set lock_configuration = true")
            try:
                return own.sql(statement).to_arrow_table()
            except duckdb.BinderException:
                # A column that the words do not show, or none: then DuckDB says which are near.
                for fact in facts:
                    _copy(own, reader, request, fact, None)
                return own.sql(statement).to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(f"this SQL cannot be answered: {error}") from error


def _check(policy: Policy) -> None:
    """Refuse readers for whom some values are withheld: what a statement gives, nobody can tell
    before it has run.
    """
    if not policy.may_compare_people or policy.names is not None:
        raise NotPermittedError(
            "SQL of one's own is for readers from whom nothing about few people is withheld, such"
            " as whoever holds the desk's folder; ask by 'measure' and 'drill' instead"
        )


def _offered(reader: Reader, request: Request) -> Mapping[str, Fact]:
    """Return the facts whose rows can be narrowed to what the reader may see."""
    predicate = request.policy.predicate
    needed = set(dimensions_used(predicate)) if predicate else set()
    return {
        name: fact
        for name, fact in load_facts().items()
        if not fact.is_internal
        and needed <= dimensions_of(fact, None, request, reader.bounds).keys()
    }


def _columns(reader: Reader, fact: Fact, policy: Policy) -> Iterator[Column]:
    ensure_fact(reader.engine, fact.name)
    told = {each.column: each.help for each in fact.dimensions}
    _, rows = reader.engine.fetch(f"describe select * from {quoted(fact.name)}")
    for name, kind, *_ in rows:
        if policy.may_see(name):
            yield Column(name, kind, told.get(name, ""))


def _check_select(own: duckdb.DuckDBPyConnection, statement: str) -> None:
    import duckdb

    statements = own.extract_statements(statement)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("give one SELECT; nothing can be changed here")


def _read(statement: str) -> exp.Expr | None:
    """Return a statement as a tree; None where DuckDB knows more than is understood here."""
    try:
        return sqlglot.parse_one(statement, read="duckdb")
    except sqlglot.errors.SqlglotError:
        return None


def _refuse_unknown(tree: exp.Expr | None, offered: Mapping[str, Fact]) -> None:
    if tree is None:
        return  # DuckDB will say it
    own = {each.alias.casefold() for each in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        name = table.name
        if name and not table.db and name.casefold() not in {*own, *offered}:
            raise NotFoundError(
                f"no table '{name}'{nearest(name, offered)}; there are: {', '.join(offered)}"
            )


def _columns_named(tree: exp.Expr | None) -> frozenset[str] | None:
    """Return the words of a statement, of which some are columns; None where it may mean others:
    by a star, by a table's name for its whole row, or by what is not understood here.
    """
    if tree is None:
        return None
    stars = (star for star in tree.find_all(exp.Star) if not isinstance(star.parent, exp.Count))
    rows = {table.alias_or_name.casefold() for table in tree.find_all(exp.Table)}
    bare = {each.name.casefold() for each in tree.find_all(exp.Column) if not each.table}
    if any(stars) or bare & rows or WHOLE_ROWS.search(tree.sql("duckdb")):
        return None
    return frozenset(part.name.casefold() for part in tree.find_all(exp.Identifier))


def _copy(
    own: duckdb.DuckDBPyConnection,
    reader: Reader,
    request: Request,
    fact: Fact,
    words: frozenset[str] | None,
) -> None:
    columns = [each.name for each in _columns(reader, fact, request.policy)]
    named = [name for name in columns if words is None or name.casefold() in words] or columns[:1]
    rows = exp.select(*(exp.column(name) for name in named)).from_(fact.name)
    known = dimensions_of(fact, None, request, reader.bounds)
    for condition in conditions(replace(request, where=None), known):
        rows = rows.where(condition.copy(), copy=False)
    copied = reader.engine.arrow(reader.engine.runnable(rows))
    own.register("copied", copied)
    own.execute(f"create or replace table {quoted(fact.name)} as select * from copied")
    own.unregister("copied")
