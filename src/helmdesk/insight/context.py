"""What else happened in those weeks: annotations, changed definitions, a changed team, a changed
mix of work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from helmdesk.catalogue.discovery import Entry
from helmdesk.insight.study import Span, Study

# An annotation is told when it lies in the weeks that moved, or shortly before them.
NEAR_DAYS = 7


@dataclass(frozen=True)
class Annotation:
    """Something people wrote down about a local day, in the records or on the site."""

    day: date
    until: date
    text: str
    kind: str = ""
    metric: str = ""


def delivered_annotations(study: Study) -> tuple[Annotation, ...]:
    """Return the annotations that sources delivered, oldest first."""

    def read() -> tuple[Annotation, ...]:
        rows = study.reader.engine.run(
            "select start_at, end_at, title, annotation_kind from annotations order by start_at,"
            " annotation_id"
        )
        return tuple(
            Annotation(study.day(start), study.day(end), str(title), str(kind or ""))
            for start, end, title, kind in rows
        )

    return study.reader.cache("annotations", read)


def worked_share(study: Study) -> float | None:
    """Return the paid time of the last week as a share of the eight weeks' median before; None
    where it is not recorded.
    """
    if study.lacks("utilization"):
        return None
    paid = study.history(study.form("utilization")).weeks.cases
    return float(paid[-1] / np.median(paid[-9:-1])) if len(paid) >= 5 else None


def context(
    study: Study, now: Span, entries: Sequence[Entry] = (), others: Sequence[Annotation] = ()
) -> tuple[str, ...]:
    """Return, in words, what coincides with the start of a stretch or lies in it.

    Args:
        entries: metrics whose definitions may have changed.
        others: annotations written on the site.
    """
    first, last = study.day(now.start) - timedelta(days=NEAR_DAYS), study.day(now.end)
    found = [
        f"{annotation.day:%-d %B}: {annotation.text}"
        for annotation in (*delivered_annotations(study), *others)
        if annotation.until >= first
        and annotation.day < last
        and annotation.metric in ("", *(entry.metric.key for entry in entries))
    ]
    for entry in entries:
        found += [
            f"{change.date:%-d %B}: {entry.metric.name} is defined otherwise since version"
            f" {change.version} ({change.why})"
            for change in entry.metric.changes
            if change.version > 1 and first <= change.date < last
        ]
    return tuple(found)
