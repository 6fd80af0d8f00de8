"""``helmdesk compact``: join small files of the lake."""

from __future__ import annotations

import click

from helmdesk.cli.options import desk_option, open_desk


@click.command("compact", epilog="Example: helmdesk compact --desk my-desk")
@desk_option
def command(desk_path: str | None) -> None:
    """Join small files of the lake and write a checkpoint. Earlier versions stay readable."""
    done = open_desk(desk_path).lake.compact()
    click.echo(
        f"{done['files_joined']} files joined into {done['files_written']}; {done['files_removed']}"
        " files that nothing needs removed"
    )
