"""The chart that is a table: a value and its likely range by segment, on one scale beside the
whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helmdesk.query.measurement import Measurement
from helmdesk.query.ticks import tick_words, ticks
from helmdesk.query.words import show_measurement
from helmdesk.web.labels import value_words

HEIGHT = 26
MOST_ROWS = 40


@dataclass(frozen=True)
class Segment:
    """One row.

    Attributes:
        name, url: of the segment, and the view narrowed to it.
        strip: its value and likely range as a picture; empty without a value.
        value: in words; why there is none. cases: rows behind it.
    """

    name: str
    url: str
    strip: SafeString
    value: str
    cases: str


@dataclass(frozen=True)
class Segments:
    """All segments of one dimension.

    Attributes:
        scale: the axis above the strips.
        rows: the worst first; by name where no direction is worse.
        left: segments that are not shown.
    """

    scale: SafeString
    rows: tuple[Segment, ...]
    left: int


def draw_segments(
    measured: Sequence[Measurement],
    whole: Measurement,
    direction: str,
    link: Callable[[Measurement], str],
) -> Segments | None:
    """Return the segments of a number beside the number itself; None when none has a value."""
    known = [m for m in measured if m.value is not None]
    if not known:
        return None
    values = [
        edge for m in (*known, whole) for edge in (m.value, m.low, m.high) if edge is not None
    ]
    places = ticks(min(values), max(values), whole.unit, 4)
    low, high = places[0], places[-1]
    ordered = sorted(measured, key=lambda m: _order(m, direction))
    rows = tuple(_segment(m, whole, direction, (low, high), link) for m in ordered[:MOST_ROWS])
    return Segments(_scale(places, whole), rows, max(0, len(ordered) - MOST_ROWS))


def _order(m: Measurement, direction: str) -> tuple[bool, float]:
    value = m.value or 0.0
    return m.value is None, value if direction == "higher" else -value


def _segment(
    m: Measurement,
    whole: Measurement,
    direction: str,
    ends: tuple[float, float],
    link: Callable[[Measurement], str],
) -> Segment:
    dimension, value = m.group[0]
    said, interval = show_measurement(m)
    strip = SafeString("")
    if m.value is not None:
        strip = _strip(m, whole, tone_of(m, whole, direction), ends, said, interval)
    return Segment(value_words(dimension, value), link(m), strip, said, f"{m.n:,}")


def tone_of(m: Measurement, whole: Measurement, direction: str) -> str:
    """Return how a segment differs from the whole beyond chance: worse, better or calm."""
    if whole.value is None or m.low is None or m.high is None or m.is_small:
        return "calm"
    if m.low <= whole.value <= m.high or direction not in ("higher", "lower"):
        return "calm"
    return "better" if (m.low > whole.value) == (direction == "higher") else "worse"


def _strip(
    m: Measurement,
    whole: Measurement,
    tone: str,
    ends: tuple[float, float],
    said: str,
    interval: str,
) -> SafeString:
    def x(value: float) -> str:
        return f"{(value - ends[0]) / (ends[1] - ends[0]) * 100:.2f}%"

    middle = HEIGHT // 2
    ref = (
        format_html('<line class="ref" x1="{0}" x2="{0}" y1="0" y2="{1}"/>', x(whole.value), HEIGHT)
        if whole.value is not None
        else ""
    )
    likely = (
        format_html(
            '<line class="range" x1="{}" x2="{}" y1="{}" y2="{}"/>',
            x(m.low),
            x(m.high),
            middle,
            middle,
        )
        if m.low is not None and m.high is not None
        else ""
    )
    return format_html(
        '<svg class="strip {}" width="100%" height="{}" role="img" aria-label="{}">'
        '<line class="base" x1="0" x2="100%" y1="{}" y2="{}"/>{}{}<circle cx="{}" cy="{}" r="5"/>'
        "</svg>",
        tone,
        HEIGHT,
        f"{said}, likely {interval}" if interval else said,
        middle,
        middle,
        ref,
        likely,
        x(m.value or 0.0),
        middle,
    )


def _scale(places: Sequence[float], whole: Measurement) -> SafeString:
    low, high = places[0], places[-1]
    words = tick_words(list(places), whole.unit)
    ends = ((0.0, words[0], "start"), (100.0, words[-1], "end"))
    found = [(f"{at:.2f}%", side, text) for at, text, side in ends]
    if whole.value is not None:
        at = (whole.value - low) / (high - low) * 100
        if 32 < at < 68:
            found.append((f"{at:.2f}%", "middle", f"all {show_measurement(whole)[0]}"))
    return format_html(
        '<svg class="scale" width="100%" height="16" aria-hidden="true">{}</svg>',
        format_html_join("", '<text x="{}" y="12" text-anchor="{}">{}</text>', found),
    )
