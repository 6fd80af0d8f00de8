"""Numbers as people read them: durations, percentages, counts, and the names of empty segments."""

from __future__ import annotations

from typing import Any

from helmdesk.query.measurement import Measurement

NONE = "(none)"
COUNTED = ("tickets", "contacts", "customers", "clocks")


def show_segment(value: Any) -> str:
    """Return a group's name; rows without a value are a visible segment."""
    return NONE if value is None else str(value)


def show_period(row: Measurement) -> str:
    """Return the period's first day, marked when only a part of the period is in it."""
    if row.period_start is None:
        return ""
    return f"{row.period_start}{' (part)' if row.is_partial else ''}"


def show_measurement(row: Measurement) -> tuple[str, str]:
    """Return value and interval as text; the interval is empty where none exists."""
    if row.is_suppressed:
        return "withheld (fewer than 5)", ""
    if row.value is None:
        return "no data", ""
    value = show_value(row.value, row.unit)
    if row.low is None and row.high is None:
        return value, ""
    low = show_value(row.low, row.unit) if row.low is not None else "?"
    high = show_value(row.high, row.unit) if row.high is not None else "?"
    return value, f"{low} – {high}"


def show_value(value: float, unit: str) -> str:
    """Return `value` in its unit: shares as percentages, seconds as durations."""
    if unit == "share":
        return f"{value:.1%}"
    if unit == "seconds":
        return show_duration(value)
    if unit in COUNTED:
        # An average of counts: what stands behind the point is noise.
        return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.1f}"
    if unit == "money" and abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.2f}"


def show_change(now: float, before: float, unit: str) -> str:
    """Return a change with its sign: percentage points for shares, percent for everything else."""
    if unit == "share":
        return f"{(now - before) * 100:+.1f} pts"
    if before == 0:
        return f"{now - before:+,.2f}" if now != before else "0"
    return f"{(now - before) / before:+.0%}"


def show_duration(seconds: float) -> str:
    """Return seconds as the two largest fitting units."""
    sign, rest = ("-" if seconds < 0 else ""), abs(seconds)
    if rest < 60:
        return f"{sign}{rest:.0f} s"
    minutes, left = divmod(round(rest), 60)
    if minutes < 60:
        return f"{sign}{minutes} min {left:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{sign}{hours} h {minutes:02d} min"
    days, hours = divmod(hours, 24)
    return f"{sign}{days} d {hours:02d} h"
