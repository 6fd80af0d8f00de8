"""``helmdesk brief``: what a leader should know about last week."""

from __future__ import annotations

import json
import textwrap
from datetime import timedelta

import click

from helmdesk.cli.commands.measure import warn_if_stale
from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.insight.brief import Brief
from helmdesk.insight.finding import Finding, shell_word
from helmdesk.query.window import days_words

WIDTH = 100


@click.command("brief", epilog="Example: helmdesk brief --end 2025-10-27")
@desk_option
@click.option(
    "--end",
    metavar="DATE",
    help="Look at the last complete week before this local day (default: the end of the data).",
)
@click.option(
    "--where", metavar="FILTER", help="Condition over dimensions, such as \"team = 'Tier 1'\"."
)
@click.option(
    "--all",
    "is_all",
    is_flag=True,
    help="Also list each pattern that was looked for, and why it is quiet.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the output.",
)
def command(
    desk_path: str | None, end: str | None, where: str | None, is_all: bool, format_name: str
) -> None:
    """Tell last week in at most five findings, and what was checked and found quiet."""
    desk = open_desk(desk_path)
    warn_if_stale(desk, None)
    with Progress() as on_step:
        found = desk.brief(end=end, where=where, on_step=on_step)
    if format_name == "json":
        click.echo(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
        return
    sample = "  [SAMPLE DATA]" if desk.settings.is_sample else ""
    click.echo(
        f"{desk.settings.name}{sample}\nWeek of"
        f" {days_words(found.start, found.end - timedelta(days=1))}\n"
    )
    show_brief(
        found,
        is_all,
        "".join(
            f" --{name} {shell_word(value)}"
            for name, value in (("where", where), ("end", end))
            if value
        ),
    )
    for each in found.dismissed:
        talk(
            f"{each.name}: {each.dismissal.words(desk.settings.time_zone)}; tell it again with:"
            f" {each.dismissal.undo}"
        )


def show_brief(found: Brief, is_all: bool, asked: str = "") -> None:
    """Print a brief for reading; `asked` are the options it was asked with."""
    if not found.findings:
        click.echo("Nothing calls for a decision this week. See what was checked below.\n")
    for number, finding in enumerate(found.findings, 1):
        show_finding(finding, f"{number}. ", asked)
    if found.more:
        click.echo(
            f"And {len(found.more)} more: {', '.join(finding.title for finding in found.more)}.\n"
        )
    for heading, courses in (
        ("Better", found.better),
        ("Settled this week", found.settled),
        ("Standing", found.standing),
    ):
        for watched in courses:
            click.echo(_filled(watched.words, f"{heading}: "))
    if found.better or found.settled or found.standing:
        click.echo()
    click.echo(_filled(", ".join(watched.name for watched in found.quiet) or "nothing", "Quiet: "))
    if is_all:
        click.echo("\nLooked for and not found:")
        for title, why in found.checked:
            click.echo(_filled(f"{title}: {why}", "  - "))
    else:
        click.echo(
            f"Looked for and not found: {len(found.checked)} patterns (list them with --all)."
        )
    for title, what in found.missing:
        talk(f"could not look for “{title}”: {what}")


def show_finding(finding: Finding, number: str = "", asked: str = "") -> None:
    """Print one finding: what, which lever, what else it could be, when to look again, and where
    the numbers are.
    """
    click.echo(f"{number}{finding.title.upper()}   [{lever_words(finding.lever)}]")
    click.echo(_filled(finding.text, "   "))
    for label, words in (
        ("By a rule, not tested for chance", finding.rule),
        ("In the same weeks", "; ".join(finding.context)),
        ("What to do", finding.act),
        ("It could also be", "; ".join(finding.alternatives)),
        ("Acting on it wrongly costs", finding.if_wrong),
        (
            "Look again",
            (
                f"on {days_words(finding.review.on, finding.review.on)}: it was wrong if"
                f" {finding.review.words}"
                if finding.review
                else ""
            ),
        ),
    ):
        if words:
            click.echo(_filled(f"{label}: {words}", "   "))
    for evidence in finding.evidence[:2]:
        click.echo(f"   $ {evidence.command}")
    if finding.is_standing:
        click.echo(f"   $ helmdesk dismiss {finding.key}{asked}   (no more of it until it changes)")
    click.echo()


def lever_words(lever: str) -> str:
    """Return a lever as a heading."""
    return "no known cause yet" if lever == "none" else f"lever: {lever}"


def _filled(text: str, first: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=" " * min(len(first), 6)
    )
