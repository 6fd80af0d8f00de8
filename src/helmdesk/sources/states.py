"""What agents really did: a log of states from a CSV, one row a change.

A state lasts until the agent's next one. Words nobody knows become "auxiliary" and are reported;
the original word is kept. Times without an offset are in ``--time-zone``; of an hour that the
clocks repeat, a row that stands after later ones of its agent is of the second passing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import Layout, in_file_order, open_sheet, times_of
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.times import NO_TIME
from helmdesk.sources.reading.words import worded

LAYOUT: Layout = {
    "agent_id": ("agent_id", "agent", "employee", "employee_id", "name", "user"),
    "at": ("changed_at", "at", "start_at", "start", "timestamp", "time", "datetime", "date_time"),
    "state": ("state", "status", "aux", "aux_code", "activity"),
}
STATES = {
    "handling": (
        "on call",
        "talking",
        "busy",
        "in call",
        "in chat",
        "on chat",
        "working",
        "ringing",
        "hold",
        "on a call",
    ),
    "wrap": ("wrap up", "after call work", "acw", "wrapup"),
    "available": ("ready", "idle", "waiting", "online", "open"),
    "break": ("short break", "pause", "rest"),
    "meal": ("lunch", "dinner", "lunch break", "meal break"),
    "meeting": ("team meeting", "1 1", "huddle"),
    "training": ("coaching", "learning"),
    "project": ("back office", "offline work", "special project"),
    "outage": ("system outage", "system down", "technical issue", "it issue"),
    "auxiliary": ("aux", "not ready", "away", "other"),
    "offline": ("logged out", "logged off", "log out", "signed out", "sign out"),
}

AT = '"at"'
"""`at` is a word of SQL's own."""


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage changes of state."""
    staging.is_told_whole = True
    for place, path in enumerate(paths):
        sheet = open_sheet(staging, path, LAYOUT, ("agent_id", "at", "state"), place)
        times = times_of(staging, sheet, AT, options)
        known = worded("state", STATES)
        faults = (
            ("agent_id", "agent_id", "case when agent_id is null then 'no agent' end"),
            ("at", AT, f'case when "at" is null then {text(NO_TIME)} else {times.fault(AT)} end'),
            ("state", "state", "case when state is null then 'no state' end"),
        )
        for meaning, raw, fault in faults:
            staging.reject(
                sheet.given[meaning],
                raw,
                fault,
                f"{sheet.view} where {fault} is not null",
                is_whole_row=True,
            )
        sound = " and ".join(f"({fault}) is null" for _, _, fault in faults)
        rows = in_file_order(f"{sheet.view} where {sound}", times, AT, "agent_id")
        staging.add(
            "state_changed",
            {
                "record_id": (
                    "'states:' || agent_id || ':' || epoch_us(said_at) || ':' || lower(state)"
                ),
                # What a later export says of the moment takes the place of what an earlier one
                # said.
                "row_id": f"'states:' || agent_id || ':' || {AT}",
                "source_id": "null",
                "occurred_at": "said_at",
                "seq": "_row",
                "agent_id": "agent_id",
                "actor_id": "agent_id",
                "actor_kind": "'human'",
                "state": f"coalesce({known}, 'auxiliary')",
                "state_raw": "state",
                "extra": "extra",
                "_file": "_file",
                "_row": "_row",
            },
            rows,
        )
        unknown = staging.connection.execute(
            f"select string_agg(distinct state, ', ' order by state) from {sheet.view} where state"
            f" is not null and ({known}) is null"
        ).fetchone()
        if unknown and unknown[0]:
            staging.note(f"states nobody knows count as auxiliary: {unknown[0]}")


source = Source("states", "what agents did (CSV: agent, time, state)", read, named_paths)
