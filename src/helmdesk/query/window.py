"""The window that is looked at and the one it is compared with: named or by dates, one answer for
every surface.

A window ends with the last complete local day of the data unless it says otherwise. One that is not
over is compared over the time that has passed, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from helmdesk.errors import UsageError, nearest
from helmdesk.query.periods import (
    local_date,
    local_midnight,
    parse_boundary,
    period_start,
    previous_period,
)

DAYS, MOST_DAYS = 28, 3660
COMPARISONS = {
    "previous": "the window before",
    "same-weekdays": "the same weekdays before, moved by whole weeks",
    "year": "the same weekdays 52 weeks earlier",
    "year-dates": "the same dates a year earlier",
}
CALENDAR = tuple(
    f"{which}-{grain}"
    for grain in ("week", "month", "quarter", "year")
    for which in ("last", "this")
)
NAMES = (*CALENDAR, "7-days", "28-days")
WEEKS_A_YEAR = 364
TICK = timedelta(microseconds=1)
NO_OFFSET = "+00:00"


@dataclass(frozen=True)
class Window:
    """Two windows to compare, naive UTC, half-open.

    Attributes:
        comparison: how the earlier one was chosen.
        name: of a named window; empty for one given by dates.
        data_end: where the data end inside it; None when they reach beyond it.
        is_unfinished: its calendar period or its days are not over: the earlier one is cut where
        this one stands.
    """

    start: datetime
    end: datetime
    previous_start: datetime
    previous_end: datetime
    comparison: str = "previous"
    name: str = ""
    data_end: datetime | None = None
    is_unfinished: bool = False

    @property
    def until(self) -> datetime:
        """Where what is known of it ends."""
        return self.end if self.data_end is None else self.data_end + TICK

    def days(self, zone: str) -> int:
        """Return how many local days have passed in it, a part of one counted as one."""
        return _days(self.start, self.until, zone)

    def words(self, zone: str) -> str:
        """Say which days are looked at; the last one is included."""
        marks = []
        if self.name in CALENDAR:
            marks.append(f"{self.name.replace('-', ' ')}{' so far' if self.is_unfinished else ''}")
        if self.data_end is not None:
            marks.append(f"the data end {wall(self.data_end, zone):%-d %B %Y at %H:%M}")
        return span_words(self.start, self.end, zone) + (f" ({', '.join(marks)})" if marks else "")

    def previous_words(self, zone: str) -> str:
        """Say with which days it is compared: how they were chosen where that is not a matter of
        course, and unequal lengths.
        """
        marks = [] if self.comparison == "previous" else [COMPARISONS[self.comparison]]
        now, before = self.days(zone), _days(self.previous_start, self.previous_end, zone)
        if self.is_unfinished:
            marks.append("as far into it")
        if now != before:
            marks.append(f"{before} days against {now}")
        return span_words(self.previous_start, self.previous_end, zone) + (
            f" ({', '.join(marks)})" if marks else ""
        )

    def as_dict(self, zone: str) -> dict[str, Any]:
        """Return plain values; instants carry the offset of the desk's zone."""
        instants = {
            name: plain(getattr(self, name), zone)
            for name in ("start", "end", "previous_start", "previous_end")
        }
        return {
            **instants,
            "time_zone": zone,
            "name": self.name,
            "comparison": self.comparison,
            "is_unfinished": self.is_unfinished,
            "data_end": self.data_end and plain(self.data_end, zone),
            "words": self.words(zone),
            "previous_words": self.previous_words(zone),
        }


def find_window(
    as_of: datetime,
    zone: str,
    week_start: str,
    *,
    name: str = "",
    start: str = "",
    end: str = "",
    compare: str = "previous",
) -> Window:
    """Return the window asked for (the last 28 complete days when nothing is) and the one to
    compare it with.

    Args:
        as_of: end of the data, naive UTC.
        name: a named window; see `NAMES`.
        start, end: local dates or times, half-open.
        compare: see `COMPARISONS`.

    Raises:
        UsageError: an unknown name or comparison, both a name and dates, or an empty window.
    """
    if compare not in COMPARISONS:
        raise UsageError(f"unknown comparison '{compare}'; use one of {', '.join(COMPARISONS)}")
    if name and (start or end):
        raise UsageError(f"a window is named ('{name}') or given by dates, not both")
    if name in CALENDAR:
        return _calendar_window(as_of, zone, week_start, name, compare)
    last = (
        parse_boundary(end, zone, "end") if end else local_midnight(local_date(as_of, zone), zone)
    )
    first = parse_boundary(start, zone, "start") if start else moved(last, -_named_days(name), zone)
    if first >= last:
        raise UsageError(
            f"the window is empty: it starts {wall(first, zone):%Y-%m-%d %H:%M} and ends"
            f" {wall(last, zone):%Y-%m-%d %H:%M}"
        )
    return _compared(Window(first, last, first, last, compare, name), as_of, zone)


def last_complete_week(instant: datetime, zone: str, week_start: str) -> tuple[datetime, datetime]:
    """Return the reporting week before the one that holds an instant: "last week" wherever it is
    spoken of.
    """
    found = find_window(instant, zone, week_start, name="last-week")
    return found.start, found.end


def moved(instant: datetime, days: int, zone: str) -> datetime:
    """Return the same local time on another day, so that a change of the clocks moves no
    boundary.
    """
    local = wall(instant, zone)
    day = local.date() + timedelta(days=days)
    if local.replace(tzinfo=None).time() == datetime.min.time() or instant == local_midnight(
        local.date(), zone
    ):
        return local_midnight(day, zone)
    return datetime.combine(day, local.time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def wall(instant: datetime, zone: str) -> datetime:
    """Return an instant (naive: UTC) on the clock of a zone."""
    return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(ZoneInfo(zone))


def plain(value: object, zone: str | None = None) -> str:
    """Return an instant or a day as ISO 8601; anything else as text.

    Args:
        zone: on whose clock instants are given; None leaves them on their own. Whoever has no
        offset is UTC, and UTC is ``Z``.
    """
    if isinstance(value, datetime):
        text = (
            wall(value, zone) if zone else value.replace(tzinfo=value.tzinfo or UTC)
        ).isoformat()
        return f"{text.removesuffix(NO_OFFSET)}Z" if text.endswith(NO_OFFSET) else text
    return value.isoformat() if isinstance(value, date) else str(value)


def boundary(instant: datetime, zone: str) -> str:
    """Return an instant as questions take it: a local date, or a time with its offset where no day
    begins.
    """
    day = local_date(instant, zone)
    return (
        day.isoformat() if local_midnight(day, zone) == instant else wall(instant, zone).isoformat()
    )


def span_words(start: datetime, end: datetime, zone: str) -> str:
    """Return a half-open stretch as people read it: its first and last day, or its times where it
    cuts a day.
    """
    if all(local_midnight(local_date(at, zone), zone) == at for at in (start, end)):
        return days_words(local_date(start, zone), local_date(end - TICK, zone))
    first, last = wall(start, zone), wall(end, zone)
    if first.date() == last.date():
        return f"{first:%-d %B %Y, %H:%M}–{last:%H:%M}"
    return f"{first:%-d %B %Y %H:%M} to {last:%-d %B %Y %H:%M}"


def days_words(first: date, last: date) -> str:
    """Return days, both included, with what they share said once: "3–30 June 2026"."""
    if first == last:
        return f"{first:%-d %B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last:%-d %B %Y}"
    if first.year == last.year:
        return f"{first:%-d %B} – {last:%-d %B %Y}"
    return f"{first:%-d %B %Y} – {last:%-d %B %Y}"


def _days(start: datetime, end: datetime, zone: str) -> int:
    return (local_date(end - TICK, zone) - local_date(start, zone)).days + 1


def check_name(name: str) -> None:
    """Refuse what is no named window.

    Raises:
        UsageError: with the names there are.
    """
    if name not in CALENDAR:
        _named_days(name)


def _named_days(name: str) -> int:
    """Read ``28-days``; nothing is the usual length."""
    number = name.removesuffix("-days")
    if not name:
        return DAYS
    if (
        name == number
        or not (number.isascii() and number.isdigit())
        or not 1 <= int(number[:5]) <= MOST_DAYS
    ):
        near = nearest(name, NAMES)
        raise UsageError(
            f"unknown window '{name[:40]}'{near}; use {', '.join(CALENDAR)}, or a number of days (1"
            f" to {MOST_DAYS:,}) such as 28-days"
        )
    return int(number)


def _calendar_window(
    as_of: datetime, zone: str, week_start: str, name: str, compare: str
) -> Window:
    """Return a week, month, quarter or year; the one before it is a whole one, or as much of it as
    has passed of this.
    """
    which, _, grain = name.partition("-")
    today = local_date(as_of, zone)
    this = period_start(today, grain, week_start)
    first = this if which == "this" else previous_period(this, grain)
    start, midnight = local_midnight(first, zone), local_midnight(today, zone)
    if which == "last":
        end = local_midnight(this, zone)
    else:
        # On its first day there is no complete one yet: what has passed of it.
        end = midnight if midnight > start else as_of + TICK
    window = Window(start, end, start, end, compare, name, is_unfinished=which == "this")
    if compare != "previous":
        return _compared(window, as_of, zone)
    before = previous_period(first, grain)
    previous_end = start if which == "last" else min(start, moved(end, (before - first).days, zone))
    return Window(
        start,
        end,
        local_midnight(before, zone),
        previous_end,
        compare,
        name,
        is_unfinished=which == "this",
    )


def _compared(window: Window, as_of: datetime, zone: str) -> Window:
    """Return a window with the earlier one: moved back as the comparison says, and cut where the
    data of this one end.
    """
    start, end = window.start, window.end
    data_end = as_of if start <= as_of < end - TICK else None
    is_cut = data_end is not None and end > local_midnight(
        local_date(as_of, zone) + timedelta(days=1), zone
    )
    last = as_of + TICK if is_cut else end
    if window.comparison == "year-dates":
        before, until = (
            _year_earlier(start, zone, is_end=False),
            _year_earlier(last, zone, is_end=True),
        )
    elif window.comparison == "previous" and wall(start, zone).time() != wall(end, zone).time():
        # Hours within a day: the same number of hours before.
        before, until = start - (end - start), last - (end - start)
    else:
        days = max(1, (local_date(end, zone) - local_date(start, zone)).days)
        shift = {"previous": days, "same-weekdays": -(-days // 7) * 7, "year": WEEKS_A_YEAR}[
            window.comparison
        ]
        before, until = moved(start, -shift, zone), moved(last, -shift, zone)
    return Window(
        start,
        end,
        before,
        until,
        window.comparison,
        window.name,
        data_end,
        window.is_unfinished or is_cut,
    )


def _year_earlier(instant: datetime, zone: str, *, is_end: bool) -> datetime:
    """Return the same local date and time a year before; 29 February begins with the 28th and ends
    with 1 March.
    """
    day = local_date(instant, zone)
    leaps = day.month == 2 and day.day == 29
    before = (
        (date(day.year - 1, 3, 1) if is_end else date(day.year - 1, 2, 28))
        if leaps
        else day.replace(year=day.year - 1)
    )
    return moved(instant, (before - day).days, zone)
