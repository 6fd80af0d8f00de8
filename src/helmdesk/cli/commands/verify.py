"""``helmdesk verify``: compute a receipt again, or all that a report carries."""

from __future__ import annotations

from pathlib import Path

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.progress import Progress
from helmdesk.errors import NotFoundError
from helmdesk.query.receipt import Receipt, read_receipt
from helmdesk.query.words import show_count

PDF = b"%PDF-"


@click.command(
    "verify",
    epilog="Example: helmdesk measure csat --receipt csat.json && helmdesk verify csat.json",
)
@click.argument("path", metavar="RECEIPT.json|REPORT.pdf", type=click.Path(path_type=Path))
@desk_option
def command(path: Path, desk_path: str | None) -> None:
    """Recompute a receipt from the lake as of its version: equal, or it says what differs.

    Of a report as PDF, every receipt that it carries.
    """
    desk = open_desk(desk_path)
    for receipt in _receipts(path):
        with Progress() as progress:
            progress(f"rebuilding facts of lake version {receipt.content['lake_version']}")
            desk.verify(receipt)
        names = ", ".join(query["metric"] for query in receipt.content["queries"])
        click.echo(
            f"equal: {names}, {show_count(receipt.content['row_count'], 'row')}, from lake version"
            f" {receipt.content['lake_version']}"
        )


def _receipts(path: Path) -> list[Receipt]:
    """Return what a file holds: one receipt, or those of a report.

    Raises:
        NotFoundError, InputError: no such file, or it is neither.
    """
    try:
        with path.open("rb") as file:
            is_pdf = file.read(len(PDF)) == PDF
    except OSError as error:
        raise NotFoundError(f"{path}: no such receipt") from error
    if not is_pdf:
        return [read_receipt(path)]
    from helmdesk.reports.pdf import receipts_of

    return receipts_of(path.read_bytes(), str(path))
