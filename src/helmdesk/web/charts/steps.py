"""A change taken apart, as labelled steps from nought to the whole: a table whose bars can be read
without colour.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from helmdesk.insight.location import Breakdown
from helmdesk.query.words import show_change
from helmdesk.web.labels import value_words

HEIGHT, MOST = 16, 6
LEAST_PART = 0.02
"""What makes less than this part of the largest step is told together."""
SAME_WORK = "handled differently"
OTHER_WORK = "more or fewer of them"


@dataclass(frozen=True)
class Step:
    """One part: what it is, how, its bar, and how much it makes."""

    name: str
    how: str
    bar: SafeString
    change: str


@dataclass(frozen=True)
class Steps:
    """All parts, the largest first, and the whole at the end; `summary` says it in a sentence."""

    rows: tuple[Step, ...]
    summary: str


def draw_steps(breakdown: Breakdown, unit: str, has_mix: bool) -> Steps | None:
    """Return a change by one dimension; None when nothing makes it up.

    Args:
        has_mix: whether more or fewer of a kind of work can make a change by itself.
    """
    parts = [
        (value_words(breakdown.dimension, part.group[0]), how if has_mix else "", value)
        for part in breakdown.parts
        for how, value in ((SAME_WORK, part.rate), (OTHER_WORK, part.mix))
        if value
    ]
    parts.sort(key=lambda part: -abs(part[2]))
    if not parts:
        return None
    least = LEAST_PART * max(abs(value) for *_, value in parts)
    large = [part for part in parts[:MOST] if abs(part[2]) >= least]
    small = parts[len(large) :]
    rest = ("All others", "", sum(value for *_, value in small))
    told = [*large, *([rest] if small else [])]
    edges, at = [], 0.0
    for *_, value in told:
        edges.append((at, at + value))
        at += value
    edges.append((0.0, at))
    low, high = min(0.0, *map(min, edges)), max(0.0, *map(max, edges))
    rows = tuple(
        Step(name, how, _bar(edge, low, high, is_whole=False), show_change(value, unit))
        for (name, how, value), edge in zip(told, edges, strict=False)
    )
    whole = Step(
        "The whole change", "", _bar(edges[-1], low, high, is_whole=True), show_change(at, unit)
    )
    largest = rows[0]
    how = f" ({largest.how})" if largest.how else ""
    summary = (
        f"The change of {whole.change} taken apart; the largest part is {largest.name}{how},"
        f" {largest.change}."
    )
    return Steps((*rows, whole), summary)


def _bar(edge: tuple[float, float], low: float, high: float, *, is_whole: bool) -> SafeString:
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return (value - low) / span * 100

    left, right = sorted(map(x, edge))
    return format_html(
        '<svg class="step-bar{}" width="100%" height="{}" aria-hidden="true">'
        '<line x1="{}%" x2="{}%" y1="0" y2="{}"/>'
        '<rect x="{}%" width="{}%" y="2" height="{}" rx="2"/>'
        "</svg>",
        " whole" if is_whole else "",
        HEIGHT,
        f"{x(0.0):.2f}",
        f"{x(0.0):.2f}",
        HEIGHT,
        f"{left:.2f}",
        f"{max(right - left, 0.4):.2f}",
        HEIGHT - 4,
    )
