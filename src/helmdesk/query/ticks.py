"""Round places on an axis, in the unit of what is drawn."""

from __future__ import annotations

import math
import re
from itertools import pairwise

from helmdesk.query.words import DURATIONS, show_value

MINUTE, HOUR, DAY = 60, 3600, 86_400
TIMES = (
    *(1, 2, 5, 10, 15, 20, 30),
    *(each * MINUTE for each in (1, 2, 5, 10, 15, 20, 30)),
    *(each * HOUR for each in (1, 2, 3, 4, 6, 8, 12)),
    *(each * DAY for each in (1, 2, 5, 10, 20, 50, 100)),
)
ROUND = re.compile(r"([+−-]?[\d,]+)\.0+((?:%| .*)?)")
DECADES = (1, 2, 5, 10)


def ticks(low: float, high: float, unit: str, most: int = 5) -> list[float]:
    """Return at most about `most` round values that span from `low` to `high`; the first is at or
    below `low` and the last at or above `high`.
    """
    if not high > low:
        high = low + (abs(low) or 1.0) * 0.1
    step = _step((high - low) / max(most - 1, 1), unit)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [place * step for place in range(first, last + 1)]


def _step(rough: float, unit: str) -> float:
    if unit in DURATIONS:
        return float(next((each for each in TIMES if each >= rough), _decade(rough)))
    scale = 100.0 if unit in ("share", "net_share") else 1.0
    return _decade(rough * scale) / scale


def _decade(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(each * power for each in DECADES if each * power >= rough * (1 - 1e-9)))


def tick_words(values: list[float], unit: str) -> list[str]:
    """Return labels of an axis, no longer than they must be to differ."""
    if unit == "share":
        least = min((after - before for before, after in pairwise(values)), default=1.0)
        digits = 0 if least >= 0.00999 else 1
        return [f"{100 * value:.{digits}f}%" for value in values]
    return [short(show_value(value, unit)) for value in values]


def short(text: str) -> str:
    """Leave out the zero part of a round value: "40.00" is "40"."""
    found = ROUND.fullmatch(text)
    return f"{found[1]}{found[2] or ''}" if found else text
