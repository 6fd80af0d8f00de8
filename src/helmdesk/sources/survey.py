"""Survey answers from any CSV: a score, when it was given, and what it was about.

The kind of survey is told by the name of the score's column (CSAT, CES, NPS) or a column that says it; the scale by
the highest score. Times without an offset are in ``--time-zone``; a date without a time stands for its midnight.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.records.staging import Staging, text
from helmdesk.sources.columns import Layout, Sheet, open_sheet, plain, times_of
from helmdesk.sources.instruments import stage_instrument
from helmdesk.sources.reading.raw_tables import locate_lines
from helmdesk.sources.source import Options, Source, named_paths

LAYOUT: Layout = {
    "response_id": ("response_id", "survey_id", "unique_id", "id"),
    "score": (
        "csat_score",
        "csat",
        "nps_score",
        "nps",
        "ces_score",
        "ces",
        "satisfaction_rating",
        "satisfaction",
        "score",
        "rating",
        "answer",
    ),
    "responded_at": (
        "responded_at",
        "survey_response_date",
        "response_date",
        "answered_at",
        "submitted_at",
        "recorded_date",
        "date",
        "timestamp",
    ),
    "sent_at": ("sent_at", "survey_sent_at", "invited_at"),
    "kind": ("kind", "survey_kind", "survey_type", "metric"),
    "about": ("about", "survey_about"),
    "comment": ("comment", "customer_remarks", "remarks", "feedback", "verbatim"),
    "ticket_id": ("ticket_id", "case_id", "ticket", "conversation_id"),
    "customer_id": ("customer_id", "customer", "contact", "contact_id", "email"),
    "account_id": ("account_id", "account", "company", "organization"),
    "agent_id": ("agent_id", "agent_name", "agent"),
    "team_id": ("team_id", "team", "supervisor", "group"),
    "channel": ("channel_name", "channel"),
}
# Kind by a word in the name of the score's column; satisfaction is the rest.
KINDS = ("nps", "ces", "effort", "csat")


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage invitations and answers."""
    sheets = []
    for place, path in enumerate(paths):
        sheet = open_sheet(staging, path, LAYOUT, ("score", "responded_at"), place)
        _stage(staging, sheet, options)
        sheets.append(sheet.raw)
    locate_lines(staging, sheets)


def _stage(staging: Staging, sheet: Sheet, options: Options) -> None:
    kind = _kind(staging, sheet)
    zone = options.time_zone or "UTC"
    times = times_of(staging, sheet, "responded_at", zone)
    fault = f"case when responded_at is null and score is not null then 'an answer without a time' else {times.fault('responded_at')} end"
    staging.reject(sheet.given["responded_at"], "responded_at", fault, f"{sheet.view} where {fault} is not null", is_whole_row=True)
    number = "try_cast(score as double)"
    staging.reject(
        sheet.given["score"], "score", "'not a number'", f"{sheet.view} where score is not null and {number} is null", is_whole_row=True
    )
    highest, lowest = staging.connection.execute(f"select max({number}), min({number}) from {sheet.view}").fetchone() or (None, None)
    instrument = _instrument(staging, sheet, kind, highest, lowest)
    # Without an id of its own a row is identified by everything in it.
    everything = ", ".join(f"coalesce({meaning}, '')" for meaning in sorted(sheet.given))
    identity = "coalesce(response_id, md5(concat_ws('|', " + everything + ", coalesce(extra, ''))))"
    whole = f"case when {number} = floor({number}) then cast(cast({number} as bigint) as varchar) else cast({number} as varchar) end"
    shared = {
        "source_id": identity, "row_id": "'survey:' || response_id", "survey_id": f"'survey:' || {identity}", "ticket_id": "ticket_id", "instrument_id": text(instrument),
        "customer_id": "customer_id", "account_id": "account_id", "channel": "lower(channel)", "_file": "_file", "_row": "_row",
    }  # fmt: skip
    if sheet.has("sent_at"):
        sent = times_of(staging, sheet, "sent_at", zone)
        staging.reject(sheet.given["sent_at"], "sent_at", sent.fault("sent_at"), f"{sheet.view} where {sent.fault('sent_at')} is not null")
        staging.add("sent", {**shared, "record_id": f"'survey:sent:' || {identity}", "occurred_at": sent.instant("sent_at")},
                    f"{sheet.view} where {sent.instant('sent_at')} is not null")  # fmt: skip
    staging.add(
        "responded",
        {**shared, "record_id": f"'survey:answer:' || {identity} || ':' || responded_at || ':' || score", "occurred_at": times.instant("responded_at"),
         "actor_kind": "'customer'", "answer": whole, "score": number, "comment": "comment", "agent_id": "agent_id", "team_id": "team_id",
         "extra": "extra"},
        f"{sheet.view} where {number} is not null and ({fault}) is null",
    )  # fmt: skip


def _kind(staging: Staging, sheet: Sheet) -> str:
    if sheet.has("kind"):
        found = [
            row[0] for row in staging.connection.execute(f"select distinct lower(kind) from {sheet.view} where kind is not null").fetchall()
        ]
        if len(found) != 1 or found[0] not in ("csat", "ces", "nps"):
            raise InputError(f"{sheet.raw.path}: one file holds one kind of survey (csat, ces or nps), not {', '.join(found) or 'none'}")
        return str(found[0])
    words = plain(sheet.given["score"])
    named = next((kind for kind in KINDS if kind in words), "csat")
    return "ces" if named == "effort" else named


def _instrument(staging: Staging, sheet: Sheet, kind: str, highest: float | None, lowest: float | None) -> str:
    """Stage the form that the scores fit, and say what was taken as good."""
    scales = {"csat": (5, 10), "ces": (5, 7), "nps": (10,)}[kind]
    top = next((scale for scale in scales if highest is None or highest <= scale), None)
    if top is None or (lowest is not None and lowest < 0):
        raise InputError(
            f"{sheet.raw.path}: scores from {lowest:g} to {highest:g} fit no {kind} scale (up to {' or '.join(map(str, scales))})"
        )
    good = {("csat", 5): (4, 5), ("csat", 10): (9, 10), ("ces", 7): (5, 6, 7), ("ces", 5): (4, 5), ("nps", 10): (9, 10)}[(kind, top)]
    bad = range(7) if kind == "nps" else (1, 2, 3) if top > 5 else (1, 2)
    instrument = f"{kind}_{top}"
    bottom = 0 if kind == "nps" else 1
    stage_instrument(staging, instrument, kind, positive=[str(score) for score in good], negative=[str(score) for score in bad], scale=[bottom, top],
                     about="relationship" if kind == "nps" else "transactional")  # fmt: skip
    staging.note(f"read as {kind} on {bottom} to {top}; {', '.join(map(str, good))} count as good (another scale: use a mapping)")
    return instrument


source = Source("survey", "survey answers (CSV: score, date, and what they are about)", read, named_paths)
