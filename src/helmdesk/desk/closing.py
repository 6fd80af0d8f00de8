"""Predictions as records: what was foretold of solved tickets goes into the lake like any event."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from helmdesk.desk.marts import Step, silent
from helmdesk.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helmdesk.desk.desk import Desk
    from helmdesk.predict.closing import Closing, Foretold, Prediction
    from helmdesk.predict.store import Models

SOURCE = "helmdesk"


@dataclass(frozen=True)
class Recorded:
    """What was foretold and recorded.

    Attributes:
        key: of the metric that it stands beside. recorded: new predictions. trained: models that
        were trained for them. without: solves that stay without one. problem: why the newest weeks
        have none; empty where they have.
    """

    key: str
    recorded: int
    trained: int
    without: int
    problem: str


def find_closing(key: str) -> Closing:
    """Return what is foretold of solved tickets by its key.

    Raises:
        NotFoundError: there is none.
    """
    from helmdesk.predict.closing import CLOSINGS

    if key not in CLOSINGS:
        raise NotFoundError(
            f"nothing is foretold of '{key}' when a ticket is solved; there are:"
            f" {', '.join(CLOSINGS)}"
        )
    return CLOSINGS[key]


def foretell_solved(desk: Desk, keys: Sequence[str], on_step: Step = silent) -> list[Recorded]:
    """Foretell of every solved ticket what was not foretold yet, and record it in one batch.

    Raises:
        NotFoundError: no such thing is foretold.
    """
    from helmdesk.predict.store import Models

    closings = [find_closing(key) for key in keys]
    models = Models(desk.path)
    told = [(closing, _foretell(desk, closing, models, on_step)) for closing in closings]
    rows = [_row(closing.key, each) for closing, found in told for each in found.predictions]
    if rows:
        _record(desk, rows, on_step)
    for closing, found in told:
        kept = models.kept(closing.key)
        for model in found.models:
            # Models of settled weeks speak once, of what was loaded later, and are not kept.
            if all(model.data_until > each.data_until for each in kept):
                models.add(model)
        models.note_tried(closing.key, found.without)
    return [
        Recorded(
            closing.key,
            len(found.predictions),
            len(found.models),
            sum(found.without.values()),
            found.problem,
        )
        for closing, found in told
    ]


def _foretell(desk: Desk, closing: Closing, models: Models, on_step: Step) -> Foretold:
    from helmdesk.predict.cases import solved_cases
    from helmdesk.predict.closing import foretell

    with desk.marts.reader() as reader:
        cases = solved_cases(reader.engine, closing.outcomes, desk.settings.time_zone)
        known = reader.engine.run(
            f"select ticket_id, {closing.key}_model from predictions"
            f" where {closing.key}_chance is not null"
        )
    return foretell(
        closing,
        cases,
        {str(ticket) for ticket, _ in known},
        models.kept(closing.key),
        max(
            models.next_version(closing.key),
            1 + max((int(each or 0) for _, each in known), default=0),
        ),
        desk.marts.version() or 0,
        models.tried(closing.key),
        on_step,
    )


def _row(key: str, said: Prediction) -> dict[str, object]:
    at = f"{said.at.isoformat()}+00:00"
    return {
        "id": f"{key}:{said.ticket_id}:{at}",
        "at": at,
        "type": "predicted",
        "ticket_id": said.ticket_id,
        "metric": key,
        "number": round(said.chance, 4),
        "model_version": said.model,
    }


def _record(desk: Desk, rows: Sequence[dict[str, object]], on_step: Step) -> None:
    from helmdesk.sources.helmdesk import source
    from helmdesk.sources.parts.source import Options

    said = "".join(f"{json.dumps(row, sort_keys=True)}\n" for row in rows)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "predictions.jsonl"
        file.write_text(said, encoding="utf-8")
        desk.loading.load_with(
            lambda staging: source.read(staging, [file], Options()),
            SOURCE,
            f"predictions:{hashlib.sha256(said.encode()).hexdigest()[:24]}",
            accepts_quarantine=True,
            on_step=on_step,
        )
