"""The pictures of a report: how a number went beside the days before, and in which parts of the
work; every value drawn is in a receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from helmdesk.analysis.scorecard import Card, Scorecard
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import NotPermittedError
from helmdesk.insight.verdict import Tone
from helmdesk.query.measurement import Measurement, Measurements
from helmdesk.query.periods import local_date
from helmdesk.query.receipt import Receipt
from helmdesk.query.ticks import tick_words, ticks
from helmdesk.query.words import show_count, show_measurement, show_segment, show_value
from helmdesk.reports.document import Figure, Level, Point
from helmdesk.reports.source import Source
from helmdesk.settings import Target

# So many numbers are drawn at most, the most urgent first; and so many even where nothing moved.
MOST, LEAST = 6, 2
# Of so many that moved it is looked where: each costs a search over all parts of the work.
MOST_PLACED = 1
MOST_PARTS = 10
WEEK_DAYS = 7
HALF_A_DAY = timedelta(hours=12)
Spanned = tuple[str, float | None, date, date]
Drawn = tuple[Figure, list[tuple[str, Receipt]]]
MOST_MARKS = 7
URGENCY = (Tone.WORSE, Tone.RECOVERING, Tone.BETTER, Tone.MOVED)


@dataclass(frozen=True)
class Drawings:
    """Figures by the key of their metric, and the receipts of what they show."""

    by_key: Mapping[str, tuple[Figure, ...]]
    receipts: tuple[tuple[str, Receipt], ...] = ()


def draw(source: Source, found: Scorecard, where: str | None) -> Drawings:
    """Return the figures of a scorecard: the course of what moved or misses its target, the most
    urgent first, and for the first of them in which parts of the work.
    """
    figures: dict[str, list[Figure]] = {}
    receipts: list[tuple[str, Receipt]] = []
    placed = 0
    for card in _chosen(found.cards):
        drawn = [_trend(source, found, card, where)]
        if placed < MOST_PLACED and _urgency(card) < len(URGENCY):
            drawn.append(_parts(source, found, card.metric, where))
            placed += 1
        for each in drawn:
            if each is not None:
                figures.setdefault(card.metric.key, []).append(each[0])
                receipts += each[1]
    return Drawings({key: tuple(each) for key, each in figures.items()}, tuple(receipts))


def ask_weeks(
    source: Source, metric: Metric, first: date, end: str, where: str | None
) -> Measurements | None:
    """Return the weeks of a metric; None where single weeks would speak of fewer than five people,
    so that this reader may not have them.
    """
    try:
        return source.ask.measure(
            metric.key, start=first.isoformat(), end=end, where=where, grain="week"
        )
    except NotPermittedError:
        return None


def _trend(source: Source, found: Scorecard, card: Card, where: str | None) -> Drawn | None:
    first = card.trend[0].period_start
    end = source.local(found.window.until)
    weeks = ask_weeks(source, card.metric, first, end, where) if first else None
    if weeks is None:
        return None
    drawn = trend_figure(
        card.metric,
        list(weeks),
        levels=levels_of(card.metric, card.trend, _spans(source, found, card)),
        band=card.normal,
        target=_edges(card.target),
    )
    return (drawn, [(f"{drawn.name}, drawn", weeks.receipt)]) if drawn else None


def trend_figure(
    metric: Metric,
    points: Sequence[Measurement],
    *,
    levels: Sequence[Level] = (),
    band: tuple[float, float] | None = None,
    target: tuple[float, ...] = (),
    about: str = "",
) -> Figure | None:
    """Return the weeks of a metric; None when fewer than two have a value.

    Args:
        points: weeks, oldest first; one without a value is a gap.
        levels: values of several weeks, such as of the days looked at.
        band: between what ordinary weeks lie.
        about: of which part of the work; empty for all.
    """
    known = [each for each in points if each.value is not None]
    if len(known) < 2:
        return None
    unit = known[0].unit
    values = [
        *(v for each in known for v in (each.value, each.low, each.high) if v is not None),
        *(each.value for each in levels),
        *(band or ()),
        *target,
    ]
    axis = ticks(min(values), max(values), unit)
    name = f"{metric.title} by week" + (f", {about}" if about else "")
    return Figure(
        "trend",
        name,
        _trend_alt(name, known, levels, band, target),
        _trend_caption(known, levels, band, target),
        unit,
        tuple(_point(each, f"{each.period_start:%-d %b %Y}") for each in points),
        tuple(zip(axis, tick_words(axis, unit), strict=True)),
        _marks(points),
        tuple(levels),
        band,
        target,
    )


def parts_figure(
    metric: Metric,
    dimension: str,
    now: Sequence[Measurement],
    before: Sequence[Measurement],
    said: str = "",
) -> Figure | None:
    """Return a metric by the parts of a dimension, now and before; None when fewer than two parts
    have a value.

    Args:
        now, before: one measurement a part; a part withheld for privacy is left out, and said.
        said: where it moved, in words.
    """
    earlier = {each.group[0][1]: each.value for each in before}
    known = [each for each in now if each.value is not None]
    if len(known) < 2:
        return None
    known.sort(key=lambda each: (-each.n, str(each.group[0][1])))
    shown, unit = known[:MOST_PARTS], known[0].unit
    points = tuple(
        _point(
            each, show_segment(each.group[0][1]).replace("_", " "), earlier.get(each.group[0][1])
        )
        for each in shown
    )
    values = [
        v
        for each in points
        for v in (each.value, each.low, each.high, each.before)
        if v is not None
    ]
    # A bar says its whole length; what is no total is a point on an axis of its own.
    is_total = metric.value.is_total
    axis = ticks(min([*values, 0.0] if is_total else values), max(values), unit)
    name = f"{metric.title} by {dimension.replace('_', ' ')}"
    left = len(now) - len(shown)
    missing = f" {show_count(left, 'part')} without a value or with fewer cases not drawn."
    caption = _parts_caption(points, is_total) + (missing if left > 0 else "")
    if said:
        caption = f"{said[0].upper()}{said[1:]}. {caption}"
    return Figure(
        "bars" if is_total else "dots",
        name,
        _parts_alt(name, points, unit, said),
        caption,
        unit,
        points,
        tuple(zip(axis, tick_words(axis, unit), strict=True)),
    )


def _chosen(cards: Sequence[Card]) -> list[Card]:
    """Return what is drawn, the most urgent first; cards of one tone in the desk's order."""
    able = [card for card in cards if not card.reason and len(card.trend) > 1]
    able.sort(key=_urgency)
    told = [card for card in able if _urgency(card) <= len(URGENCY)]
    return able[: min(max(len(told), LEAST), MOST)]


def _urgency(card: Card) -> int:
    if card.dismissed is None and card.tone in URGENCY:
        return URGENCY.index(Tone(card.tone))
    return len(URGENCY) if card.missed_by is not None else len(URGENCY) + 1


def _edges(target: Target | None) -> tuple[float, ...]:
    if target is None:
        return ()
    return tuple(target) if isinstance(target, tuple) else (target,)


def _spans(source: Source, found: Scorecard, card: Card) -> list[Spanned]:
    """Return the values of the days looked at and of those before, with their local days."""
    if card.at is not None:
        return []  # it stands at an instant
    window, zone = found.window, source.zone

    def span(name: str, each: Measurement, start: datetime, end: datetime) -> Spanned:
        days = local_date(start, zone), local_date(end + HALF_A_DAY, zone)
        return f"{name} {show_measurement(each)[0]}", each.value, *days

    return [
        span("these days", card.now, window.start, window.until),
        span("before", card.before, window.previous_start, window.previous_end),
    ]


def levels_of(
    metric: Metric, points: Sequence[Measurement], spans: Sequence[Spanned]
) -> tuple[Level, ...]:
    """Return values over several weeks where they lie among weeks; none of a metric whose weeks add
    up: a sum over a month is no height among weeks.

    Args:
        spans: text, value, first day and the day after the last.
    """
    first, count = points[0].period_start if points else None, float(len(points))
    if metric.value.is_total or first is None:
        return ()
    levels = []
    for text, value, start, end in spans:
        ends = [min(max((at - first).days / WEEK_DAYS, 0.0), count) for at in (start, end)]
        if value is not None and ends[1] > ends[0]:
            levels.append(Level(ends[0], ends[1], value, text))
    return tuple(levels)


def _parts(source: Source, found: Scorecard, metric: Metric, where: str | None) -> Drawn | None:
    """Return in which parts of the work a metric moved, by what these differ most; None where they
    may not be told apart.
    """
    try:
        return _parts_told(source, found, metric, where)
    except NotPermittedError:
        return None


def _parts_told(
    source: Source, found: Scorecard, metric: Metric, where: str | None
) -> Drawn | None:
    window = found.window
    start, end = source.local(window.start), source.local(window.until)
    told = source.ask.explain(
        metric.key, start=start, end=end, where=where, annotations=source.annotations
    )
    if told.location is None:
        return None
    names = [each.dimension for each in told.location.breakdowns if len(each.parts) <= MOST_PARTS]
    if not names:
        return None

    def ask(first: str, last: str) -> Measurements:
        return source.ask.measure(metric.key, by=names[0], start=first, end=last, where=where)

    now = ask(start, end)
    before = ask(source.local(window.previous_start), source.local(window.previous_end))
    drawn = parts_figure(metric, names[0], list(now), list(before), told.location.describe())
    if drawn is None:
        return None
    return drawn, [(drawn.name, now.receipt), (f"{drawn.name}, before", before.receipt)]


def _point(each: Measurement, name: str, before: float | None = None) -> Point:
    text, range_text = show_measurement(each)
    return Point(
        name, each.value, each.low, each.high, before, text, range_text, each.n, not each.is_partial
    )


def _marks(points: Sequence[Measurement]) -> tuple[tuple[float, str], ...]:
    """Return the months that begin along a trend, or every second or third of them."""
    found: list[tuple[float, str]] = []
    month = None
    for place, each in enumerate(points):
        start = each.period_start
        if start is not None and (start.year, start.month) != month:
            if month is not None or start.day <= WEEK_DAYS:
                year = f" {start.year}" if month is None or start.month == 1 else ""
                found.append((place + 0.5, f"{start:%b}{year}"))
            month = (start.year, start.month)
    return tuple(found[:: -(-len(found) // MOST_MARKS) or 1])


def _trend_alt(
    name: str,
    known: Sequence[Measurement],
    levels: Sequence[Level],
    band: tuple[float, float] | None,
    target: tuple[float, ...],
) -> str:
    whole = [each for each in known if not each.is_partial] or list(known)
    unit = known[0].unit

    def told(each: Measurement) -> str:
        return f"{show_measurement(each)[0]} in the week of {each.period_start:%-d %B %Y}"

    least = min(whole, key=lambda each: each.value or 0.0)
    most = max(whole, key=lambda each: each.value or 0.0)
    parts = [
        f"Line chart: {name}, from {told(whole[0])} to {told(whole[-1])}.",
        f"Lowest {told(least)}; highest {told(most)}.",
    ]
    if levels:
        parts.append(f"Over all days: {', '.join(each.text for each in levels)}.")
    if band:
        low, high = (show_value(edge, unit) for edge in band)
        parts.append(f"Ordinary weeks lie between {low} and {high}.")
    if target:
        parts.append(f"Target {' to '.join(show_value(each, unit) for each in target)}.")
    return " ".join(parts)


def _trend_caption(
    known: Sequence[Measurement],
    levels: Sequence[Level],
    band: tuple[float, float] | None,
    target: tuple[float, ...],
) -> str:
    parts = []
    if any(each.low is not None for each in known):
        parts.append("upright lines: the 95% interval of a week")
    if levels:
        parts.append("level lines: values over several weeks")
    if band:
        parts.append("shaded: where ordinary weeks lie")
    if target:
        parts.append("dashed: the target")
    if any(each.is_partial for each in known):
        parts.append("hollow: a week that is not whole")
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _parts_alt(name: str, points: Sequence[Point], unit: str, said: str) -> str:
    told = []
    for each in points:
        extra = []
        if each.range_text:
            extra.append(f"95% interval {each.range_text}")
        if each.before is not None:
            extra.append(f"before {show_value(each.before, unit)}")
        told.append(f"{each.name} {each.text}" + (f" ({', '.join(extra)})" if extra else ""))
    place = f" {said[0].upper()}{said[1:]}." if said else ""
    return f"Chart: {name}: {'; '.join(told)}.{place}"


def _parts_caption(points: Sequence[Point], is_total: bool) -> str:
    parts = [f"{'Bars' if is_total else 'Points'}: these days"]
    if any(each.before is not None for each in points):
        parts.append("thick marks: the days before")
    if any(each.low is not None for each in points):
        parts.append("thin lines: the 95% interval")
    return f"{'; '.join(parts)}."
