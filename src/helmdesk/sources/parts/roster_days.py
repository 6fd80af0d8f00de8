"""Days of a roster that are written without their month or year: 1 to 31, "Mon 1", "1 Jul"; of
which month they are, its title or the name of its file says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.sources.reading.spelled_times import months, weekdays

LEAST_PLAIN, LEAST_NAMED = 7, 5
"""Columns in a row that make a roster: of bare numbers, and of those with a weekday or a month."""
WORDS = re.compile(r"[^\W\d_]+")
YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
YEAR_MONTH = re.compile(r"(?<!\d)(20\d\d)[-_./ ]?(0[1-9]|1[0-2])(?![-_./ ]?\d)")
MONTH_YEAR = re.compile(r"(?<![\d])(?<!\d[-_./ ])(0?[1-9]|1[0-2])[-_./](20\d\d)(?!\d)")


@dataclass(frozen=True)
class ShortDay:
    """A day as a heading names it.

    Attributes:
        month: where it is named.
        is_named: whether it has a weekday or a month beside its number.
    """

    day: int
    month: int | None
    is_named: bool


def short_day(said: str) -> ShortDay | None:
    """Return the day that a heading names without a year; None where it names none."""
    numbers = re.findall(r"\d+", said)
    words = [word.lower() for word in WORDS.findall(said)]
    if len(numbers) != 1 or len(numbers[0]) > 2 or not 1 <= int(numbers[0]) <= 31:
        return None
    named = [months()[word] for word in words if word in months()]
    if len(named) > 1 or any(word not in months() and word not in weekdays() for word in words):
        return None
    return ShortDay(int(numbers[0]), named[0] if named else None, bool(words))


def short_days(columns: Sequence[str]) -> dict[str, ShortDay]:
    """Return the columns that are days without a year, where they are enough and follow each other;
    none otherwise.
    """
    found = {column: day for column in columns if (day := short_day(column))}
    listed = list(found.values())
    least = LEAST_NAMED if all(day.is_named for day in listed) else LEAST_PLAIN
    follows = all(
        after.day == before.day + 1 or (after.day == 1 and before.day >= 28)
        for before, after in itertools.pairwise(listed)
    )
    return found if len(found) >= least and len(found) * 2 >= len(columns) and follows else {}


def dated(days: dict[str, ShortDay], path: Path, titles: Iterable[str]) -> dict[str, date]:
    """Return the dates of days without a year.

    Args:
        titles: what stands above the table, and the name of its sheet.

    Raises:
        InputError: neither they nor the file's name say of which month or year, they say two, or
            the month has no such day.
    """
    said = [*titles, re.sub(r"(\.[A-Za-z]+)+$", "", path.name)]
    year, month = _one(said, path, needs_month=any(day.month is None for day in days.values()))
    dates: dict[str, date] = {}
    last: date | None = None
    for column, day in days.items():
        own = day.month or month or 1
        if last is not None and day.month is None and day.day < last.day:
            month = own = own % 12 + 1
        if last is not None and own < last.month:
            year += 1
        try:
            last = dates[column] = date(year, own, day.day)
        except ValueError as error:
            raise InputError(
                f"{path}: column '{column}': {year}-{own:02} has no day {day.day}; mend the heading"
                " or the month in the title or the file's name"
            ) from error
    return dates


def _one(said: Sequence[str], path: Path, *, needs_month: bool) -> tuple[int, int | None]:
    """Return the one year and month that texts name."""
    found = {each for text in said for each in _months_in(text)}
    years = {year for year, _ in found} or {
        int(year) for text in said for year in YEAR.findall(text)
    }
    if len(found) == 1 and needs_month:
        return next(iter(found))
    if len(years) == 1 and not needs_month:
        return next(iter(years)), None
    several = ", ".join(f"{year}-{month:02}" for year, month in sorted(found))
    what = "month" if needs_month else "year"
    why = f"its title and name say several ({several})" if several else "nothing says of which"
    raise InputError(
        f"{path}: the days of this roster have no {what}, and {why}; put it into the file's name,"
        f" such as {path.stem}-2026-07{path.suffix}"
    )


def _months_in(text: str) -> set[tuple[int, int]]:
    """Return the months that a text names with their years."""
    found = {(int(year), int(month)) for year, month in YEAR_MONTH.findall(text)}
    found |= {(int(year), int(month)) for month, year in MONTH_YEAR.findall(text)}
    years = YEAR.findall(text)
    named = [months()[word] for word in map(str.lower, WORDS.findall(text)) if word in months()]
    if len(years) == 1 and named:
        found |= {(int(years[0]), month) for month in named}
    return found
