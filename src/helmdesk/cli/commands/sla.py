"""``helmdesk sla``: SLA clocks at an instant, the most urgent first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from helmdesk.analysis.sla_at import COLUMNS, ClockState
from helmdesk.cli.options import desk_option, format_option, open_desk
from helmdesk.cli.output import emit, show_table, talk
from helmdesk.query.window import wall
from helmdesk.query.words import NONE, show_duration


@click.command(
    "sla", epilog="Example: helmdesk sla --at 2026-06-30T12:00 --where \"clock = 'first_response'\""
)
@click.option("--at", metavar="TIME", help="Local day or time; the end of the data when left out.")
@click.option(
    "--where", metavar="FILTER", help="Condition over dimensions, such as \"tier = 'enterprise'\"."
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=25,
    show_default=True,
    help="Rows of the table; other formats give all.",
)
@desk_option
@format_option
def command(
    at: str | None, where: str | None, limit: int, desk_path: str | None, format_name: str
) -> None:
    """Show which promises are late or about to be, and how much working time each has left."""
    desk = open_desk(desk_path)
    zone = desk.settings.time_zone
    rows: list[dict[str, Any]] = [
        {
            name: wall(cell, zone) if isinstance(cell, datetime) else cell
            for name, cell in row.items()
        }
        for row in desk.sla_at(at, where=where)
    ]
    if format_name != "table":
        import pyarrow as pa

        emit(format_name, COLUMNS, rows, lambda: pa.Table.from_pylist(rows))
        return
    if not rows:
        talk(
            "no SLA clock is alive at that time; policies come with a helpdesk's export or from:"
            " helmdesk load definitions FILE"
        )
        return
    columns = (
        "ticket",
        "clock",
        "state",
        "time left",
        "of",
        "priority",
        "team",
        "agent",
        "account",
    )
    show_table(
        columns,
        (
            (
                row["ticket_id"],
                row["clock"],
                row["state"],
                show_duration(row["time_left_seconds"], is_business=True),
                show_duration(row["target_seconds"], is_business=True),
                *(row[name] or NONE for name in ("priority", "team", "agent", "account")),
            )
            for row in rows[:limit]
        ),
        right=("time left", "of"),
    )
    counts = {state: sum(row["state"] == state for row in rows) for state in ClockState}
    talk(
        ", ".join(f"{count:,} {state}" for state, count in counts.items())
        + (f"; the first {limit} shown" if len(rows) > limit else "")
    )
