"""Rosters as people draw them: days along one side, people or shifts along the other, and where
they meet who works or which shift. They become a list of shifts.

What a code means stands in the file (``E = 06:00-14:00``), in the hours themselves (``9-17``), or
is asked for.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from helmdesk.errors import InputError, MappingError
from helmdesk.quoting import name
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import plain
from helmdesk.sources.parts.roster_days import dated, short_days
from helmdesk.sources.reading.hours import hours_in
from helmdesk.sources.reading.raw_tables import RawTable
from helmdesk.sources.reading.spelled_times import DAY_FIRST, MONTH_FIRST, months, weekdays
from helmdesk.sources.reading.words import plain_word
from helmdesk.toml_file import read_document

COLUMNS = ("agent", "date", "start", "end", "activity")
LEAST_DAYS = 3
SHOWN = 8
OFF = "off"
NO_SHIFT = frozenset(
    plain_word(word)
    for word in [
        "off",
        " day off",
        " week off",
        " rest",
        " rest day",
        " free",
        " leave",
        " annual leave",
        " vacation",
        " holiday",
        " public holiday",
        " bank holiday",
        " pto",
        " sick",
        " sick leave",
        " absent",
        " absence",
        " closed",
        " frei",
        " urlaub",
        " krank",
        " feiertag",
        " libre",
        " vacaciones",
        " enfermo",
        " congé",
        " repos",
        " vacances",
        " malade",
        " folga",
        " férias",
        " -",
        " –",
    ]
)
SHIFT_WORDS = re.compile(
    r"shift|early|late|night|morning|evening|afternoon|on.?call|standby|duty|primary|secondary"
    r"|schicht|früh|spät|nacht|turno|équipe|matin|soir|nuit|manhã|tarde|noite|mañana|noche"
)
BETWEEN_NAMES = re.compile(r"\s*(?:[,;/&+\n]|\band\b|\bund\b|\by\b|\bet\b|\be\b)\s*")
LEGEND = re.compile(r"\s*(\S.{0,30}?)\s*[=:]\s*(.+)")
YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})(?!\d)")
YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)")
NAMED = re.compile(r"([^\W\d_]{3,})\.?")


@dataclass(frozen=True)
class _Cell:
    """What stands where a day meets a person or a shift.

    Attributes:
        row: of the file, with the number of the file.
        column: what the file calls the cell's column.
    """

    label: str
    day: date
    said: str
    row: tuple[int, int]
    column: str


def tells_matrix(columns: Sequence[str]) -> bool:
    """Whether a header is that of a roster with its days across."""
    days = sum(_day(column, DAY_FIRST) is not None for column in columns) or sum(
        _day(column, MONTH_FIRST) is not None for column in columns
    )
    return (days >= LEAST_DAYS and days * 2 >= len(columns)) or bool(short_days(columns))


def as_list(
    staging: Staging, raw: RawTable, people: Iterable[str], given: Path | None, dates: str | None
) -> RawTable | None:
    """Return a table that is a matrix as a list of shifts; None where it is none.

    Args:
        people: what columns of people are called, in lower case with underscores.
        given: a file of the user's that says what the codes mean, in ``[shifts]``.
        dates: whether days or months come first, where the days do not tell.

    Raises:
        InputError, MappingError: the days cannot be told apart, nobody says of which month they
            are, or a wrong file.
    """
    listed = ", ".join(map(name, raw.columns))
    rows = staging.connection.execute(
        f"select _file, _row, {listed} from {raw.table} order by _file, _row"
    ).fetchall()
    short = short_days(raw.columns)
    days = (
        dated(short, raw.path, staging.titles.get(raw.place or 0, ()))
        if short
        else _days(raw.columns, raw.path, dates)
    )
    cells = _across(raw, rows, people, days) or _down(raw, rows, dates)
    if not cells:
        return None
    meanings = _legend(row[2:] for row in rows) | _own_shifts(given)
    shifts, unknown = _shifts(staging, raw, cells, meanings)
    _tell_unknown(staging, raw, unknown)
    table = f"{raw.table}_list"
    staging.connection.execute(
        f'create table {table} (agent varchar, date varchar, start varchar, "end" varchar,'
        " activity varchar, _file integer, _row bigint, _line bigint)"
    )
    if shifts:
        staging.connection.executemany(
            f"insert into {table} values (?, ?, ?, ?, ?, ?, ?, null)", shifts
        )
    return replace(raw, table=table, columns=COLUMNS, rows=len(shifts))


# -- where the days are -----------------------------------------------------------------------


def _day(said: str, order: str) -> date | None:
    """Return the day that a header names, with its year; None where it names none."""
    try:
        if found := YEAR_FIRST.search(said):
            return date(*map(int, found.groups()))
        if found := YEAR_LAST.search(said):
            one, two, year = map(int, found.groups())
            day, month = (one, two) if order == DAY_FIRST else (two, one)
            return date(year + 2000 * (year < 100), month, day)
        numbers = re.findall(r"\d+", said)
        named = [months()[word] for word in NAMED.findall(said.lower()) if word in months()]
        if named and len(numbers) == 2:
            one, two = map(int, numbers)
            day, year = (two, one) if one > 31 else (one, two)
            return date(year + 2000 * (year < 100), named[0], day)
    except ValueError:
        return None
    return None


def _days(said: Sequence[str], path: Path, dates: str | None) -> dict[str, date]:
    """Return the days among texts; of the two orders the one in which they follow each other.

    Raises:
        InputError: both orders are as good.
    """
    found: dict[str, dict[str, date]] = {}
    for order in (DAY_FIRST, MONTH_FIRST):
        days = {each: day for each in said if (day := _day(each, order))}
        if len(days) >= LEAST_DAYS:
            found[order] = days
    if dates in found:
        return found[dates]

    def steps(days: Mapping[str, date]) -> tuple[int, int]:
        listed = list(days.values())
        return len(days), sum(
            later - earlier == timedelta(1) for earlier, later in itertools.pairwise(listed)
        )

    ranked = sorted(found.values(), key=steps, reverse=True)
    if len(ranked) == 2 and ranked[0] != ranked[1] and steps(ranked[0]) == steps(ranked[1]):
        raise InputError(
            f"{path}: {next(iter(ranked[0]))} may begin with the day or with the month; say --dates"
            f" {DAY_FIRST} or --dates {MONTH_FIRST}"
        )
    return ranked[0] if ranked else {}


def _across(
    raw: RawTable,
    rows: Sequence[tuple[object, ...]],
    people: Iterable[str],
    days: Mapping[str, date],
) -> list[_Cell]:
    others = [column for column in raw.columns if column not in days]
    if not days or len(days) * 2 < len(raw.columns) or not others:
        return []
    by_name = {plain(column): column for column in others}
    label = next((by_name[word] for word in people if word in by_name), others[0])
    at = {column: place for place, column in enumerate(raw.columns, 2)}
    cells = []
    for row in rows:
        said = {column: _text(row[at[column]]) for column in days}
        if _names_weekdays(said.values()):
            continue
        cells += [
            _Cell(_text(row[at[label]]), days[column], word, _place(row), column)
            for column, word in said.items()
            if word
        ]
    return cells


def _down(raw: RawTable, rows: Sequence[tuple[object, ...]], dates: str | None) -> list[_Cell]:
    for place in range(2, len(raw.columns) + 2):
        said = [_text(row[place]) for row in rows]
        days = _days([each for each in said if each], raw.path, dates)
        if len(days) >= LEAST_DAYS and len(days) * 2 >= len(set(filter(None, said))):
            break
    else:
        return []
    return [
        _Cell(header, days[_text(row[place])], word, _place(row), header)
        for row in rows
        if _text(row[place]) in days
        for at, header in enumerate(raw.columns, 2)
        if at != place and (word := _text(row[at])) and not _names_weekdays([word])
    ]


def _text(cell: object) -> str:
    return str(cell or "").strip()


def _place(row: tuple[object, ...]) -> tuple[int, int]:
    return int(str(row[0])), int(str(row[1]))


def _names_weekdays(words: Iterable[str]) -> bool:
    said = [word.lower().rstrip(".") for word in words if word]
    return bool(said) and all(word in weekdays() for word in said)


# -- what the codes mean ----------------------------------------------------------------------


def _legend(rows: Iterable[Sequence[object]]) -> dict[str, str]:
    """Return what a file itself says of its codes: "E = 06:00-14:00", or in two cells of a row."""
    found = {}
    for row in rows:
        said = [_text(cell) for cell in row if _text(cell)]
        for cell in said:
            told = LEGEND.fullmatch(cell)
            if told and hours_in(told[2]) and not hours_in(told[1]):
                found[plain_word(told[1])] = told[2]
        if len(said) == 2 and hours_in(said[1]) and not hours_in(said[0]):
            found[plain_word(said[0])] = said[1]
    return found


def _own_shifts(given: Path | None) -> dict[str, str]:
    """Return what a user's file says of codes.

    Raises:
        MappingError: another table, or no hours.
    """
    if given is None:
        return {}
    content, place = read_document(given, MappingError)
    shifts = content.get("shifts")
    if set(content) != {"shifts"} or not isinstance(shifts, dict):
        raise place.wrong("for roster a mapping holds one table, [shifts]")
    for code, said in shifts.items():
        if not isinstance(said, str) or not (plain_word(said) in NO_SHIFT or hours_in(said)):
            raise place.of("shifts", code).wrong(
                f'[shifts]: {code} = {said!r}: not hours such as "09:00-17:00" (add the'
                ' activity after them: "09:00-17:00 training"), and not "off"'
            )
    return {plain_word(code): said for code, said in shifts.items()}


def _shifts(
    staging: Staging, raw: RawTable, cells: Sequence[_Cell], meanings: Mapping[str, str]
) -> tuple[list[tuple[object, ...]], dict[str, list[_Cell]]]:
    """Return rows of a list of shifts, and the cells of which nothing says from when to when."""
    are_shifts_down = _are_shifts(cells, meanings)
    shifts: list[tuple[object, ...]] = []
    unknown: dict[str, list[_Cell]] = defaultdict(list)
    free: Counter[str] = Counter()
    for cell in cells:
        code = cell.label if are_shifts_down else cell.said
        meant = meanings.get(plain_word(code), code)
        if not are_shifts_down and (plain_word(meant) or meant) in NO_SHIFT:
            free[cell.said] += 1
            continue
        found = hours_in(meant)
        if not found:
            if (plain_word(meant) or meant) not in NO_SHIFT:
                unknown[code].append(cell)
            continue
        people = BETWEEN_NAMES.split(cell.said) if are_shifts_down else [cell.label]
        shifts += [
            (person, str(cell.day), hours.start, hours.end, hours.activity, *cell.row)
            for person in people
            if person
            for hours in found
        ]
    staging.note(
        f"{raw.path.name}: a roster by days, with {'shifts' if are_shifts_down else 'people'} along"
        f" the other side: {len({cell.day for cell in cells}):,} days"
    )
    if free:
        listed = ", ".join(f"{word} ({count:,})" for word, count in free.most_common(SHOWN))
        staging.note(f"taken for days without a shift: {listed}")
    return shifts, unknown


def _are_shifts(cells: Sequence[_Cell], meanings: Mapping[str, str]) -> bool:
    """Whether the labels are shifts and the cells people, not the other way round."""

    def share(words: Iterable[str], is_code: Callable[[str], object]) -> float:
        listed = set(words)
        return sum(bool(is_code(word)) for word in listed) / len(listed)

    def has_hours(word: str) -> bool:
        return plain_word(word) in meanings or bool(hours_in(word))

    labels, said = [cell.label for cell in cells], [cell.said for cell in cells]
    if share(said, has_hours) > share(labels, has_hours):
        return False
    return share(labels, has_hours) > 0 or (
        share(labels, lambda word: SHIFT_WORDS.search(word.lower())) >= 0.5
    )


def _tell_unknown(staging: Staging, raw: RawTable, unknown: Mapping[str, Sequence[_Cell]]) -> None:
    """Quarantine cells whose hours nobody says, and ask for them in words."""
    for code, cells in unknown.items():
        reason = (
            f"nothing says from when to when '{code}' is: say it in a file given with --mapping,"
            f' under [shifts]: "{code}" = "09:00-17:00", or "off" for no shift'
        )
        staging.connection.executemany(
            "insert into rejected values (?, ?, null, ?, ?, ?, true)",
            [(*cell.row, cell.column, cell.said, reason) for cell in cells],
        )
    if unknown:
        staging.report.questions |= {
            code: f"From when to when is '{code}'? ({len(cells):,} in the roster)"
            for code, cells in unknown.items()
        }
        listed = ", ".join(f"'{code}'" for code in list(unknown)[:SHOWN])
        staging.note(
            f"{raw.path.name} says who works which shift on which day, but not from when to when"
            f" these are: {listed}{' and more' if len(unknown) > SHOWN else ''};"
            " the people and days of all others are loaded"
        )
