"""``helmdesk compare``: our numbers beside another tool's, and why they differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from helmdesk.analysis.compare import EQUAL, Comparison
from helmdesk.cli.options import desk_option, format_option, open_desk, window_option
from helmdesk.cli.output import as_arrow, emit, show_table, talk
from helmdesk.presets.parts.preset import find_preset, preset_names
from helmdesk.query.words import show_change, show_signed, show_value


@click.command(
    "compare",
    epilog=(
        "\b\nExamples:\n  helmdesk compare --preset dbt_zendesk\n  helmdesk compare --preset"
        " zendesk --number first_reply_time_min --tickets\n  helmdesk compare --preset dbt_zendesk"
        " --against ticket_metrics.csv"
    ),
)
@click.option(
    "--preset",
    "preset_name",
    required=True,
    metavar="NAME",
    help=f"The other tool: {', '.join(preset_names())}.",
)
@click.option(
    "--number",
    "numbers",
    multiple=True,
    metavar="NAME",
    help="Only this number of the tool; repeat for more.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The tool's own output: a CSV of one of its tables, with its id and all columns compared.",
)
@click.option(
    "--as",
    "account",
    metavar="NAME",
    help="Account to compare, where a desk holds several: brand-b.",
)
@click.option(
    "--tickets", "is_listed", is_flag=True, help="List every ticket that differs, with its reasons."
)
@click.option("--start", metavar="DATE", help="Tickets created from this local day on.")
@click.option("--end", metavar="DATE", help="Tickets created before this local day.")
@window_option
@desk_option
@format_option
def command(
    preset_name: str,
    numbers: tuple[str, ...],
    against: Path | None,
    account: str | None,
    is_listed: bool,
    start: str | None,
    end: str | None,
    window: str | None,
    desk_path: str | None,
    format_name: str,
) -> None:
    """Compute numbers by our definition and by another tool's, and say ticket by ticket where and
    why they differ.
    """
    preset = find_preset(preset_name)
    found = open_desk(desk_path).compare(
        preset, numbers, start=start, end=end, window=window, export=against, account=account
    )
    if format_name != "table":
        rows = _ticket_rows(found) if is_listed else _reason_rows(found)
        emit(format_name, list(rows[0]) if rows else ["number"], rows, lambda: as_arrow(rows))
        return
    columns = (
        "number",
        "ours",
        preset.tool if against is None else f"{preset.tool} (file)",
        "difference",
        "rows that differ",
    )
    show_table(columns, (_summary(comparison) for comparison in found), right=columns[1:])
    for comparison in found:
        if comparison.reasons:
            click.echo(f"\n{comparison.metric.name} ({comparison.metric.unit}): why")
            unit = comparison.metric.unit
            show_table(
                ("reason", "rows", "change", "sum", "what the tool does"),
                (
                    (r.reason, f"{r.rows:,}", _change(r.change, unit), _change(r.sum, unit), r.help)
                    for r in comparison.reasons
                ),
                right=("rows", "change", "sum"),
            )
        if is_listed and comparison.rows:
            click.echo()
            show_table(
                tuple(comparison.rows[0]),
                (
                    tuple(_cell(value, comparison.metric.unit) for value in row.values())
                    for row in comparison.rows
                ),
                right=("ours", "theirs"),
            )
    if preset.left_out:
        talk(f"not compared: {preset.left_out}")


def _summary(comparison: Comparison) -> tuple[str, ...]:
    both = comparison.ours is not None and comparison.theirs is not None
    change = (
        _change((comparison.theirs or 0) - (comparison.ours or 0), comparison.metric.unit)
        if both
        else ""
    )
    ours, theirs = (
        _cell(value, comparison.metric.unit) for value in (comparison.ours, comparison.theirs)
    )
    return comparison.metric.name, ours, theirs, change, f"{comparison.differing:,}"


def _change(change: float, unit: str) -> str:
    """Return a difference with its sign; what is only a remainder of floating point is equal."""
    if abs(change) <= EQUAL:
        return "equal"
    if unit == "share":
        return show_change(change, unit) if round(100 * change, 1) else "equal, rounded"
    if not round(change, 2):
        return "equal, rounded"
    return show_signed(change, 2 if abs(change) < 1000 else 0)


def _cell(value: Any, unit: str = "") -> str:
    if value is None:
        return "-"
    return show_value(value, unit) if isinstance(value, float) else str(value)


def _reason_rows(found: list[Comparison]) -> list[dict[str, Any]]:
    return [
        {
            "number": c.metric.name,
            "metric": c.metric.key,
            "variant": c.metric.variant or "",
            "clock": c.metric.clock,
            "unit": c.metric.unit,
            "ours": c.ours,
            "theirs": c.theirs,
            "n_ours": c.n_ours,
            "n_theirs": c.n_theirs,
            "differing": c.differing,
            "reason": r.reason,
            "rows": r.rows,
            "change": r.change,
            "sum": r.sum,
        }
        for c in found
        for r in c.reasons or ()
    ]


def _ticket_rows(found: list[Comparison]) -> list[dict[str, Any]]:
    return [
        {
            "number": c.metric.name,
            "row": row[c.metric.row],
            **{name: row[name] for name in ("ours", "theirs", "main_reason", "reasons")},
        }
        for c in found
        for row in c.rows
    ]


def _arrow(rows: list[dict[str, Any]]) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(rows)
