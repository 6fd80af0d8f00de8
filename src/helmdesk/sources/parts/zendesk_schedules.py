"""Schedules and holidays of Zendesk's connector tables, as calendars."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.times import TimeReader

MINUTES_A_WEEK = 7 * 24 * 60
TIMES = TimeReader("UTC")


def stage_schedules(staging: Staging, *, has_holidays: bool) -> None:
    """Weekly minutes since Sunday, local, and whole-day holidays, become calendars."""
    rows = staging.connection.execute(
        "select id, start_time, end_time, time_zone, name, created_at, _file, _row from z_schedule"
        f" where {_is_kept(staging, 'schedule')} order by id, try_cast(start_time as bigint)"
    ).fetchall()
    zones = tomllib.loads(
        files("helmdesk.sources").joinpath("zendesk_zones.toml").read_text(encoding="utf-8")
    )
    weekly: dict[str, list[tuple[int, int]]] = defaultdict(list)
    about: dict[str, tuple[str, str | None, str | None, int, int]] = {}
    for schedule, start, end, zone_name, label, created, file, row in rows:
        zone = zones.get(zone_name, zone_name)
        fault = _schedule_fault(start, end, zone)
        if fault:
            column, reason = fault
            staging.reject(
                column,
                column,
                text(reason),
                f"z_schedule where _file = {file} and _row = {row}",
                is_whole_row=True,
            )
            continue
        # Zendesk's week starts on Sunday, ours on Monday.
        shifted = (int(start) - 24 * 60) % MINUTES_A_WEEK
        weekly[schedule].append((shifted, shifted + int(end) - int(start)))
        about[schedule] = (zone, label, created, file, row)
    holidays = _holidays(staging, set(weekly)) if has_holidays else {}
    for schedule, hours in weekly.items():
        zone, label, created, file, row = about[schedule]
        definition = json.dumps(
            {"weekly": sorted(hours), "exceptions": holidays.get(schedule, {})}, sort_keys=True
        )
        valid = (
            f"coalesce({TIMES.instant(text(created) if created else 'null::varchar')}, timestamptz"
            " '2000-01-01 00:00:00+00')"
        )
        staging.add(
            "calendar",
            {
                "record_id": (
                    f"'zendesk:schedule:' || {text(schedule)} || ':' ||"
                    f" md5({text(zone + definition)})"
                ),
                "source_id": text(schedule),
                "occurred_at": valid,
                "entity_id": text(schedule),
                "valid_from": valid,
                "time_zone": text(zone),
                "definition": text(definition),
                "name": text(label or schedule),
                "_file": str(file),
                "_row": str(row),
            },
            "(select 1)",
        )


def _is_kept(staging: Staging, table: str) -> str:
    """Return the condition that a row was not deleted (empty: it was not); a word that is neither
    yes nor no is quarantined.
    """
    fault = flag_fault("_fivetran_deleted")
    staging.reject(
        "_fivetran_deleted",
        "_fivetran_deleted",
        fault,
        f"z_{table} where {fault} is not null",
        is_whole_row=True,
    )
    return f"(_fivetran_deleted is null or not {flag('_fivetran_deleted')})"


def _schedule_fault(start: str | None, end: str | None, zone: str) -> tuple[str, str] | None:
    """Return the column that makes a row unusable, and why; null where none does."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        return "time_zone", "unknown time zone"
    if not (
        start
        and end
        and start.isdigit()
        and end.isdigit()
        and 0 <= int(start) < int(end) <= MINUTES_A_WEEK
    ):
        return (
            "end_time" if start and start.isdigit() else "start_time"
        ), f"impossible hours {start} to {end} (minutes since Sunday)"
    return None


def _holidays(staging: Staging, known: set[str]) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = defaultdict(dict)
    rows = staging.connection.execute(
        f"""select schedule_id, strftime(unnest(generate_series(try_cast(start_date as date),
            try_cast(end_date as date), interval 1 day)), '%Y-%m-%d')
        from z_schedule_holiday where {_is_kept(staging, "schedule_holiday")}
            and try_cast(start_date as date) is not null
                and try_cast(end_date as date) is not null"""
    ).fetchall()
    for schedule, day in rows:
        found[schedule][day] = []
    listed = ", ".join(text(schedule) for schedule in sorted(known)) or "''"
    staging.reject(
        "schedule_id",
        "schedule_id",
        "'holiday of a schedule that is not in the schedule table'",
        f"z_schedule_holiday where schedule_id not in ({listed})",
        is_whole_row=True,
    )
    staging.reject(
        "start_date",
        "start_date",
        "'not a date'",
        "z_schedule_holiday where try_cast(start_date as date) is null or try_cast(end_date as"
        " date) is null",
        is_whole_row=True,
    )
    staging.reject(
        "end_date",
        "end_date",
        "'a holiday that ends before it starts'",
        "z_schedule_holiday where try_cast(end_date as date) < try_cast(start_date as date)",
        is_whole_row=True,
    )
    return found
