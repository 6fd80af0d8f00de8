"""``helmdesk quarantine``: what was kept apart, and the rows of it as files to mend."""

from __future__ import annotations

from pathlib import Path

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import show_table, talk
from helmdesk.errors import ConflictError

EPILOG = (
    "\b\nExamples:\n  helmdesk quarantine --desk my-desk\n  helmdesk quarantine mapping-3f2a --to"
    " mended --desk my-desk"
)


@click.command("quarantine", epilog=EPILOG)
@click.argument("batch", required=False)
@desk_option
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the whole rows into DIR, a file for each file they came from.",
)
def command(batch: str | None, desk_path: str | None, folder: Path | None) -> None:
    """Show what was kept apart, by the load BATCH or by all.

    With --to the rows come as CSV files, with their columns and the reasons: mend the values and
    load the files as you loaded the first ones.
    """
    desk = open_desk(desk_path)
    if folder is None:
        show_table(
            ["file", "line", "column", "value", "why"],
            [
                (Path(cell.file).name, cell.line, cell.column, (cell.raw or "")[:60], cell.reason)
                for cell in desk.quarantine(desk.find_batch(batch) if batch else None)
            ],
            right=["line"],
        )
        return
    batches = [batch] if batch else [each.batch_id for each in desk.batches()]
    found = [part for each in batches for part in desk.rows_to_mend(each)]
    folder.mkdir(parents=True, exist_ok=True)
    for part in found:
        path = folder / part.name
        if path.exists():
            raise ConflictError(f"{path} is there already", "give another folder, or one BATCH")
        path.write_text(part.as_csv(), encoding="utf-8")
        click.echo(f"{len(part.rows):,} rows  {path}")
    talk(
        "mend the values, then load these files as the first ones"
        if found
        else "nothing was kept apart that is a row of a table"
    )
