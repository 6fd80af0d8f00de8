"""Survey answers from any CSV: a score, when it was given, and what it was about.

The kind of survey is told by the name of the score's column (CSAT, CES, NPS) or a column that says
it. The scale is told once, by ``--scale`` or by the highest score of the first file, and remembered
by the desk. Times without an offset are in ``--time-zone``; a date without a time stands for its
midnight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.quoting import text
from helmdesk.records.answers import NO_ANSWER, number_of
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import Layout, Sheet, open_sheet, plain, times_of
from helmdesk.sources.parts.instruments import stage_instrument
from helmdesk.sources.parts.source import Options, Source, named_paths

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
# Good and bad answers on the scales in use; the usual ones, shortest first, are what a file without
# a stated scale may be on.
GOOD: dict[str, dict[tuple[int, int], tuple[Sequence[int], Sequence[int]]]] = {
    "csat": {
        (1, 5): ((4, 5), (1, 2)),
        (1, 7): ((6, 7), (1, 2, 3)),
        (1, 10): ((9, 10), (1, 2, 3)),
        (0, 10): ((9, 10), (0, 1, 2, 3)),
    },
    "ces": {(1, 5): ((4, 5), (1, 2)), (1, 7): ((5, 6, 7), (1, 2, 3))},
    "nps": {(0, 10): ((9, 10), range(7))},
}
SCALES = {"csat": ((1, 5), (1, 10)), "ces": ((1, 5), (1, 7)), "nps": ((0, 10),)}


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage invitations and answers."""
    for place, path in enumerate(paths):
        sheet = open_sheet(staging, path, LAYOUT, ("score", "responded_at"), place)
        _stage(staging, sheet, options)


def _stage(staging: Staging, sheet: Sheet, options: Options) -> None:
    kind = _kind(staging, sheet)
    times = times_of(staging, sheet, "responded_at", options, beside=("sent_at",))
    fault = (
        "case when responded_at is null and score is not null then 'an answer without a time' else"
        f" {times.fault('responded_at')} end"
    )
    staging.reject(
        sheet.given["responded_at"],
        "responded_at",
        fault,
        f"{sheet.view} where {fault} is not null",
        is_whole_row=True,
    )
    number = number_of("score")
    silent = f"lower(score) in ({', '.join(text(word) for word in NO_ANSWER)})"
    staging.reject(
        sheet.given["score"],
        "score",
        "'not a number'",
        f"{sheet.view} where score is not null and {number} is null and not {silent}",
        is_whole_row=True,
    )
    highest, lowest = staging.connection.execute(
        f"select max({number}), min({number}) from {sheet.view}"
    ).fetchone() or (None, None)
    instrument = _instrument(staging, sheet, kind, highest, lowest, options)
    # Without an id of its own a row is identified by everything in it.
    everything = ", ".join(f"coalesce({meaning}, '')" for meaning in sorted(sheet.given))
    identity = "coalesce(response_id, md5(concat_ws('|', " + everything + ", coalesce(extra, ''))))"
    whole = (
        f"case when {number} is null then score when {number} = floor({number}) then"
        f" cast(cast({number} as bigint) as varchar) else cast({number} as varchar) end"
    )
    shared = {
        "source_id": identity,
        "row_id": "'survey:' || response_id",
        "survey_id": f"'survey:' || {identity}",
        "ticket_id": "ticket_id",
        "instrument_id": text(instrument),
        "customer_id": "customer_id",
        "account_id": "account_id",
        "channel": "lower(channel)",
        "_file": "_file",
        "_row": "_row",
    }
    if sheet.has("sent_at"):
        sent = times_of(staging, sheet, "sent_at", options, beside=("responded_at",))
        staging.reject(
            sheet.given["sent_at"],
            "sent_at",
            sent.fault("sent_at"),
            f"{sheet.view} where {sent.fault('sent_at')} is not null",
        )
        staging.add(
            "sent",
            {
                **shared,
                "record_id": f"'survey:sent:' || {identity}",
                "occurred_at": sent.instant("sent_at"),
            },
            f"{sheet.view} where {sent.instant('sent_at')} is not null",
        )
    staging.add(
        "responded",
        {
            **shared,
            "record_id": f"'survey:answer:' || {identity} || ':' || responded_at || ':' || score",
            "occurred_at": times.instant("responded_at"),
            "actor_kind": "'customer'",
            "answer": whole,
            "score": number,
            "seq": "_row",
            "comment": "comment",
            "agent_id": "agent_id",
            "team_id": "team_id",
            "extra": "extra",
        },
        f"{sheet.view} where ({number} is not null or {silent}) and ({fault}) is null",
    )


def _kind(staging: Staging, sheet: Sheet) -> str:
    if sheet.has("kind"):
        found = [
            row[0]
            for row in staging.connection.execute(
                f"select distinct lower(kind) from {sheet.view} where kind is not null"
            ).fetchall()
        ]
        if len(found) != 1 or found[0] not in ("csat", "ces", "nps"):
            raise InputError(
                f"{sheet.raw.path}: one file holds one kind of survey (csat, ces or nps), not"
                f" {', '.join(found) or 'none'}"
            )
        return str(found[0])
    words = plain(sheet.given["score"])
    named = next((kind for kind in KINDS if kind in words), "csat")
    return "ces" if named == "effort" else named


def _instrument(
    staging: Staging,
    sheet: Sheet,
    kind: str,
    highest: float | None,
    lowest: float | None,
    options: Options,
) -> str:
    """Return the form the scores belong to, staged unless the desk knows it as it is; says what was
    taken as good.

    A scale is stated once: by ``--scale``, or by the first file. Later files follow it; one that
    needs a longer scale than an assumed one makes it longer for all answers.
    """
    known = {
        name: form
        for name, form in options.instruments().items()
        if re.fullmatch(rf"{kind}_\d+", name) and form.kind == kind
    }
    ends = {
        name: (int(form.definition["scale"][0]), int(form.definition["scale"][1]))
        for name, form in known.items()
        if form.definition.get("scale")
    }
    widest = max(ends, key=lambda name: ends[name][1], default=None)
    before = ends[widest] if widest else None
    is_stated = any(not form.definition.get("assumed", True) for form in known.values())
    scale, is_assumed = (
        options.scale or before,
        options.scale is None and not is_stated and len(SCALES[kind]) > 1,
    )
    path = sheet.raw.path
    if scale is None:
        scale = _fitting(kind, highest, lowest)
        if scale is None:
            raise InputError(
                f"{path}: scores from {lowest:g} to {highest:g} fit no {kind} scale (up to"
                f" {' or '.join(str(end) for _, end in SCALES[kind])}); say --scale LOW-HIGH, and"
                " scores outside it are no answers"
            )
    elif is_assumed and highest is not None and highest > scale[1]:
        # A code such as 99 fits no scale at all and stays outside the known one.
        scale = _fitting(kind, highest, 0) or scale
    if scale not in GOOD[kind]:
        allowed = ", ".join(f"{low}-{high}" for low, high in GOOD[kind])
        raise InputError(
            f"{path}: a scale of {scale[0]}-{scale[1]} for {kind} is none of {allowed}; say what"
            " counts as good in a mapping (helmdesk load mapping)"
        )
    good, bad = GOOD[kind][scale]
    listed = ", ".join(map(str, good))
    own = widest or f"{kind}_{scale[1]}"
    for name in {own, *known}:
        is_same = ends.get(name) == scale and (
            known[name].definition.get("assumed", True) == is_assumed
        )
        usual = {"positive": [*map(str, good)], "negative": [*map(str, bad)], "scale": [*scale]}
        # What the answers of this load are read by comes with them: the load that told it first may
        # be taken out. A form that somebody wrote down is not a load of answers'.
        if is_same and (name != own or {**usual, "assumed": is_assumed} != known[name].definition):
            continue
        stage_instrument(
            staging,
            name,
            kind,
            positive=[str(score) for score in good],
            negative=[str(score) for score in bad],
            scale=scale,
            about="relationship" if kind == "nps" else "transactional",
            is_assumed=is_assumed,
        )
        if name in ends and ends[name] != scale:
            staging.note(
                f"the scale of {name} changes from {ends[name][0]}-{ends[name][1]} to"
                f" {scale[0]}-{scale[1]} for all its answers, those loaded before too: {listed}"
                " count as good; if these are two surveys, load one with a mapping"
            )
    how = "assumed from the highest score; --scale says another"
    if options.scale or not is_assumed:
        how = (
            "as --scale says"
            if options.scale
            else "as every such survey"
            if len(SCALES[kind]) == 1
            else "as the desk knows it"
        )
    elif before == scale:
        how = "assumed, as the desk knows it; --scale says another"
    staging.note(f"read as {kind} on {scale[0]} to {scale[1]} ({how}); {listed} count as good")
    return own


def _fitting(kind: str, highest: float | None, lowest: float | None) -> tuple[int, int] | None:
    """Return the shortest usual scale of a kind that holds all scores; None when none does."""
    if lowest is not None and lowest < 0:
        return None
    return next((scale for scale in SCALES[kind] if highest is None or highest <= scale[1]), None)


source = Source(
    "survey", "survey answers (CSV: score, date, and what they are about)", read, named_paths
)
