"""Our number beside another tool's: row by row where they differ, and why; the reasons add up to
the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import sqlglot

from helmdesk.clocks.sla import ALIASES
from helmdesk.csv_text import read_rows, separator_of
from helmdesk.engines.duckdb import DuckDB
from helmdesk.engines.engine import Engine
from helmdesk.engines.translation import HOUSE_DIALECT
from helmdesk.errors import InputError, NotFoundError, UsageError, nearest
from helmdesk.facts.build.build import ensure_fact
from helmdesk.facts.build.fact import load_facts
from helmdesk.presets.parts.preset import Export, Fault, Preset, ToolMetric
from helmdesk.query.bounds import Bounds
from helmdesk.query.dimensions import conditions, dimensions_of
from helmdesk.query.request import Request
from helmdesk.quoting import text
from helmdesk.records.accounts import Account

UNEXPLAINED, ROUNDING, ABSENT, UNKNOWN = (
    "unexplained",
    "rounding of the export",
    "not in the file",
    "not on this desk",
)
# Enough of an export to see what divides its columns.
SAMPLE = 65_536
ID_COLUMNS = ("ticket_id", "id", "clock_id", "conversation_id")
NOTHING = ("", "null", "none", "\\n", "nan")
YES, NO = ("true", "t", "yes", "y"), ("false", "f", "no", "n")
ALL = "true"
"""The window, or the scope, that leaves nothing out."""
EQUAL = 1e-9
ANCHOR = "anchor_"


@dataclass(frozen=True)
class Reason:
    """What one reason did.

    Attributes:
        rows: rows that differ mostly because of it; over all reasons they add up to all rows that
        differ. change: what it moved the tool's number by; over all reasons this adds up to theirs
        less ours. sum: what it moved the rows' values by, added up; a row that counts on one side
        only adds its value.
    """

    reason: str
    help: str
    rows: int
    change: float
    sum: float


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


@dataclass(frozen=True)
class GivenExport:
    """A file of the tool's output: which of its tables it is, its columns, and its cells by row and
    column.
    """

    path: Path
    export: Export
    columns: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str]]


def read_export(path: Path, preset: Preset, prefix: str = "") -> GivenExport:
    """Return the tool's own values by row.

    Args:
        prefix: what the ids of the account begin with here, and not in its own output.

    Raises:
        NotFoundError, InputError: no such file, no column that names a row, or two rows of one
        name; says which line.
    """
    import gzip

    if not path.is_file():
        raise NotFoundError(f"{path}: no such file")
    found: dict[str, dict[str, str]] = {}
    with (
        gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8-sig", newline="")
    ) as handle:
        reader = read_rows(handle, separator_of(handle.read(SAMPLE)))
        handle.seek(0)
        columns = [column.strip() for column in next(reader, [])]
        export = _export_of(path, columns, preset)
        for cells in filter(None, reader):
            row = dict(zip_longest(columns, cells[: len(columns)], fillvalue=""))
            name = _row_name(path, reader.line_num, export, row)
            name = name if name.startswith(prefix) else f"{prefix}{name}"
            if name in found:
                raise InputError(
                    f"{path}, line {reader.line_num}: a second row with"
                    f" {', '.join(f'{key} {row[key]}' for key in export.key)}"
                )
            found[name] = row
    return GivenExport(path, export, tuple(columns), found)


def _export_of(path: Path, columns: Sequence[str], preset: Preset) -> Export:
    """Return which table of the tool a file is."""
    exports = preset.exports or tuple(
        Export(preset.name, (column,)) for column in ID_COLUMNS if column in columns
    )
    for export in exports:
        if not export.mark or export.mark in columns:
            missing = [column for column in export.key if column not in columns]
            # Whoever keeps one id a row may call it as they like.
            if missing == ["ticket_id"] and len(export.key) == 1 and "id" in columns:
                return replace(export, key=("id",))
            if missing:
                break
            return export
    wanted = (
        " or ".join(" and ".join(export.key) for export in preset.exports)
        or f"one of: {', '.join(ID_COLUMNS)}"
    )
    raise InputError(
        f"{path}: no id column; rows are named by {wanted} (the file has:"
        f" {', '.join(columns[:12])})"
    )


def _row_name(path: Path, line: int, export: Export, row: Mapping[str, str]) -> str:
    """Return what a row is called: its id, or ticket, clock and instant in one spelling."""
    if len(export.key) == 1:
        return str(row[export.key[0]]).strip()
    ticket, metric, applied = (str(row[column]).strip() for column in export.key)
    try:
        moment = datetime.fromisoformat(applied.removesuffix(" UTC").replace(" +", "+"))
    except ValueError as error:
        raise InputError(
            f"{path}, line {line}: {export.key[2]} is no time such as 2026-01-05 09:00:00:"
            f" {applied!r}"
        ) from error
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{ticket}|{ALIASES.get(metric, metric)}|{utc:%Y-%m-%d %H:%M:%S}"


def _number(text: str | None, path: Path, row: str, column: str) -> float | None:
    lowered = (text or "").strip().lower()
    if lowered in NOTHING:
        return None
    if lowered in (*YES, *NO):
        return float(lowered in YES)
    try:
        return float(lowered)
    except ValueError as error:
        raise InputError(f"{path}: {column} of {row} is no number: {text!r}") from error


def account_of(
    preset: Preset, accounts: Mapping[str, Account], named: str | None, *, is_exported: bool
) -> Account | None:
    """Return the account whose tickets are compared; None: all there are, of which at most one is
    the tool's.

    Raises:
        NotFoundError: no account has this name.
        UsageError: a file of the tool's, and several accounts whose it may be.
    """
    having = {name: account for name, account in accounts.items() if account.has_tickets}
    if named is not None:
        if named not in having:
            raise NotFoundError(
                f"no account '{named}' with tickets{nearest(named, having)} (there are:"
                f" {', '.join(having) or 'none'})"
            )
        return having[named]
    own = [account for account in having.values() if account.system == preset.system] or list(
        having.values()
    )
    if not is_exported or len(having) < 2:
        return None
    if len(own) > 1:
        names = ", ".join(account.name for account in own)
        raise UsageError(
            f"the desk has several accounts this file may be of ({names}); say which: --as"
            f" {own[-1].name}"
        )
    return own[0]


def created_within(start: datetime | None, end: datetime | None) -> str:
    """Return the condition that a ticket was created in a window, over ``anchor_``."""
    bounds = ((start, ">="), (end, "<"))
    placed = (f"anchor_ {operator} timestamp '{at}'" for at, operator in bounds if at is not None)
    return " and ".join(["true", *placed])


def compare(
    engine: Engine,
    preset: Preset,
    names: Sequence[str],
    windows: tuple[str, ...],
    export: Path | None,
    request: Request,
    bounds: Bounds,
    account: Account | None = None,
) -> list[Comparison]:
    """Compare the chosen metrics of a preset (all when none is named).

    Args:
        windows: house SQL that chooses rows by the desk's own days, and by those of UTC for tools
        that know no other; in it
            ``anchor_`` is the instant that places a row.
        export: the tool's own output; adds what its definition does not explain.
        request: carries filter and policy: rows outside them do not exist.
        account: the one whose tickets are compared, and whose numbers stand in `export`; None: all.

    Raises:
        NotFoundError: an unknown metric of the preset.
        InputError: an export that cannot be read.
    """
    known = {metric.name: metric for metric in preset.metrics}
    for name in names:
        if name not in known:
            raise NotFoundError(
                f"preset {preset.name} has no number '{name}'{nearest(name, known)} (it has:"
                f" {', '.join(known)})"
            )
    chosen = [known[name] for name in names] or list(preset.metrics)
    given = read_export(export, preset, account.prefix if account else "") if export else None
    if given:
        chosen = _in_file(given, preset, chosen, is_named=bool(names))
        if preset.faults and isinstance(engine, DuckDB) and any(metric.faults for metric in chosen):
            _prepare_faults(engine, preset.faults, preset.run_at, given)
    found = []
    for metric in chosen:
        ensure_fact(engine, metric.fact)
        scope = _scope(metric, request, bounds)
        found.append(_compare(engine, preset, metric, windows, scope, given, account))
    return found


def _in_file(
    given: GivenExport, preset: Preset, chosen: Sequence[ToolMetric], *, is_named: bool
) -> list[ToolMetric]:
    """Return the numbers that a file gives.

    Raises:
        InputError: a column it should have is missing: its number would be passed over in silence.
    """
    first = preset.exports[-1].name if preset.exports else preset.name
    here = [metric for metric in chosen if (metric.export or first) == given.export.name]
    if is_named and (elsewhere := [metric for metric in chosen if metric not in here]):
        raise InputError(
            f"{given.path} is {given.export.name}; {elsewhere[0].name} stands in"
            f" {elsewhere[0].export or first}"
        )
    missing = [
        metric for metric in here if not metric.is_presence and metric.name not in given.columns
    ]
    if missing:
        offers = "; ".join(
            f"{metric.name}{nearest(metric.name, given.columns)}" for metric in missing
        )
        rest = " ".join(
            f"--number {metric.name}"
            for metric in here
            if metric not in missing and not metric.is_presence
        )
        mend = f"; compare what it has with: {rest}" if rest else ""
        raise InputError(
            f"{given.path}: no column for {len(missing)} of the numbers of {preset.name}"
            f" ({offers}){mend}"
        )
    return here


def _prepare_faults(
    engine: Engine, create: Callable[[Engine], None], run_at: str, given: GivenExport
) -> None:
    """Make what the preset's faults read, once for all its numbers."""
    ages = [
        (name, _number(row.get(run_at), given.path, name, run_at))
        for name, row in given.rows.items()
    ]
    _register(engine, [(name, age) for name, age in ages if age is not None])
    # Cut to whole minutes by some databases: the latest is nearest.
    engine.make(
        "given_run",
        "select max(later(t.created_at, cast(round(e.theirs * 60) as bigint))) as ran_at from"
        " given_export e join tickets t on cast(t.ticket_id as varchar) = e.row_id",
        "or replace temp table",
    )
    create(engine)


def _scope(metric: ToolMetric, request: Request, bounds: Bounds) -> str:
    """Return the condition that filter and policy put on every row."""
    known = dimensions_of(load_facts()[metric.fact], metric.anchor, request, bounds)
    return " and ".join(
        ["true", *(condition.sql(HOUSE_DIALECT) for condition in conditions(request, known))]
    )


def _compare(
    engine: Engine,
    preset: Preset,
    metric: ToolMetric,
    windows: tuple[str, ...],
    scope: str,
    export: GivenExport | None,
    account: Account | None,
) -> Comparison:
    local, utc = (f"({condition.replace(ANCHOR, metric.anchor)})" for condition in windows)
    expressions, days = [(metric.ours, local)], local
    for step in metric.steps:
        days = utc if step.is_utc else days
        expressions.append((step.value, days))
    cells = [
        f"cast(case when {days} then {value} end as double) as v{place}"
        for place, (value, days) in enumerate(expressions)
    ]
    own = f"source = {text(account.name)}" if account else ALL
    given = "cast(null as double) as theirs, false as is_given"
    source = f"(select * from {metric.fact} where ({local} or {utc}) and ({scope}) and ({own})) f"
    theirs: dict[str, float | None] = {}
    faults: tuple[Fault, ...] = ()
    if export is not None:
        theirs = {
            name: (
                1.0
                if metric.is_presence
                else _number(cells_.get(metric.name), export.path, name, metric.name)
            )
            for name, cells_ in export.rows.items()
        }
        _register(engine, list(theirs.items()))
        given = "e.theirs as theirs, e.row_id is not null as is_given"
        source += f" left join given_export e on e.row_id = cast(f.{metric.row} as varchar)"
        if preset.faults and metric.faults and isinstance(engine, DuckDB):
            faults = metric.faults
            source += " left join tool_faults x on x.ticket_id = f.ticket_id"
            given += ", x.* exclude (ticket_id)"
    judged = [
        f"coalesce({fault.when}, false) as b{place}, cast({fault.value} as double) as p{place}"
        for place, fault in enumerate(faults)
    ]
    names = ["row_id", *(f"v{place}" for place in range(len(expressions))), "theirs", "is_given"]
    inner = f"select f.*, {given}, {', '.join(cells)} from {source}"
    outer = (
        f"select cast({metric.row} as varchar) as row_id, {', '.join([*names[1:], *judged])} from"
        f" (select *, v{len(metric.steps)} as value from ({inner}))"
    )
    sql = engine.translate(sqlglot.parse_one(outer, dialect=HOUSE_DIALECT))
    names += [f"{letter}{place}" for place in range(len(faults)) for letter in "bp"]
    rows = [dict(zip(names, row, strict=True)) for row in engine.run(sql)]
    if export is not None and windows[0] == windows[1] == scope == ALL:
        # Of a row that nobody here knows it is not known when it was: only the whole shows it.
        known = {row["row_id"] for row in rows}
        nothing = dict.fromkeys(names)
        rows += [
            {**nothing, "row_id": name, "theirs": value, "is_given": True, "is_unknown": True}
            for name, value in theirs.items()
            if name not in known and value is not None
        ]
    return _judge(metric, rows, faults, is_exported=export is not None)


def _register(engine: Engine, given: Sequence[tuple[str, float | None]]) -> None:
    import pyarrow as pa

    table = pa.table(
        {
            "row_id": pa.array([row for row, _ in given], pa.string()),
            "theirs": pa.array([value for _, value in given], pa.float64()),
        }
    )
    engine.put("given_export", table, "temp table")


def _judge(
    metric: ToolMetric,
    rows: Sequence[dict[str, Any]],
    faults: Sequence[Fault],
    *,
    is_exported: bool,
) -> Comparison:
    """Walk every row from ours to theirs, and the totals with it."""
    labels = [(step.reason, step.help) for step in metric.steps]
    chains: list[list[float | None]] = []
    walked: list[list[tuple[str, str]]] = []
    for row in rows:
        chain = [row[f"v{place}"] for place in range(len(labels) + 1)]
        names = list(labels)
        if is_exported:
            chain.append(row["theirs"])
            names.append(_residual(metric, row, faults))
        chains.append(chain)
        walked.append(names)
    width = len(labels) + (2 if is_exported else 1)
    totals = [_total(metric, [chain[place] for chain in chains]) for place in range(width)]
    reasons: dict[tuple[str, str], list[float]] = {label: [0, 0.0, 0.0] for label in labels}
    for place in range(len(labels)):
        reasons[labels[place]][1] += (totals[place + 1] or 0.0) - (totals[place] or 0.0)
    if is_exported:
        _share_residual(metric, chains, walked, totals, reasons)
    listed = []
    for row, chain, names in zip(rows, chains, walked, strict=True):
        for before, after, label in zip(chain, chain[1:], names, strict=False):
            reasons.setdefault(label, [0, 0.0, 0.0])[2] += (after or 0.0) - (before or 0.0)
        if _same(chain[0], chain[-1]):
            continue
        moved = [
            (abs((after or 0) - (before or 0)) + (before is None) + (after is None), label)
            for before, after, label in zip(chain, chain[1:], names, strict=False)
            if not _same(before, after)
        ]
        main = max(moved, key=lambda item: item[0])[1]
        reasons[main][0] += 1
        listed.append(
            {
                metric.row: row["row_id"],
                "ours": chain[0],
                "theirs": chain[-1],
                "main_reason": main[0],
                "reasons": ", ".join(dict.fromkeys(label[0] for _, label in moved)),
            }
        )
    found = tuple(
        Reason(reason, words, int(count), change, total)
        for (reason, words), (count, change, total) in reasons.items()
        if count or abs(change) > EQUAL
    )
    n_ours, n_theirs = (sum(chain[place] is not None for chain in chains) for place in (0, -1))
    listed.sort(key=lambda item: str(item[metric.row]))
    return Comparison(
        metric, totals[0], totals[-1], n_ours, n_theirs, len(listed), found, tuple(listed)
    )


def _residual(
    metric: ToolMetric, row: Mapping[str, Any], faults: Sequence[Fault]
) -> tuple[str, str]:
    """Return why the tool's output is not what its own definition says: a fault that predicts it,
    or nothing we know.
    """
    defined, theirs = row[f"v{len(metric.steps)}"], row["theirs"]
    if row.get("is_unknown"):
        return UNKNOWN, "the file has a row that no record here speaks of"
    if not row["is_given"]:
        return ABSENT, "the file has no such row"
    if _is_near(defined, theirs, metric.tolerance):
        return ROUNDING, "the file keeps fewer digits"
    for place, fault in enumerate(faults):
        if row[f"b{place}"] and _is_near(row[f"p{place}"], theirs, fault.tolerance):
            return fault.reason, fault.help
    return UNEXPLAINED, "neither the tool's definition nor a fault we know of gives this value"


def _is_near(one: float | None, other: float | None, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= tolerance + EQUAL


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
        present = [
            chain[-1] if names[-1] == label else value
            for chain, names, value in zip(chains, walked, present, strict=True)
        ]
        after = _total(metric, present)
        reasons.setdefault(label, [0, 0.0, 0.0])[1] += (after or 0.0) - (before or 0.0)
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
