"""``helmdesk explain``: why a metric changed, whether it is real, and what to do."""

from __future__ import annotations

import json

import click

from helmdesk.cli.commands.brief import lever_words, show_finding
from helmdesk.cli.commands.measure import warn_if_stale
from helmdesk.cli.options import compare_option, desk_option, open_desk, split_names, window_option
from helmdesk.cli.output import show_table, talk
from helmdesk.cli.progress import Progress
from helmdesk.insight.explanation import Explanation, waterfall
from helmdesk.insight.location import Location
from helmdesk.query.filters import to_text
from helmdesk.query.window import span_words
from helmdesk.query.words import show_change, show_signed, show_size, show_value


@click.command(
    "explain", epilog="Example: helmdesk explain csat --start 2025-10-01 --end 2025-11-01"
)
@click.argument("key", metavar="KEY")
@desk_option
@click.option(
    "--start",
    metavar="DATE",
    help="First local day to explain (default: what moved by the signals, else four weeks).",
)
@click.option(
    "--end",
    metavar="DATE",
    help="The local day after the last one (default: the last complete week).",
)
@window_option
@compare_option
@click.option(
    "--where", metavar="FILTER", help="Condition over dimensions, such as \"channel = 'chat'\"."
)
@click.option(
    "--by",
    multiple=True,
    metavar="DIM",
    help="Take the change apart by these dimensions; repeat or separate by commas.",
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
    key: str,
    desk_path: str | None,
    start: str | None,
    end: str | None,
    window: str | None,
    compare: str,
    where: str | None,
    by: tuple[str, ...],
    format_name: str,
) -> None:
    """Explain KEY: is it sound, did it move, where, what moved with it, which lever."""
    desk = open_desk(desk_path)
    warn_if_stale(desk, None)
    with Progress() as on_step:
        on_step("explaining")
        found = desk.explain(
            key,
            start=start,
            end=end,
            window=window,
            compare=compare,
            where=where,
            dimensions=split_names(by) or None,
        )
    if format_name == "json":
        click.echo(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
        return
    sample = "  [SAMPLE DATA]" if desk.settings.is_sample else ""
    zone = desk.settings.time_zone
    now, before = (span_words(span.start, span.end, zone) for span in (found.now, found.before))
    click.echo(f"{found.metric.name}{sample}\n{now}, against {before}; {zone}\n")
    show_explanation(found)
    if found.course is not None and found.course.dismissed is not None:
        talk(
            f"{found.course.dismissed.words(zone)}; tell it again with:"
            f" {found.course.dismissed.undo}"
        )


def show_explanation(found: Explanation) -> None:
    """Print the five answers in their order."""
    click.echo(f"{found.verdict}   [{lever_words(found.lever)}]\n")
    for problem in found.problems:
        show_finding(problem, "DATA: ")
    _show_soundness(found)
    click.echo("\nDID IT MOVE?")
    click.echo("\n".join(f"  {line}" for line in movement_lines(found)))
    if found.location is not None:
        click.echo("\nWHERE?")
        _show_location(found.location, found)
    if found.workload is not None:
        volume, mix, handle = map(show_signed, found.workload)
        click.echo(
            f"  work in hours a week: volume {volume}, mix of channels {mix}, handle time {handle}"
        )
    _show_company(found)
    _show_levers(found)


def _show_soundness(found: Explanation) -> None:
    click.echo("IS IT SOUND?")
    interval = ""
    if found.sound.low is not None and found.sound.high is not None:
        interval = (
            f", 95% interval {show_value(found.sound.low, found.metric.unit)} to"
            f" {show_value(found.sound.high, found.metric.unit)}"
        )
    click.echo(f"  {found.sound.n:,} cases{interval}")
    for note in found.sound.notes:
        click.echo(f"  {note}")


def _show_company(found: Explanation) -> None:
    click.echo("\nWHAT MOVED WITH IT?")
    for guard in found.guards:
        click.echo(f"  {guard.words}")
    for line in found.context:
        click.echo(f"  coincides with {line}")
    if not found.guards and not found.context:
        click.echo("  nothing is recorded to read it with")


def _show_levers(found: Explanation) -> None:
    click.echo("\nWHICH LEVER?")
    for finding in found.findings:
        show_finding(finding)
    if not found.findings:
        click.echo("  no known pattern fits")
    for title, what in found.missing:
        talk(f"could not look for “{title}”: {what}")


def movement_lines(found: Explanation) -> list[str]:
    """Say whether it moved, how sure that is, and what could not have been seen."""
    moved, course = found.movement, found.course
    if moved is None or course is None:
        return ["there is no complete week to look at"]
    lines = [course.words, moved.describe()]
    if moved.detectable is not None:
        lines.append(
            f"a change under {show_size(moved.detectable, moved.form.metric.unit)} could not have"
            " been seen"
        )
    return lines


def _show_location(where: Location, found: Explanation) -> None:
    unit = found.movement.form.metric.unit if found.movement else ""
    rows = [
        [
            each.dimension,
            show_change(each.rate, unit),
            show_change(each.mix, unit),
            "yes" if each.is_simpson else "",
        ]
        for each in where.breakdowns
    ]
    show_table(("by", "rate", "mix", "moves against its parts"), rows, right=("rate", "mix"))
    if where.breakdowns:
        click.echo(f"  largest parts by {where.breakdowns[0].dimension}:")
        for segment, kind, value in waterfall(where.breakdowns[0], 5):
            click.echo(f"    {segment} ({kind}): {show_change(value, unit)}")
    for place in where.places:
        click.echo(f"  {place.share:.0%} of it lies where {to_text(place.where)}")
    if where.p is not None:
        rest = f"{where.unexplained:.0%} stays unexplained" if where.places else where.describe()
        click.echo(f"  {rest} (p = {where.p:.2f} against a change common to all)")
