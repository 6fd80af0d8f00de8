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
