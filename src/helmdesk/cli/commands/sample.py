"""``helmdesk sample``: create the sample desk."""

from __future__ import annotations

import click

from helmdesk.cli.commands.load import describe
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.sample.centre import SEED as CENTRE_SEED
from helmdesk.sample.centre import create_centre
from helmdesk.sample.generate import SEED, create_sample


@click.command("sample", epilog="Example: helmdesk sample demo-desk")
@click.argument("folder", metavar="DIR")
@click.option("--seed", type=int, help="The same seed gives the same desk.")
@click.option(
    "--scale",
    type=click.FloatRange(0.01, 10),
    default=1.0,
    show_default=True,
    help="Share of the usual 40,000 tickets.",
)
@click.option(
    "--centre",
    "is_centre",
    is_flag=True,
    help="A contact centre to plan instead: calls, chats and shifts of half a year.",
)
def command(folder: str, seed: int | None, scale: float, is_centre: bool) -> None:
    """Create a desk with eighteen months of a fictional company's support in DIR."""
    with Progress() as progress:
        if is_centre:
            _, report = create_centre(folder, CENTRE_SEED if seed is None else seed, progress)
        else:
            _, report = create_sample(folder, SEED if seed is None else seed, scale, progress)
    click.echo("\n".join(describe(report)))
    after = "what-if --team 'Chat desk' --lunch 11:00-15:00" if is_centre else "scorecard"
    talk(f"next: helmdesk {after} --desk {folder}")
