"""When a week's digest is due: on its reader's own Monday morning, never before the week
is over.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helmdesk.act.rhythm import Rhythm, local_instant

MONDAY, MORNING = 0, time(7)
MONDAYS = Rhythm(at=MORNING, weekdays=frozenset({MONDAY}))


def due_at(week_end: datetime, last_day: date, asked_at: datetime, zone: ZoneInfo) -> datetime:
    """Return from when on a reader is told a week.

    It is seven in the morning of the reader's Monday, or the end of the week where their Monday
    morning comes before it (a desk in Berlin read in Auckland). Who asks later than that waits for
    the next Monday of their zone.

    Args:
        week_end: when the week is over on the desk, with a zone.
        last_day: the week's last local day on the desk.
        asked_at: since when the reader wants digests, with a zone.
        zone: the reader's.
    """
    after = last_day + timedelta(days=1)
    monday = after + timedelta(days=(MONDAY - after.weekday()) % 7)
    due = max(week_end.astimezone(UTC), local_instant(monday, MORNING, zone))
    return due if asked_at <= due else MONDAYS.after(asked_at, zone)
