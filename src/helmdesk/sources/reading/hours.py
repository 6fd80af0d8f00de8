"""Hours of a shift as people write them: 9-17, 06:00-14:30, 9am to 5pm, 9-12 / 13-18."""

from __future__ import annotations

import re
from dataclasses import dataclass

CLOCK = r"(\d{1,2})(?:[:.h](\d{2}))?\s*(?:uhr|h)?\s*([ap])?\.?(?:m\.?)?"
RANGE = re.compile(
    rf"(?<![\d:.])(?<!\d-){CLOCK}\s*(?:-|–|—|\bto\b|\btill?\b|\buntil\b|\bbis\b|\ba\b|à|\bat[eé]\b)\s*{CLOCK}"
    r"(?![\d:])",
    re.IGNORECASE,
)
NOON = 12


@dataclass(frozen=True)
class Hours:
    """One stretch of a day; an end that is not after the start is on the next.

    Attributes:
        start, end: as 09:00.
        activity: the words after it; None where there are none.
    """

    start: str
    end: str
    activity: str | None = None


def hours_in(said: str) -> list[Hours]:
    """Return the hours that a text states; none where it states none, or where they may mean two
    things (9-5).
    """
    found = []
    matches = list(RANGE.finditer(said))
    for match in matches:
        hours = _hours(*match.groups())
        if hours is None:
            return []
        found.append(hours)
    if len(found) == 1:
        rest = re.sub(r"^[\s,;:()-]+|[\s()]+$", "", said[matches[0].end() :])
        return [Hours(found[0].start, found[0].end, rest or None)]
    return found


def _hours(
    hour: str,
    minute: str | None,
    half: str | None,
    end_hour: str,
    end_minute: str | None,
    end_half: str | None,
) -> Hours | None:
    is_bare = not (minute or half or end_minute or end_half)
    start, end = int(hour), int(end_hour)
    if is_bare and end <= start <= NOON:
        return None  # 9-5: until five in the morning, or in the afternoon?
    if half is None and end_half is not None:
        start_there = _of_day(start, end_half)
        # 1-5 pm is in the afternoon, 9-5 pm begins in the morning.
        start = start_there if start_there < _of_day(end, end_half) else start
    else:
        start = _of_day(start, half)
    end = _of_day(end, end_half)
    minutes, end_minutes = int(minute or 0), int(end_minute or 0)
    if start > 23 or end > 24 or minutes > 59 or end_minutes > 59 or (end == 24 and end_minutes):
        return None
    if (start, minutes) == (end, end_minutes):
        return None
    return Hours(f"{start:02d}:{minutes:02d}", f"{end % 24:02d}:{end_minutes:02d}")


def _of_day(hour: int, half: str | None) -> int:
    if half is None or hour > NOON:
        return hour
    return hour % NOON + (NOON if half.lower() == "p" else 0)
