"""Record views of one lake snapshot: each record once, corrections applied, instants as plain UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helmdesk.engines.duckdb import DuckDB
from helmdesk.records.schema import RECORD_TYPES, SQL_TYPES, family_columns

# Families whose times say how far the data reach; plans and validity dates may lie in the future.
OBSERVED = ("ticket", "message", "handoff", "leg", "work", "sla", "survey", "review", "workforce", "fallback")


def create_record_views(engine: DuckDB, files: Mapping[str, Sequence[str]]) -> None:
    """Create ``<family>_records`` for every family; a family without files gives an empty table."""
    for family in dict.fromkeys(kind.family for kind in RECORD_TYPES.values()):
        if family not in ("quarantine", "batch"):
            _create_view(engine, family, files.get(family, ()))


def _create_view(engine: DuckDB, family: str, files: Sequence[str]) -> None:
    columns = family_columns(family)
    run = engine.connection.execute
    view = f"{family}_records"
    if not files:
        cells = ", ".join(_cell(name, kind, False) for name, kind in columns.items())
        run(f"create temp view {view} as select {cells}, 0 as type_order where false")
        return
    listed_files = "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"
    reader = f"read_parquet({listed_files}, union_by_name=true, hive_partitioning=false)"
    present = {row[0] for row in run(f"describe select * from {reader}").fetchall()}
    cells = ", ".join(_cell(name, kind, name in present) for name, kind in columns.items() if name != "family")
    order = " ".join(f"when '{kind.name}' then {kind.order}" for kind in RECORD_TYPES.values() if kind.family == family)
    selected = f"select {cells}, case type {order} end as type_order from {reader}"
    supersedes = "supersedes" if "supersedes" in present else "null"
    (batches, corrections) = run(f"select count(distinct batch_id), count({supersedes}) from {reader}").fetchone() or (0, 0)
    if corrections:
        selected += f" where record_id not in (select supersedes from {reader} where supersedes is not null)"
    if batches > 1:
        # A batch holds no id twice, but two batches may overlap: what was recorded first stands.
        selected += " qualify row_number() over (partition by record_id order by recorded_at, batch_id) = 1"
        run(f"create temp table {view} as {selected}")
    else:
        run(f"create temp view {view} as {selected}")


def _cell(name: str, kind: str, is_present: bool) -> str:
    """One column of a view; a column that no batch ever filled is null, instants are plain UTC."""
    sql_type = "TIMESTAMP" if kind == "instant" else SQL_TYPES[kind]
    if not is_present:
        return f'null::{sql_type} as "{name}"'
    return f'"{name}"::timestamp as "{name}"' if kind == "instant" else f'"{name}"'


def record_types_sql() -> str:
    """Return SQL that lists every type of record: count, earliest and latest time, and whether it tells of something observed.

    Plans, validity dates and bookkeeping say nothing about how far the data reach.
    """
    families = [family for family in dict.fromkeys(kind.family for kind in RECORD_TYPES.values()) if family not in ("quarantine", "batch")]
    return " union all ".join(
        f"select type, count(*) as records, min(occurred_at) as earliest, max(occurred_at) as latest,"
        f" {family in OBSERVED} and type not like 'shift_%' and type <> 'interval_total' as is_observed, {family != 'entity'} as is_dated"
        f" from {family}_records group by type"
        for family in families
    )
