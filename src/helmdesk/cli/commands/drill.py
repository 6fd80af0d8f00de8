"""``helmdesk drill``: the very rows behind a number."""

from __future__ import annotations

from typing import Any

import click

from helmdesk.cli.commands.measure import warn_if_stale
from helmdesk.cli.options import (
    desk_option,
    format_option,
    open_desk,
    question_options,
    split_names,
)
from helmdesk.cli.output import emit, show_table, talk
from helmdesk.query.words import show_count

SHOWN = 50


@click.command(
    "drill",
    epilog=(
        "Example: helmdesk drill csat --where \"channel = 'chat'\" --start 2026-01-01 --format csv"
        " > rows.csv"
    ),
)
@click.argument("key")
@question_options
@desk_option
@format_option
@click.option(
    "--limit", type=click.IntRange(min=0), help=f"Show at most this many rows (tables: {SHOWN})."
)
def command(
    key: str,
    desk_path: str | None,
    format_name: str,
    limit: int | None,
    by: tuple[str, ...],
    **question: Any,
) -> None:
    """List the rows behind the same question asked of 'measure'. Instants are on the clock of the
    desk's zone.
    """
    desk = open_desk(desk_path)
    warn_if_stale(desk, question["as_of"])
    table = desk.drill(key, by=split_names(by), **question)
    total = table.num_rows
    if limit is not None or format_name == "table":
        table = table.slice(0, SHOWN if limit is None else limit)
    if format_name != "table":
        emit(format_name, table.column_names, table.to_pylist(), lambda: table)
    elif total:
        hidden = {
            name
            for name in table.column_names
            if name in ("period_start", "role") and len(set(table[name].to_pylist())) <= 1
        }
        columns = [name for name in table.column_names if name not in hidden]
        show_table(columns, ([row[name] for name in columns] for row in table.to_pylist()))
    more = f", {total - table.num_rows:,} not shown" if table.num_rows < total else ""
    talk(f"{show_count(total, 'row')}{more}")
