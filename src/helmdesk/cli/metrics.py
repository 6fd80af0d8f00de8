"""``helmdesk metrics``: the catalogue."""

from __future__ import annotations

from typing import Any

import click

from helmdesk.catalogue import Entry, definition_hash, find_metric, load_catalogue
from helmdesk.cli.options import format_option
from helmdesk.cli.output import emit, show_table
from helmdesk.kinds import Variant


@click.command("metrics", epilog="Example: helmdesk metrics first_response_time")
@click.argument("key", required=False)
@format_option
def command(key: str | None, format_name: str) -> None:
    """List the catalogue, or show one entry with formula, variants, history and governance."""
    entries = [find_metric(key)] if key else list(load_catalogue().values())
    if format_name != "table":
        rows = [_row(entry) for entry in entries]
        emit(format_name, list(rows[0]), rows, lambda: _arrow(rows))
    elif key:
        click.echo("\n".join(_describe(entries[0])))
    else:
        columns = ("key", "name", "pillar", "unit", "better", "variants")
        show_table(columns, ([entry.metric.key, entry.metric.name, entry.metric.pillar.replace("_", " "), entry.metric.unit,
                              entry.metric.direction, ", ".join(v.name for v in entry.metric.variants)] for entry in entries))  # fmt: skip


def _row(entry: Entry) -> dict[str, Any]:
    metric = entry.metric
    return {
        "key": metric.key, "name": metric.name, "version": metric.version, "owner": metric.owner, "pillar": metric.pillar,
        "unit": metric.unit, "direction": metric.direction, "fact": metric.fact, "formula": metric.formula,
        "rows": metric.where_words, "description": entry.description, "rewards": metric.rewards, "exposes": metric.exposes,
        "supports": ", ".join(metric.supports), "read_with": ", ".join(metric.read_with), "clocks": ", ".join(metric.clocks),
        "variants": ", ".join(variant.name for variant in metric.variants), "definition": definition_hash(metric),
    }  # fmt: skip


def _arrow(rows: list[dict[str, Any]]) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(rows)


def _describe(entry: Entry) -> list[str]:
    metric = entry.metric
    lines = [
        f"{metric.name}  ({metric.key}, version {metric.version})",
        "",
        entry.description,
        "",
        f"formula      {metric.formula}",
        f"rows         {metric.where_words}",
        f"counted on   {metric.fact}" + (f", dated by {metric.anchor}" if metric.anchor else ""),
        f"unit         {metric.unit}; {_direction(metric.direction)}",
        f"clocks       {', '.join(metric.clocks)}",
        f"pillar       {metric.pillar.replace('_', ' ')} / {metric.category.replace('_', ' ')}",
        f"read with    {', '.join(metric.read_with) or 'nothing'}",
        f"owner        {metric.owner}",
        "",
        "governance",
        f"  what does it reward?    {metric.rewards}",
        f"  what does it expose?    {metric.exposes}",
        f"  which lever can it move? {', '.join(metric.supports)}",
        "",
        "variants" if metric.variants else "variants     none",
        *(_variant(variant) for variant in metric.variants),
        "",
        "history",
        *(f"  version {change.version}, {change.date}: {change.why}" for change in metric.changes),
    ]
    if metric.references:
        lines += ["", "references (published by others; not targets)"]
        lines += [f"  {reference.text} [{reference.source}]" for reference in metric.references]
    return [*lines, "", f"definition   {definition_hash(metric)}"]


def _direction(direction: str) -> str:
    return {"higher": "higher is better", "lower": "lower is better", "band": "healthy in a band",
            "context": "context, neither good nor bad"}[direction]  # fmt: skip


def _variant(variant: Variant) -> str:
    return f"  {variant.name:<28} {variant.description}" + (f" [{variant.used_by}]" if variant.used_by else "")
