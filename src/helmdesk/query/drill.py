"""The rows behind a number, as an Arrow table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from helmdesk.engines.engine import FOREVER, Engine
from helmdesk.errors import NotFoundError, nearest
from helmdesk.facts.build.build import ensure_fact
from helmdesk.query.ticket_numbers import shown_numbers

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class RowsPage:
    """Some of the rows behind a number.

    Attributes:
        total: how many there are altogether.
        table: those asked for; columns that say nothing (one period, one role) are left out.
    """

    total: int
    table: pyarrow.Table


def drill_page(
    engine: Engine,
    fact: str,
    sql: str,
    zone: str,
    sort: str | None,
    is_descending: bool,
    offset: int,
    limit: int | None,
) -> RowsPage:
    """Run a drill-down for some rows only.

    Args:
        zone: whose clock instants are given on.
        sort: column to sort by, rows without a value last; None keeps the drill-down's own order.

    Raises:
        NotFoundError: `sort` is no column of the rows.
    """
    ensure_fact(engine, fact)
    columns = engine.columns(sql)
    if sort is not None and sort not in columns:
        raise NotFoundError(f"the rows have no column '{sort}'", offers=nearest(sort, columns))
    ((total, *kinds),) = engine.run(
        f"select count(*), count(distinct period_start), count(distinct role) from ({sql}) q"
    )
    idle = {name for name, count in zip(("period_start", "role"), kinds, strict=True) if count <= 1}
    shown = [name for name in columns if name not in idle]
    order = (
        [f"{engine.quoted(sort)} {'desc' if is_descending else 'asc'} nulls last"] if sort else []
    )
    order += [engine.quoted(name) for name in columns if name != sort]
    some = f" limit {int(limit)} offset {int(offset)}" if limit is not None else ""
    page = (
        f"select {', '.join(map(engine.quoted, shown))} from ({sql}) q order by"
        f" {', '.join(order)}{some}"
    )
    return RowsPage(total, drill_table(engine, fact, page, zone))


def drill_table(engine: Engine, fact: str, sql: str, zone: str) -> pyarrow.Table:
    """Run a drill-down, with the numbers people know tickets by.

    Instants are on the clock of `zone` and carry it; those that have not come are null, not the
    year 9999.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    ensure_fact(engine, fact)
    table = engine.arrow(sql)
    forever = pa.scalar(datetime.fromisoformat(FOREVER), pa.timestamp("us"))
    for place, field in enumerate(table.schema):
        if not pa.types.is_timestamp(field.type):
            continue
        cells = table.column(place)
        if field.name == "period_start":
            table = table.set_column(
                place, field.name, cells.cast(pa.date32())
            )  # a label: the local day that a period begins with
            continue
        open_ended = pc.equal(cells, forever.cast(field.type))
        come = pc.if_else(open_ended, pa.scalar(None, field.type), cells).cast(
            pa.timestamp("us", field.type.tz)
        )
        located = (
            come.cast(pa.timestamp("us", zone))
            if field.type.tz
            else pc.assume_timezone(come, "UTC").cast(pa.timestamp("us", zone))
        )
        table = table.set_column(place, field.name, located)
    if "ticket_id" in table.column_names:
        place, ids = table.column_names.index("ticket_id"), table.column("ticket_id").to_pylist()
        shown = shown_numbers(engine, ids)
        if shown:
            table = table.set_column(
                place,
                "ticket_id",
                pa.array([shown.get(ticket, ticket) for ticket in ids], pa.string()),
            )
    return table
