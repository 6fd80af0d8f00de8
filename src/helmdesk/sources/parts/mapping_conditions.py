"""Which rows of a mapped table make a record of a rule."""

from __future__ import annotations

from dataclasses import replace

from helmdesk.quoting import name, text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.mapping_file import RecordRule
from helmdesk.sources.reading.raw_tables import RawTable


def chosen_rows(staging: Staging, table: RawTable, rule: RecordRule) -> RawTable:
    """Return the rows of a table that fulfil a rule's conditions; what ``unless`` leaves out is
    told.
    """
    for condition in rule.conditions:
        listed = ", ".join(map(text, condition.values)) or "null"
        cell = f"coalesce(trim({name(condition.column)}), '')"
        is_listed = f"{cell} in ({listed})"
        if not condition.is_only:
            ((left_out,),) = staging.connection.execute(
                f"select count(*) from {table.table} where {is_listed}"
            ).fetchall()
            told = (
                f"{table.path.name}: {left_out:,} rows are left out, of which '{condition.column}'"
                f" says {' or '.join(condition.values[:3])}"
            )
            if left_out and told not in staging.report.notes:
                staging.note(told)
        where = is_listed if condition.is_only else f"not ({is_listed})"
        table = replace(table, table=f"(select * from {table.table} where {where})")
    return table
