"""``helmdesk refresh``: build the mart of the newest lake version."""

from __future__ import annotations

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress


@click.command("refresh", epilog="Example: helmdesk refresh --desk my-desk")
@desk_option
@click.option("--force", is_flag=True, help="Build even when the mart is up to date.")
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Take what is left of a damaged lake for all there is; what was lost can be loaded again.",
)
def command(desk_path: str | None, force: bool, accept_loss: bool) -> None:
    """Build facts from the lake and publish them; readers notice nothing."""
    desk = open_desk(desk_path)
    with Progress() as progress:
        version = desk.refresh(is_forced=force, accepts_loss=accept_loss, on_step=progress)
    talk(f"the mart stands at lake version {version}")
