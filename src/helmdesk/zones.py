"""Offsets from UTC, and where they change: the one place that looks for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def utc_offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    """Return how far a zone is east of UTC at a naive UTC instant."""
    return moment.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()


def offset_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first whole second (naive UTC) with another offset than at `before`; at `after`
    there is one.
    """
    offset = utc_offset(zone, before)
    while after - before > SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if utc_offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def comes_twice(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock of a zone shows the time of an instant (aware) twice on that day, because
    clocks go back.
    """
    local = moment.astimezone(zone)
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
