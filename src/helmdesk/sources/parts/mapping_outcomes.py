"""How tickets of a mapped file ended: by the column that the mapping names, else by words for "not
done" that the file uses.

A status that means not done ("Declined" among the values of a mapped status) is that way of ending,
and so is such a word in a column called resolution, close code or status that the mapping leaves
alone. What was read so is said in the load report.
"""

from __future__ import annotations

from helmdesk.quoting import name, text
from helmdesk.records.schema import SOLVED_STATUSES
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import plain
from helmdesk.sources.parts.mapping_file import STATUS_NAMES, Mapping, RecordRule
from helmdesk.sources.reading.outcomes import outcome, outcome_of, tell_unknown, words_of
from helmdesk.sources.reading.raw_tables import RawTable

NAMES = (
    "resolution",
    "resolution_code",
    "resolution_type",
    "resolution_status",
    "resolution_reason",
    "close_code",
    "closed_code",
    "closure_code",
    "close_reason",
    "closed_reason",
    "closing_reason",
    "closure_reason",
    "closure_type",
    "outcome",
    "disposition",
    *STATUS_NAMES,
)
SHOWN = 8


def named_outcome(staging: Staging, table: RawTable, column: str, meant: str) -> str:
    """Return SQL of the outcome in a column that the mapping names; `meant` is its cell after the
    table of values.
    """
    words = words_of(staging, table.table, meant)
    mend = (
        f'say in the mapping what they mean: outcome = {{ column = "{column}", values = {{ "THAT'
        ' WORD" = "declined" } }'
    )
    tell_unknown(staging, f"{table.path.name}, {column}", words, mend)
    return outcome(meant, words)


def found_outcome(
    staging: Staging, table: RawTable, mapping: Mapping, rule: RecordRule, status: str | None
) -> dict[str, str]:
    """Return the column of the outcome that a file's own words tell of a record; empty where they
    tell none, or the mapping does.

    Args:
        status: SQL of the record's status.
    """
    if rule.type not in ("created", "status_changed") or "outcome" in rule.cells:
        return {}
    cell = rule.cells.get("status")
    stated = [cell.column] if cell and cell.column else []
    others = [
        column
        for column in table.columns
        if plain(column) in NAMES and column not in mapping.columns()
    ]
    told = []
    for column in stated if rule.type == "status_changed" else [*stated, *others]:
        words = words_of(staging, table.table, name(column))
        endings = {
            word: found for word in words if (found := outcome_of(word)) not in (None, "solved")
        }
        if endings:
            told.append(f"nullif({outcome(name(column), words)}, 'solved')")
            listed = ", ".join(
                f"{word} ({found}, {words[word]:,})"
                for word, found in list(endings.items())[:SHOWN]
            )
            staging.note(
                f"{table.path.name}: words of '{column}' mean that nobody solved it, and count so:"
                f" {listed};"
                f' else say in the mapping: outcome = {{ column = "{column}", values = {{ ... }} }}'
            )
    if not told:
        return {}
    found = f"coalesce({', '.join(told)})"
    ends = ", ".join(map(text, SOLVED_STATUSES))
    return {
        "outcome": (
            f"case when {status} in ({ends}) then {found} end"
            if rule.type == "status_changed"
            else found
        )
    }
