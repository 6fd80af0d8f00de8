"""Interval of a difference from the intervals of its two sides. Pure."""

from __future__ import annotations

import math

from helmdesk.statistics.proportion import Z95


def mover(
    now: float,
    now_interval: tuple[float, float],
    before: float,
    before_interval: tuple[float, float],
) -> tuple[float, float]:
    """Return the interval of ``now - before`` for independent estimates with any, also skewed,
    intervals.

    For Wilson intervals this is Newcombe's interval for two shares.
    Source: G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008) 1693-1702.
    """
    (low_now, high_now), (low_before, high_before) = now_interval, before_interval
    difference = now - before
    low = difference - math.hypot(now - low_now, high_before - before)
    high = difference + math.hypot(high_now - now, before - low_before)
    return low, high


def poisson_interval(count: int, z: float = Z95) -> tuple[float, float]:
    """Return an approximate interval of a Poisson mean after one count (square-root scale)."""
    root = math.sqrt(count + 3 / 8)
    return max(0.0, (root - z / 2) ** 2 - 3 / 8), (root + z / 2) ** 2 - 3 / 8
