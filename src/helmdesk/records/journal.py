"""What was loaded: batches with their reports, quarantined cells, and how late records came."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from helmdesk.errors import NotFoundError, UsageError, nearest
from helmdesk.parquet import asking
from helmdesk.quoting import text
from helmdesk.records.schema import RECORD_TYPES
from helmdesk.records.staging import LoadReport

if TYPE_CHECKING:
    import duckdb

SHOWN = 200
ENTITIES = {kind.name for kind in RECORD_TYPES.values() if kind.family == "entity"}


@dataclass(frozen=True)
class Batch:
    """One load. Instants are naive UTC.

    Attributes:
        source: the source that read it, or the account where that has a name of its own.
        report: what the load found: files, records by type, duplicates, quarantine by reason,
        notes. first_at, last_at: earliest and latest instant at which something happened in it.
        late: records that happened before the latest event its source had delivered by then.
    """

    batch_id: str
    source: str
    recorded_at: datetime
    report: Mapping[str, Any]
    records: int
    first_at: datetime | None
    last_at: datetime | None
    late: int


@dataclass(frozen=True)
class Quarantined:
    """One cell or row that was kept apart, and why."""

    batch_id: str
    file: str
    line: int | None
    column: str | None
    raw: str | None
    reason: str


def read_batches(files: Mapping[str, Sequence[str]], now: datetime) -> list[Batch]:
    """Return the batches of a lake snapshot, latest first.

    Args:
        files: Parquet files by record family.
        now: events planned for later (shifts, surveys) say nothing about how fresh a source is.
    """
    if not files.get("batch"):
        return []
    with asking() as connection:
        spans = _spans(connection, files, now)
        found = connection.execute(
            "select batch_id, report, recorded_at::timestamp from"
            f" read_parquet({_list(files['batch'])}, union_by_name = true)"
            " order by recorded_at desc, batch_id"
        ).fetchall()
    batches = []
    for batch_id, report, recorded_at in found:
        content = json.loads(report)
        count, first, last, late = spans.get(batch_id, (0, None, None, 0))
        is_own = content.get("account", "") in ("", content.get("system"))
        batches.append(
            Batch(
                batch_id,
                content.get("source", "") if is_own else content["account"],
                recorded_at,
                content,
                count,
                first,
                last,
                late,
            )
        )
    return batches


def _spans(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[str]], now: datetime
) -> dict[str, tuple[int, Any, Any, int]]:
    """Return of each batch how many events it has, the first and the last of them, and how many
    came after later ones.
    """
    events = [
        path
        for family, paths in files.items()
        if family not in ("batch", "quarantine", "entity")
        for path in paths
    ]
    if not events:
        return {}
    rows = connection.execute(
        f"""with events as (
            select batch_id, source, occurred_at::timestamp as occurred_at,
                recorded_at::timestamp as recorded_at
            from read_parquet({_list(events)}, union_by_name = true)
        ),
        batches as (
            select batch_id, source, count(*) as records, min(occurred_at) as first_at,
                max(occurred_at) filter (where occurred_at <= ?) as last_at,
                min(recorded_at) as recorded_at
            from events group by batch_id, source
        ),
        known as (
            select *, max(last_at) over (partition by source order by recorded_at, batch_id
                rows between unbounded preceding and 1 preceding) as had
            from batches
        )
        select k.batch_id, sum(k.records), min(k.first_at), max(k.last_at),
            coalesce(sum(l.late), 0)
        from known k
        left join (
            select e.batch_id, e.source, count(*) as late from events e join known b
                on b.batch_id = e.batch_id and b.source = e.source
            where e.occurred_at < b.had group by e.batch_id, e.source
        ) l on l.batch_id = k.batch_id and l.source = k.source
        group by k.batch_id""",
        [now],
    ).fetchall()
    return {batch: (int(count), first, last, int(late)) for batch, count, first, last, late in rows}


def same_said_otherwise(files: Mapping[str, Sequence[str]], report: LoadReport) -> list[str]:
    """Return the loads of the very files of a load that were read otherwise: with another mapping,
    zone or scale.

    Two mappings may take different things from one file: they stand side by side. What makes
    records of the same type takes the place of what made them before.
    """
    if not files.get("batch") or not report.inputs:
        return []
    with asking() as connection:
        rows = connection.execute(
            f"select batch_id, report from read_parquet({_list(files['batch'])}, union_by_name ="
            " true) where json_extract_string(report, '$.inputs') = ? and batch_id <> ? order by"
            " recorded_at, batch_id",
            [report.inputs, report.batch_id],
        ).fetchall()
    told = set(report.records) - ENTITIES
    return [batch for batch, told_then in rows if told & set(json.loads(told_then)["records"])]


def find_batch(files: Mapping[str, Sequence[str]], given: str) -> str:
    """Return the identity of a batch by it, or by enough of its beginning.

    Raises:
        NotFoundError: there is no such batch, or several begin like this.
    """
    known: list[str] = []
    if files.get("batch"):
        with asking() as connection:
            rows = connection.execute(
                f"select distinct batch_id from read_parquet({_list(files['batch'])},"
                " union_by_name = true) order by 1"
            ).fetchall()
        known = [batch for (batch,) in rows]
    found = [batch for batch in known if batch.startswith(given)] if given else []
    if given in known:
        return given
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFoundError(f"'{given}' may be {len(found)} loads: {', '.join(found)}")
    raise NotFoundError(f"no load '{given}'{nearest(given, known)}", "helmdesk batches lists them")


def refuse_gaps(files: Mapping[str, Sequence[str]], gone: Collection[str]) -> None:
    """Refuse to take out what a live account sent while what it sent later stays: its cursor stands
    behind that, and would never ask for it again.

    Raises:
        UsageError: says which loads have to go with them.
    """
    with asking() as connection:
        sent = connection.execute(
            "select json_extract_string(report, '$.sync.connection') as connection, batch_id from"
            f" read_parquet({_list(files['batch'])}, union_by_name = true) where connection is not"
            " null order by 1, cast(json_extract(report, '$.sync.number') as bigint)"
        ).fetchall()
    for account in {account for account, _ in sent}:
        own = [batch for each, batch in sent if each == account]
        first = next((place for place, batch in enumerate(own) if batch in gone), len(own))
        if later := [batch for batch in own[first:] if batch not in gone]:
            raise UsageError(
                f"what '{account}' sent is fetched once: without these loads the later ones"
                " cannot stay",
                f"take them out too: {' '.join(later)}",
            )


def read_quarantine(
    files: Mapping[str, Sequence[str]], batch_id: str | None = None, limit: int = SHOWN
) -> list[Quarantined]:
    """Return quarantined cells, of one batch or of all, in order of file and line."""
    if not files.get("quarantine"):
        return []
    only = f"where batch_id = {text(batch_id)}" if batch_id else ""
    with asking() as connection:
        rows = connection.execute(
            "select batch_id, file, line, column_name, raw, reason from"
            f" read_parquet({_list(files['quarantine'])}, union_by_name = true) {only}"
            f" order by file, line, column_name limit {int(limit)}"
        ).fetchall()
    return [Quarantined(*row) for row in rows]


def _list(paths: Sequence[str]) -> str:
    return "[" + ", ".join(text(path) for path in paths) + "]"
