"""``helmdesk init``: create a desk."""

from __future__ import annotations

import click

from helmdesk.cli.output import talk
from helmdesk.desk.desk import Desk
from helmdesk.settings import Settings


@click.command("init", epilog="Example: helmdesk init my-desk --time-zone Europe/Berlin")
@click.argument("folder", metavar="DIR")
@click.option("--name", default="Support desk", show_default=True, help="What the desk is called.")
@click.option(
    "--time-zone", default="UTC", show_default=True, help="Reporting time zone (IANA name)."
)
def command(folder: str, name: str, time_zone: str) -> None:
    """Create a desk in DIR: helmdesk.toml, lake/ and marts/."""
    desk = Desk.create(folder, Settings(name=name, time_zone=time_zone))
    click.echo(str(desk.path))
    talk(
        f"next: helmdesk load SOURCE PATH... --desk {folder}   (helmdesk load --help lists the"
        " sources)"
    )
