"""Sparklines: the weeks of a row on their ordinary band, the unfinished one dashed."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helmdesk.query.measurement import Measurement
from helmdesk.query.words import show_measurement

WIDTH, HEIGHT, MARGIN = 84, 28, 3


def sparkline(
    trend: Sequence[Measurement],
    name: str,
    tone: str = "calm",
    band: tuple[float, float] | None = None,
) -> SafeString:
    """Return the periods of a trend as SVG with a text for those who do not see it; empty for fewer
    than two values.

    Args:
        tone: of the verdict: what its last dot is coloured by.
        band: between what ordinary weeks lie.
    """
    known = [(place, m) for place, m in enumerate(trend) if m.value is not None]
    if len(known) < 2:
        return SafeString("")
    values = [*(m.value or 0.0 for _, m in known), *(band or ())]
    low, high = min(values), max(values)
    span = (high - low) or 1.0

    def y(value: float) -> float:
        return float(round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (value - low) / span, 1))

    def point(place: int, value: float) -> tuple[float, float]:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * place / max(1, len(trend) - 1), 1), y(value)

    solid: list[str] = []
    dashed: list[str] = []
    previous: tuple[int, Measurement] | None = None
    for place, m in known:
        if previous is not None and place == previous[0] + 1:
            (x1, y1), (x2, y2) = (
                point(previous[0], previous[1].value or 0.0),
                point(place, m.value or 0.0),
            )
            # What is cut off or not over yet would look like a fall.
            is_whole = not (m.is_partial or previous[1].is_partial)
            (solid if is_whole else dashed).append(f"M{x1} {y1}L{x2} {y2}")
        previous = (place, m)
    lines = format_html_join(
        "",
        '<path class="{}" d="{}"/>',
        [(name, "".join(drawn)) for name, drawn in (("", solid), ("part", dashed)) if drawn],
    )
    back = (
        format_html(
            '<rect x="1" y="{}" width="{}" height="{}" rx="2"/>',
            y(band[1]),
            WIDTH - 2,
            max(round(y(band[0]) - y(band[1]), 1), 1),
        )
        if band
        else ""
    )
    last_place, last = known[-1]
    x_last, y_last = point(last_place, last.value or 0.0)
    text = (
        f"{name} by period: from {show_measurement(known[0][1])[0]} to {show_measurement(last)[0]}"
    )
    return format_html(
        '<svg class="spark {}" viewBox="0 0 {} {}" width="{}" height="{}" role="img"'
        ' aria-label="{}">{}{}<circle cx="{}" cy="{}" r="2.6"/></svg>',
        tone,
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        text,
        back,
        lines,
        x_last,
        y_last,
    )
