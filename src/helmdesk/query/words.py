"""Numbers as people read them: the one place where a value meets its unit.

Every surface (command line, site, brief, API texts) writes values with these functions, so that one
number reads the same everywhere: shares as percentages, net scores as signed points, money with its
currency, durations on a business clock in hours, because a working day has no fixed length.
"""

from __future__ import annotations

from typing import Any

from helmdesk.query.measurement import REASONS, Measurement, Reason

NONE = "(none)"
COUNTED = ("tickets", "contacts", "customers", "clocks", "people")
# Parts of one: changes in them are told in points.
SHARES = ("share", "net_share")
DURATIONS = ("seconds", "business_seconds")
NO_CURRENCY = "of unknown currency"
MINUS = "−"
MINUTE, HOUR, DAY = 60, 3600, 86_400


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
    if row.value is None:
        return REASONS[row.reason][0] if row.reason else "no data", ""
    value = show_value(row.value, row.unit)
    if row.low is None and row.high is None:
        return value, ""
    low = show_value(row.low, row.unit) if row.low is not None else "?"
    high = show_value(row.high, row.unit) if row.high is not None else "?"
    return value, f"{low} – {high}"


def show_reason(reason: Reason) -> str:
    """Return why there is no value, or not one to rely on, and the next step; empty when there is
    nothing to say.
    """
    return ": ".join(REASONS[reason]) if reason else ""


def show_value(value: float, unit: str) -> str:
    """Return `value` in its unit."""
    if unit == "share":
        return f"{_plain(100 * value, 1)}%"
    if unit == "net_share":
        return _signed(_plain(100 * value, 0))
    if unit in DURATIONS:
        return show_duration(value, is_business=unit == "business_seconds")
    if unit in COUNTED:
        # An average of counts: what stands behind the point is noise.
        return _plain(value, 0 if value == int(value) or abs(value) >= 100 else 1)
    if is_money(unit):
        amount = _plain(value, 0 if abs(value) >= 1000 else 2)
        return f"{amount} {NO_CURRENCY if unit == 'money' else unit}"
    return _plain(value, 2)


def show_share(share: float) -> str:
    """Return a share as a percentage."""
    return show_value(share, "share")


def show_change(change: float, unit: str) -> str:
    """Return a change with its sign: points for shares, else in the unit."""
    if unit in SHARES:
        return f"{_signed(_plain(100 * change, 1))} points"
    return _signed(show_value(change, unit))


def show_relative(now: float, before: float, unit: str) -> str:
    """Return a change for a narrow column: points for shares, a part of the earlier value for
    everything else.
    """
    if unit in SHARES or not before:
        return show_change(now - before, unit)
    part = 100 * (now - before) / abs(before)
    return f"{_signed(_plain(part, 0 if abs(part) >= 10 else 1))}%"


def show_size(change: float, unit: str) -> str:
    """Return how large a change is, without its direction."""
    return (
        f"{_plain(100 * abs(change), 1)} points"
        if unit in SHARES
        else show_value(abs(change), unit)
    )


def show_duration(seconds: float, *, is_business: bool = False) -> str:
    """Return seconds as at most two units, no finer than anybody could act on: seconds to ten
    minutes, minutes to ten hours, hours to ten days; time on a business clock never as days.
    """
    sign, rest = (MINUS if round(seconds) < 0 else ""), abs(seconds)
    if round(rest) < MINUTE:
        return f"{sign}{rest:.0f} s"
    if round(rest) < 10 * MINUTE:
        return f"{sign}{_two(round(rest), MINUTE, 'min', 's')}"
    minutes = round(rest / MINUTE)
    if minutes < 60:
        return f"{sign}{minutes} min"
    if minutes < 600:
        return f"{sign}{_two(minutes, 60, 'h', 'min')}"
    hours = round(rest / HOUR)
    if hours < 48 or is_business:
        return f"{sign}{hours:,} h"
    if hours < 240:
        return f"{sign}{_two(hours, 24, 'd', 'h')}"
    return f"{sign}{round(rest / DAY):,} d"


def _two(count: int, size: int, large: str, small: str) -> str:
    """Return a count of small units as large and small ones; none of the small is left out."""
    whole, rest = divmod(count, size)
    return f"{whole:,} {large} {rest} {small}" if rest else f"{whole:,} {large}"


def show_count(number: int, thing: str) -> str:
    """Return a number of things: "1 row", "2,000 rows"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def is_money(unit: str) -> bool:
    """Whether a unit is an amount of money: a currency's code, or one nobody stated."""
    return unit == "money" or (len(unit) == 3 and unit.isascii() and unit.isupper())


def _plain(value: float, digits: int) -> str:
    """Return a number with thousands separators; what rounds to zero has no sign."""
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", MINUS)


def show_signed(value: float, digits: int = 0) -> str:
    """Return a difference with its sign, a minus being −; what rounds to zero has none."""
    return _signed(_plain(value, digits))


def _signed(text: str) -> str:
    """Return a written number with its sign; zero has none."""
    is_zero = not any(figure in "123456789" for figure in text)
    return text if is_zero or text.startswith(MINUS) else f"+{text}"
