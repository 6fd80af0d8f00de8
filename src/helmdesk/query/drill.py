"""The rows behind a number, as an Arrow table."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from helmdesk.engines.duckdb import DuckDB
from helmdesk.engines.engine import FOREVER
from helmdesk.facts.build import ensure_fact

if TYPE_CHECKING:
    import pyarrow


def drill_table(engine: DuckDB, fact: str, sql: str) -> pyarrow.Table:
    """Run a drill-down; instants (UTC) that have not come are null, not the year 9999."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ensure_fact(engine, fact)
    table = engine.connection.sql(sql).to_arrow_table()
    forever = pa.scalar(datetime.fromisoformat(FOREVER), pa.timestamp("us"))
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            cells = table.column(place)
            open_ended = pc.equal(cells, forever.cast(field.type))
            table = table.set_column(place, field.name, pc.if_else(open_ended, pa.scalar(None, field.type), cells))
    return table
