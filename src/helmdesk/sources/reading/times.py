"""Text into instants: formats, zones, and the two hours a year that do not exist or exist twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helmdesk.errors import InputError, MappingError, nearest
from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.reading.spelled_times import (
    ASK,
    DAY_FIRST,
    EPOCH,
    EXCEL,
    FOREIGN_ZONE,
    ISO,
    MONTH_FIRST,
    MONTH_NAMES,
    NAMED,
    at_named_zone,
    bare,
    has_offset,
    local,
    offset,
    once,
    zone_name,
)
from helmdesk.sources.reading.wall_clock import first_passing, nominal, second_passing


class Mend(NamedTuple):
    """What to do about times that cannot be read: where day and month cannot be told apart, and
    where no form is known.
    """

    order: str
    form: str


MEND = Mend(
    "say which with --dates day-first or --dates month-first",
    "describe the file with: helmdesk load mapping",
)
NO_TIME = (
    "empty: nobody knows when this happened, so it is not counted; fill in the time and load again"
)
UNCLEAR_ZONE = (
    "a time zone that is a word of several places or of none; an offset such as +05:30 says it"
)
SHOWN = {
    ISO: "ISO 8601",
    DAY_FIRST: "day, month, year",
    MONTH_FIRST: "month, day, year",
    MONTH_NAMES: "a date with the name of its month",
    EPOCH: "seconds or milliseconds since 1970",
    EXCEL: "a day number of Excel",
}


@dataclass(frozen=True)
class TimeReader:
    """How one source writes times.

    Attributes:
        time_zone: IANA zone of times written without an offset.
        date_format: one of the named spellings ("iso" is ISO 8601), or a strptime format. With any,
        a time may state its offset.
    """

    time_zone: str = "UTC"
    date_format: str = ISO

    def __post_init__(self) -> None:
        """Refuse zones and spellings that do not exist.

        Raises:
            MappingError: unknown IANA zone, unknown spelling, or one that is still a question.
        """
        if self.date_format == ASK:
            raise MappingError(
                f"date_format = '{ASK}': keep one of the two; the dates may be day/month or"
                " month/day and no row tells"
            )
        if self.date_format not in NAMED and "%" not in self.date_format:
            raise MappingError(
                f"date_format = '{self.date_format}' is neither one of {', '.join(NAMED)} nor a"
                f" format such as '%d/%m/%Y %H:%M'{nearest(self.date_format, NAMED)}"
            )
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise MappingError(
                f"time_zone = '{self.time_zone}' is not an IANA time zone such as 'Europe/Berlin'"
            ) from error

    def local(self, cell: str) -> str:
        """Return SQL of what text `cell` says, without any zone; null when unreadable."""
        return once(bare(cell), "bare", local("bare", self.date_format))

    def instant(self, cell: str) -> str:
        """Return SQL giving the UTC instant of text `cell`; null when unreadable or in a gap.

        A time that exists twice (clocks set back) is read as the first of the two.
        """
        if self.date_format == EPOCH:
            return f"({self.local(cell)} at time zone 'UTC')"
        stated = f"((said - to_seconds({offset(cell)})) at time zone 'UTC')"
        plain = (
            "(said at time zone 'UTC')"
            if self.time_zone == "UTC"
            else first_passing("said", self.time_zone)
        )
        where = (
            f"case when {has_offset(cell)} then {stated} when {zone_name(cell)} <> ''"
            f" then {at_named_zone(cell, 'said')} else {plain} end"
        )
        return once(self.local(cell), "said", where)

    def second(self, cell: str) -> str:
        """Return SQL of the second instant of a time that exists twice; null for any other, or one
        that says its offset.
        """
        if self.date_format == EPOCH:
            return "null::timestamptz"
        return (
            f"case when {has_offset(cell)} then null else"
            f" {once(self.instant(cell), 'first', second_passing('first', self.time_zone))} end"
        )

    def nominal(self, cell: str) -> str:
        """Return SQL like `instant` that reads a time which the clocks skip as the moment after;
        for plans.
        """
        after = once(self.local(cell), "said", nominal("said", self.time_zone))
        return f"coalesce({self.instant(cell)}, {after})"

    def fault(self, cell: str) -> str:
        """Return SQL giving the reason why `cell`, not null, is no instant; null when it is one."""
        shown = SHOWN.get(self.date_format, self.date_format)
        wrong = (
            f"case when said is not null and {zone_name(cell)} <> '' then 'a time zone that is not"
            f" known here: ' || {zone_name(cell)} when said is not null then"
            f" {text(f'a time that does not exist in {self.time_zone} (clocks go forward)')} when"
            f" regexp_matches(trim({cell}), {text(FOREIGN_ZONE)}) then"
            f" {text(UNCLEAR_ZONE)}"
            f" else {text(f'not a time written as {shown}')} end"
        )
        return (
            f"case when {cell} is not null and ({self.instant(cell)}) is null then"
            f" {once(self.local(cell), 'said', wrong)} end"
        )


@dataclass(frozen=True)
class Spellings:
    """What a set of times can be read as.

    Attributes:
        example: one of them.
        readable: how many of them each named spelling reads, of `total`.
        day_alone, month_alone: one that only that order reads.
        either: one that both orders read.
        is_dotted: whether all dates that both may read are written with points, as by those who
        begin with the day.
    """

    total: int
    example: str | None
    readable: dict[str, int]
    day_alone: str | None
    month_alone: str | None
    either: str | None
    is_dotted: bool

    @property
    def best(self) -> str:
        """The spelling that reads most of them; the first of several."""
        return max(NAMED, key=lambda spelling: self.readable[spelling])

    @property
    def order(self) -> str | None:
        """Day or month first; None when nothing tells, or some say this and some that."""
        if bool(self.day_alone) != bool(self.month_alone):
            return DAY_FIRST if self.day_alone else MONTH_FIRST
        return DAY_FIRST if self.is_dotted and not self.day_alone else None


def spellings_of(staging: Staging, rows: str, cell: str) -> Spellings:
    """Return what the times of a column, all of it, can be read as; `rows` is SQL after ``from``
    and `cell` SQL over it.
    """
    read = ", ".join(
        f"{local('bare', spelling)} is not null as read_{place}"
        for place, spelling in enumerate(NAMED)
    )
    counts = ", ".join(f"coalesce(count_if(read_{place}), 0)" for place in range(len(NAMED)))
    day, month = (f"read_{NAMED.index(spelling)}" for spelling in (DAY_FIRST, MONTH_FIRST))
    row = staging.connection.execute(
        f"""select count(*), min(cell), min(cell) filter (where {day}
            and not {month}), min(cell) filter (where {month} and not {day}),
            min(cell) filter (where {day} and {month}),
                count_if({day} and not regexp_matches(cell, '^[0-9]+[.][0-9]+[.][0-9]')), {counts}
        from (select cell, {read} from (select cell, {bare("cell")} as bare
            from (select distinct trim({cell}) as cell from {rows}
                where nullif(trim({cell}), '') is not null)))"""
    ).fetchone()
    if row is None:
        raise AssertionError("an aggregate without a row")
    total, example, day_alone, month_alone, either, undotted, *found = row
    return Spellings(
        total,
        example,
        dict(zip(NAMED, found, strict=True)),
        day_alone,
        month_alone,
        either,
        undotted == 0,
    )


def spelling_of(
    staging: Staging,
    rows: str,
    cells: Sequence[str],
    where: str,
    mend: Mend,
    order: str | None = None,
) -> str | None:
    """Return how the times of a column are spelled, decided over all of it; None when it is empty.

    Args:
        cells: SQL of the column, then of the file's other times: they tell day from month where the
        column does not. where: file and column, for the question. mend: what the question suggests.
        order: day or month first, where neither tells; None asks.

    Raises:
        InputError: no known spelling, or one in which days and months cannot be told apart.
    """
    found = spellings_of(staging, rows, cells[0])
    if not found.total:
        return None
    if not found.readable[found.best]:
        raise InputError(f"{where}: '{found.example}' is no time in a known form; {mend.form}")
    if found.best not in (DAY_FIRST, MONTH_FIRST):
        return found.best
    told = found.order
    if told is None and len(cells) > 1:
        told = spellings_of(
            staging, f"(select unnest([{', '.join(cells)}]) as cell from {rows})", "cell"
        ).order
    if told or order:
        return told or order
    question = f"'{found.either}' may be day/month or month/day and no row tells"
    if found.day_alone:
        question = (
            f"'{found.day_alone}' can only be day/month and '{found.month_alone}' only month/day"
        )
    raise InputError(f"{where}: {question}; {mend.order}")
