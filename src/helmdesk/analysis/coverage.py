"""Which metrics a desk's records can answer, and what the others lack."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helmdesk.catalogue.metric import Metric
from helmdesk.parquet import asking
from helmdesk.quoting import text
from helmdesk.records.accounts import reader

if TYPE_CHECKING:
    import duckdb

INSTRUMENT, SURVEY = "instrument", "survey:{}"
KIND = re.compile(r"instrument_kind = '(\w+)'")


@dataclass(frozen=True)
class Coverage:
    """One metric before and after a load.

    Attributes:
        was, is_now: whether the records answer it.
        lacks: types of records that it still needs, as "answered or abandoned"; empty where none.
    """

    metric: str
    name: str
    was: bool
    is_now: bool
    lacks: tuple[str, ...]


def lacking(metric: Metric, types: Collection[str]) -> tuple[str, ...]:
    """Return the types of records that a metric needs and a desk has none of; "a or b" where either
    would do.
    """
    return tuple(
        need.replace("|", " or ")
        for need in metric.needs
        if not any(name in types for name in need.split("|"))
    )


def coverage(
    metrics: Iterable[Metric], before: Collection[str], after: Collection[str]
) -> list[Coverage]:
    """Return of every metric whether the types of records before and after a load answer it."""
    return [
        Coverage(metric.key, metric.name, not _lacks(metric, before), not lacks, lacks)
        for metric in metrics
        for lacks in [_lacks(metric, after)]
    ]


def _lacks(metric: Metric, types: Collection[str]) -> tuple[str, ...]:
    """Return what a metric lacks: answers to its own kind of survey, too."""
    asked = KIND.search(metric.where or "")
    return lacking(metric, types) or (
        (f"{asked[1].upper()} survey",) if asked and SURVEY.format(asked[1]) not in types else ()
    )


def survey_kinds(connection: duckdb.DuckDBPyConnection, rows: str) -> set[str]:
    """Return the kinds of the instruments among entities, as they stand beside types of records."""
    told = connection.execute(
        f"select distinct instrument_kind from {rows} where type = 'instrument' and"
        " instrument_kind is not null"
    ).fetchall()
    return {SURVEY.format(kind) for (kind,) in told}


def types_by_batch(files: Mapping[str, Collection[str]]) -> set[tuple[str, str]]:
    """Return the types of records in a lake's Parquet files, each with the batches it came in."""
    found: set[tuple[str, str]] = set()
    with asking() as connection:
        for paths in files.values():
            found.update(
                connection.execute(
                    "select distinct type, batch_id from read_parquet(?, union_by_name=true,"
                    " hive_partitioning=false)",
                    [list(paths)],
                ).fetchall()
            )
        entities = reader(list(files.get("entity", ())))
        for batch in {batch for name, batch in found if name == INSTRUMENT}:
            rows = f"{entities} where batch_id = {text(batch)}"
            found |= {(kind, batch) for kind in survey_kinds(connection, f"(from {rows})")}
    return found
