"""``helmdesk themes``: what customers write about, in tickets and in survey comments."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import show_table, talk
from helmdesk.desk.taxonomies import as_toml, read_themes
from helmdesk.desk.theming import Told
from helmdesk.facts.build.taxonomy import Theme
from helmdesk.query.words import show_share, show_signed

matter_option = click.option(
    "--of",
    "matter",
    type=click.Choice(["tickets", "comments"]),
    default="tickets",
    show_default=True,
    help="Tickets by their subjects and first messages, or comments of surveys.",
)


@click.group(
    "themes",
    epilog="\b\nExamples:\n  helmdesk themes show --of comments\n  helmdesk themes propose\n"
    "  helmdesk themes write themes.toml\n  helmdesk themes adopt themes.toml",
)
def command() -> None:
    """What customers write about: shares, changes, satisfaction, quotes."""


@command.command("show")
@matter_option
@click.option("--start", help="Local date on which the window starts.")
@click.option("--end", help="Local date on which it ends, not included.")
@click.option("--where", help="Only where, such as \"channel = 'email'\".")
@click.option("--quotes", type=click.IntRange(0, 5), default=1, help="So many of each theme.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)
@desk_option
def show(
    desk_path: str | None,
    matter: str,
    start: str | None,
    end: str | None,
    where: str | None,
    quotes: int,
    format_name: str,
) -> None:
    """List themes over a window (the last 28 complete days) beside the one before."""
    report = open_desk(desk_path).themes.report(
        matter, quotes=quotes, start=start, end=end, where=where
    )
    if format_name == "json":
        rows = [_row(each) for each in report.themes]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not report.themes:
        talk(
            "nothing was written in this window that could be sorted; choose another with --start,"
            " or load tickets with subjects or surveys with comments"
        )
        return
    show_table(
        ["theme", "cases", "before", "share", "satisfied", "against all others", "they write"],
        [
            [
                each.name,
                f"{each.n:,}",
                f"{each.before:,}",
                f"{show_share(each.share)} ({100 * each.low:.0f} to {100 * each.high:.0f})",
                _satisfied(each),
                _gap(each),
                each.quotes[0].words if each.quotes else "",
            ]
            for each in report.themes
        ],
    )
    if report.few:
        talk(f"{report.few} themes of fewer than five cases are not listed")


@command.command("propose")
@matter_option
@click.option("--start", help="Local date on which the window starts.")
@click.option("--end", help="Local date on which it ends, not included.")
@desk_option
def propose(desk_path: str | None, matter: str, start: str | None, end: str | None) -> None:
    """Print themes that texts suggest which belong to none, ready for a file of themes."""
    talk("reading what belongs to no theme; this takes up to a minute")
    found = open_desk(desk_path).themes.propose(matter, start=start, end=end)
    if not found:
        talk("no twenty texts without a theme share words: nothing to propose")
        return
    for each in found:
        click.echo(f"# {each.n:,} of {each.of:,} texts; name it as you call it")
        for quote in each.quotes:
            click.echo(f"#   “{quote}”")
        theme = Theme(each.words[0], "", each.words)
        click.echo(as_toml([theme]).partition("\n\n")[2])


@command.command("write")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@desk_option
def write(desk_path: str | None, file: Path) -> None:
    """Write the themes in force into a file to edit."""
    if file.exists():
        raise click.UsageError(f"{file} is there already; name a new file")
    themes = open_desk(desk_path).themes.in_force
    file.write_text(as_toml(themes), encoding="utf-8")
    talk(f"{len(themes)} themes; edit {file}, then: helmdesk themes adopt {file}")


@command.command("adopt")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@desk_option
def adopt(desk_path: str | None, file: Path) -> None:
    """Sort all texts by the themes of a file; the themes before are kept as a version."""
    desk = open_desk(desk_path)
    themes = read_themes(file)
    version = desk.themes.adopt(themes)
    talk(f"version {version}, {len(themes)} themes; making the numbers anew")
    desk.refresh()
    talk("done: helmdesk themes show")


def _satisfied(told: Told) -> str:
    found = told.satisfaction
    return show_share(found.value) if found and found.value is not None else ""


def _gap(told: Told) -> str:
    if told.gap is None:
        return ""
    value, low, high = (100 * each for each in told.gap)
    return f"{show_signed(value)} points ({show_signed(low)} to {show_signed(high)})"


def _row(told: Told) -> dict[str, Any]:
    found = told.satisfaction
    return {
        **{
            field.name: getattr(told, field.name)
            for field in dataclasses.fields(told)
            if field.name not in ("satisfaction", "quotes", "gap", "judged")
        },
        "change": str(told.judged) if told.judged else None,
        "satisfaction": found.value if found else None,
        "satisfaction_n": found.n if found else None,
        "gap": list(told.gap) if told.gap else None,
        "quotes": [each.words for each in told.quotes],
    }
