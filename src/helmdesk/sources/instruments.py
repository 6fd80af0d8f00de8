"""The instrument record of a survey whose form a source knows."""

from __future__ import annotations

import json
from collections.abc import Sequence

from helmdesk.records.staging import Staging, text

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
) -> None:
    """Stage one instrument; what counts as positive belongs to it and to nobody else."""
    given = {"positive": list(positive), "negative": list(negative), "neutral": list(neutral), "scale": list(scale), "question": question}
    definition = json.dumps({word: value for word, value in given.items() if value}, sort_keys=True)
    staging.add(
        "instrument",
        {"record_id": text(f"{staging.source}:instrument:{instrument_id}:{definition}"), "source_id": text(instrument_id), "occurred_at": SINCE,
         "valid_from": SINCE, "entity_id": text(instrument_id), "name": text(name or instrument_id), "instrument_kind": text(kind),
         "about": text(about), "definition": text(definition), "fidelity": "'asserted'"},
        "(select 1)",
    )  # fmt: skip
