"""Filters as typed expressions over declared dimensions. No text of a filter ever reaches SQL.

A filter such as ``channel = 'email' and (priority in ('high', 'urgent') or not team is null)`` is
parsed, every name is looked up among the fact's dimensions, every value becomes a literal of the
dimension's type, and the SQL is built anew from that. Anything else is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from numbers import Integral, Real

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, SqlglotError

from helmdesk.errors import FilterError, NotFoundError, nearest
from helmdesk.facts.build.fact import CUSTOM, Dimension

MAX_LENGTH = 2000
MAX_NODES = 400
HELP = "write conditions such as: channel = 'email' and priority in ('high', 'urgent')"

COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
BUILDERS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = {*DuckDB.tokenizer_class.KEYWORDS, *DuckDB.parser_class.NO_PAREN_FUNCTION_PARSERS, "IF"}
"""Words that are read as part of the language, unless they stand in double quotes."""

Scalar = str | float | int


@dataclass(frozen=True)
class Compare:
    """dimension operator value."""

    dimension: str
    operator: str
    value: Scalar


@dataclass(frozen=True)
class OneOf:
    """dimension in (values)."""

    dimension: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class IsNull:
    """dimension is null: the visible segment of rows without a value."""

    dimension: str


@dataclass(frozen=True)
class Not:
    """not condition."""

    condition: Filter


@dataclass(frozen=True)
class All:
    """Every condition holds."""

    conditions: tuple[Filter, ...]


@dataclass(frozen=True)
class Any:
    """At least one condition holds."""

    conditions: tuple[Filter, ...]


Filter = Compare | OneOf | IsNull | Not | All | Any


@lru_cache(maxsize=512)
def parse_filter(text: str) -> Filter:
    """Read a filter.

    Raises:
        FilterError: not a condition of the supported form; the message names the offending part.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"the filter is longer than {MAX_LENGTH} characters")
    try:
        parsed = sqlglot.parse(text, dialect="duckdb")
    except (SqlglotError, RecursionError) as error:
        given = error.errors if isinstance(error, ParseError) else []
        first = str(given[0]["description"] if given else error).splitlines()[0]
        raise FilterError(f"cannot read the filter {text!r}: {first}; {HELP}") from error
    if len(parsed) != 1 or parsed[0] is None:
        raise FilterError(f"the filter {text!r} is not one condition; {HELP}")
    nodes = list(parsed[0].walk())
    if any(node.comments for node in nodes):
        raise FilterError(f"comments are not allowed in a filter; {HELP}")
    if len(nodes) > MAX_NODES:
        raise FilterError(f"the filter has more than {MAX_NODES} parts")
    return _convert(parsed[0])


def _convert(node: exp.Expr) -> Filter:
    if isinstance(node, exp.Paren):
        return _convert(node.this)
    if isinstance(node, exp.And | exp.Or):
        sides = (_convert(node.left), _convert(node.right))
        return All(sides) if isinstance(node, exp.And) else Any(sides)
    if isinstance(node, exp.Not):
        return Not(_convert(node.this))
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return IsNull(_dimension(node.this))
    if isinstance(node, exp.In) and not node.args.get("query") and not node.args.get("unnest"):
        values = tuple(_scalar(item) for item in node.expressions)
        if values:
            return OneOf(_dimension(node.this), values)
    if isinstance(node, exp.Between):
        low, high = _scalar(node.args["low"]), _scalar(node.args["high"])
        name = _dimension(node.this)
        return All((Compare(name, ">=", low), Compare(name, "<=", high)))
    if type(node) in COMPARISONS and isinstance(node, exp.Binary):
        return Compare(_dimension(node.left), COMPARISONS[type(node)], _scalar(node.right))
    raise FilterError(f"not allowed in a filter: {node.sql('duckdb')[:80]!r}; {HELP}")


def _dimension(node: exp.Expr) -> str:
    if (
        isinstance(node, exp.Column)
        and len(node.parts) == 1
        and isinstance(node.this, exp.Identifier)
    ):
        return str(node.name)
    if isinstance(node, exp.Column) and len(node.parts) == 2 and node.table == CUSTOM.rstrip("."):
        return CUSTOM + str(node.name)
    raise FilterError(f"expected the name of a dimension, not {node.sql('duckdb')[:80]!r}; {HELP}")


def _scalar(node: exp.Expr) -> Scalar:
    if isinstance(node, exp.Paren):
        return _scalar(node.this)
    if isinstance(node, exp.Neg):
        value = _scalar(node.this)
        if isinstance(value, str):
            raise FilterError(f"cannot negate a text: {value!r}")
        return -value
    if isinstance(node, exp.Literal):
        if node.is_string:
            return str(node.this)
        try:
            return int(node.this)
        except ValueError:
            return float(node.this)
    raise FilterError(
        f"expected a text in single quotes or a number, not {node.sql('duckdb')[:80]!r}; {HELP}"
    )


def dimensions_used(condition: Filter) -> set[str]:
    """Return the names of all dimensions a filter mentions."""
    match condition:
        case Compare(dimension=name) | OneOf(dimension=name) | IsNull(dimension=name):
            return {name}
        case Not(condition=inner):
            return dimensions_used(inner)
        case All(conditions=parts) | Any(conditions=parts):
            return set().union(*(dimensions_used(part) for part in parts))


def values_asked(condition: Filter) -> set[str]:
    """Return the dimensions of which a filter names values, other than being without one."""
    match condition:
        case IsNull():
            return set()
        case Compare(dimension=name) | OneOf(dimension=name):
            return {name}
        case Not(condition=inner):
            return values_asked(inner)
        case All(conditions=parts) | Any(conditions=parts):
            return set().union(*(values_asked(part) for part in parts))


def simplified(condition: Filter) -> Filter:
    """Return a filter in the one form of all that differ by order, repetition or brackets alone."""
    match condition:
        case OneOf(dimension=name, values=values):
            kept = tuple(sorted(set(values), key=repr))
            return Compare(name, "=", kept[0]) if len(kept) == 1 else OneOf(name, kept)
        case Not(condition=inner):
            one = simplified(inner)
            return one.condition if isinstance(one, Not) else Not(one)
        case All(conditions=given) | Any(conditions=given):
            parts: set[Filter] = set()
            for part in map(simplified, given):
                parts.update(
                    part.conditions
                    if isinstance(part, All | Any) and type(part) is type(condition)
                    else (part,)
                )
            ordered = tuple(sorted(parts, key=to_text))
            return ordered[0] if len(ordered) == 1 else type(condition)(ordered)
        case _:
            return condition


def all_of(*conditions: Filter | None) -> Filter | None:
    """Return the filter that lets through what all given ones do; None stands for everything."""
    given = tuple(condition for condition in conditions if condition is not None)
    return given[0] if len(given) == 1 else All(given) if given else None


def is_value(name: str, value: object) -> Filter:
    """Return the filter of one segment: a dimension's value as a measurement gives it, None for
    rows without one.
    """
    if value is None:
        return IsNull(name)
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return Compare(name, "=", str(value))
    return Compare(name, "=", int(value) if isinstance(value, Integral) else float(value))


def conjuncts(condition: Filter | None) -> frozenset[Filter]:
    """Return the conditions that all hold where a filter does, each in its one form."""
    if condition is None:
        return frozenset()
    one = simplified(condition)
    return frozenset(one.conditions if isinstance(one, All) else (one,))


def to_text(condition: Filter | None) -> str:
    """Return a filter as text that `parse_filter` reads; empty for everything."""
    match condition:
        case None:
            return ""
        case Compare(dimension=name, operator=operator, value=value):
            return f"{_name_text(name)} {operator} {_value_text(value)}"
        case OneOf(dimension=name, values=values):
            return f"{_name_text(name)} in ({', '.join(map(_value_text, values))})"
        case IsNull(dimension=name):
            return f"{_name_text(name)} is null"
        case Not(condition=inner):
            return f"not ({to_text(inner)})"
        case All(conditions=parts) | Any(conditions=parts):
            texts = [
                f"({to_text(part)})" if isinstance(part, All | Any) else to_text(part)
                for part in parts
            ]
            return (" and " if isinstance(condition, All) else " or ").join(texts)


def _name_text(name: str) -> str:
    table, own = (CUSTOM, name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else ("", name)
    is_plain = NAME.fullmatch(own) is not None and own.upper() not in RESERVED
    return table + exp.to_identifier(own, quoted=not is_plain).sql("duckdb")


def _value_text(value: Scalar) -> str:
    return exp.Literal.string(value).sql("duckdb") if isinstance(value, str) else repr(value)


def filter_expression(
    condition: Filter, known: Mapping[str, tuple[Dimension, exp.Expr]]
) -> exp.Expr:
    """Build the SQL expression of a filter.

    Args:
        known: dimension and column expression by name, of the fact in question.

    Raises:
        NotFoundError: a name that is no dimension of the fact.
        FilterError: a value of the wrong type.
    """
    match condition:
        case Compare(dimension=name, operator=operator, value=value):
            dimension, column = find_dimension(name, known)
            return BUILDERS[operator](this=column, expression=_literal(dimension, value))
        case OneOf(dimension=name, values=values):
            dimension, column = find_dimension(name, known)
            return exp.In(this=column, expressions=[_literal(dimension, value) for value in values])
        case IsNull(dimension=name):
            _, column = find_dimension(name, known)
            return exp.Is(this=column, expression=exp.Null())
        case Not(condition=inner):
            return exp.Not(this=exp.Paren(this=filter_expression(inner, known)))
        case All(conditions=parts):
            return exp.Paren(this=exp.and_(*(filter_expression(part, known) for part in parts)))
        case Any(conditions=parts):
            return exp.Paren(this=exp.or_(*(filter_expression(part, known) for part in parts)))


def find_dimension(
    name: str, known: Mapping[str, tuple[Dimension, exp.Expr]]
) -> tuple[Dimension, exp.Expr]:
    """Return a dimension and a fresh copy of its column expression, or raise `NotFoundError`."""
    if name not in known:
        raise NotFoundError(
            f"unknown dimension '{name}'",
            offers=f"{nearest(name, known)} (known here: {', '.join(known)})",
        )
    dimension, column = known[name]
    return dimension, column.copy()


def _literal(dimension: Dimension, value: Scalar) -> exp.Expr:
    if dimension.kind == "number":
        if isinstance(value, str):
            raise FilterError(f"{dimension.name} is a number; {value!r} is a text")
        return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))
    return exp.Literal.string(str(value))
