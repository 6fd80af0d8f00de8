"""House SQL into an engine's dialect: the house functions replaced, innermost first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import sqlglot
from sqlglot import exp

HOUSE_DIALECT = "duckdb"
HouseFunction = Callable[[Sequence[exp.Expr]], exp.Expr]


def parse(sql: str, dialect: str = HOUSE_DIALECT) -> exp.Expr:
    """Return SQL as a tree that is quick to copy: without where in the text each part stood, whose
    copying takes more time than that of the tree.
    """
    tree = sqlglot.parse_one(sql, dialect=dialect)
    for node in tree.walk():
        node._meta = None
    return tree


def template(sql: str, dialect: str) -> HouseFunction:
    """Return a house function that puts its arguments into `sql`, written in `dialect`, at arg_1,
    arg_2 ...
    """
    parsed = parse(sql, dialect)

    def build(arguments: Sequence[exp.Expr]) -> exp.Expr:
        def fill(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column) and node.name.startswith("arg_"):
                return arguments[int(node.name[4:]) - 1].copy()
            return node

        return parsed.copy().transform(fill, copy=False)

    return build


def replace_house_functions(parsed: exp.Expr, functions: Mapping[str, HouseFunction]) -> exp.Expr:
    """Return the tree with every call of a house function replaced."""
    for node in reversed(list(parsed.walk())):
        name = _function_name(node)
        if name in functions:
            arguments = node.expressions if isinstance(node, exp.Anonymous) else _arguments(node)
            replacement = functions[name](arguments)
            if node is parsed:
                parsed = replacement
            else:
                node.replace(replacement)
    return parsed


def _function_name(node: exp.Expr) -> str:
    """Name of a house call; SQLGlot knows some of the names itself and gives them a class."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.CountIf):
        return "count_if"
    if isinstance(node, exp.Quantile):
        return "quantile"
    return ""


def _arguments(node: exp.Expr) -> list[exp.Expr]:
    found = [node.this, *([node.args["quantile"]] if node.args.get("quantile") else [])]
    return [argument for argument in found if isinstance(argument, exp.Expr)]
