"""Apache Spark: the engine past one machine. The same facts and metrics over the same Parquet files
of the lake.

House SQL is written in DuckDB's dialect. SQLGlot turns it into Spark's; what it leaves is done
here: the house functions, joins to the nearest earlier row, and the few functions that mean
something else there. Every fact is written as Parquet, so that its plan is done with and the tables
can be opened again.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from helmdesk.engines.engine import FOREVER, HOUSE_FUNCTIONS
from helmdesk.engines.translation import (
    HOUSE_DIALECT,
    HouseFunction,
    replace_house_functions,
    template,
)
from helmdesk.errors import HelmdeskError
from helmdesk.records.versions import STANDING

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

DIALECT = "spark"
_MICROS = "(unix_micros(arg_2) - unix_micros(arg_1))"
_WORDS = "array_distinct(regexp_extract_all(lower({}), '[a-z0-9]{{2,}}', 0))"
_A, _B = _WORDS.format("arg_1"), _WORDS.format("arg_2")

SIMPLE = {
    "seconds": f"cast(({_MICROS} - pmod({_MICROS}, 1000000)) div 1000000 as bigint)",
    "quantile": "percentile(arg_1, arg_2)",
    "nth_smallest": "get(sort_array(collect_list(arg_1)), cast(arg_2 as int) - 1)",
    "count_if": "count(case when arg_1 then 1 end)",
    "ratio": "case when arg_2 = 0 then null else cast(arg_1 as double) / arg_2 end",
    "forever": f"timestamp '{FOREVER}'",
    "days": "make_dt_interval(cast(arg_1 as int))",
    "later": "timestamp_micros(unix_micros(arg_1) + 1000000 * cast(arg_2 as bigint))",
    "tenure": (
        """case when arg_1 is null then null when arg_2 < arg_1 + interval 3 month
            then '00-03 months'
        when arg_2 < arg_1 + interval 12 month then '03-12 months'
            when arg_2 < arg_1 + interval 24 month then '12-24 months'
        else '24+ months' end"""
    ),
    "similarity": (
        f"""coalesce(cast(size(array_intersect({_A}, {_B})) as double)
        / nullif(size(array_union(coalesce({_A}, array()), coalesce({_B}, array()))), 0), 0.0D)"""
    ),
    "local_time": "from_utc_timestamp(arg_1, arg_2)",
    "json_text": "get_json_object(arg_1, concat('$[''', arg_2, ''']'))",
}

_KINDS = {
    "text": "string",
    "json": "string",
    "number": "double",
    "integer": "bigint",
    "flag": "boolean",
    "instant": "timestamp",
}


def _period(arguments: Sequence[exp.Expr]) -> exp.Expr:
    local, grain, shift = (argument.sql(DIALECT) for argument in arguments)
    days = f"make_dt_interval({shift})"
    is_week = arguments[1].name == "week"
    return sqlglot.parse_one(
        (
            f"date_trunc({grain}, {local} - {days}) + {days}"
            if is_week
            else f"date_trunc({grain}, {local})"
        ),
        dialect=DIALECT,
    )


def _local_part(arguments: Sequence[exp.Expr]) -> exp.Expr:
    instant, part, zone = arguments
    local = f"from_utc_timestamp({instant.sql(DIALECT)}, {zone.sql(DIALECT)})"
    return sqlglot.parse_one(
        f"hour({local})" if part.name == "hour" else f"(pmod(dayofweek({local}) + 5, 7) + 1)",
        dialect=DIALECT,
    )


class Spark:
    """A Spark session and a folder for the tables made in it."""

    name = "spark"

    def __init__(self, session: SparkSession, folder: Path) -> None:
        self.session, self.folder = session, folder
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def start(cls, master: str, folder: Path, **configuration: str) -> Spark:
        """Connect to a cluster, or start one.

        Args:
            master: ``local[*]``, ``local-cluster[2,1,1024]``, ``spark://host:7077`` ...
            folder: where tables are written; every executor must see it.

        Raises:
            HelmdeskError: PySpark, or Java, is not there.
        """
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise HelmdeskError(
                "Spark's packages are not installed; run: pip install 'helmdesk[spark]'"
            ) from error
        os.environ.setdefault("PYSPARK_PYTHON", "python3")
        builder = SparkSession.builder.master(master).appName("helmdesk")
        settings = {
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "false",
            "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
            "spark.sql.execution.arrow.pyspark.enabled": "true",
            **configuration,
        }
        for key, value in settings.items():
            builder = builder.config(key, value)
        try:
            session = builder.getOrCreate()
        except Exception as error:
            raise HelmdeskError(
                f"Spark did not start ({str(error).splitlines()[0]}); it needs Java 17 or newer"
            ) from error
        session.sparkContext.setLogLevel("ERROR")
        return cls(session, folder)

    @classmethod
    def functions(cls) -> dict[str, HouseFunction]:
        """Return the house functions of this engine by name."""
        return _functions()

    def version(self) -> str:
        """Return Spark's version."""
        return str(self.session.version)

    def use_threads(self, data_bytes: int, small: int = 0) -> None:
        """The cluster decides."""

    def define_functions(self) -> None:
        """House functions are put into every statement."""

    @staticmethod
    def translate(house_sql: str | exp.Expr) -> str:
        """Return Spark SQL."""
        parsed = (
            sqlglot.parse_one(house_sql, dialect=HOUSE_DIALECT)
            if isinstance(house_sql, str)
            else house_sql.copy()
        )
        parsed = parsed.transform(_doubles)
        parsed = parsed.transform(_ignoring_nulls)
        parsed = parsed.transform(_lists)
        parsed = replace_house_functions(parsed, _functions())
        for join in list(parsed.find_all(exp.Join)):
            _nearest(join)
        for where in list(parsed.find_all(exp.Where)):
            # Spark reads ``from tickets where (is_counted)`` as a table called "where" with one
            # column.
            where.set("this", where.this.unnest())
        return parsed.sql(DIALECT)

    def runnable(self, house_sql: exp.Expr) -> str:
        """Return the translation: no functions are defined here."""
        return self.translate(house_sql)

    def make(self, name: str, house_sql: str, scope: str = "table") -> None:
        """Create a table (as Parquet) or a view from house SQL."""
        made = self.session.sql(self.translate(house_sql))
        if "view" in scope:
            made.createOrReplaceTempView(name)
        else:
            self._write(name, made)

    def _write(self, name: str, made: DataFrame) -> None:
        path = str(self.folder / name)
        made.write.mode("overwrite").parquet(path)
        self.session.read.schema(made.schema).parquet(path).createOrReplaceTempView(name)

    def put(self, name: str, rows: pa.Table, scope: str = "table") -> None:
        """Create a table of these rows; naive instants are UTC."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        instants = [
            (
                pa.field(field.name, pa.timestamp("us", "UTC"))
                if pa.types.is_timestamp(field.type)
                else field
            )
            for field in rows.schema
        ]
        path = self.folder / name
        path.mkdir(exist_ok=True)
        pq.write_table(rows.cast(pa.schema(instants)), path / "rows.parquet")
        self.session.read.parquet(str(path)).createOrReplaceTempView(name)

    def ask(self, house_sql: str) -> list[tuple[Any, ...]]:
        """Run house SQL and return all rows."""
        return self.run(self.translate(house_sql))

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run Spark SQL and return all rows; instants are naive UTC."""
        return self.fetch(sql)[1]

    def fetch(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run Spark SQL; return the names of its columns and all rows."""
        found = self.session.sql(sql)
        columns = [
            [
                value.replace(tzinfo=None) if getattr(value, "tzinfo", None) else value
                for value in column.to_pylist()
            ]
            for column in found.toArrow().columns
        ]
        return found.columns, list(zip(*columns, strict=True)) if columns else []

    def arrow(self, sql: str) -> pa.Table:
        """Run Spark SQL and return all rows as a table; instants are naive UTC."""
        import pyarrow as pa

        found = self.session.sql(sql).toArrow()
        plain = [
            pa.field(field.name, pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
            for field in found.schema
        ]
        return found.cast(pa.schema(plain))

    def quoted(self, name: str) -> str:
        """Return a quoted column name."""
        return "`" + name.replace("`", "``") + "`"

    def columns(self, sql: str) -> list[str]:
        """Return the column names of Spark SQL."""
        return list(self.session.sql(sql).columns)

    def read_records(
        self,
        view: str,
        files: Sequence[str],
        kinds: Mapping[str, str],
        type_order: Mapping[str, int],
        batches: Sequence[str] | None,
    ) -> None:
        """Create a table of the records in Parquet files: each once, corrected ones left out,
        columns no file has are null.
        """
        schema = ", ".join(
            f"`{name}` {_KINDS[kind]}" for name, kind in kinds.items() if name != "family"
        )
        order = " ".join(f"when '{name}' then {place}" for name, place in type_order.items())
        ordered = f"select *, case type {order} end as type_order from {view}_raw"
        if not files:
            self.session.createDataFrame([], schema).createOrReplaceTempView(f"{view}_raw")
            self.session.sql(ordered).createOrReplaceTempView(view)
            return
        self.session.read.schema(schema).parquet(*files).createOrReplaceTempView(f"{view}_raw")
        if batches is not None:
            listed = ", ".join("'" + batch.replace("'", "\\'") + "'" for batch in batches) or "''"
            ordered += f" where batch_id in ({listed})"
        corrected = f"select supersedes from {view}_raw where supersedes is not null"
        self._write(
            view,
            self.session.sql(
                f"select * from ({ordered}) r where not exists (select 1 from ({corrected}) c where"
                f" c.supersedes = r.record_id) {STANDING}"
            ),
        )

    def reopen(self) -> None:
        """Name every table that lies in the folder."""
        for path in sorted(self.folder.iterdir()):
            if path.is_dir():
                self.session.read.parquet(str(path)).createOrReplaceTempView(path.name)

    def close(self) -> None:
        """Leave the session to the next one that needs it; it ends with the process."""


@functools.cache
def _functions() -> dict[str, HouseFunction]:
    found = {name: template(sql, DIALECT) for name, sql in SIMPLE.items()} | {
        "period": _period,
        "local_part": _local_part,
    }
    assert set(found) == set(HOUSE_FUNCTIONS)
    return found


def _doubles(node: exp.Expr) -> exp.Expr:
    """A number with a point is a decimal in Spark, and arithmetic with it another one."""
    if (
        isinstance(node, exp.Literal)
        and not node.is_string
        and "." in node.this
        and not isinstance(node.parent, exp.Cast)
    ):
        return exp.cast(node.copy(), "double")
    return node


def _ignoring_nulls(node: exp.Expr) -> exp.Expr:
    """DuckDB's arg_max and arg_min pass over rows whose value is null; Spark's return the null."""
    if isinstance(node, exp.ArgMax | exp.ArgMin) and not isinstance(node.parent, exp.Filter):
        known = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null()))
        return exp.Filter(this=node.copy(), expression=exp.Where(this=known))
    if isinstance(node, exp.Filter) and isinstance(node.this, exp.ArgMax | exp.ArgMin):
        known = exp.Not(this=exp.Is(this=node.this.this.copy(), expression=exp.Null()))
        condition = exp.and_(node.expression.this.copy(), known)
        return exp.Filter(this=node.this.copy(), expression=exp.Where(this=condition))
    return node


def _lists(node: exp.Expr) -> exp.Expr:
    """Names that SQLGlot passes on unchanged."""
    if isinstance(node, exp.Anonymous) and node.name.lower() == "json_keys":
        return exp.Anonymous(this="json_object_keys", expressions=node.expressions)
    if isinstance(node, exp.DateBin):
        width = node.this
        assert isinstance(width, exp.Interval) and (width.name, str(width.unit)) == (
            "15",
            "MINUTE",
        ), node.sql()
        micros = f"unix_micros({node.expression.sql(HOUSE_DIALECT)})"
        return sqlglot.parse_one(
            f"timestamp_micros({micros} - pmod({micros}, 900000000))", dialect=DIALECT
        )
    return node


def _nearest(join: exp.Join) -> None:
    """Turn ``asof join b on b.key = a.key and b.start <= a.instant`` into a join with the stretch
    until b's next row.
    """
    if (join.args.get("method") or "").upper() != "ASOF":
        return
    table = join.this
    alias = table.alias_or_name
    conditions = (
        list(join.args["on"].flatten())
        if isinstance(join.args["on"], exp.And)
        else [join.args["on"]]
    )
    keys = [part for part in conditions if isinstance(part, exp.EQ)]
    (nearness,) = [part for part in conditions if not isinstance(part, exp.EQ)]
    own, other = (
        (nearness.this, nearness.expression)
        if nearness.this.table == alias
        else (nearness.expression, nearness.this)
    )
    assert own.table == alias, join.sql()
    own_keys = [
        side.name
        for part in keys
        for side in (part.this, part.expression)
        if isinstance(side, exp.Column) and side.table == alias
    ]
    source = table.copy()
    source.set("alias", None)
    following = (
        f"lead({own.name}) over (partition by {', '.join(own_keys)} order by {own.name}) as"
        " following_"
    )
    stretched = exp.select("*", sqlglot.parse_one(following, dialect=HOUSE_DIALECT)).from_(source)
    later = exp.column("following_", table=alias)
    # Up to the next row: that one's start is past the instant, by the same comparison turned round.
    is_strict = isinstance(nearness, exp.LT | exp.GT)
    until = (
        exp.GTE(this=later, expression=other.copy())
        if is_strict
        else exp.GT(this=later.copy(), expression=other.copy())
    )
    join.set("this", stretched.subquery(alias))
    join.set("method", None)
    join.set(
        "on",
        exp.and_(
            *(part.copy() for part in conditions),
            exp.or_(exp.Is(this=later.copy(), expression=exp.Null()), until),
        ),
    )
