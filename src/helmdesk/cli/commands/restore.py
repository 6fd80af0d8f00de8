"""``helmdesk restore``: a desk out of a backup."""

from __future__ import annotations

from pathlib import Path

import click

from helmdesk.cli.options import ask_passphrase
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.desk.backup import restore
from helmdesk.desk.backup_secrets import SITE_DATABASE


@click.command("restore", epilog="Example: helmdesk restore monday.tar my-desk-again --verify")
@click.argument("archive", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--verify",
    "is_verified",
    is_flag=True,
    help="Also count every record and compare with the backup.",
)
@click.option(
    "--passphrase",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File whose first line opens the secrets of the backup, or - to type it.",
)
def command(archive: Path, folder: Path, is_verified: bool, passphrase: Path | None) -> None:
    """Unpack a backup into the new folder DIR and build its mart; every file is compared with its
    digest.
    """
    phrase = ask_passphrase(passphrase, is_new=False)
    with Progress() as progress:
        done = restore(
            archive, folder, is_verified=is_verified, on_step=progress, passphrase=phrase
        )
    counted = (
        f", all {sum(done.records.values()):,} records counted and equal" if is_verified else ""
    )
    click.echo(f"{folder}: {done.files} files, lake version {done.lake_version}{counted}")
    if done.has_open_secrets:
        talk(
            "an earlier version made this backup: keys and passwords are in it for everybody to"
            " read; keep it safe, or make a new one"
        )
    elif (folder / SITE_DATABASE).is_file() and not done.has_secrets:
        talk(
            "passwords, second factors and tokens were not restored; a one-time link for an"
            f" administrator: helmdesk serve --add-administrator NAME --desk {folder}; the others"
            " get theirs under Settings, People"
        )
    talk(f"next: helmdesk scorecard --desk {folder}")
