"""What stands in the columns of a file: how much of it, what it reads as, and what proves it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helmdesk.quoting import name, text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.profile import header_words
from helmdesk.sources.reading.spelled_times import ASK, DAY_FIRST, MONTH_FIRST
from helmdesk.sources.reading.times import Spellings, spellings_of

TIMES = ("created", "solved", "closed", "updated", "replied", "surveyed")
MISSING_CODES = ("?", "NA", "N/A", "n/a", "null", "NULL", "None", "-")
READS_AS_TIME = 0.9
SHOWN = 3
SHOWN_LENGTH = 24
# Words by which a column of plain numbers is called a time.
CALLED_A_TIME = (
    r"\b(time|at|creat|open|report|submit|purchase|start|date|resol|solv|clos|complet|end|first"
    r" re|respon|repli|survey|rated|rating date|updat|modif|issue reported)"
)
# A column of times of day, by name and content; "Resolution time (in hrs)" is a length.
CALLED_A_CLOCK = (
    r"^(?!.*(spent|track|taken|hrs|hours|minutes|duration|length|handl|talk|wait|resolution"
    r"|response)).*\b(time|clock|hour|uhrzeit|heure|hora|ora|tijd)\b"
)
CLOCK = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( ?[AaPp]\\.?[Mm]\\.?)?"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        filled: rows that say something in it.
        distinct: how many different things.
        is_figures: whether all of them are numbers.
        values: some, the most frequent first.
        shape: how its times are written; empty: they are none, or not called so.
        times: what its cells can be read as.
    """

    name: str
    filled: int
    distinct: int
    is_figures: bool
    values: tuple[str, ...]
    shape: str = ""
    times: Spellings | None = None

    @property
    def unreadable(self) -> int:
        """How many different values of a column of times are none."""
        return self.times.total - self.times.readable[self.times.best] if self.times else 0


@dataclass(frozen=True)
class Look:
    """A table that was looked through.

    Attributes:
        codes: cells that mean "nothing" in it.
    """

    table: str
    rows: int
    columns: Mapping[str, Column]
    codes: tuple[str, ...]

    @property
    def shapes(self) -> dict[str, str]:
        """The columns of times, and how they are written."""
        return {each.name: each.shape for each in self.columns.values() if each.shape}


def look_at(staging: Staging, table: str, columns: Sequence[str]) -> Look:
    """Look through a table of texts."""
    codes = _codes(staging, table, columns)
    counts = ", ".join(
        f"count({_cell(column, codes)}), count(distinct {_cell(column, codes)}),"
        f" count_if(not regexp_full_match({_cell(column, codes)}, '[-+]?[0-9]+([.,][0-9]+)?'))"
        for column in columns
    )
    ((rows, *found),) = staging.connection.execute(
        f"select count(*), {counts} from {table}"
    ).fetchall()
    times = _times(staging, table, columns, codes)
    return Look(
        table,
        rows,
        {
            column: Column(
                column,
                filled,
                distinct,
                bool(filled) and not worded,
                tuple(values_of(staging, table, column, SHOWN, codes)),
                *times.get(column, ("", None)),
            )
            for column, (filled, distinct, worded) in zip(
                columns, zip(*[iter(found)] * 3, strict=True), strict=True
            )
        },
        codes,
    )


def _codes(staging: Staging, table: str, columns: Sequence[str]) -> tuple[str, ...]:
    cells = ", ".join(map(name, columns))
    return tuple(
        code
        for code in MISSING_CODES
        if staging.connection.execute(
            f"select count(*) from {table} where ? in ({cells})", [code]
        ).fetchone()
        != (0,)
    )


def _cell(column: str, codes: Sequence[str]) -> str:
    listed = ", ".join(map(text, ["", *codes]))
    return f"case when trim({name(column)}) not in ({listed}) then trim({name(column)}) end"


def _times(
    staging: Staging, table: str, columns: Sequence[str], codes: Sequence[str]
) -> dict[str, tuple[str, Spellings]]:
    """Return the columns of times with how they are written; what does not tell day from month is
    told by the file's other times, or asked.
    """
    found: dict[str, tuple[str, Spellings]] = {}
    dated: list[str] = []
    for column in columns:
        told = spellings_of(staging, table, _cell(column, codes))
        is_figure = bool(told.example) and bool(re.fullmatch(r"[0-9.,]+", told.example or ""))
        # A number is a time only where the column is called so.
        if (
            not told.total
            or told.readable[told.best] / told.total < READS_AS_TIME
            or (is_figure and not re.search(CALLED_A_TIME, header_words(column)))
        ):
            continue
        found[column] = told.best, told
        if told.best in (DAY_FIRST, MONTH_FIRST):
            dated.append(f"select {_cell(column, codes)} as cell from {table}")
            found[column] = told.order or "", told
    order = (
        spellings_of(staging, "(" + " union all ".join(dated) + ")", "cell").order
        if dated
        else None
    ) or ASK
    return {column: (shape or order, told) for column, (shape, told) in found.items()}


def values_of(
    staging: Staging, table: str, column: str | None, most: int, codes: Sequence[str] = ()
) -> list[str]:
    """Return different values of a column, the most frequent first; none of no column."""
    if column is None:
        return []
    rows = staging.connection.execute(
        f"select {_cell(column, codes)} as cell, count(*) from {table} where cell is not null"
        f" group by 1 order by 2 desc, 1 limit {most}"
    ).fetchall()
    return [cell for cell, _ in rows]


def pair_clocks(
    staging: Staging, look: Look, dates: Sequence[str], used: Sequence[str]
) -> dict[str, str | None]:
    """Return those of the columns of times that hold dates alone, each with the column of its times
    of day: the next one, or one of the same name.
    """

    def share(column: str, pattern: str) -> float:
        cell = f"trim({name(column)})"
        ((part,),) = staging.connection.execute(
            f"select avg(cast(regexp_full_match({cell}, '{pattern}') as integer)) from {look.table}"
            f" where {cell} <> ''"
        ).fetchall()
        return part or 0.0

    columns = tuple(look.columns)
    paired: dict[str, str | None] = {}
    for column in dates:
        if share(column, ".*[0-9]:[0-9].*|[0-9.]+") > 0:
            continue
        following = columns[columns.index(column) + 1 : columns.index(column) + 2]
        namesakes = [
            other
            for other in columns
            if header_words(other) == header_words(column).replace("date", "time")
            and other != column
        ]
        paired[column] = next(
            (
                other
                for other in (*following, *namesakes)
                if other not in used
                and re.search(CALLED_A_CLOCK, header_words(other))
                and share(other, CLOCK) >= READS_AS_TIME
            ),
            None,
        )
    return paired
