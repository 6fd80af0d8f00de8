"""``helmdesk verify``: compute a receipt again."""

from __future__ import annotations

from pathlib import Path

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.progress import Progress
from helmdesk.query.receipt import read_receipt
from helmdesk.query.words import show_count


@click.command(
    "verify",
    epilog="Example: helmdesk measure csat --receipt csat.json && helmdesk verify csat.json",
)
@click.argument("receipt_path", metavar="RECEIPT.json")
@desk_option
def command(receipt_path: str, desk_path: str | None) -> None:
    """Recompute a receipt from the lake as of its version: equal, or it says what differs."""
    desk = open_desk(desk_path)
    receipt = read_receipt(Path(receipt_path))
    with Progress() as progress:
        progress(f"rebuilding facts of lake version {receipt.content['lake_version']}")
        desk.verify(receipt)
    names = ", ".join(query["metric"] for query in receipt.content["queries"])
    click.echo(
        f"equal: {names}, {show_count(receipt.content['row_count'], 'row')}, from lake version"
        f" {receipt.content['lake_version']}"
    )
