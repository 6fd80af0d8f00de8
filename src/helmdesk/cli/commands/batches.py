"""``helmdesk batches``: what was loaded."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import PurePath

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import show_table


@click.command("batches", epilog="Example: helmdesk batches --desk my-desk")
@desk_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
)
def command(desk_path: str | None, format_name: str) -> None:
    """List the loads of a desk, latest first, each with the name that `helmdesk unload` takes."""
    batches = open_desk(desk_path).batches()
    if format_name == "json":
        click.echo(json.dumps([asdict(batch) for batch in batches], indent=2, default=str))
        return
    show_table(
        ["loaded (UTC)", "source", "records", "quarantined rows", "files", "batch"],
        [
            (
                f"{batch.recorded_at:%Y-%m-%d %H:%M}",
                batch.source,
                f"{batch.records:,}",
                f"{batch.report.get('quarantined_rows', 0):,}",
                ", ".join(PurePath(file["path"]).name for file in batch.report.get("files", [])),
                batch.batch_id,
            )
            for batch in batches
        ],
        right=["records", "quarantined rows"],
        droppable=["files"],
    )
