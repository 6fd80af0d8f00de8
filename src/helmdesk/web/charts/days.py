"""Days and periods as people say them, on charts and in their tables."""

from __future__ import annotations

from datetime import date


def day_words(day: date, grain: str = "day") -> str:
    """Return a period's first day for an axis: "4 May", "May", "Q2 2026", "2026"."""
    if grain == "month":
        return f"{day:%b}" if day.month > 1 else f"{day:%b %Y}"
    if grain == "quarter":
        return f"Q{(day.month + 2) // 3} {day.year}"
    if grain == "year":
        return str(day.year)
    return f"{day:%-d %b}"


def period_words(day: date, grain: str) -> str:
    """Return a period by its first day: "Week of 4 May 2026", "May 2026"."""
    if grain == "week":
        return f"Week of {day:%-d %b %Y}"
    if grain == "month":
        return f"{day:%B %Y}"
    if grain in ("quarter", "year"):
        return day_words(day, grain)
    return f"{day:%a %-d %b %Y}"
