"""``helmdesk sample``: create the sample desk."""

from __future__ import annotations

import click

from helmdesk.cli.commands.load import describe
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.sample.generate import SEED, create_sample


@click.command("sample", epilog="Example: helmdesk sample demo-desk")
@click.argument("folder", metavar="DIR")
@click.option(
    "--seed", type=int, default=SEED, show_default=True, help="The same seed gives the same desk."
)
@click.option(
    "--scale",
    type=click.FloatRange(0.01, 10),
    default=1.0,
    show_default=True,
    help="Share of the usual 40,000 tickets.",
)
def command(folder: str, seed: int, scale: float) -> None:
    """Create a desk with eighteen months of a fictional company's support in DIR."""
    with Progress() as progress:
        _, report = create_sample(folder, seed, scale, progress)
    click.echo("\n".join(describe(report)))
    talk(f"next: helmdesk scorecard --desk {folder}")
