"""``helmdesk sql``: a question of one's own, over the tables of the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from helmdesk.cli.options import desk_option, format_option, open_desk
from helmdesk.cli.output import as_arrow, emit, show_table, talk
from helmdesk.errors import NotFoundError, nearest
from helmdesk.query.words import show_count

if TYPE_CHECKING:
    from helmdesk.query.own_sql import Table

SHOWN = 50


@click.command(
    "sql",
    epilog=(
        '\b\nExamples:\n  helmdesk sql\n  helmdesk sql tickets\n  helmdesk sql "select channel,'
        ' count(*) as tickets from tickets group by channel"'
    ),
)
@click.argument("statement", required=False)
@desk_option
@format_option
@click.option(
    "--limit", type=click.IntRange(min=0), help=f"Show at most this many rows (tables: {SHOWN})."
)
def command(
    statement: str | None, desk_path: str | None, format_name: str, limit: int | None
) -> None:
    """Ask one SELECT, in DuckDB's SQL; without one, list the tables; with a table's name, its
    columns.

    Nothing can be changed by it. Instants are UTC. The numbers of the catalogue have rules that a
    sum over a table does not know: 'helmdesk measure KEY' gives those.
    """
    desk = open_desk(desk_path)
    if statement is None or len(statement.split()) == 1:
        _describe(desk.tables(), statement, format_name)
        return
    table = desk.sql(statement)
    total = table.num_rows
    if limit is not None or format_name == "table":
        table = table.slice(0, SHOWN if limit is None else limit)
    if format_name != "table":
        emit(format_name, table.column_names, table.to_pylist(), lambda: table)
    elif total:
        show_table(table.column_names, [list(row.values()) for row in table.to_pylist()])
    more = f", {total - table.num_rows:,} not shown" if table.num_rows < total else ""
    talk(f"{show_count(total, 'row')}{more}")


def _describe(tables: Sequence[Table], name: str | None, format_name: str) -> None:
    if name is None:
        rows = [
            {"table": each.name, "columns": len(each.columns), "one row is": each.grain}
            for each in tables
        ]
    else:
        known = {each.name: each for each in tables}
        if name not in known:
            raise NotFoundError(
                f"no table '{name}'{nearest(name, known)}; there are: {', '.join(known)}"
            )
        rows = [
            {"column": each.name, "type": each.type, "meaning": each.meaning}
            for each in known[name].columns
        ]
    columns = list(rows[0])
    if format_name == "table":
        show_table(columns, [list(row.values()) for row in rows], right=["columns"])
    else:
        emit(format_name, columns, rows, lambda: as_arrow(rows))
