"""A first mapping for a file, drafted from its header and its rows."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from helmdesk.quoting import name
from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.call_words import LAYOUT, tells_calls
from helmdesk.sources.parts.column_look import TIMES, Look, look_at, pair_clocks, values_of
from helmdesk.sources.parts.column_match import Candidate, candidates, match
from helmdesk.sources.parts.columns import meanings_of
from helmdesk.sources.parts.draft_messages import messages_draft
from helmdesk.sources.parts.draft_survey import survey_draft
from helmdesk.sources.parts.draft_text import Findings, written
from helmdesk.sources.parts.drafted_statuses import MOST_STATUSES
from helmdesk.sources.parts.profile import (
    MESSAGES,
    SURVEY,
    TELEPHONY,
    TICKETS,
    Recognised,
    likeliest,
    recognise,
)
from helmdesk.sources.parts.source import files_within
from helmdesk.sources.reading.archive import unpack_archives
from helmdesk.sources.reading.raw_tables import read_table

MOST_ANSWERS = 12
Found = Mapping[str, str] | None


@dataclass(frozen=True)
class Draft:
    """A mapping for a file.

    Attributes:
        left_out: what was not written because nothing tells what it means.
        guessed: what words of states were taken for that the system's profile does not know.
        found: what a row has -> the column it is read from.
    """

    text: str
    left_out: tuple[str, ...] = ()
    guessed: str = ""
    found: Found = None


def suggest_mapping(path: Path, limits: Limits | None = None, sheets: Sequence[str] = ()) -> str:
    """Return the text of a mapping for `path`; see `draft_mapping`."""
    return draft_mapping(path, limits, sheets).text


def draft_mapping(
    path: Path,
    limits: Limits | None = None,
    sheets: Sequence[str] = (),
    zone: str = "",
    *,
    is_final: bool = False,
    chosen: Found = None,
) -> Draft:
    """Return the text of a mapping for `path`; guesses worth a look end in ``# ?``.

    Args:
        path: a file, or an archive: the first of its files.
        limits: how much the file may bring.
        sheets: the sheets of a workbook to read; none: the fullest.
        zone: of times without an offset; empty leaves it to be said.
        is_final: nobody will look at it: what nothing tells is left out.
        chosen: what a ticket has -> the column that somebody chose for it; None: find them.

    Raises:
        NotFoundError, InputError: the file cannot be read.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch, duckdb.connect() as connection:
        file = files_within(unpack_archives([path], Path(scratch), limits or Limits()))[0]
        connection.execute("set timezone = 'UTC'")
        staging = Staging(connection, "suggestion", "suggestion", limits=limits)
        staging.sheets = tuple(sheets)
        table = read_table(staging, file)
        look = look_at(staging, table.table, table.columns)
        return _drafted(staging, file, look, zone, is_final, chosen)


def _drafted(
    staging: Staging, path: Path, look: Look, zone: str, is_final: bool, chosen: Found
) -> Draft:
    known = recognise(tuple(look.columns))
    if chosen is None and (calls := _calls(look, known, path.name)):
        return calls
    if known and known.profile.kind == SURVEY and chosen is None:
        return _survey(staging, look, known, zone, is_final)
    if known and known.profile.kind == MESSAGES and chosen is None:
        return Draft("\n".join(messages_draft(look, known, zone)), found=known.found)
    known = known if known and known.profile.kind == TICKETS else None
    ranked = candidates(look)
    near = None
    if not known and chosen is None and (near := likeliest(tuple(look.columns))):
        ranked = _by_system(ranked, near)
    found, known = _found(look, known, chosen) or (match(ranked), None)
    times = [found[target] for target in TIMES if target in found]
    seen = Findings(
        file=path.name,
        # A system's export has one name whatever its file is called: next week's updates this
        # week's.
        stem=known.name if known else near.name if near else _stem(path),
        known=known,
        near=near,
        zone=zone,
        is_final=is_final,
        notes=staging.report.notes,
        sheets=staging.sheets,
        found=found,
        ranked=ranked,
        look=look,
        clocks=pair_clocks(staging, look, times, list(found.values())),
        answers=sorted(values_of(staging, look.table, found.get("answer"), MOST_ANSWERS)),
        statuses=sorted(values_of(staging, look.table, found.get("status"), MOST_STATUSES + 1)),
        repeated=_repeated(staging, look, found.get("ticket_id")),
    )
    text = written(seen)
    return Draft("\n".join(text.lines), tuple(text.left_out), ", ".join(text.guessed), dict(found))


def _calls(look: Look, known: Recognised | None, file: str) -> Draft | None:
    """Return what is known of a log of calls, which needs no mapping; None where it is none."""
    columns = tuple(look.columns)
    if known and known.profile.kind in TELEPHONY:
        title, found = known.profile.title, dict(known.found)
    elif not known and tells_calls(columns):
        title, found = "a call log", meanings_of(columns, LAYOUT)
    else:
        return None
    rest = [f"`{column}`" for column in columns if column not in found.values()]
    lines = [
        f"# {file}: {title}. It needs no mapping: helmdesk load {file}",
        "# What is read from which column:",
        *(f"#   `{column}` -> {meaning.replace('_', ' ')}" for meaning, column in found.items()),
        *([f"# kept with the call, read as nothing: {', '.join(rest)}"] if rest else []),
    ]
    return Draft("\n".join(lines), found=found)


def _survey(staging: Staging, look: Look, known: Recognised, zone: str, is_final: bool) -> Draft:
    text = survey_draft(
        look,
        known,
        zone,
        lambda column, most: sorted(values_of(staging, look.table, column, most, look.codes)),
        is_final=is_final,
    )
    return Draft("\n".join(text.lines), tuple(text.left_out), "", text.found)


def _found(
    look: Look, known: Recognised | None, chosen: Found
) -> tuple[dict[str, str], Recognised | None] | None:
    """Return the columns that somebody chose, or that a system is known to have; None where neither
    tells enough.
    """
    if chosen is not None:
        return {
            target: column for target, column in chosen.items() if column in look.columns
        }, known
    if not known:
        return None
    dated = look.shapes
    found = {
        target: column
        for target, column in known.found.items()
        if target not in TIMES or column in dated
    }
    return (found, known) if "created" in found else None


def _by_system(
    ranked: Mapping[str, list[Candidate]], near: Recognised
) -> dict[str, list[Candidate]]:
    """Return candidates with those first that a system calls so."""
    return {
        target: sorted(listed, key=lambda own: own.column != near.found.get(target))
        for target, listed in ranked.items()
    }


def _repeated(staging: Staging, look: Look, key: str | None) -> tuple[int, str]:
    """Return how many rows share their key with an earlier one, and one such key."""
    if key is None:
        return 0, ""
    row = staging.connection.execute(
        f"select coalesce(sum(times - 1), 0), min(key) from (select trim({name(key)}) as key,"
        f" count(*) as times from {look.table} where nullif(trim({name(key)}), '') is not null"
        " group by 1 having count(*) > 1)"
    ).fetchone()
    return (int(row[0]), str(row[1])) if row and row[0] else (0, "")


def _stem(path: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "_", path.name.split(".")[0].lower()).strip("_") or "file"
