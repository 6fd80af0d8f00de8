"""``helmdesk backup``: the whole desk in one file."""

from __future__ import annotations

from pathlib import Path

import click

from helmdesk.cli.options import ask_passphrase, desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.desk.backup import back_up
from helmdesk.desk.backup_secrets import SITE_DATABASE


@click.command(
    "backup",
    epilog=(
        "\b\nExamples:\n  helmdesk backup monday.tar --desk my-desk\n  helmdesk backup monday.tar"
        " --passphrase - --desk my-desk"
    ),
)
@desk_option
@click.argument("archive", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--passphrase",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=(
        "File whose first line encrypts keys, passwords, second factors and tokens, or - to type"
        " it; without it they are left out."
    ),
)
def command(desk_path: str | None, archive: Path, passphrase: Path | None) -> None:
    """Copy the desk into one tar FILE, also while others load; marts are left out, they are made
    from the lake.
    """
    desk = open_desk(desk_path)
    phrase = ask_passphrase(passphrase, is_new=True)
    with Progress() as progress:
        done = back_up(desk, archive, progress, phrase)
    click.echo(
        f"{archive}: {done.files} files, {done.bytes / 1e6:,.1f} MB, lake version"
        f" {done.lake_version}, {sum(done.records.values()):,} records"
    )
    if (desk.path / SITE_DATABASE).is_file():
        talk(
            "the site's keys, passwords, second factors and tokens are in it, encrypted: keep the"
            " passphrase elsewhere"
            if done.has_secrets
            else (
                "the site's keys, passwords, second factors and tokens are not in it (--passphrase"
                " FILE takes them along, encrypted); without them everybody needs a new one-time"
                " link after a restore"
            )
        )
    if done.left_out:
        talk(f"left out, because they are not the desk's own: {', '.join(done.left_out)}")
    talk(
        f"next: helmdesk restore {archive} NEW_DIR"
        f" --verify{' --passphrase FILE' if done.has_secrets else ''}"
    )
