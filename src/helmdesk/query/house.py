"""House SQL as trees: parsed once, copied, with placeholders filled by literals, never by pasted
text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime

from sqlglot import exp

from helmdesk.engines.translation import parse

TIMESTAMP = exp.DataType.build("timestamp")


@functools.cache
def _parsed(text: str) -> exp.Expr:
    return parse(text)


def house(text: str) -> exp.Expr:
    """Return house SQL as a tree of its own; parsing is the expensive half of compiling."""
    return _parsed(text).copy()


def timestamp(instant: datetime) -> exp.Expr:
    """Return a naive UTC instant as a literal."""
    said = exp.Literal.string(instant.strftime("%Y-%m-%d %H:%M:%S.%f"))
    return exp.Cast(this=said, to=TIMESTAMP.copy())


def fill_literals(**literals: str) -> Callable[[exp.Expr], exp.Expr]:
    """Replace names by texts as literals; nothing is ever pasted into SQL."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in literals:
            return exp.Literal.string(literals[node.name])
        return node

    return fill


def instant_column(expression: exp.Expr) -> exp.Expr:
    """`instant` in a level's expressions is the column of the joined instants."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name == "instant":
            return exp.column("instant", table="instants")
        if isinstance(node, exp.Column) and node.name == "instant_worked":
            return exp.column("instant_worked", table="worked")
        return node

    return expression.transform(fill, copy=False)
