"""Data on stdout in four forms. Talk goes to stderr."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from helmdesk.csv_text import write_rows
from helmdesk.errors import UsageError
from helmdesk.query.window import plain

if TYPE_CHECKING:
    import pyarrow


def talk(message: str) -> None:
    """Say something to the person, not to the pipe."""
    click.echo(message, err=True)


def as_arrow(rows: Sequence[Mapping[str, Any]]) -> pyarrow.Table:
    """Return rows as an Arrow table."""
    import pyarrow

    return pyarrow.Table.from_pylist(rows)


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    right: Sequence[str] = (),
    droppable: Sequence[str] = (),
) -> None:
    """Print a table for reading: fitted to the screen, or as aligned text into a file or pipe.

    On a screen too narrow for all columns the `droppable` ones go first, in their order.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _show_on_screen(*_fitted(columns, cells, droppable), right)
    else:
        click.echo("\n".join(_aligned(columns, cells, right)))


def _fitted(
    columns: Sequence[str], cells: Sequence[Sequence[str]], droppable: Sequence[str]
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    kept = list(range(len(columns)))
    for name in droppable:
        widths = _widths(columns, cells)
        if sum(widths[place] + 3 for place in kept) <= shutil.get_terminal_size().columns:
            break
        kept.remove(columns.index(name))
    dropped = [name for name in droppable if columns.index(name) not in kept]
    if dropped:
        talk(
            f"narrow screen, left out: {', '.join(dropped)} (a wider one, or --format json, shows"
            " them)"
        )
    return [columns[place] for place in kept], [[row[place] for place in kept] for row in cells]


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [
        max(len(column), *(len(row[place]) for row in cells)) if cells else len(column)
        for place, column in enumerate(columns)
    ]


def _show_on_screen(
    columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in cells:
        # Text, not markup: square brackets in data are data.
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)


def _aligned(
    columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]
) -> list[str]:
    widths = _widths(columns, cells)

    def line(row: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        )
        return "   ".join(padded).rstrip()

    return [line(columns), "-" * (sum(widths) + 3 * (len(widths) - 1)), *map(line, cells), ""]


def emit(
    format_name: str, columns: Sequence[str], rows: Sequence[dict[str, Any]], arrow: Any
) -> None:
    """Print rows as JSON, CSV or Parquet, instants on the clock they carry; `arrow` is a function
    giving the Arrow table.
    """
    if format_name == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=plain))
    elif format_name == "csv":
        cells = ([_plain(row.get(column)) for column in columns] for row in rows)
        write_rows(sys.stdout, chain([columns], cells))
    else:
        write_parquet(arrow())


def write_parquet(table: pyarrow.Table) -> None:
    """Write a Parquet file to stdout.

    Raises:
        UsageError: stdout is a terminal.
    """
    import pyarrow.parquet as pq

    if sys.stdout.isatty():
        raise UsageError("Parquet is not for reading on a screen; add: > FILE.parquet")
    pq.write_table(table, sys.stdout.buffer)


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, datetime | date) else value
