"""Record views of one lake snapshot: each record in its newest version, corrections applied,
instants as plain UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from helmdesk.engines.duckdb import DuckDB
from helmdesk.engines.engine import Engine, RecordReader
from helmdesk.quoting import text, texts
from helmdesk.records.schema import FAMILIES, RECORD_TYPES, SQL_TYPES, family_columns
from helmdesk.records.staging import OBSERVED
from helmdesk.records.versions import STANDING

# Up to this share of repeated records they are set aside; beyond it everything is written down
# once, without them.
FEW = 0.05
# Listed beside "message" where nobody knows whose messages they are.
UNKNOWN_MESSAGE = "message by an unknown author"
FACT_FAMILIES = tuple(family for family in FAMILIES if family not in ("quarantine", "batch"))


class FullRebuildRequired(Exception):
    """A mart cannot be brought up to date by what is new alone; says why. Never leaves the desk."""


def create_record_views(
    engine: Engine,
    files: Mapping[str, Sequence[str]],
    only: Collection[str] = FACT_FAMILIES,
    prefix: str = "",
    batches: Collection[str] | None = None,
    *,
    is_first: bool = False,
) -> None:
    """Create ``<prefix><family>_records`` for every family of `only`; a family without files gives
    an empty table.

    Args:
        batches: those that count; None: all in the files.
        is_first: there are none yet to take the place of.
    """
    if not isinstance(engine, DuckDB):
        for family in only:
            order = {
                kind.name: kind.order for kind in RECORD_TYPES.values() if kind.family == family
            }
            cast(RecordReader, engine).read_records(
                f"{prefix}{family}_records",
                files.get(family, ()),
                family_columns(family),
                order,
                None if batches is None else list(batches),
            )
        return
    if batches is not None:
        engine.connection.execute(
            "create temp table counted_batches as select unnest(?::varchar[]) as batch_id",
            [list(batches)],
        )
    if not is_first:
        _forget(engine, *(f"{prefix}{family}_records" for family in only))
    for family in only:
        _create_view(engine, family, files.get(family, ()), prefix, batches is not None)


def create_touched_records(
    engine: DuckDB, family: str, files: Sequence[str], condition: str, new_batches: Collection[str]
) -> None:
    """Create ``<family>_records`` with the records for which `condition` holds alone, and
    ``before_<family>_records``: those of earlier batches.

    Reads ``new_<family>_records``.

    Raises:
        FullRebuildRequired: a newer version of a record is about something else than the version
        before.
    """
    run = engine.connection.execute
    view = f"{family}_records"
    before = f"before_{view}"
    _forget(engine, before, view)
    if not files:
        _create_view(engine, family, ())
        run(f"create temp table {before} as from {view}")
        return
    _, selected = _selection(engine, family, files)
    is_old = f"batch_id not in ({', '.join(text(batch) for batch in new_batches) or text('')})"
    if engine.run(
        f"""select 1 from ({selected}) where not coalesce({condition}, false) and {is_old}
        and (record_id in (select record_id from new_{family}_records)
            or row_id in (select row_id from new_{family}_records
                where row_id is not null)) limit 1"""
    ):
        raise FullRebuildRequired("a record that is known came again, about something else")
    run(f"create temp table touched_records as select * from ({selected}) where {condition}")
    run(f"create temp table {view} as from touched_records {STANDING}")
    run(f"create temp table {before} as from touched_records where {is_old} {STANDING}")
    run("drop table touched_records")


def _create_view(
    engine: DuckDB, family: str, files: Sequence[str], prefix: str = "", is_limited: bool = False
) -> None:
    run = engine.connection.execute
    view = f"{prefix}{family}_records"
    if not files:
        cells = ", ".join(_cell(name, kind, False) for name, kind in family_columns(family).items())
        run(f"create temp view {view} as select {cells}, 0 as type_order where false")
        return
    reader, selected = _selection(engine, family, files, is_limited)
    ((first_batch, last_batch),) = run(
        f"select min(batch_id), max(batch_id) from {reader}"
    ).fetchall()
    if first_batch == last_batch:
        run(f"create temp view {view} as {selected}")
    else:
        _leave_out_repeats(engine, view, selected)


def _selection(
    engine: DuckDB, family: str, files: Sequence[str], is_limited: bool = False
) -> tuple[str, str]:
    """Return the reader of a family's files, SQL of its records in our columns without corrected
    ones.
    """
    columns = family_columns(family)
    run = engine.connection.execute
    reader = f"read_parquet({texts(files)}, union_by_name=true, hive_partitioning=false)"
    if is_limited:
        reader = f"(select * from {reader} where batch_id in (from counted_batches))"
    present = {row[0] for row in run(f"describe select * from {reader}").fetchall()}
    cells = ", ".join(
        _cell(name, kind, name in present) for name, kind in columns.items() if name != "family"
    )
    order = " ".join(
        f"when '{kind.name}' then {kind.order}"
        for kind in RECORD_TYPES.values()
        if kind.family == family
    )
    selected = f"select {cells}, case type {order} end as type_order from {reader}"
    supersedes = "supersedes" if "supersedes" in present else "null::varchar"
    ((corrections,),) = run(f"select count({supersedes}) from {reader}").fetchall()
    if corrections:
        selected += (
            f" where record_id not in (select supersedes from {reader} where supersedes is not"
            " null)"
        )
    return reader, selected


def _forget(engine: DuckDB, *names: str) -> None:
    """Drop those temporary tables and views that are there."""
    listed = ", ".join(text(name) for name in names)
    for kind in ("view", "table"):
        for (name,) in engine.run(
            f"select {kind}_name from duckdb_{kind}s() where {kind}_name in ({listed}) and"
            " temporary"
        ):
            engine.connection.execute(f"drop {kind} temp.{name}")


def _leave_out_repeats(engine: DuckDB, view: str, selected: str) -> None:
    """A batch holds no version twice, but two batches may hold the same record, or the same row.

    Looking for hashes that occur twice costs a tenth of ordering all records, and mostly there are
    none.
    """
    run = engine.connection.execute
    run(
        f"""create or replace temp table repeated as
        select hash(record_id) as id from ({selected}) group by id having count(*) > 1
        union select hash(row_id) from ({selected}) where row_id is not null
            group by 1 having min(batch_id) <> max(batch_id)"""
    )
    (repeats,) = run("select count(*) from repeated").fetchone() or (0,)
    (records,) = run(f"select count(*) from ({selected})").fetchone() or (0,)
    if repeats == 0:
        run(f"create temp view {view} as {selected}")
    elif repeats > records * FEW:
        run(f"create temp table {view} as select * from ({selected}) {STANDING}")
    else:
        run(f"create or replace temp table {view}_hashes as from repeated")
        is_repeated = (
            f"(hash(record_id) in (from {view}_hashes) or hash(coalesce(row_id, record_id)) in"
            f" (from {view}_hashes))"
        )
        run(
            f"create or replace temp table {view}_repeated as select * from ({selected}) where"
            f" {is_repeated} {STANDING}"
        )
        run(
            f"create temp view {view} as select * from ({selected}) where not {is_repeated} union"
            f" all select * from {view}_repeated"
        )


def _cell(name: str, kind: str, is_present: bool) -> str:
    """One column of a view; a column that no batch ever filled is null, instants are plain UTC."""
    sql_type = "TIMESTAMP" if kind == "instant" else SQL_TYPES[kind]
    if not is_present:
        return f'null::{sql_type} as "{name}"'
    return f'"{name}"::timestamp as "{name}"' if kind == "instant" else f'"{name}"'


def record_types_sql(families: Collection[str] = FACT_FAMILIES, prefix: str = "") -> str:
    """Return SQL that lists every type of record: count, earliest and latest time, and whether it
    tells of something observed.

    Plans, validity dates and bookkeeping say nothing about how far the data reach. Messages of
    which nobody knows whose they are stand apart: who has no others knows nothing of replies.
    """
    unknown = (
        f"case when type = 'message' and actor_kind = 'unknown' then '{UNKNOWN_MESSAGE}' else"
        " type end"
    )
    return " union all ".join(
        "select type, count(*) as records, min(occurred_at) as earliest, max(occurred_at) as"
        f" latest, {family in OBSERVED} and type not like 'shift_%' and type <> 'interval_total' as"
        f" is_observed, {family != 'entity'} as is_dated from (select"
        f" {unknown if family == 'message' else 'type'} as type, occurred_at from"
        f" {prefix}{family}_records) group by type"
        for family in families
    )
