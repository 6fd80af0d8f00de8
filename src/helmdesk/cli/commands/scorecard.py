"""``helmdesk scorecard``: three pillars, few cards each."""

from __future__ import annotations

import itertools
from typing import Any

import click

from helmdesk.analysis.scorecard import PILLARS, Card
from helmdesk.cli.commands.measure import warn_if_stale
from helmdesk.cli.options import (
    compare_option,
    desk_option,
    format_option,
    open_desk,
    window_option,
)
from helmdesk.cli.output import as_arrow, emit, show_table, talk
from helmdesk.desk.desk import Desk
from helmdesk.query.window import Window, wall
from helmdesk.query.words import show_measurement, show_relative, show_value


@click.command(
    "scorecard",
    epilog="Example: helmdesk scorecard --start 2026-02-01 --end 2026-03-01 --compare year-dates",
)
@desk_option
@format_option
@click.option(
    "--start", metavar="DATE", help="First local day, included (default: 28 days before the end)."
)
@click.option(
    "--end",
    metavar="DATE",
    help="Last local day, excluded (default: the last complete day of the data).",
)
@window_option
@compare_option
def command(
    desk_path: str | None,
    format_name: str,
    start: str | None,
    end: str | None,
    window: str | None,
    compare: str,
) -> None:
    """Show the desk's key numbers, each with its change and a verdict in a word."""
    desk = open_desk(desk_path)
    warn_if_stale(desk, None)
    show_scorecard(desk, format_name, start=start, end=end, window=window, compare=compare)


def show_scorecard(desk: Desk, format_name: str, **asked: Any) -> None:
    """Print the cards in the form asked for; what is missing, and why, is talk."""
    found = desk.scorecard(**asked)
    cards, zone = found.cards, desk.settings.time_zone
    if format_name != "table":
        rows = found.as_rows(zone)
        emit(format_name, list(rows[0]) if rows else [], rows, lambda: as_arrow(rows))
        return
    click.echo(heading(desk, found.window))
    for pillar, group in itertools.groupby(
        sorted(cards, key=lambda card: PILLARS.index(card.metric.pillar)),
        key=lambda card: card.metric.pillar,
    ):
        click.echo(f"\n{pillar.replace('_', ' ').upper()}")
        columns = (
            "metric",
            "value",
            "95% interval",
            "n",
            "before",
            "change",
            "verdict",
            "read with",
        )
        show_table(
            columns,
            [_cells(card) for card in group],
            right=columns[1:6],
            droppable=("read with", "before", "95% interval"),
        )
    told = [card for card in cards if card.course and card.course.is_told]
    if told:
        click.echo()
    for card in told:
        click.echo(f"{card.metric.name}: {card.story}")
    for card in cards:
        if card.dismissed is not None:
            talk(f"{card.metric.name}: {card.dismissed.words(zone)}")
    for note in found.notes:
        talk(f"out of balance: {note}")
    for at in dict.fromkeys(card.at for card in cards if card.at and not card.reason):
        talk(
            f"as they stood at {wall(at, zone):%Y-%m-%d %H:%M}:"
            f" {', '.join(card.metric.key for card in cards if card.at == at)}"
        )
    empty = [card for card in cards if card.reason]
    for card in empty:
        talk(f"{card.metric.key}: {card.reason}")


def heading(desk: Desk, window: Window) -> str:
    """Return the heading: desk, window, comparison; a sample says that it is one."""
    zone = desk.settings.time_zone
    sample = "  [SAMPLE DATA]" if desk.settings.is_sample else ""
    return (
        f"{desk.settings.name}{sample}\n{window.words(zone)}, against"
        f" {window.previous_words(zone)}; {zone}"
    )


def _cells(card: Card) -> list[str]:
    value, interval = show_measurement(card.now)
    before = change = ""
    if card.before.value is not None:
        before = show_value(card.before.value, card.before.unit)
        if card.now.value is not None:
            change = show_relative(card.now.value, card.before.value, card.now.unit)
    name = card.metric.title
    pending = f" (+{card.now.pending:,} pending)" if card.now.pending else ""
    return [
        name,
        value,
        interval,
        f"{card.now.n:,}{pending}",
        before,
        change,
        card.verdict,
        ", ".join(card.guards),
    ]


def _arrow(rows: list[dict[str, Any]]) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(rows)
