"""House SQL in DuckDB's dialect."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import sqlglot
from sqlglot import exp

from helmdesk.engines.duckdb import SIMPLE
from helmdesk.engines.engine import HOUSE_FUNCTIONS
from helmdesk.engines.translation import HouseFunction, parse, replace_house_functions, template

DIALECT = "duckdb"


def _period(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Weeks may begin on another day than Monday: shift, truncate, shift back."""
    local, grain, shift = (argument.sql(DIALECT) for argument in arguments)
    days = f"to_days({shift})"
    is_shifted = arguments[1].name == "week" and shift != "0"
    return sqlglot.parse_one(
        (
            f"date_trunc({grain}, {local} - {days}) + {days}"
            if is_shifted
            else f"date_trunc({grain}, {local})"
        ),
        dialect=DIALECT,
    )


def _local_part(arguments: Sequence[exp.Expr]) -> exp.Expr:
    instant, part, zone = arguments
    function = {"hour": "hour", "weekday": "isodow"}[part.name]
    local = f"({instant.sql(DIALECT)} at time zone 'UTC' at time zone {zone.sql(DIALECT)})"
    return sqlglot.parse_one(f"{function}({local})", dialect=DIALECT)


@functools.cache
def house_functions() -> dict[str, HouseFunction]:
    """Return the house functions of this engine by name."""
    found = {name: template(sql, DIALECT) for name, sql in SIMPLE.items()} | {
        "period": _period,
        "local_part": _local_part,
    }
    assert set(found) == set(HOUSE_FUNCTIONS)
    return found


def translate(house_sql: str | exp.Expr) -> str:
    """Return DuckDB SQL: every house function replaced, innermost first."""
    return _translate_text(house_sql) if isinstance(house_sql, str) else _translate(house_sql)


@functools.lru_cache(maxsize=4096)
def _translate_text(house_sql: str) -> str:
    return _translate(parse(house_sql))


def runnable(parsed: exp.Expr) -> str:
    """Return DuckDB SQL for a database that has the macros: what `translate` gives, written in half
    the time. The tree is used up.
    """
    left = {name: house_functions()[name] for name in HOUSE_FUNCTIONS if name not in SIMPLE}
    return replace_house_functions(parsed, left).sql(DIALECT, copy=False)


def _translate(parsed: exp.Expr) -> str:
    return replace_house_functions(parsed, house_functions()).sql(DIALECT, pretty=True, copy=False)
