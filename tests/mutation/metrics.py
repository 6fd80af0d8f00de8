"""Change every metric's definition a little and see whether a golden table notices: `make mutants`.

A mutant changes one thing: a comparison, an `and`, a number, a dropped condition, an anchor, a
quantile, the reverse of a value. It is killed when some golden table of its metric fails. What
survives is either equal in meaning or a hole in the tables.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

sys.path.insert(0, str(Path(__file__).parents[1]))

from conformance.test_golden import GOLDEN, check, golden_events, metric_of
from desks import load_events, make_desk
from helmdesk.catalogue.discovery import Entry, load_catalogue
from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.metric import Metric
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError

EXPRESSIONS = (
    "hits",
    "positive",
    "negative",
    "column",
    "once_per",
    "numerator",
    "denominator",
    "group",
    "ended",
    "where",
    "opens",
    "closes",
)
SWAPS: dict[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.GT: (exp.GTE, exp.LT),
    exp.GTE: (exp.GT, exp.LT),
    exp.LT: (exp.LTE, exp.GT),
    exp.LTE: (exp.LT, exp.GT),
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.And: (exp.Or,),
    exp.Or: (exp.And,),
    exp.Add: (exp.Sub,),
    exp.Sub: (exp.Add,),
}


def changed(text: str) -> Iterator[str]:
    """Yield the texts that differ from `text` in one node."""
    count = len(list(sqlglot.parse_one(text, dialect="duckdb").walk()))
    for place in range(count):
        tree = sqlglot.parse_one(text, dialect="duckdb")
        node = list(tree.walk())[place]
        for other in SWAPS.get(type(node), ()):
            again = tree.copy()
            old = list(again.walk())[place]
            new = other(this=old.this.copy(), expression=old.expression.copy())
            yield new.sql("duckdb") if old is again else _replaced(again, old, new)
        if isinstance(node, exp.And):
            for side in ("this", "expression"):
                again = tree.copy()
                old = list(again.walk())[place]
                kept = old.args[side].copy()
                yield kept.sql("duckdb") if old is again else _replaced(again, old, kept)
        if isinstance(node, exp.Not):
            again = tree.copy()
            old = list(again.walk())[place]
            yield old.this.sql("duckdb") if old is again else _replaced(again, old, old.this.copy())
        if isinstance(node, exp.Literal) and not node.is_string:
            again = tree.copy()
            old = list(again.walk())[place]
            new = exp.Literal.number(
                float(node.this) + 1 if "." in node.this else int(node.this) + 1
            )
            yield new.sql("duckdb") if old is again else _replaced(again, old, new)
        if isinstance(node, exp.Literal) and node.is_string:
            again = tree.copy()
            _ = list(again.walk())[place].replace(exp.Literal.string(node.this + "x"))
            yield again.sql("duckdb")


def _replaced(tree: exp.Expr, old: exp.Expr, new: exp.Expr) -> str:
    old.replace(new)
    return tree.sql("duckdb")


def mutants_of(value: Any) -> Iterator[tuple[Any, str]]:
    """Yield changed copies of a frozen dataclass, with what was changed."""
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if isinstance(held, str) and held and field.name in EXPRESSIONS:
            for text in changed(held):
                yield (
                    dataclasses.replace(value, **{field.name: text}),
                    f"{field.name}: {held}  ->  {text}",
                )
        elif field.name == "q":
            yield dataclasses.replace(value, q=held / 2), f"q: {held} -> {held / 2}"
        elif (
            dataclasses.is_dataclass(held)
            and not isinstance(held, Metric)
            and field.name in ("value", "of", "business", "numerator", "denominator", "pending")
        ):
            for inner, what in mutants_of(held):
                yield dataclasses.replace(value, **{field.name: inner}), f"{field.name}.{what}"
        elif isinstance(held, Part) and field.name == "pending":
            yield dataclasses.replace(value, pending=None), "pending dropped"


def mutants(entry: Entry) -> Iterator[tuple[Metric, str]]:
    """Yield every mutant of a metric and of its variants."""
    yield from mutants_of(entry.metric)
    for place, variant in enumerate(entry.metric.variants):
        for other, what in mutants_of(variant):
            variants = (*entry.metric.variants[:place], other, *entry.metric.variants[place + 1 :])
            yield dataclasses.replace(entry.metric, variants=variants), f"{variant.name}: {what}"


def survives(metric: Metric, entry: Entry, tables: list[tuple[Desk, str, dict[str, Any]]]) -> bool:
    mutant = Entry(metric, entry.description)
    for desk, key, expected in tables:
        desk.folder.find_metric = lambda _key: mutant  # type: ignore[method-assign]
        try:
            check(desk.measure(key, **expected.get("ask", {})), expected)
        except (AssertionError, HelmdeskError):
            return False
        except Exception:  # A mutant may be no valid SQL: then it cannot live either.
            return False
    return True


def main(only: list[str]) -> int:
    total = alive = 0
    with tempfile.TemporaryDirectory() as folder:
        for key, entry in load_catalogue().items():
            if only and key not in only:
                continue
            tables: list[tuple[Desk, str, dict[str, Any]]] = []
            for path in (path for path in GOLDEN if metric_of(path) == key):
                golden = tomllib.loads(path.read_text(encoding="utf-8"))
                events = golden_events(golden)
                desks: dict[str, Desk] = {}
                for expected in golden["expect"]:
                    settings = {
                        "time_zone": expected.get("time_zone", "UTC"),
                        **expected.get("settings", {}),
                    }
                    if repr(settings) not in desks:
                        desks[repr(settings)] = make_desk(
                            Path(folder) / f"{path.stem}-{len(desks)}", **settings
                        )
                        load_events(desks[repr(settings)], events)
                    tables.append((desks[repr(settings)], key, expected))
            if not survives(entry.metric, entry, tables):
                raise AssertionError(f"{key}: its own golden tables fail")
            found = list(mutants(entry))
            left = [what for metric, what in found if survives(metric, entry, tables)]
            total, alive = total + len(found), alive + len(left)
            print(f"{key}: {len(found) - len(left)} of {len(found)} killed", flush=True)
            for what in left:
                print(f"  survives  {what}", flush=True)
    print(f"{total - alive} of {total} mutants killed ({(total - alive) / total:.1%})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
