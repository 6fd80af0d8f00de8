"""``helmdesk summary``: what a case is about, in the words of those who wrote."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk


@click.command("summary", epilog="\b\nExample:\n  helmdesk summary L-41873")
@click.argument("ticket")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@desk_option
def command(desk_path: str | None, ticket: str, format_name: str) -> None:
    """Print what a ticket began with, what was promised last, and what is asked or was answered.

    Each sentence is quoted with who wrote it and when, in the desk's time zone. Names of people
    whom the desk knows, addresses, telephone and other long numbers are taken out. No language
    model is asked here.
    """
    desk = open_desk(desk_path)
    case = desk.summaries.of(ticket)
    zone = ZoneInfo(desk.settings.time_zone)
    rows = []
    for each in case.own:
        cited = each.cites[0]
        at = case.instant(cited)
        rows.append(
            {
                "says": each.says.value,
                "words": each.words,
                "by": "customer" if case.is_of_customer(cited) else "team",
                "at": at.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone) if at else None,
                "cites": list(each.cites),
            }
        )
    if format_name == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
        return
    if not rows:
        talk(
            f"{case.id}: no message with a text was loaded for this ticket; sources that keep the"
            " text of messages give summaries"
        )
        return
    for row in rows:
        who = f"{row['by']}, {row['at']:%-d %B %Y %H:%M}" if row["at"] else row["by"]
        click.echo(f"{row['says']} ({who}):\n  {row['words']}")
