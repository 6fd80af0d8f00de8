"""Our number beside another tool's: row by row where they differ, and why; the reasons add up to the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlglot

from helmdesk.engines.engine import Engine
from helmdesk.engines.translation import HOUSE_DIALECT
from helmdesk.errors import InputError, NotFoundError, nearest
from helmdesk.facts.build import ensure_fact
from helmdesk.facts.fact import load_facts
from helmdesk.presets.preset import Preset, ToolMetric
from helmdesk.query.bounds import Bounds
from helmdesk.query.dimensions import dimensions_of
from helmdesk.query.filters import filter_expression
from helmdesk.query.request import Request

UNEXPLAINED, ROUNDING, ABSENT = "unexplained", "rounding of the export", "not in the file"
ID_COLUMNS = ("ticket_id", "id", "clock_id", "conversation_id")
EQUAL = 1e-9
ANCHOR = "anchor_"


@dataclass(frozen=True)
class Reason:
    """What one reason did.

    Attributes:
        rows: rows that differ mostly because of it; over all reasons they add up to all rows that differ.
        change: what it moved the tool's number by; over all reasons this adds up to theirs less ours.
    """

    reason: str
    help: str
    rows: int
    change: float


@dataclass(frozen=True)
class Comparison:
    """One number by two definitions.

    Attributes:
        ours, theirs: the totals; None when nothing counts.
        n_ours, n_theirs: rows that count on each side.
        differing: rows with another value, or that count on one side only.
        rows: those rows: id, ours, theirs, reasons.
    """

    metric: ToolMetric
    ours: float | None
    theirs: float | None
    n_ours: int
    n_theirs: int
    differing: int
    reasons: tuple[Reason, ...]
    rows: tuple[dict[str, Any], ...]


def read_export(path: Path) -> tuple[dict[str, dict[str, float | None]], list[str]]:
    """Return the tool's own values by row id and column, and its columns.

    Raises:
        NotFoundError, InputError: no such file, no id column, or a cell that is no number; names line and column.
    """
    import csv
    import gzip

    if not path.is_file():
        raise NotFoundError(f"{path}: no such file")
    found: dict[str, dict[str, float | None]] = {}
    with (
        gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8-sig", newline="") as handle
    ):
        reader = csv.DictReader(handle)
        columns = [column.strip() for column in reader.fieldnames or []]
        identity = next((column for column in ID_COLUMNS if column in columns), None)
        if identity is None:
            raise InputError(f"{path}: no id column; name it one of: {', '.join(ID_COLUMNS)} (the file has: {', '.join(columns[:12])})")
        for row in reader:
            found[row[identity]] = {column: row[column] for column in columns if column != identity}  # type: ignore[misc]
    return found, columns


def _number(text: Any, path: Path, row: str, column: str) -> float | None:
    if text is None or str(text).strip() == "":
        return None
    lowered = str(text).strip().lower()
    if lowered in ("true", "false"):
        return float(lowered == "true")
    try:
        return float(lowered)
    except ValueError as error:
        raise InputError(f"{path}: {column} of {row} is no number: {text!r}") from error


def compare(
    engine: Engine, preset: Preset, names: Sequence[str], windows: tuple[str, str], export: Path | None, request: Request, bounds: Bounds
) -> list[Comparison]:
    """Compare the chosen metrics of a preset (all when none is named).

    Args:
        windows: house SQL that chooses rows by the desk's own days, and by those of UTC for tools that know no other; in it
            ``anchor_`` is the instant that places a row.
        export: the tool's own output; adds what its definition does not explain.
        request: carries filter and policy: rows outside them do not exist.

    Raises:
        NotFoundError: an unknown metric of the preset.
        InputError: an export that cannot be read.
    """
    known = {metric.name: metric for metric in preset.metrics}
    for name in names:
        if name not in known:
            raise NotFoundError(f"preset {preset.name} has no number '{name}'{nearest(name, known)} (it has: {', '.join(known)})")
    chosen = [known[name] for name in names] or list(preset.metrics)
    values, columns = read_export(export) if export else ({}, [])
    if export:
        chosen = [metric for metric in chosen if metric.name in columns]
        if not chosen:
            raise InputError(f"{export}: no column of preset {preset.name}; it knows: {', '.join(known)}")
    found = []
    for metric in chosen:
        ensure_fact(engine, metric.fact)
        scope = _scope(metric, request, bounds)
        found.append(_compare(engine, metric, windows, scope, values if export else None, export))
    return found


def _scope(metric: ToolMetric, request: Request, bounds: Bounds) -> str:
    """Return the condition that filter and policy put on every row."""
    known = dimensions_of(load_facts()[metric.fact], metric.anchor, request, bounds)
    conditions = [
        filter_expression(given, known).sql(HOUSE_DIALECT) for given in (request.where, request.policy.predicate) if given is not None
    ]
    return " and ".join(["true", *conditions])


def _compare(
    engine: Engine,
    metric: ToolMetric,
    windows: tuple[str, str],
    scope: str,
    values: Mapping[str, Mapping[str, Any]] | None,
    path: Path | None,
) -> Comparison:
    local, utc = (f"({condition.replace(ANCHOR, metric.anchor)})" for condition in windows)
    expressions, days = [(metric.ours, local)], local
    for step in metric.steps:
        days = utc if step.is_utc else days
        expressions.append((step.value, days))
    cells = [f"cast(case when {days} then {value} end as double) as v{place}" for place, (value, days) in enumerate(expressions)]
    given = "cast(null as double) as theirs, false as is_given"
    source = f"(select * from {metric.fact} where ({local} or {utc}) and ({scope})) f"
    if values is not None and path is not None:
        _register(engine, [(row, _number(cells_.get(metric.name), path, row, metric.name)) for row, cells_ in values.items()])
        given = "e.theirs as theirs, e.row_id is not null as is_given"
        source += f" left join given_export e on e.row_id = cast(f.{metric.row} as varchar)"
    bugs = [f"coalesce({bug.when}, false) as b{place}" for place, bug in enumerate(metric.bugs)]
    names = ["row_id", *(f"v{place}" for place in range(len(expressions))), "theirs", "is_given"]
    inner = f"select f.*, {given}, {', '.join(cells)} from {source}"
    outer = f"select cast({metric.row} as varchar) as row_id, {', '.join([*names[1:], *bugs])} from (select *, v{len(metric.steps)} as value from ({inner}))"
    sql = engine.translate(sqlglot.parse_one(outer, dialect=HOUSE_DIALECT))
    names += [f"b{place}" for place in range(len(metric.bugs))]
    rows = [dict(zip(names, row, strict=True)) for row in engine.run(sql)]
    return _judge(metric, rows, is_exported=values is not None)


def _register(engine: Engine, given: Sequence[tuple[str, float | None]]) -> None:
    import pyarrow as pa

    table = pa.table(
        {"row_id": pa.array([row for row, _ in given], pa.string()), "theirs": pa.array([value for _, value in given], pa.float64())}
    )
    engine.put("given_export", table, "temp table")


def _judge(metric: ToolMetric, rows: Sequence[dict[str, Any]], *, is_exported: bool) -> Comparison:
    """Walk every row from ours to theirs, and the totals with it."""
    labels = [(step.reason, step.help) for step in metric.steps]
    chains: list[list[float | None]] = []
    walked: list[list[tuple[str, str]]] = []
    for row in rows:
        chain = [row[f"v{place}"] for place in range(len(labels) + 1)]
        names = list(labels)
        if is_exported:
            chain.append(row["theirs"])
            names.append(_residual(metric, row))
        chains.append(chain)
        walked.append(names)
    width = len(labels) + (2 if is_exported else 1)
    totals = [_total(metric, [chain[place] for chain in chains]) for place in range(width)]
    reasons: dict[tuple[str, str], list[float]] = {label: [0, 0.0] for label in labels}
    for place in range(len(labels)):
        reasons[labels[place]][1] += (totals[place + 1] or 0.0) - (totals[place] or 0.0)
    if is_exported:
        _share_residual(metric, chains, walked, totals, reasons)
    listed = []
    for row, chain, names in zip(rows, chains, walked, strict=True):
        if _same(chain[0], chain[-1]):
            continue
        moved = [(abs((after or 0) - (before or 0)) + (before is None) + (after is None), label)
                 for before, after, label in zip(chain, chain[1:], names, strict=False) if not _same(before, after)]  # fmt: skip
        main = max(moved, key=lambda item: item[0])[1]
        reasons.setdefault(main, [0, 0.0])[0] += 1
        listed.append({metric.row: row["row_id"], "ours": chain[0], "theirs": chain[-1], "main_reason": main[0],
                       "reasons": ", ".join(dict.fromkeys(label[0] for _, label in moved))})  # fmt: skip
    found = tuple(
        Reason(reason, words, int(count), change) for (reason, words), (count, change) in reasons.items() if count or abs(change) > EQUAL
    )
    n_ours, n_theirs = (sum(chain[place] is not None for chain in chains) for place in (0, -1))
    listed.sort(key=lambda item: str(item[metric.row]))
    return Comparison(metric, totals[0], totals[-1], n_ours, n_theirs, len(listed), found, tuple(listed))


def _residual(metric: ToolMetric, row: Mapping[str, Any]) -> tuple[str, str]:
    """Return why the tool's output is not what its own definition says."""
    defined, theirs = row[f"v{len(metric.steps)}"], row["theirs"]
    if not row["is_given"]:
        return ABSENT, "the file has no such row"
    if defined is not None and theirs is not None and abs(defined - theirs) <= metric.tolerance:
        return ROUNDING, "the file keeps fewer digits"
    for place, bug in enumerate(metric.bugs):
        if row[f"b{place}"]:
            return bug.reason, bug.help
    return UNEXPLAINED, "neither the tool's definition nor a fault we know of explains it"


def _share_residual(
    metric: ToolMetric,
    chains: list[list[float | None]],
    walked: list[list[tuple[str, str]]],
    totals: list[float | None],
    reasons: dict[tuple[str, str], list[float]],
) -> None:
    """Take the residual reasons one after another, each a step of its own in the total."""
    present = [chain[-2] for chain in chains]
    before = totals[-2]
    for label in dict.fromkeys(names[-1] for names in walked):
        present = [chain[-1] if names[-1] == label else value for chain, names, value in zip(chains, walked, present, strict=True)]
        after = _total(metric, present)
        reasons.setdefault(label, [0, 0.0])[1] += (after or 0.0) - (before or 0.0)
        before = after


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= EQUAL * max(1.0, abs(one), abs(other))


def _total(metric: ToolMetric, values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if metric.total in ("count", "sum"):
        return sum(known)
    return sum(known) / len(known) if known else None
