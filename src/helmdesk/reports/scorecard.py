"""The scorecard as a document, and the parts that other reports share with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from helmdesk.analysis.scorecard import PILLARS, Card, Scorecard
from helmdesk.insight.verdict import Tone
from helmdesk.query.judgement import Standing
from helmdesk.query.words import show_count, show_measurement, show_value
from helmdesk.reports.document import Cell, Column, Document, Items, Paragraph, Section, Table
from helmdesk.reports.figures import Drawings, draw
from helmdesk.reports.source import Source, days

if TYPE_CHECKING:
    from helmdesk.reports.document import Block

COLUMNS = (
    Column("Number", width=2.1),
    Column("Value", is_number=True),
    Column("95% interval", is_number=True, width=1.7),
    Column("Cases", is_number=True, width=0.75),
    Column("Before", is_number=True),
    Column("Last 13 weeks", width=1.3),
    Column("Verdict", width=1.5),
)
# Said in this order: what a leader must act on first.
TOLD = (
    (Tone.WORSE, "got worse", "got worse"),
    (Tone.RECOVERING, "is recovering", "are recovering"),
    (Tone.BETTER, "got better", "got better"),
    (Tone.MOVED, "moved", "moved"),
)
GRAIN = "week"


def scorecard_report(source: Source, *, where: str | None = None, **asked: Any) -> Document:
    """Return the desk's key numbers against the days before, each with its verdict.

    Args:
        where: filter over dimensions, as text.
        asked: start, end, window and compare, as `Questions.scorecard` takes them.

    Raises:
        NotFoundError, FilterError, UsageError: the question is not one this desk can answer.
    """
    found = find(source, None, where, **asked)
    drawn = draw(source, found, where)
    about = f"Only {where}. " if where else ""
    return source.document(
        title="Scorecard",
        subtitle=f"{about}{days(found.window, source.zone)}",
        cover=cover(found.cards),
        sections=numbers(source, found, drawn),
        receipts=(*source.receipts(found, where), *drawn.receipts),
        keys=[card.metric.key for card in found.cards if not card.reason],
    )


def find(source: Source, keys: Sequence[str] | None, where: str | None, **asked: Any) -> Scorecard:
    """Return the cards that a report shows, with the course of each."""
    return source.ask.scorecard(
        keys=keys, where=where, trend=GRAIN, annotations=source.annotations, **asked
    )


def numbers(source: Source, found: Scorecard, drawn: Drawings) -> tuple[Section, ...]:
    """Return a section for each pillar with its figures, and one for what has no value here."""
    shown = [card for card in found.cards if not card.reason]
    shown.sort(key=lambda card: PILLARS.index(card.metric.pillar))
    sections = [
        Section(pillar.replace("_", " ").capitalize(), tuple(_pillar(pillar, tuple(cards), drawn)))
        for pillar, cards in groupby(shown, key=lambda card: card.metric.pillar)
    ]
    empty = [card for card in found.cards if card.reason]
    said: list[Block] = []
    if found.notes:
        said.append(Items(tuple(found.notes)))
    dismissed = [card for card in shown if card.dismissed is not None]
    said += [
        Paragraph(card.dismissed.words(source.zone), f"{card.metric.name}.")
        for card in dismissed
        if card.dismissed is not None
    ]
    if empty:
        said.append(
            Paragraph(
                "; ".join(f"{card.metric.name} ({card.reason})" for card in empty) + ".",
                "Not shown.",
            )
        )
    return (
        *sections,
        *([Section("What to know about these numbers", tuple(said))] if said else []),
    )


def _pillar(pillar: str, cards: tuple[Card, ...], drawn: Drawings) -> Iterable[Block]:
    name = pillar.replace("_", " ").capitalize()
    yield Table(name, COLUMNS, tuple(map(_row, cards)))
    for card in cards:
        if card.course and card.course.is_told and card.story:
            yield Paragraph(f"{card.story}.", f"{card.metric.name}:", card.tone)
    for card in cards:
        if card.missed_by is not None:
            yield Paragraph(target_words(card), f"{card.metric.name}:", Tone.WORSE)
    for card in cards:
        yield from drawn.by_key.get(card.metric.key, ())


def target_words(card: Card) -> str:
    """Say that a number lies beyond its target, and whether chance alone could explain it."""
    unit = card.now.unit
    target = (
        " to ".join(show_value(edge, unit) for edge in card.target)
        if isinstance(card.target, tuple)
        else show_value(card.target or 0.0, unit)
    )
    sure = "" if card.standing is Standing.MISSED else "; by so little that it may be chance"
    return f"beyond its target of {target}{sure}."


def _row(card: Card) -> tuple[Cell, ...]:
    value, interval = show_measurement(card.now)
    before = card.before
    return (
        Cell(card.metric.title),
        Cell(value, card.now.value, card.now.unit),
        Cell(interval),
        Cell(f"{card.now.n:,}", card.now.n),
        Cell(
            "–" if before.value is None else show_value(before.value, before.unit),
            before.value,
            before.unit,
        ),
        Cell("", course=tuple(each.value for each in card.trend)[-13:]),
        Cell(card.badge.word, tone=card.badge.tone),
    )


def cover(cards: Sequence[Card]) -> str:
    """Return what a leader would write above the numbers."""
    shown = [card for card in cards if not card.reason]
    judged = [card for card in shown if card.tone != Tone.FEW]
    if not shown:
        return "There is nothing to show for these days."
    if not judged:
        return (
            f"{show_count(len(shown), 'number')}, all with too few weeks or cases to say whether"
            " they moved."
        )
    parts = []
    for tone, one, many in TOLD:
        told = [card for card in judged if card.tone == tone]
        if told:
            parts.append(f"{_listed(told)} {one if len(told) == 1 else many}")
    if not parts:
        return (
            f"Nothing moved beyond chance: of {show_count(len(shown), 'number')}, all"
            f" {len(judged)} that can be judged are steady."
        )
    steady = len(judged) - sum(card.tone in [tone for tone, *_ in TOLD] for card in judged)
    rest = f" {_rest(steady, len(shown) - len(judged))}"
    return f"{'; '.join(parts)}.{rest if rest.strip() else ''}"


def _rest(steady: int, few: int) -> str:
    parts = []
    if steady:
        parts.append(f"{show_count(steady, 'number')} {'is' if steady == 1 else 'are'} steady")
    if few:
        parts.append(f"{few} {'has' if few == 1 else 'have'} too few cases to tell")
    return f"{' and '.join(parts)}." if parts else ""


def _listed(cards: Sequence[Card]) -> str:
    told = [f"{card.metric.name} ({show_measurement(card.now)[0]})" for card in cards]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
