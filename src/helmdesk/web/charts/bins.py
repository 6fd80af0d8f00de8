"""How values are spread, as bars from zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helmdesk.query.distribution import Bin
from helmdesk.query.ticks import short
from helmdesk.query.words import show_value

TOP, BOTTOM, HEIGHT = 14, 22, 130
MOST_LABELS = 7


@dataclass(frozen=True)
class Spread:
    """A histogram: its picture, what it says, and the same as rows (from – to, rows, share)."""

    svg: SafeString
    summary: str
    rows: tuple[tuple[str, str, str], ...]


def draw_bins(bins: Sequence[Bin], unit: str, thing: str) -> Spread | None:
    """Return how many rows lie between each pair of edges; None when there are none.

    Args:
        thing: what a row is, in the plural.
    """
    total = sum(each.n for each in bins)
    if not total:
        return None
    most, count = max(each.n for each in bins), len(bins)
    names = [_between(each, unit) for each in bins]
    bars = format_html_join(
        "",
        '<rect class="b" x="{}%" width="{}%" y="{}" height="{}" rx="1.5"><title>{}</title></rect>',
        (
            (
                _n((place + 0.04) / count * 100),
                _n(0.92 / count * 100),
                _n(TOP + HEIGHT - HEIGHT * each.n / most),
                _n(HEIGHT * each.n / most),
                f"{name}: {each.n:,} {thing}",
            )
            for place, (each, name) in enumerate(zip(bins, names, strict=True))
        ),
    )
    step = -(-count // MOST_LABELS)
    marks = format_html_join(
        "",
        '<text class="m" x="{}%" y="{}" text-anchor="{}">{}</text>',
        (
            (
                _n(place / count * 100),
                TOP + HEIGHT + 16,
                "start" if place == 0 else "middle",
                short(show_value(bins[place].low, unit)),
            )
            for place in range(0, count, step)
        ),
    )
    largest = max(range(count), key=lambda place: bins[place].n)
    summary = (
        f"{total:,} {thing}; most of them, {bins[largest].n / total:.0%}, lie in {names[largest]}."
    )
    svg = format_html(
        '<svg class="hist" width="100%" height="{}" role="img" aria-label="{}">{}'
        '<line class="zero" x1="0" x2="100%" y1="{}" y2="{}"/>{}</svg>',
        TOP + HEIGHT + BOTTOM,
        summary,
        bars,
        TOP + HEIGHT,
        TOP + HEIGHT,
        marks,
    )
    rows = tuple(
        (name, f"{each.n:,}", f"{each.n / total:.1%}")
        for name, each in zip(names, bins, strict=True)
    )
    return Spread(svg, summary, rows)


def _between(each: Bin, unit: str) -> str:
    low = short(show_value(each.low, unit))
    if each.high is None:
        return f"{low} or more"
    return f"{low} – {short(show_value(each.high, unit))}"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
