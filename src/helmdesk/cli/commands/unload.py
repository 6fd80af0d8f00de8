"""``helmdesk unload``: take a load out again."""

from __future__ import annotations

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress


@click.command("unload", epilog="Example: helmdesk unload mapping-3f2a --desk my-desk")
@click.argument("batches", nargs=-1, required=True, metavar="BATCH...")
@desk_option
@click.option("--no-refresh", is_flag=True, help="Leave the mart as it is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(batches: tuple[str, ...], desk_path: str | None, no_refresh: bool, yes: bool) -> None:
    """Take loads out again; what they had replaced stands again. `helmdesk batches` lists them.

    The files can be loaded again. Receipts of versions that held the load verify for a day at
    least; afterwards they say that it was taken out.
    """
    desk = open_desk(desk_path)
    found = list(dict.fromkeys(desk.find_batch(batch) for batch in batches))
    if not yes:
        loads = [batch for batch in desk.batches() if batch.batch_id in found]
        records = sum(batch.records for batch in loads)
        click.confirm(f"Take out {', '.join(found)} ({records:,} records)?", abort=True, err=True)
    with Progress() as progress:
        version = desk.unload(found, refresh=not no_refresh, on_step=progress)
    click.echo(f"taken out: {', '.join(found)}; without them it is lake version {version}")
    talk("load the same files again to have them back")
