"""``helmdesk backup``: the whole desk in one file."""

from __future__ import annotations

from pathlib import Path

import click

from helmdesk.backup import back_up
from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress


@click.command("backup", epilog="Example: helmdesk backup monday.tar --desk my-desk")
@desk_option
@click.argument("archive", metavar="FILE", type=click.Path(path_type=Path))
def command(desk_path: str | None, archive: Path) -> None:
    """Copy the desk into one tar FILE, also while others load; marts are left out, they are made from the lake."""
    desk = open_desk(desk_path)
    with Progress() as progress:
        done = back_up(desk, archive, progress)
    click.echo(
        f"{archive}: {done.files} files, {done.bytes / 1e6:,.1f} MB, lake version {done.lake_version}, {sum(done.records.values()):,} records"
    )
    talk(f"next: helmdesk restore {archive} NEW_DIR --verify")
