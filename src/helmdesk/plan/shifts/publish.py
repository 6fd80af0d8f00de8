"""From a plan that was made to records, calendars and spreadsheets. Pure."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helmdesk.ics_text import escaped, folded
from helmdesk.plan.simulation.people import Shift

Pieces = list[tuple[str, datetime, datetime]]
TIME_OFF = "time_off"


def instant(first: date, day: int, minute: int, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a local minute of a day; a minute that clocks skip is the moment
    after.
    """
    wall = datetime.combine(first + timedelta(days=day), time()) + timedelta(minutes=minute)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def pieces_of(shift: Shift, first: date, zone: ZoneInfo) -> Pieces:
    """Return what a shift is made of: work, breaks and meals, in order."""
    marks = sorted(
        [(s, e, "break") for s, e in shift.breaks] + [(s, e, "meal") for s, e in shift.meals]
    )
    found: list[tuple[str, int, int]] = []
    at = shift.start
    for start, end, what in marks:
        if start > at:
            found.append(("work", at, start))
        found.append((what, start, end))
        at = end
    if at < shift.end:
        found.append(("work", at, shift.end))
    return [
        (what, instant(first, shift.day, s, zone), instant(first, shift.day, e, zone))
        for what, s, e in found
    ]


def events_of(
    before: Sequence[Shift],
    after: Sequence[Shift],
    keys: Mapping[tuple[str, int], Sequence[str]],
    first: date,
    zone: ZoneInfo,
    approved_by: str,
    version: str,
) -> list[tuple[str, dict[str, str]]]:
    """Return the records that turn one plan into another: type and content.

    A shift that there was is replaced by an approved change of it; one that is no more becomes time
    off; a new one is planned. What did not change is not told again.

    Args:
        keys: identities of the shifts in the records, by person and day. None: nothing is planned
            there in the records, even if `before` shows what the last plan carries on.
        version: makes identities of new shifts unique.
    """
    then = {(shift.person, shift.day): shift for shift in before}
    now = {(shift.person, shift.day): shift for shift in after}
    found: list[tuple[str, dict[str, str]]] = []
    for person, day in sorted({*then, *now}):
        had, has = then.get((person, day)), now.get((person, day))
        known = list(keys.get((person, day), ()))
        if had == has and known:
            continue
        if has is None:
            if had is None or not known:
                continue
            pieces = [
                (
                    TIME_OFF,
                    instant(first, day, had.start, zone),
                    instant(first, day, had.end, zone),
                )
            ]
        else:
            pieces = pieces_of(has, first, zone)
        found += _told(person, day, pieces, known, first, approved_by, version)
    return found


def _told(
    person: str,
    day: int,
    pieces: Pieces,
    known: Sequence[str],
    first: date,
    approved_by: str,
    version: str,
) -> list[tuple[str, dict[str, str]]]:
    new = f"plan:{version}:{person}:{first + timedelta(days=day)}"
    told = []
    for number, (what, start, end) in enumerate(pieces):
        said = {
            "agent_id": person,
            "activity": what,
            "start_at": start.isoformat(),
            "end_at": end.isoformat(),
        }
        if known:
            # Every identity that was is replaced; the last of them holds the rest.
            key = known[min(number, len(known) - 1)]
            told.append(("shift_changed", {**said, "shift_id": key, "approved_by": approved_by}))
        else:
            told.append(("shift_planned", {**said, "shift_id": new}))
    for key in known[len(pieces) :]:
        what, start, end = pieces[0]
        said = {
            "agent_id": person,
            "activity": what,
            "start_at": start.isoformat(),
            "end_at": end.isoformat(),
        }
        told.append(("shift_changed", {**said, "shift_id": key, "approved_by": approved_by}))
    return told


def calendar_of(
    shifts: Sequence[Shift], first: date, zone: ZoneInfo, title: str, made_at: datetime
) -> str:
    """Return shifts as a calendar file (.ics), each an event with its breaks in the note."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Helmdesk//Schedule//EN",
        f"X-WR-CALNAME:{escaped(title)}",
    ]
    for shift in sorted(shifts, key=lambda s: (s.day, s.start)):
        day = first + timedelta(days=shift.day)
        pauses = ", ".join(
            f"{what} {_clock(s)}-{_clock(e)}"
            for what, spans in (("Lunch", shift.meals), ("Break", shift.breaks))
            for s, e in spans
        )
        lines += [
            "BEGIN:VEVENT",
            f"UID:{escaped(shift.person)}-{day}@helmdesk",
            f"DTSTAMP:{made_at:%Y%m%dT%H%M%SZ}",
            f"DTSTART:{instant(first, shift.day, shift.start, zone):%Y%m%dT%H%M%SZ}",
            f"DTEND:{instant(first, shift.day, shift.end, zone):%Y%m%dT%H%M%SZ}",
            "SUMMARY:Shift",
            f"DESCRIPTION:{escaped(pauses or 'no breaks')}",
            "END:VEVENT",
        ]
    return "\r\n".join([*map(folded, lines), "END:VCALENDAR", ""])


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def sheet_of(shifts: Sequence[Shift], first: date, names: Mapping[str, str]) -> str:
    """Return shifts as rows for a spreadsheet, as the source ``roster`` reads them: one a piece, in
    local time.
    """
    from helmdesk.csv_text import write_rows

    text = io.StringIO()
    rows: list[list[str]] = [["agent_id", "name", "start_at", "end_at", "activity"]]
    zone = ZoneInfo("UTC")  # wall-clock times: written as they stand on the wall
    for shift in shifts:
        for what, start, end in pieces_of(shift, first, zone):
            rows.append(
                [
                    shift.person,
                    names.get(shift.person, shift.person),
                    f"{start:%Y-%m-%d %H:%M}",
                    f"{end:%Y-%m-%d %H:%M}",
                    what,
                ]
            )
    write_rows(text, rows)
    return text.getvalue()


def read_sheet(content: str, first: date, days: int) -> tuple[list[Shift], list[str]]:
    """Return the shifts that such rows say, and what could not be read, line by line."""
    from helmdesk.csv_text import read_rows, separator_of
    from helmdesk.plan.simulation.people import from_pieces

    rows = list(read_rows(io.StringIO(content, newline=""), separator_of(content)))
    heading = [each.strip().lower() for each in rows[0]] if rows else []
    pieces, problems = [], []
    for number, row in enumerate(rows[1:], 2):
        given = {name: cell.strip() for name, cell in zip(heading, row, strict=False)}
        if not any(given.values()):
            continue
        try:
            who, start, end = _read_row(given)
        except ValueError as error:
            problems.append(f"line {number}: {error}")
            continue
        day = (start.date() - first).days
        if 0 <= day < days:
            begin = start.hour * 60 + start.minute
            length = round((end - start).total_seconds() / 60)
            pieces.append((who, day, begin, begin + length, given.get("activity") or "work"))
    return from_pieces(pieces, lambda _: (0,)), problems


def _read_row(given: Mapping[str, str]) -> tuple[str, datetime, datetime]:
    """Return who, from when to when; ValueError says what is wrong."""
    who = given.get("agent_id") or given.get("agent") or given.get("name")
    try:
        start, end = (
            datetime.fromisoformat(given.get(name) or given.get(name.removesuffix("_at"), ""))
            for name in ("start_at", "end_at")
        )
    except ValueError as error:
        raise ValueError("start and end are no times; write 2026-07-06 09:00") from error
    if not who:
        raise ValueError("nobody is named")
    if end <= start:
        raise ValueError("it ends before it begins")
    return who, start, end
