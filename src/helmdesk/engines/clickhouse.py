"""ClickHouse's engine in this process (chdb): answers over facts that another engine made and left
as Parquet.

The house functions and SQLGlot carry every question there; making facts, which needs nearest-row
joins and ordered windows of its own kind, stays with DuckDB and Spark.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from helmdesk.engines.engine import FOREVER
from helmdesk.engines.translation import (
    HOUSE_DIALECT,
    HouseFunction,
    replace_house_functions,
    template,
)
from helmdesk.errors import HelmdeskError

if TYPE_CHECKING:
    import pyarrow as pa

DIALECT = "clickhouse"
SETTINGS = (
    "settings join_use_nulls = 1, session_timezone = 'UTC', date_time_overflow_behavior = 'throw'"
)
_MICROS = "toUnixTimestamp64Micro(toDateTime64({}, 6, 'UTC'))"

SIMPLE = {
    "seconds": f"intDiv({_MICROS.format('arg_2')} - {_MICROS.format('arg_1')}, 1000000)",
    "nth_smallest": "if(arg_2 < 1, null, arrayElementOrNull(arraySort(groupArray(arg_1)), arg_2))",
    "count_if": "countIf(arg_1)",
    "ratio": "if(arg_2 = 0, null, toFloat64(arg_1) / arg_2)",
    "forever": f"toDateTime64('{FOREVER}', 6, 'UTC')",
    "days": "toIntervalDay(arg_1)",
    "later": "addSeconds(arg_1, toInt64(arg_2))",
    "local_time": "addSeconds(arg_1, timeZoneOffset(toTimeZone(arg_1, arg_2)))",
    "json_text": "JSONExtract(arg_1, arg_2, 'Nullable(String)')",
}


def _quantile(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, q = (argument.sql(DIALECT) for argument in arguments)
    return sqlglot.parse_one(
        f"quantileExactInclusive({q})(cast({value} as Nullable(Float64)))", dialect=DIALECT
    )


def _period(arguments: Sequence[exp.Expr]) -> exp.Expr:
    local, grain, shift = (argument.sql(DIALECT) for argument in arguments)
    start = (
        f"addDays(dateTrunc({grain}, addDays({local}, -({shift}))), {shift})"
        if arguments[1].name == "week"
        else f"dateTrunc({grain}, {local})"
    )
    return sqlglot.parse_one(f"toDateTime64(toDate({start}), 6, 'UTC')", dialect=DIALECT)


def _local_part(arguments: Sequence[exp.Expr]) -> exp.Expr:
    instant, part, zone = arguments
    function = {"hour": "toHour", "weekday": "toDayOfWeek"}[part.name]
    return sqlglot.parse_one(
        f"{function}(toTimeZone({instant.sql(DIALECT)}, {zone.sql(DIALECT)}))", dialect=DIALECT
    )


class ClickHouse:
    """One chdb session over a folder with a Parquet file for every fact; there can be one in a
    process.
    """

    name = "clickhouse"

    def __init__(self, facts: Path) -> None:
        try:
            from chdb.session import Session
        except ImportError as error:
            raise HelmdeskError(
                "ClickHouse's engine is not installed; run: pip install 'helmdesk[clickhouse]'"
            ) from error
        self.session, self.facts = Session(), {path.stem for path in facts.glob("*.parquet")}
        self.session.query("create database facts engine = Atomic")
        self.session.query("use facts")
        for path in sorted(facts.glob("*.parquet")):
            place = str(path.absolute()).replace("\\", "\\\\").replace("'", "\\'")
            self.session.query(
                f"create view `{path.stem}` as select * from file('{place}', Parquet)"
            )

    def version(self) -> str:
        """Return ClickHouse's version."""
        return str(self.run("select version()")[0][0])

    @staticmethod
    def translate(house_sql: str | exp.Expr) -> str:
        """Return ClickHouse SQL."""
        parsed = (
            sqlglot.parse_one(house_sql, dialect=HOUSE_DIALECT)
            if isinstance(house_sql, str)
            else house_sql.copy()
        )
        return (
            f"{replace_house_functions(parsed.transform(_microseconds), _functions()).sql(DIALECT)}"
            f" {SETTINGS}"
        )

    def runnable(self, house_sql: exp.Expr) -> str:
        """Return the translation: no functions are defined here."""
        return self.translate(house_sql)

    def make(self, name: str, house_sql: str, scope: str = "table") -> None:
        """Accept a relation that is there already; making one is for the engine that makes facts.

        Raises:
            HelmdeskError: no file of that name.
        """
        if name not in self.facts:
            raise HelmdeskError(
                f"'{name}' is not among the facts given to ClickHouse; they are made by DuckDB or"
                " Spark"
            )

    def ask(self, house_sql: str) -> list[tuple[Any, ...]]:
        """Run house SQL and return all rows."""
        return self.run(self.translate(house_sql))

    def arrow(self, sql: str) -> pa.Table:
        """Run translated SQL and return all rows as a table; instants are naive UTC."""
        import pyarrow as pa

        found = self.session.query(sql, "ArrowTable")
        fields = [pa.field(field.name, _plain(field.type)) for field in found.schema]
        return found.cast(pa.schema(fields))

    def fetch(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run translated SQL; return the names of its columns and all rows."""
        found = self.arrow(sql)
        return found.column_names, list(
            zip(*(column.to_pylist() for column in found.columns), strict=True)
        )

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run translated SQL and return all rows."""
        return self.fetch(sql)[1]

    def close(self) -> None:
        """Let go of the session."""
        self.session.close()


def _microseconds(node: exp.Expr) -> exp.Expr:
    """An instant has microseconds and any year; ClickHouse's own default has neither."""
    if isinstance(node, exp.DataType) and node.is_type("timestamp", exp.DataType.Type.TIMESTAMPNTZ):
        return exp.DataType.build("Nullable(DateTime64(6, 'UTC'))", dialect=DIALECT)
    return node


def _plain(kind: Any) -> Any:
    """Text as text, instants without a zone."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp("us")
    return pa.string() if pa.types.is_binary(kind) or pa.types.is_dictionary(kind) else kind


@functools.cache
def _functions() -> dict[str, HouseFunction]:
    """House functions that questions use; those of facts alone (tenure, similarity) are not
    here.
    """
    simple = {name: template(sql, DIALECT) for name, sql in SIMPLE.items()}
    return simple | {"quantile": _quantile, "period": _period, "local_part": _local_part}
