"""Sparklines: the trend in a card, the unfinished period dashed."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helmdesk.query.measurement import Measurement
from helmdesk.query.words import show_measurement

WIDTH, HEIGHT, MARGIN = 140, 34, 3


def sparkline(trend: Sequence[Measurement], name: str) -> SafeString:
    """Return the periods of a trend as SVG with a text for those who do not see it; empty for fewer
    than two values.
    """
    known = [(place, m) for place, m in enumerate(trend) if m.value is not None]
    if len(known) < 2:
        return SafeString("")
    values = [m.value or 0.0 for _, m in known]
    low, high = min(values), max(values)
    span = (high - low) or 1.0

    def point(place: int, value: float) -> tuple[float, float]:
        x = MARGIN + (WIDTH - 2 * MARGIN) * place / max(1, len(trend) - 1)
        return round(x, 1), round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (value - low) / span, 1)

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
        [(name, "".join(drawn)) for name, drawn in (("", solid), ("unfinished", dashed)) if drawn],
    )
    last_place, last = known[-1]
    x, y = point(last_place, last.value or 0.0)
    text = (
        f"{name} by period: from {show_measurement(known[0][1])[0]} to {show_measurement(last)[0]}"
    )
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {} {}" width="{}" height="{}" role="img"'
        ' aria-label="{}">{}<circle cx="{}" cy="{}" r="2.4"/></svg>',
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        text,
        lines,
        x,
        y,
    )
