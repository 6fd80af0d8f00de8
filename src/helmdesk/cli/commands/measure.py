"""``helmdesk measure``: numbers with their uncertainty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from helmdesk.cli.options import (
    desk_option,
    format_option,
    open_desk,
    question_options,
    split_names,
)
from helmdesk.cli.output import emit, show_table, talk
from helmdesk.desk.desk import Desk
from helmdesk.query.words import show_measurement, show_period, show_reason, show_segment


@click.command(
    "measure",
    epilog=(
        "\b\nExamples:\n  helmdesk measure csat --by channel --grain month\n"
        "  helmdesk measure backlog backlog_age --end 2026-03-01 --where \"team = 'Tier 1'\""
    ),
)
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@question_options
@desk_option
@format_option
@click.option("--receipt", "receipt_path", metavar="FILE", help="Write the receipt to FILE.")
def command(
    keys: tuple[str, ...],
    desk_path: str | None,
    format_name: str,
    receipt_path: str | None,
    by: tuple[str, ...],
    **question: Any,
) -> None:
    """Measure one or more metrics of the catalogue."""
    desk = open_desk(desk_path)
    warn_if_stale(desk, question["as_of"])
    found = desk.measure(*keys, by=split_names(by), **question)
    if receipt_path:
        Path(receipt_path).write_text(found.receipt.to_json() + "\n", encoding="utf-8")
        talk(f"receipt: {receipt_path}   (check it with: helmdesk verify {receipt_path})")
    if format_name != "table":
        emit(format_name, found.columns, found.as_rows(), found.to_arrow)
        return
    has_periods = question["grain"] is not None
    columns = [
        "metric",
        "statistic",
        *found.by,
        *(["period"] if has_periods else []),
        "value",
        "95% interval",
        "n",
        "pending",
    ]
    rows = []
    for row in found:
        name = f"{row.metric} ({row.variant})" if row.variant else row.metric
        value, interval = show_measurement(row)
        period = [show_period(row)] if has_periods else []
        mark = f"{value} *" if row.is_small and row.value is not None and row.n else value
        rows.append(
            [
                name,
                row.statistic,
                *(show_segment(part) for _, part in row.group),
                *period,
                mark,
                interval,
                f"{row.n:,}",
                f"{row.pending:,}" if row.pending else "",
            ]
        )
    show_table(columns, rows, right=("value", "95% interval", "n", "pending"))
    explain_marks(found)


def explain_marks(found: Any) -> None:
    """Say what the marks in the table mean, when any is used."""
    if any(row.is_partial and row.period_start for row in found):
        talk(
            "(part): the period is not over, or the window cuts it: not to be compared with whole"
            " ones"
        )
    if any(row.is_partial and not row.period_start for row in found):
        talk("the window is not over: the data end inside it")
    if any(row.is_small and row.value is not None and row.n for row in found):
        talk("* fewer than five rows")
    if any(row.n and row.asserted == row.n for row in found):
        talk(
            "some numbers rest on nothing but what the source asserts (its own verdict, counter or"
            " total), not on events"
        )
    for reason in dict.fromkeys(
        row.reason for row in found if row.reason and row.reason != "too_few"
    ):
        talk(show_reason(reason))


def warn_if_stale(desk: Desk, as_of: int | None) -> None:
    """Say so when the lake is ahead of the mart."""
    if as_of is not None:
        return
    mart, lake = desk.marts.version(), desk.lake.version()
    if mart is not None and mart < lake:
        talk(
            f"the mart stands at lake version {mart}, the lake at {lake}; bring it up with:"
            " helmdesk refresh"
        )
