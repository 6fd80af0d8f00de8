"""Drawings of planning, as SVG that follows the theme and needs no script: texts stand outside at
percentages, so that nothing is stretched.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helmdesk.plan.coverage import Coverage

TOP, FLOOR, HEIGHT = 22, 142, 166
SURE = 0.8
LEFT, WIDTH = 10.0, 86.0


def certainty(found: Coverage) -> SafeString:
    """Return the chance of a day keeping its promise against agent-hours; empty where there are
    fewer than two plans to compare.
    """
    points = found.plan.curve
    if len(points) < 2:
        return SafeString("")
    hours = np.array([point.agent_hours for point in points])
    chance = np.maximum.accumulate([point.probability for point in points])
    planned = None if found.planned is None else float(found.planned.sum() * found.hours)
    low, high = float(hours[0]), float(hours[-1])

    def x(value: float) -> str:
        return f"{LEFT + WIDTH * (value - low) / (high - low):.2f}%"

    def y(share: float) -> str:
        return f"{FLOOR - (FLOOR - TOP) * share:.1f}"

    drawn = [
        format_html('<line class="g" x1="{}%" x2="100%" y1="{}" y2="{}"/>', LEFT, y(v), y(v))
        + format_html(
            '<text x="{}%" y="{}" text-anchor="end">{:s}</text>', LEFT - 1.5, y(v - 0.035), t
        )
        for v, t in ((0.0, "0%"), (0.5, "50%"), (1.0, "100%"))
    ]
    drawn += [
        format_html('<line class="line" x1="{}" y1="{}" x2="{}" y2="{}"/>', x(a), y(p), x(b), y(q))
        for a, p, b, q in zip(hours, chance, hours[1:], chance[1:], strict=False)
    ]
    drawn.append(
        format_html(
            '<line class="target" x1="{}%" x2="100%" y1="{}" y2="{}"/>', LEFT, y(SURE), y(SURE)
        )
    )
    drawn += [
        format_html('<circle class="dot" cx="{}" cy="{}" r="4"><title>{}</title></circle>',
                    x(h), y(p), f"{h:,.0f} hours: {p:.0%}")
        for h, p in zip(hours, chance, strict=True)
    ]  # fmt: skip
    drawn += [
        format_html('<text x="{}" y="{}" text-anchor="{}">{} h</text>', x(v), HEIGHT - 6, a, t)
        for v, a, t in ((low, "start", f"{low:,.0f}"), (high, "end", f"{high:,.0f}"))
    ]
    if planned is not None and low < planned < high:
        drawn.append(
            format_html(
                '<line class="note" x1="{}" x2="{}" y1="{}" y2="{}"/>',
                x(planned), x(planned), TOP - 4, FLOOR,
            )
        )  # fmt: skip
    return format_html(
        '<svg class="xy" width="100%" height="{}" role="img" aria-label="{}">{}</svg>',
        HEIGHT,
        said_of_curve(hours, chance),
        format_html_join("", "{}", ((part,) for part in drawn)),
    )


def said_of_curve(hours: Sequence[float] | np.ndarray, chance: Sequence[float] | np.ndarray) -> str:
    """Return what the curve says, for those who do not see it."""
    enough = [h for h, p in zip(hours, chance, strict=True) if p >= SURE]
    begin = f"With {hours[0]:,.0f} hours at work the promise is kept on {chance[0]:.0%} of days"
    if not enough:
        return f"{begin}, with {hours[-1]:,.0f} hours on {chance[-1]:.0%}"
    return f"{begin}; {enough[0]:,.0f} hours keep it on four days of five"


def halves(
    spare: Sequence[float] | np.ndarray, first: int, minutes: int, most: float, said: str
) -> SafeString:
    """Return a day as bars: people spare above the line, short below.

    Args:
        spare: by interval; first: number of the first one shown. minutes: length of an interval.
        most: people that the longest bar stands for. said: the same in words.
    """
    size = max(1, len(spare))
    step = 24 / max(1.0, most)

    def bar(place: int, people: float) -> SafeString:
        height = abs(people) * step
        return format_html(
            '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}" rx="1"/>',
            "s" if people < 0 else "p",
            f"{100 * (place + 0.1) / size:.2f}",
            f"{80 / size:.2f}",
            f"{28 if people < 0 else 28 - height:.1f}",
            f"{height:.1f}",
        )

    bars = format_html_join(
        "", "{}", ((bar(place, people),) for place, people in enumerate(spare) if people)
    )
    hours = [h for h in range(0, 25, 4) if first <= h * 60 // minutes <= first + size]
    texts = format_html_join(
        "",
        '<text x="{}%" y="70" text-anchor="{}">{}</text>',
        (
            (f"{100 * at:.2f}", "start" if at < 0.02 else "end" if at > 0.98 else "middle", hour)
            for hour in hours
            for at in [(hour * 60 // minutes - first) / size]
        ),
    )
    return format_html(
        '<svg class="halves" width="100%" height="74" role="img" aria-label="{}">{}'
        '<line x1="0" x2="100%" y1="28" y2="28"/>{}</svg>',
        said, bars, texts,
    )  # fmt: skip


# A strip reaches from a third less to twice that more; changes beyond are drawn at its ends.
STRIP = (-0.5, 0.5)


def strip(now: float, change: float, low: float, high: float, tone: str, said: str) -> SafeString:
    """Return a change with its range, in parts of what is now."""
    if not now or not np.isfinite(now):
        return SafeString("")

    def x(value: float) -> str:
        share = (value / now - STRIP[0]) / (STRIP[1] - STRIP[0])
        return f"{100 * min(1.0, max(0.0, share)):.2f}%"

    return format_html(
        '<svg class="strip {}" width="100%" height="26" role="img" aria-label="{}">'
        '<line class="base" x1="0" x2="100%" y1="13" y2="13"/>'
        '<line class="ref" x1="50%" x2="50%" y1="0" y2="26"/>'
        '<line class="range" x1="{}" x2="{}" y1="13" y2="13"/>'
        '<circle cx="{}" cy="13" r="5"/></svg>',
        tone, said, x(low), x(high), x(change),
    )  # fmt: skip
