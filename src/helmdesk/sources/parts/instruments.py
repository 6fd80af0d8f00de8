"""The instrument record of a survey whose form a source knows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple

from helmdesk.quoting import name as quoted
from helmdesk.quoting import text
from helmdesk.records.answers import Instrument, read_answers, read_form
from helmdesk.records.staging import Staging

SINCE = "timestamptz '2000-01-01 00:00:00+00'"


def stage_instrument(
    staging: Staging,
    instrument_id: str,
    kind: str,
    *,
    positive: Sequence[str],
    negative: Sequence[str] = (),
    neutral: Sequence[str] = (),
    scale: Sequence[int] = (),
    about: str = "transactional",
    name: str = "",
    question: str = "",
    is_assumed: bool | None = None,
) -> None:
    """Stage one instrument; what counts as positive belongs to it and to nobody else.

    Args:
        is_assumed: whether the scale was taken from the answers; null where the form itself has it.
    """
    given = {
        "positive": list(positive),
        "negative": list(negative),
        "neutral": list(neutral),
        "scale": list(scale),
        "question": question,
        "assumed": is_assumed,
    }
    definition = json.dumps(
        {word: value for word, value in given.items() if value or value is False}, sort_keys=True
    )
    staging.add(
        "instrument",
        {
            "record_id": text(f"{staging.source}:instrument:{instrument_id}:{definition}"),
            "source_id": text(instrument_id),
            "occurred_at": SINCE,
            "valid_from": SINCE,
            "entity_id": text(instrument_id),
            "name": text(name or instrument_id),
            "instrument_kind": text(kind),
            "about": text(about),
            "definition": text(definition),
            "fidelity": "'asserted'",
        },
        "(select 1)",
    )


def tell_answers(staging: Staging, known: Mapping[str, Instrument]) -> None:
    """Say how many of the staged answers are none, and where an instrument fits none of its
    answers.

    Args:
        known: the instruments of the desk; staged ones come first.
    """
    run = staging.connection.execute
    forms = dict(known)
    if "instrument_kind" in staging.families.get("entity", ()):
        found = run(
            "select entity_id, instrument_kind, definition from staged_entity where type ="
            " 'instrument'"
        ).fetchall()
        forms |= {
            entity: Instrument(kind, json.loads(definition or "{}"))
            for entity, kind, definition in found
        }
    for family in ("survey", "pulse"):
        columns = staging.families.get(family, set())
        if not forms or not {"answer", "instrument_id"} <= columns:
            continue
        run(
            "create or replace temp table told_forms (entity_id varchar, instrument_kind varchar,"
            " about varchar, positive varchar[], negative varchar[], neutral varchar[], is_numeric"
            " boolean, low double, high double, scale_high double, has_rest boolean)"
        )
        for entity, instrument in forms.items():
            run(
                "insert into told_forms values (?, ?, null, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    entity,
                    instrument.kind,
                    *astuple(read_form(instrument.kind, instrument.definition)),
                ],
            )
        cells = ", ".join(
            quoted(column) if column in columns else f"null::{kind} as {column}"
            for column, kind in (
                ("instrument_id", "varchar"),
                ("answer", "varchar"),
                ("score", "double"),
            )
        )
        rows = (
            f"(select {cells} from staged_{family} where type in ('responded',"
            " 'employee_response'))"
        )
        run(
            f"create or replace temp table told as select * from {read_answers(rows, 'told_forms')}"
        )
        for instrument_id, given, heard, listed in run(
            "select instrument_id, count(*), count_if(is_answer), count_if(is_positive or"
            " is_negative) from told group by 1 order by 1"
        ).fetchall():
            if heard < given:
                words = run(
                    "select answer, count(*) from told where instrument_id = ? and not is_answer"
                    " group by 1 order by 2 desc, 1 limit 5",
                    [instrument_id],
                ).fetchall()
                shown = ", ".join(f"{word} ({count:,})" for word, count in words)
                staging.note(
                    f"{instrument_id}: {given - heard:,} of {given:,} answers are none (outside its"
                    f" scale or lists): {shown}"
                )
            if heard and not listed:
                some = ", ".join(
                    word
                    for (word,) in run(
                        "select distinct answer from told where instrument_id = ? order by 1"
                        " limit 5",
                        [instrument_id],
                    ).fetchall()
                )
                staging.note(
                    f"{instrument_id}: none of its {heard:,} answers is listed as positive or"
                    f" negative ({some}); look at its definition"
                )
