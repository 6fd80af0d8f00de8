"""Definitions are checked before they are stored: what no fact could use goes to quarantine, not
into the lake.
"""

from __future__ import annotations

from helmdesk.clocks.calendar import UnusableCalendar, calendar_from_definition
from helmdesk.clocks.sla import policy_from_definition
from helmdesk.errors import InputError
from helmdesk.records.staging import Staging


def reject_unusable_definitions(staging: Staging) -> None:
    """Quarantine calendars and SLA policies whose definition cannot be read, naming what is
    wrong.
    """
    given = staging.families.get("entity", set())
    if "definition" not in given:
        return
    zone = "time_zone" if "time_zone" in given else "null"
    rows = staging.connection.execute(
        f"select rowid, type, entity_id, {zone}, definition, _file, _row from staged_entity where"
        " type in ('calendar', 'sla_policy') and definition is not null"
    ).fetchall()
    for rowid, kind, entity_id, time_zone, definition, file, row in rows:
        written = staging.definition_places.get((kind, entity_id, row))
        try:
            if kind == "calendar":
                calendar_from_definition(entity_id, time_zone or "", definition)
            else:
                policy_from_definition(entity_id, definition, written and written.within())
        except InputError as error:
            reason = str(error)
            if written and isinstance(error, UnusableCalendar):
                reason = f"{written.within().of(error.part).called('')}: {error}"
            staging.connection.execute(
                "insert into rejected values (?, ?, ?, 'definition', ?, ?, true)",
                [file, row, written and row, definition[:200], reason],
            )
            staging.connection.execute("delete from staged_entity where rowid = ?", [rowid])
