"""What a Helmdesk site did itself, one event a row: a site gives its own records to its desk by
this, and those of another site can be loaded.

Columns: ``id`` (once and for all), ``at``, ``type``, and what records of the type need.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import Layout, open_sheet, times_of
from helmdesk.sources.parts.source import Options, Source, named_paths

# What a site may tell, with the columns of each.
EVENTS: dict[str, tuple[str, ...]] = {
    "config_changed": ("field", "value", "previous"),
    "instrument": ("entity_id", "name", "instrument_kind", "about", "definition"),
    "not_asked": (
        *("survey_id", "instrument_id", "ticket_id", "customer_id", "account_id"),
        *("reason", "probability"),
    ),
    "sent": (
        *("survey_id", "instrument_id", "ticket_id", "customer_id", "account_id"),
        "probability",
    ),
    "delivered": ("survey_id", "ticket_id"),
    "responded": (
        *("survey_id", "instrument_id", "ticket_id", "customer_id", "account_id"),
        *("answer", "comment"),
    ),
    "withdrawn": ("survey_id", "ticket_id", "reason"),
    # What a customer writes on the page of a case.
    "message": ("ticket_id", "direction", "visibility", "text"),
    "shift_planned": ("agent_id", "activity", "start_at", "end_at", "shift_id"),
    "shift_changed": ("agent_id", "activity", "start_at", "end_at", "shift_id", "approved_by"),
    "link_issued": ("booking_id", "ticket_id", "customer_id", "account_id", "team_id"),
    "booked": (
        *("booking_id", "ticket_id", "customer_id", "account_id", "team_id", "link_id"),
        *("start_at", "end_at"),
    ),
    "moved": ("booking_id", "ticket_id", "start_at", "end_at"),
    "cancelled": ("booking_id", "ticket_id", "reason"),
    "no_show": ("booking_id", "ticket_id"),
    "held_booking": ("booking_id", "ticket_id", "agent_id"),
    "link_reused": ("booking_id", "ticket_id"),
    "employee_response": ("instrument_id", "team_id", "answer"),
    # What was foretold of a ticket when it was solved.
    "predicted": ("ticket_id", "metric", "number", "model_version"),
}
# Those whose author is not one of the team.
AUTHORS = {
    **dict.fromkeys(("responded", "booked", "moved", "link_reused", "message"), "'customer'"),
    **dict.fromkeys(("sent", "not_asked", "predicted"), "'automation'"),
}
COLUMNS = tuple(dict.fromkeys(name for names in EVENTS.values() for name in names))
LAYOUT: Layout = {name: (name,) for name in ("id", "at", "type", *COLUMNS)}
TYPED = {
    **dict.fromkeys(("probability", "number"), "double"),
    **dict.fromkeys(("start_at", "end_at"), "timestamptz"),
    "model_version": "bigint",
}
AT = '"at"'
"""`at` is a word of SQL's own."""


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage one record for each event."""
    known = ", ".join(map(text, EVENTS))
    told = text(f"no event that a site tells; known: {', '.join(EVENTS)}")
    for place, path in enumerate(paths):
        sheet = open_sheet(staging, path, LAYOUT, ("id", "at", "type"), place)
        times = times_of(staging, sheet, AT, options)
        faults = (
            ("id", "id", "case when id is null then 'no id' end"),
            ("at", AT, f"case when {AT} is null then 'no time' else {times.fault(AT)} end"),
            ("type", "type", f"case when type is null or type not in ({known}) then {told} end"),
        )
        for meaning, raw, fault in faults:
            rows = f"{sheet.view} where {fault} is not null"
            staging.reject(sheet.given[meaning], raw, fault, rows, is_whole_row=True)
        sound = " and ".join(f"({fault}) is null" for _, _, fault in faults)
        told_kinds = staging.connection.execute(f"select distinct type from {sheet.view}")
        present = {kind for (kind,) in told_kinds.fetchall()}
        for kind, columns in EVENTS.items():
            if kind not in present:
                continue
            staging.add(
                kind,
                {
                    "record_id": "'helmdesk:' || id",
                    "source_id": "id",
                    "occurred_at": times.instant(AT),
                    "seq": "_row",
                    "cause": "'manual'",
                    "fidelity": "'native'",
                    **{name: _cell(name) for name in columns},
                    **({"actor_kind": AUTHORS[kind]} if kind in AUTHORS else {}),
                    **({"valid_from": times.instant(AT)} if kind == "instrument" else {}),
                    "_file": "_file",
                    "_row": "_row",
                },
                f"{sheet.view} where {sound} and type = {text(kind)}",
                headers=sheet.given,
            )


def _cell(name: str) -> str:
    return f"try_cast({name} as {TYPED[name]})" if name in TYPED else name


source = Source(
    "helmdesk",
    "what a Helmdesk site did itself (one row an event: id, time, type)",
    read,
    named_paths,
)
