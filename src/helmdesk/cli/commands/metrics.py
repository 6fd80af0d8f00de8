"""``helmdesk metrics``: the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from helmdesk.analysis.coverage import lacking
from helmdesk.catalogue.discovery import Entry, definition_hash, find_metric, load_catalogue
from helmdesk.catalogue.metric import Metric, Variant
from helmdesk.cli.options import desk_option, format_option, open_desk
from helmdesk.cli.output import as_arrow, emit, show_table
from helmdesk.desk.desk import SETTINGS_FILE


@click.command(
    "metrics",
    epilog=(
        "\b\nExamples:\n  helmdesk metrics first_response_time\n  helmdesk metrics --desk my-desk"
    ),
)
@click.argument("key", required=False)
@desk_option
@format_option
def command(key: str | None, desk_path: str | None, format_name: str) -> None:
    """List the catalogue, or show one entry with formula, variants, history and governance.

    With a desk it also says which metrics the loaded records can answer, and what is missing for
    the others.
    """
    desk = open_desk(desk_path) if desk_path or Path(SETTINGS_FILE).is_file() else None
    catalogue = desk.catalogue if desk else load_catalogue()
    records = desk.marts.record_types() if desk else {}
    entries = [find_metric(key, catalogue)] if key else list(catalogue.values())
    if format_name != "table":
        rows = [
            {
                **_row(entry),
                **({"missing": ", ".join(lacking(entry.metric, records))} if desk else {}),
            }
            for entry in entries
        ]
        emit(format_name, list(rows[0]), rows, lambda: as_arrow(rows))
    elif key:
        click.echo(
            "\n".join(
                [*_describe(entries[0]), *(_on_this_desk(entries[0], records) if desk else [])]
            )
        )
    else:
        columns = (
            "key",
            "name",
            "pillar",
            "unit",
            "better",
            *(("on this desk",) if desk else ()),
            "variants",
        )
        show_table(
            columns,
            (
                [
                    entry.metric.key,
                    entry.metric.name,
                    entry.metric.pillar.replace("_", " "),
                    entry.metric.unit,
                    entry.metric.direction,
                    *((_verdict(entry.metric, records),) if desk else ()),
                    ", ".join(v.name for v in entry.metric.variants),
                ]
                for entry in entries
            ),
        )


def _verdict(metric: Metric, records: Mapping[str, int]) -> str:
    missing = ", ".join(lacking(metric, records))
    return f"no {missing} records" if missing else "computable"


def _on_this_desk(entry: Entry, records: Mapping[str, int]) -> list[str]:
    """Say whether the desk can answer, from which records, and which variants it cannot."""
    metric = entry.metric
    present = [
        f"{name} ({records[name]:,})"
        for need in metric.needs
        for name in need.split("|")
        if name in records
    ]
    lines = [
        "",
        "on this desk",
        f"  {_verdict(metric, records)}" + (f", from {', '.join(present)}" if present else ""),
    ]
    if (
        metric.key == "sla_compliance"
        and "source_verdict" in records
        and not {"policy_applied", "sla_policy"} & set(records)
    ):
        lines.append(
            "  by the source's own verdicts only: no policy or target was loaded, so nothing is"
            " claimed by our clock"
        )
    for variant in metric.variants:
        missing = ", ".join(lacking(metric.with_variant(variant), records))
        if missing and missing != ", ".join(lacking(metric, records)):
            lines.append(f"  not in variant {variant.name}: no {missing} records")
    return lines


def _row(entry: Entry) -> dict[str, Any]:
    metric = entry.metric
    return {
        "key": metric.key,
        "name": metric.name,
        "version": metric.version,
        "owner": metric.owner,
        "pillar": metric.pillar,
        "unit": metric.unit,
        "direction": metric.direction,
        "fact": metric.fact,
        "formula": metric.formula,
        "rows": metric.where_words,
        "description": entry.description,
        "rewards": metric.rewards,
        "exposes": metric.exposes,
        "supports": ", ".join(metric.supports),
        "read_with": ", ".join(metric.read_with),
        "clocks": ", ".join(metric.clocks),
        "variants": ", ".join(variant.name for variant in metric.variants),
        "definition": definition_hash(metric),
    }


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
    return {
        "higher": "higher is better",
        "lower": "lower is better",
        "band": "healthy in a band",
        "context": "context, neither good nor bad",
    }[direction]


def _variant(variant: Variant) -> str:
    return f"  {variant.name:<28} {variant.description}" + (
        f" [{variant.used_by}]" if variant.used_by else ""
    )
