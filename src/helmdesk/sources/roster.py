"""Planned shifts, from a list (who, what, from when to when) or a roster by days; approved changes
replace the shift they name.

Files that are loaded together are one plan; a later plan takes the place of what was planned for
the same people and days. A load without any work in it (leave from another system, breaks,
trainings) is no plan of a day but a part of one: it stands beside the plan, and takes the place of
what such loads said of the same activity before. Times without an offset are in ``--time-zone``. An
end before its start is on the next day, at that time of the wall clock there; one in the hour that
the clocks repeat is its second passing, where that comes after the start. A time that the clocks
skip is the moment after.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.errors import InputError, MappingError
from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import (
    Layout,
    Sheet,
    meanings_of,
    needed_sheet,
    plain,
    times_of,
)
from helmdesk.sources.parts.roster_matrix import as_list, tells_matrix
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.raw_tables import read_table
from helmdesk.sources.reading.wall_clock import nominal
from helmdesk.sources.reading.words import worded

LAYOUT: Layout = {
    "agent_id": ("agent_id", "agent", "employee", "employee_id", "name", "user"),
    "start": ("start_at", "start", "start_time", "from", "begins", "shift_start"),
    "end": ("end_at", "end", "end_time", "to", "until", "shift_end"),
    "date": ("date", "day", "shift_date"),
    "activity": ("activity", "type", "shift_type", "task"),
    "shift_id": ("shift_id", "shift", "id"),
    "approved_by": ("approved_by", "approver"),
    "changed_at": ("changed_at", "change_time"),
}
ACTIVITIES = {
    "work": (
        "shift",
        "phone",
        "phones",
        "chat",
        "email",
        "tickets",
        "queue",
        "on queue",
        "available",
        "open",
    ),
    "break": ("short break", "pause", "rest"),
    "meal": ("lunch", "dinner", "meal break", "lunch break"),
    "meeting": ("team meeting", "1 1", "one on one", "huddle"),
    "training": ("coaching", "onboarding", "learning"),
    "project": ("back office", "offline work", "special project"),
    "time_off": ("pto", "vacation", "holiday", "sick", "leave", "off", "absence"),
}


def tells_shifts(columns: Sequence[str]) -> bool:
    """Whether a header is that of a roster and of nothing else: a person, a start and an end that
    are called those of a shift; or days.
    """
    if tells_matrix(columns):
        return True
    given = meanings_of(columns, LAYOUT)
    return {"agent_id", "start", "end"} <= given.keys() and any(
        "shift" in plain(column) for column in given.values()
    )


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage planned shifts and approved changes."""
    staging.is_told_whole = True
    for place, path in enumerate(paths):
        sheet = _sheet(staging, path, options, place)
        zone = options.time_zone or "UTC"
        start, end = (
            ("(date || ' ' || \"start\")", "(date || ' ' || \"end\")")
            if sheet.has("date")
            else ('"start"', '"end"')
        )
        times = times_of(staging, sheet, start, options, beside=(end,))
        activity = (
            f"coalesce({worded('activity', ACTIVITIES)}, case when activity is null then 'work'"
            " end)"
        )
        starts, ends = times.nominal(start), times.nominal(end)
        next_day = nominal(f"(timezone({text(zone)}, first_end_at) + interval 1 day)", zone)
        staging.connection.execute(f"""create temp table planned as
            with read as (select *, {activity} as known_activity, {starts} as start_at,
                {ends} as first_end_at, {times.second(end)} as second_end_at,
                    {times.local(start)}::date as start_day, {times.local(end)}::date as end_day
                from {sheet.view})
            select *, case when first_end_at > start_at then first_end_at
                when second_end_at > start_at then second_end_at
                when end_day >= start_day then {next_day} end as end_at
            from read""")
        faults = (
            ("agent_id", "agent_id", "case when agent_id is null then 'no agent' end"),
            (
                "start",
                start,
                (
                    f"case when {start} is null then 'no start' when start_at is null then"
                    f" {times.fault(start)} end"
                ),
            ),
            (
                "end",
                end,
                (
                    f"case when {end} is null then 'no end' when first_end_at is null then"
                    f" {times.fault(end)} when start_at is not null and end_at is null then 'a"
                    " shift that ends on a day before it starts' end"
                ),
            ),
            (
                "activity",
                "activity",
                (
                    "case when known_activity is null then 'not a known activity:"
                    f" {', '.join(ACTIVITIES)}' end"
                ),
            ),
        )
        for meaning, raw, fault in faults:
            staging.reject(
                sheet.given.get(meaning, meaning),
                raw,
                fault,
                f"planned where {fault} is not null",
                is_whole_row=True,
            )
        sound = " and ".join(f"({fault}) is null" for _, _, fault in faults)
        if sheet.has("changed_at") and not sheet.has("shift_id"):
            raise InputError(f"{path}: changes need a shift_id that names the shift they replace")
        changed = (
            times_of(staging, sheet, "changed_at", options, beside=(start, end)).instant(
                "changed_at"
            )
            if sheet.has("changed_at")
            else "null::timestamptz"
        )
        shared = {
            "source_id": "shift_id",
            "agent_id": "agent_id",
            "activity": "known_activity",
            "start_at": "start_at",
            "end_at": "end_at",
            "shift_id": "shift_id",
            "extra": "extra",
            "_file": "_file",
            "_row": "_row",
        }
        identity = (
            "agent_id || ':' || coalesce(shift_id, '') || ':' || known_activity || ':' ||"
            " epoch_us(start_at) || ':' || epoch_us(end_at)"
        )
        staging.add(
            "shift_planned",
            {
                **shared,
                "record_id": f"'roster:planned:' || {identity}",
                "row_id": "'roster:' || agent_id || ':' || start_day",
                "occurred_at": "start_at",
            },
            f"planned where {sound} and changed_at is null and approved_by is null",
        )
        staging.add(
            "shift_changed",
            {
                **shared,
                "record_id": f"'roster:changed:' || {identity}",
                "occurred_at": f"coalesce({changed}, start_at)",
                "approved_by": "approved_by",
            },
            f"planned where {sound} and (changed_at is not null or approved_by is not null)",
        )
        staging.connection.execute("drop table planned")
    _tell_replaced(staging)


def _sheet(staging: Staging, path: Path, options: Options, place: int) -> Sheet:
    """Read a list of shifts, or a roster by days as one."""
    raw = read_table(staging, path)
    if not {"agent_id", "start", "end"} <= meanings_of(raw.columns, LAYOUT).keys():
        raw = as_list(staging, raw, LAYOUT["agent_id"], options.mapping, options.dates) or raw
    elif options.mapping:
        raise MappingError(f"{options.mapping}: this roster states its hours; no mapping is needed")
    return needed_sheet(staging, raw, LAYOUT, ("agent_id", "start", "end"), place)


def _tell_replaced(staging: Staging) -> None:
    """Let a load stand for what it speaks of, and say so: of days where it plans work, else of its
    activities alone.
    """
    planned = "staged_workforce where type = 'shift_planned'"
    activities = [
        each
        for (each,) in staging.connection.execute(
            f"select distinct activity from {planned} order by 1"
        ).fetchall()
    ]
    if not activities:
        return
    if "work" in activities:
        staging.note(
            "plans of the same people and days that were loaded before are replaced; what was"
            " loaded without shifts, as leave is, stays"
        )
        return
    staging.connection.execute(
        "update staged_workforce set row_id = row_id || ':' || activity where type ="
        " 'shift_planned'"
    )
    words = " and ".join(activities)
    staging.note(
        f"no shifts, only {words}: added to the plans of these people, in place of {words} loaded"
        " without shifts for the same days before"
    )


source = Source(
    "roster",
    "planned shifts (a list of agent, start, end, activity; or people and days)",
    read,
    named_paths,
)
