"""``helmdesk restore``: a desk out of a backup."""

from __future__ import annotations

from pathlib import Path

import click

from helmdesk.backup import restore
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress


@click.command("restore", epilog="Example: helmdesk restore monday.tar my-desk-again --verify")
@click.argument("archive", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--verify", "is_verified", is_flag=True, help="Also count every record and compare with the backup.")
def command(archive: Path, folder: Path, is_verified: bool) -> None:
    """Unpack a backup into the new folder DIR and build its mart; every file is compared with its digest."""
    with Progress() as progress:
        done = restore(archive, folder, is_verified=is_verified, on_step=progress)
    counted = f", all {sum(done.records.values()):,} records counted and equal" if is_verified else ""
    click.echo(f"{folder}: {done.files} files, lake version {done.lake_version}{counted}")
    talk(f"next: helmdesk scorecard --desk {folder}")
