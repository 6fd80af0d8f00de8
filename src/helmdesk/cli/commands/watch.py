"""``helmdesk watch``: keep the mart up to date with the lake."""

from __future__ import annotations

import time
from datetime import datetime

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk


@click.command("watch", epilog="Example: helmdesk watch --every 10 --desk my-desk")
@desk_option
@click.option(
    "--every",
    "seconds",
    type=click.FloatRange(0.2, 3600),
    default=5.0,
    show_default=True,
    help="Seconds between two looks at the lake.",
)
@click.option("--times", type=click.IntRange(1), help="Stop after so many looks.")
def command(desk_path: str | None, seconds: float, times: int | None) -> None:
    """Refresh the mart whenever other processes have loaded records; load with --no-refresh beside
    it.
    """
    desk = open_desk(desk_path)
    talk(f"watching {desk.path} (Ctrl-C stops)")
    looks, last = 0, None
    while times is None or looks < times:
        if looks:
            time.sleep(seconds)
        looks += 1
        version = desk.lake.version()
        if version != last:
            began = time.monotonic()
            last = desk.refresh()
            click.echo(
                f"{datetime.now():%H:%M:%S}  the mart stands at lake version {last}"
                f" ({time.monotonic() - began:.1f} s)"
            )
