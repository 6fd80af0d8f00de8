"""``helmdesk report``: scorecard, brief or business review as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from helmdesk.cli.commands.measure import warn_if_stale
from helmdesk.cli.options import compare_option, desk_option, open_desk, window_option
from helmdesk.cli.progress import Progress
from helmdesk.errors import UsageError
from helmdesk.query.words import show_count
from helmdesk.replacement import replace_file
from helmdesk.reports.make import FORMS, KINDS, make_report, written
from helmdesk.reports.source import source_of

EPILOG = """\b
Examples:
  helmdesk report scorecard --out scorecard.pdf
  helmdesk report review --account Rivora --window last-quarter --out rivora.pdf
  helmdesk report brief --out brief.xlsx
  helmdesk verify rivora.pdf"""


@click.command("report", epilog=EPILOG)
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it; its ending says as what: .pdf or .xlsx.",
)
@click.option("--account", metavar="NAME", help="A review of this customer company alone.")
@click.option("--start", metavar="DATE", help="First local day, included.")
@click.option("--end", metavar="DATE", help="Last local day, excluded.")
@window_option
@compare_option
@click.option("--where", metavar="FILTER", help="Only this part, such as \"team = 'Tier 1'\".")
@desk_option
def command(kind: str, out: Path, desk_path: str | None, **asked: Any) -> None:
    """Write a report that carries its definitions and receipts.

    A PDF is tagged for screen readers, and `helmdesk verify` computes all its numbers again.
    """
    form = out.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise UsageError(f"{out}: its ending says as what it is written; use .pdf or .xlsx")
    desk = open_desk(desk_path)
    warn_if_stale(desk, None)
    with Progress() as progress:
        progress(f"asking what the {kind} shows")
        report = make_report(source_of(desk), kind, **asked)
        progress(f"writing {out}")
        replace_file(out, written(report, form))
    click.echo(report.cover)
    click.echo(
        f"{out}: {show_count(len(report.receipts), 'receipt')}, lake version {report.lake_version}"
    )
