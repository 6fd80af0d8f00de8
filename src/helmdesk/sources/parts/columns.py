"""Files whose columns have no fixed names: what a column means is recognised by what people call
it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.quoting import name, text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.profile import Recognised
from helmdesk.sources.parts.source import Options
from helmdesk.sources.reading.raw_tables import RawTable, read_table
from helmdesk.sources.reading.spelled_times import ISO
from helmdesk.sources.reading.times import MEND, TimeReader, spelling_of

Layout = Mapping[str, tuple[str, ...]]
"""Meaning -> names it goes by, in lower case with underscores, most telling first."""


@dataclass(frozen=True)
class Sheet:
    """One file, seen through a layout.

    Attributes:
        view: columns named by meaning, null where absent, the rest packed in ``extra``.
        given: meaning -> the file's own column name.
        kept: names in ``extra``.
        words: vocabularies of the system the file is of, where they differ from everybody's.
    """

    raw: RawTable
    view: str
    given: Mapping[str, str]
    kept: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def has(self, *meanings: str) -> bool:
        """Whether the file has a column for every one of these meanings."""
        return all(meaning in self.given for meaning in meanings)


def plain(header: str) -> str:
    """Return a header in lower case with underscores for everything else."""
    return re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_")


def open_sheet(
    staging: Staging, path: Path, layout: Layout, required: Sequence[str], place: int
) -> Sheet:
    """Read a file and recognise its columns.

    Raises:
        InputError: a required meaning that no column carries; says which names would do.
    """
    return needed_sheet(staging, read_table(staging, path), layout, required, place)


def needed_sheet(
    staging: Staging, raw: RawTable, layout: Layout, required: Sequence[str], place: int
) -> Sheet:
    """Recognise the columns of a table that was read; see `open_sheet`."""
    sheet = sheet_of(staging, raw, layout, place)
    for meaning in required:
        if not sheet.has(meaning):
            raise InputError(
                f"{raw.path}: no column for {meaning.replace('_', ' ')}; name it one of:"
                f" {', '.join(layout[meaning])} (the file has:"
                f" {', '.join(sheet.raw.columns[:12])}), or describe the file with: helmdesk load"
                " mapping"
            )
    return sheet


def meanings_of(columns: Sequence[str], layout: Layout) -> dict[str, str]:
    """Return which of a layout's meanings the columns carry: meaning -> the file's own column
    name.
    """
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(plain(column), column)
    given: dict[str, str] = {}
    for meaning, names in layout.items():
        found = next(
            (
                by_name[known]
                for known in names
                if known in by_name and by_name[known] not in given.values()
            ),
            None,
        )
        if found is not None:
            given[meaning] = found
    return given


def sheet_of(
    staging: Staging, raw: RawTable, layout: Layout, place: int, known: Recognised | None = None
) -> Sheet:
    """Recognise the columns of a table that was read.

    Args:
        known: the system whose table it is; its columns, units and words are taken as it means
        them, and nothing else is.
    """
    given = known.found if known else meanings_of(raw.columns, layout)
    cells = [
        (
            f"{_cell(given[meaning], meaning, known)} as {name(meaning)}"
            if meaning in given
            else f"null::varchar as {name(meaning)}"
        )
        for meaning in layout
    ]
    rest = [column for column in raw.columns if column not in given.values()]
    packed = ", ".join(
        f"{name(word)} := nullif({name(column)}, '')"
        for word, column in {plain(column): column for column in rest}.items()
    )
    extra = f"to_json(struct_pack({packed}))" if rest else "null"
    view = f"sheet_{place}"
    staging.connection.execute(
        f"create view {view} as select {', '.join(cells)}, {extra} as extra, _file, _row from"
        f" {raw.table}"
    )
    if raw.place is not None:
        staging.report.files[raw.place].unknown_columns = tuple(rest)
    words = known.profile.words if known else {}
    return Sheet(raw, view, given, tuple(map(plain, rest)), words)


def _cell(column: str, meaning: str, known: Recognised | None) -> str:
    """Return SQL of a cell's text, as the system means it: with its unit, empty where it names
    nobody, or more than one.
    """
    cell = f"nullif(trim({name(column)}), '')"
    if known is None:
        return cell
    profile = known.profile
    for nothing in profile.nobody:
        cell = f"nullif({cell}, {text(nothing)})"
    if unit := profile.units.get(meaning):
        number = r"'[+-]?[0-9]+([.][0-9]+)?'"
        is_bare = f"regexp_full_match({cell}, {number})"
        cell = f"{cell} || case when {is_bare} then {text(' ' + unit)} else '' end"
    if part := profile.apart.get(meaning):
        cell = f"case when not contains({cell}, {text(part)}) then {cell} end"
    return cell


def times_of(
    staging: Staging, sheet: Sheet, expression: str, options: Options, *, beside: Sequence[str] = ()
) -> TimeReader:
    """Return how the times of an SQL expression over the sheet are written.

    Args:
        beside: the sheet's other times, which tell day from month where these do not.

    Raises:
        InputError: no known format, or one in which days and months cannot be told apart.
    """
    spelling = spelling_of(
        staging, sheet.view, (expression, *beside), str(sheet.raw.path), MEND, options.dates
    )
    return TimeReader(options.time_zone or "UTC", spelling or ISO)


def in_file_order(rows: str, times: TimeReader, cell: str, whose: str) -> str:
    """Return SQL of rows with ``said_at``, the instant of `cell`: of a time that exists twice the
    passing that fits the order of the file.
    """
    return (
        "(select * exclude (first_at, second_at), case when first_at < latest_at and second_at >="
        " latest_at then second_at else first_at end as said_at from (select *, max(first_at) over"
        f" (partition by {whose} order by _file, _row rows between unbounded preceding and 1"
        f" preceding) as latest_at from (select *, {times.instant(cell)} as first_at,"
        f" {times.second(cell)} as second_at from {rows})))"
    )
