"""By what a metric can be sliced: the dimensions of its fact, and every further field that sources
kept of tickets.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from helmdesk.catalogue.metric import Metric
from helmdesk.facts.build.fact import CUSTOM, Dimension, Fact, load_facts
from helmdesk.query.bounds import Bounds
from helmdesk.query.filters import filter_expression
from helmdesk.query.house import fill_literals, house, instant_column
from helmdesk.query.request import Request

Known = Mapping[str, tuple[Dimension, exp.Expr]]


def metric_dimensions(metric: Metric, request: Request, bounds: Bounds) -> Known:
    """Return the dimensions of a metric's fact with their column expressions; those of time are of
    what it is measured against.
    """
    *_, against = metric.value.parts(metric.anchor or "", metric.where)
    return dimensions_of(load_facts()[metric.fact], against.anchor or None, request, bounds)


def dimensions_of(fact: Fact, anchor: str | None, request: Request, bounds: Bounds) -> Known:
    """Return a fact's dimensions by name, each with the expression of its column; times of day are
    those of `anchor`.

    The expressions are shared between questions: copy one before it goes into a query.
    """
    return _dimensions(fact.name, anchor, request.time_zone, bounds.custom_fields)


@functools.lru_cache(maxsize=512)
def _dimensions(
    fact_name: str, anchor: str | None, zone: str, custom_fields: tuple[str, ...]
) -> Known:
    fact = load_facts()[fact_name]
    found = {}
    for dimension in fact.dimensions:
        if dimension.column in ("hour", "weekday"):
            if anchor is None:
                continue
            column = house(f"local_part({anchor}, '{dimension.column}', zone_)")
            column = column.transform(fill_literals(zone_=zone), copy=False)
        elif dimension.is_of_ticket:
            column = _of_ticket(fact, house(dimension.column))
        else:
            column = instant_column(house(dimension.column))
        found[dimension.name] = (dimension, column)
    if any(dimension.is_of_ticket for dimension in fact.dimensions):
        for name in custom_fields:
            text = exp.Anonymous(
                this="json_text", expressions=[exp.column("custom"), exp.Literal.string(name)]
            )
            found[CUSTOM + name] = (
                Dimension(CUSTOM + name, name, "kept by the source"),
                _of_ticket(fact, text),
            )
    return MappingProxyType(found)


def conditions(request: Request, known: Known) -> list[exp.Expr]:
    """Return a request's filter and its policy's predicate over a fact's dimensions.

    Raises:
        NotFoundError: a name that is none of those the reader may see.
    """
    open_ = {name: found for name, found in known.items() if request.policy.may_see(name)}
    found = [filter_expression(request.where, open_)] if request.where is not None else []
    return found + (
        [filter_expression(request.policy.predicate, known)]
        if request.policy.predicate is not None
        else []
    )


def _of_ticket(fact: Fact, column: exp.Expr) -> exp.Expr:
    """Look an attribute of the ticket up, unless the fact is the tickets themselves."""
    if fact.name == "tickets":
        return column
    named = column.transform(
        lambda node: exp.column(node.name, table="of_") if isinstance(node, exp.Column) else node
    )
    same = exp.EQ(
        this=exp.column("ticket_id", table="of_"),
        expression=exp.column("ticket_id", table=fact.name),
    )
    return exp.select(named).from_("tickets as of_").where(same).subquery()
