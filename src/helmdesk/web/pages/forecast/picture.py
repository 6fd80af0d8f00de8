"""What came and what is expected, day by day, as SVG that follows the theme and needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helmdesk.plan.queues.waiting import Array
from helmdesk.query.ticks import ticks

TOP, FLOOR, HEIGHT = 10, 190, 216
LEFT = 7.0


def course(first: date, came: Array, expected: Array, low: Array, high: Array) -> SafeString:
    """Return the last weeks by day, and the days forecast with the range of four days of five.

    Args:
        first: the first day of `came`.
        came: contacts by day, up to the day before those expected.
        expected, low, high: by day.
    """
    size = came.size + expected.size
    top = ticks(0.0, max(1.0, float(max(came.max(initial=0), high.max(initial=0)))), "count")
    most = top[-1]

    def y(value: float) -> float:
        return FLOOR - (FLOOR - TOP) * float(value) / most

    def points(values: Sequence[float] | Array, begin: int) -> str:
        return " ".join(f"{10 * (begin + i) + 5},{y(v):.1f}" for i, v in enumerate(values))

    joined = np.concatenate([came[-1:], expected])
    begin = came.size - min(1, came.size)
    band = f"{points(high, came.size)} " + " ".join(reversed(points(low, came.size).split()))
    inner = format_html(
        '<svg x="{}%" y="0" width="{}%" height="{}" viewBox="0 0 {} {}"'
        ' preserveAspectRatio="none"><polygon class="band" points="{}"/>'
        '<polyline class="line" points="{}"/><polyline class="line part" points="{}"/></svg>',
        LEFT, 100 - LEFT, HEIGHT, 10 * size, HEIGHT, band,
        points(came, 0), points(joined, begin),
    )  # fmt: skip
    grid = format_html_join(
        "",
        '<line class="g" x1="{0}%" x2="100%" y1="{1}" y2="{1}"/>'
        '<text x="{2}%" y="{3}" text-anchor="end">{4}</text>',
        ((LEFT, f"{y(v):.1f}", LEFT - 1, f"{y(v) + 4:.1f}", f"{v:,.0f}") for v in top),
    )
    mondays = [i for i in range(size) if (first + timedelta(days=i)).weekday() == 0]
    step = max(1, len(mondays) // 4)
    marks = format_html_join(
        "",
        '<text x="{}%" y="{}" text-anchor="start">{}</text>',
        (
            (
                f"{LEFT + (100 - LEFT) * i / size:.2f}",
                HEIGHT - 6,
                f"{first + timedelta(days=i):%-d %b}",
            )
            for i in mondays[::step]
            if i < 0.93 * size
        ),
    )
    edge = LEFT + (100 - LEFT) * came.size / size
    said = (
        f"{came.sum():,.0f} contacts came in {came.size} days; {expected.sum():,.0f} are expected"
        f" in the next {expected.size}"
    )
    return format_html(
        '<svg class="xy" width="100%" height="{}" role="img" aria-label="{}">{}{}'
        '<line class="note" x1="{}%" x2="{}%" y1="{}" y2="{}"/>{}</svg>',
        HEIGHT, said, grid, inner, f"{edge:.2f}", f"{edge:.2f}", TOP, FLOOR, marks,
    )  # fmt: skip
